"""What an operator may change while the service runs: typed, with defaults. Pure: imports nothing of Django."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, RootModel

from aftercart.dynamic_settings.field_rules import CountryCode, FieldRule
from aftercart.public_holidays import is_region
from aftercart.refusals import CANCELLATION, Final
from aftercart.statuses import BEFORE_SHIPMENT, CLOSED, Status, gettext_noop, read_status


def _read_status(value: object) -> Status:
    status = read_status(value)
    if status in CLOSED or status == Status.CANCELLATION_WAITING:
        raise ValueError(f"{value!r} is a status that nothing can be done in any more")
    return status


StatusCode = Annotated[Status, BeforeValidator(_read_status), PlainSerializer(lambda s: str(int(s)))]


class DynamicSettingSchema(BaseModel):
    """What every dynamic setting has: a name, and a default for all that it says.

    One that has fields refuses unknown ones (`Fields`); one that is a single value has it as its `root`.
    """

    model_config = ConfigDict(frozen=True, strict=True)
    name: ClassVar[str]
    purpose: ClassVar[str]


class Fields(DynamicSettingSchema):
    """A setting with fields, and nothing unknown."""

    model_config = ConfigDict(extra="forbid")


class HourGap(BaseModel):
    """The time after which an order can no longer be cancelled directly."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    is_active: bool = False
    time: Annotated[int, Field(gt=0, le=10_000_000)] = 60
    """Minutes since the order was created (the reference's name says hours; its text, minutes)."""


class ExtraCancelRules(Fields):
    """`EXTRA_CANCEL_RULES`: what narrows or widens direct cancellation."""

    name = "EXTRA_CANCEL_RULES"
    purpose = gettext_noop(
        "Which orders customers may cancel directly: further statuses, invoices, a time limit in minutes."
    )

    extra_direct_cancellable_statuses: list[StatusCode] = []
    has_invoice: bool = False
    hour_gap: HourGap = HourGap()


ALWAYS_FINAL = tuple(code for code, said in CANCELLATION.items() if said.final is Final.NAMED)
FALLBACK_CODES = tuple(code for code, said in CANCELLATION.items() if said.final in (Final.NAMED, Final.CHOSEN))


def _read_final(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of codes")
    unknown = [code for code in value if code not in FALLBACK_CODES]
    if unknown:
        raise ValueError(f"unknown code {unknown[0]!r}; known are {', '.join(FALLBACK_CODES)}")
    missing = [code for code in ALWAYS_FINAL if code not in value]
    if missing:
        raise ValueError(f"{missing[0]!r} cannot be removed: such a wish is done or under way already")
    return value


class CancellationFallback(Fields):
    """`CANCELLATION_FALLBACK`: when a wish that cannot be done directly becomes requests for the back office."""

    name = "CANCELLATION_FALLBACK"
    purpose = gettext_noop(
        "Whether refused direct cancellations become requests for the back office, and which never do."
    )

    enabled: bool = True
    final: Annotated[list[str], BeforeValidator(_read_final)] = list(ALWAYS_FINAL)


class AddressChangeRules(Fields):
    """`ADDRESS_CHANGE_RULES`: in which statuses an order's address may change, and where someone must approve."""

    name = "ADDRESS_CHANGE_RULES"
    purpose = gettext_noop(
        "In which statuses a customer may change the delivery address at once, and in which with approval."
    )

    direct_statuses: list[StatusCode] = sorted(BEFORE_SHIPMENT - {Status.PREPARING})
    approval_statuses: list[StatusCode] = [Status.PREPARING]


class AddressPhoneMinLength(RootModel[int | None], DynamicSettingSchema):
    """`ADDRESS_PHONE_MIN_LENGTH`: how many digits a phone number of the address book has at least, in any country.

    Without it a number is judged as its country has it; Turkish ones have eleven digits.
    """

    name = "ADDRESS_PHONE_MIN_LENGTH"
    purpose = gettext_noop(
        "How many digits the phone number of an address has at least, in every country; without it, what numbers of "
        "its country have."
    )

    root: Annotated[int, Field(ge=1, le=15)] | None = None


class AddressDistrictRequired(RootModel[bool], DynamicSettingSchema):
    """`ADDRESS_DISTRICT_REQUIRED`: whether an address needs a district."""

    name = "ADDRESS_DISTRICT_REQUIRED"
    purpose = gettext_noop("Whether an address needs a district, beside its city and its township.")

    root: bool = False


class AddressSerializerFields(RootModel[dict[CountryCode, list[FieldRule]]], DynamicSettingSchema):
    """`ADDRESS_SERIALIZER_FIELDS`: what an address must say in one country, by the country's code."""

    name = "ADDRESS_SERIALIZER_FIELDS"
    purpose = gettext_noop(
        "What an address must say in one country: required fields, lengths and forms, by the country's code."
    )

    root: dict[CountryCode, list[FieldRule]] = {}

    def of(self, country_code: str) -> list[FieldRule]:
        """The rules of a country, whatever the case of its code."""
        wanted = country_code.upper()
        return [rule for code, rules in self.root.items() if code.upper() == wanted for rule in rules]


LanguageCode = Annotated[str, Field(pattern="^[a-z]{2}$")]
Words = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]


def _read_day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no day; a day is written 2026-12-24") from None


def _read_region(value: object) -> str:
    if not isinstance(value, str) or not is_region(value):
        raise ValueError(f"{value!r} is no region that is known; a region is written DE-BY")
    return value


Day = Annotated[date, BeforeValidator(_read_day), PlainSerializer(lambda day: day.isoformat())]
Region = Annotated[str, BeforeValidator(_read_region)]


def _read_amount(value: object) -> Decimal:
    try:
        amount = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 <= amount < LARGEST_AMOUNT):
        raise ValueError(f'{value!r} is no amount; an amount is written "4.90"')
    return amount


LARGEST_AMOUNT = Decimal(10) ** 10
Amount = Annotated[Decimal, BeforeValidator(_read_amount), PlainSerializer(str)]
Currency = Annotated[str, Field(pattern="^[a-z]{3}$")]
EVERYWHERE = "*"
WITHDRAW_HERE = {"en": "Withdraw from contract here", "tr": "Sözleşmeden burada cayın"}
CONFIRM_WITHDRAWAL = {"en": "Confirm withdrawal", "tr": "Caymayı onayla"}


class WithdrawalRules(Fields):
    """`WITHDRAWAL`: the consumer's right to withdraw from the contract (Directive 2011/83/EU, Articles 9 to 11a)."""

    name = "WITHDRAWAL"
    purpose = gettext_noop(
        "How long customers may withdraw from the contract, by what words they find it, and what is exempt."
    )

    enabled: bool = True
    days: Annotated[int, Field(ge=14, le=366)] = 14
    """Calendar days after the day of delivery. The law allows more, never fewer."""
    holidays: dict[CountryCode | Literal["*"], list[Day]] = {}
    """Days on which no period ends, beside the public holidays: by country, `*` for every one (towns' own days)."""
    holiday_regions: list[Region] = []
    """Regions (`IT-RM`) whose holidays count in all of their country, beside those that addresses tell."""
    standard_shipping: dict[Currency, Amount] = {}
    """By currency, what standard delivery costs: all of the shipping that comes back of what has been shipped."""
    label: dict[LanguageCode, Words] = WITHDRAW_HERE
    confirm_label: dict[LanguageCode, Words] = CONFIRM_WITHDRAWAL
    """By language code; where one is missing, the words are the default's."""
    exempt_skus: list[Words] = []
    """Products without this right (made to order, perishable, …: Article 16)."""
    cancel_reason: Annotated[int, Field(gt=0)] | None = None
    refund_reason: Annotated[int, Field(gt=0)] | None = None
    """The reasons (ids) that withdrawals go on with; none: the first active one of each type."""

    @cached_property
    def days_off(self) -> frozenset[tuple[str, date]]:
        """The days of `holidays`, each with its country; blank for every one."""
        named = self.holidays.items()
        return frozenset((code.upper().replace(EVERYWHERE, ""), day) for code, days in named for day in days)

    def label_in(self, language: str | None) -> str:
        """What the way to withdraw is called."""
        return _in_words(self.label, WITHDRAW_HERE, language)

    def confirm_label_in(self, language: str | None) -> str:
        """What the button that withdraws is called."""
        return _in_words(self.confirm_label, CONFIRM_WITHDRAWAL, language)


def _in_words(chosen: Mapping[str, str], defaults: Mapping[str, str], language: str | None) -> str:
    code = (language or "")[:2]
    return chosen.get(code) or defaults.get(code) or chosen.get("en") or defaults["en"]


PAID_ON_DELIVERY = ["on delivery", "at delivery", "at the door", "cod", "kapida", "kapidan", "nachnahme"]
PAID_ON_DELIVERY += ["contre remboursement", "contra reembolso", "contrassegno", "on pickup", "at pickup", "in store"]
PAID_BY_TRANSFER = ["transfer", "funds transfer", "bank transfer", "havale", "eft", "bacs", "vorkasse", "uberweisung"]
GIFT_CARDS = ["gift card", "gift cards", "gift certificate", "hediye karti", "hediye ceki", "geschenkkarte"]
SHIPPING_OFFERS = ["shipping", "shipment", "cargo", "delivery", "freight", "kargo", "versand"]


class RefundRules(Fields):
    """`REFUND_RULES`: how an order tells by what it was paid, and where that goes back to.

    The lists hold words as they stand in the order's codes (`payment_type`, slugs, `offer_type`), in small letters
    without accents. One matches where its words stand in the code one after the other: `on delivery` in
    `cash-on-delivery`, `PayOnDelivery` and `pay_on_delivery_card`.
    """

    name = "REFUND_RULES"
    purpose = gettext_noop(
        "Which ways of paying are paid on delivery or by transfer, what a gift card is, and where its money goes back."
    )

    paid_on_delivery: list[Words] = PAID_ON_DELIVERY
    paid_by_transfer: list[Words] = PAID_BY_TRANSFER
    gift_cards: list[Words] = GIFT_CARDS
    shipping_offers: list[Words] = SHIPPING_OFFERS
    gift_cards_back_to: Literal["gift_card", "money", "loyalty"] = "gift_card"


ORDER_RULES: tuple[type[DynamicSettingSchema], ...] = (
    ExtraCancelRules,
    CancellationFallback,
    AddressChangeRules,
    RefundRules,
)
"""What an order's own requests are judged by."""
ADDRESS_RULES: tuple[type[DynamicSettingSchema], ...] = (
    AddressPhoneMinLength,
    AddressDistrictRequired,
    AddressSerializerFields,
)
"""What an entry of the address book is judged by."""
SCHEMAS: tuple[type[DynamicSettingSchema], ...] = (*ORDER_RULES, *ADDRESS_RULES, WithdrawalRules)
BY_NAME: Mapping[str, type[DynamicSettingSchema]] = {schema.name: schema for schema in SCHEMAS}


def validated(name: str, value: Any) -> DynamicSettingSchema:
    """The typed setting. Raises pydantic.ValidationError (with the path of what is wrong), KeyError (unknown name)."""
    return BY_NAME[name].model_validate(value)
