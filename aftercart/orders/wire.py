"""An order as it comes in on the wire (docs/contract.md, section B), parsed and validated before anything is written.

Tolerant where writers differ: amounts as text or numbers, statuses and currencies as `{"value", "label"}`, code or
name, dates with or without a time zone (without: UTC). Strict where a guess could do harm. What has no field here is
stored as it came, in `details`; what we compute ourselves is dropped.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from aftercart.currencies import places_of, wire_places
from aftercart.orders.received import ITEM_DETAILS, ORDER_DETAILS
from aftercart.orders.versions import version_date
from aftercart.orders.wire_fields import (
    DEEPEST,
    Bag,
    Code,
    Currency,
    Email,
    Id,
    Link,
    Moment,
    Money,
    Number,
    OptionalCode,
    OptionalMoment,
    Quantity,
    Rate,
    Text,
    WireStatus,
    Word,
    harmless,
)
from aftercart.orders.wire_parts import KeptAddress, KeptCarrier, KeptProduct, with_defaults

# Judged anew at every reading (representation.py): a stored answer would only grow old.
COMPUTED = frozenset(
    [
        "pk",
        "is_cancelled",
        "is_cancellable",
        "is_refundable",
        "cancellationrequest_set",
        "active_cancellation_request",
    ]
)


class WireMessage(BaseModel):
    """What orders and items share: fields that are not named here stay together in `details`."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, ignored_types=(cached_property,))
    repeated: ClassVar[Mapping[str, Any]] = {}
    """The wire's fields without a column, with what is shown where they are missing."""

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_not_said(cls, data: Any) -> Any:
        """Null and blank say nothing about a column: they count as missing, if it may be missing."""
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if name not in _names_of(cls) or not _is_blank(value)}

    @cached_property
    def details(self) -> dict[str, Any]:
        """The wire's fields that have no column, as they came. Raises PydanticCustomError if they cannot be kept."""
        received = {name: value for name, value in (self.model_extra or {}).items() if name not in COMPUTED}
        kept: dict[str, Any] = harmless(with_defaults(received, self.repeated))
        return kept

    def given(self, *names: str) -> dict[str, Any]:
        """The values of those of these fields that the message carries."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


@cache
def _names_of(message: type[BaseModel]) -> frozenset[str]:
    """Every name that a message's fields may have."""
    aliases = (field.validation_alias for field in message.model_fields.values())
    choices = (alias.choices if isinstance(alias, AliasChoices) else [alias] for alias in aliases if alias)
    return frozenset([*message.model_fields, *(str(name) for names in choices for name in names)])


class ItemMessage(WireMessage):
    """One entry of `orderitem_set`."""

    repeated = ITEM_DETAILS
    id: Id = Field(validation_alias=AliasChoices("id", "pk"))
    status: WireStatus
    quantity: Quantity = 1
    price: Money
    retail_price: Money | None = None
    tax_rate: Rate | None = None
    price_currency: Currency | None = None
    product: KeptProduct = {}
    easy_return_companies: Annotated[list[KeptCarrier], Field(max_length=100)] = Field(
        default=[], validation_alias="available_easy_return_shipping_companies"
    )
    tracking_number: OptionalCode = None
    tracking_url: Link | None = None
    invoice_number: OptionalCode = None
    invoice_date: OptionalMoment = None
    delivered_date: OptionalMoment = None
    created_date: OptionalMoment = None
    modified_date: OptionalMoment = None
    order: Id | None = None


class OrderMessage(WireMessage):
    """One order."""

    repeated = ORDER_DETAILS
    id: Id = Field(validation_alias=AliasChoices("id", "pk"))
    number: Number
    status: WireStatus
    currency: Currency = "try"
    amount: Money
    discount_amount: Money | None = None
    shipping_amount: Money | None = None
    refund_amount: Money | None = None
    discount_refund_amount: Money | None = None
    shipping_refund_amount: Money | None = None
    shipping_address: KeptAddress | None = None
    billing_address: KeptAddress | None = None
    user: Id | None = None
    user_email: Email | None = None
    language_code: Annotated[Text, Field(max_length=16)] | None = None
    tracking_number: OptionalCode = None
    tracking_url: Link | None = None
    invoice_number: OptionalCode = None
    invoice_date: OptionalMoment = None
    created_date: Moment
    modified_date: OptionalMoment = None
    orderitem_set: Annotated[list[ItemMessage], Field(min_length=1, max_length=5000)] | None = None

    @property
    def items(self) -> list[ItemMessage]:
        """The items that it speaks of."""
        return self.orderitem_set or []

    @cached_property
    def version_date(self) -> datetime | None:
        """The date of this version of the order."""
        return version_date(self.modified_date, (item.modified_date for item in self.items))


class UserMessage(BaseModel):
    """A customer, as an address shows its owner."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pk: Id = Field(validation_alias=AliasChoices("pk", "id"))
    email: Email | None = None
    username: Annotated[Text, Field(max_length=64)] | None = None
    first_name: Annotated[Text, Field(max_length=255)] | None = None
    last_name: Annotated[Text, Field(max_length=255)] | None = None
    phone: Code | None = None
    gender: Annotated[Text, Field(max_length=16)] | None = None
    date_of_birth: OptionalMoment = None
    email_allowed: bool | None = None
    sms_allowed: bool | None = None
    call_allowed: bool | None = None
    user_type: Word | None = None
    attributes: Bag | None = None
    date_joined: OptionalMoment = None


class OrderRefused(Exception):
    """An order that is not taken in; `reasons` are sentences, with the path where one field is at fault."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def read_order(wire: object) -> OrderMessage:
    """The order, validated. Raises OrderRefused with every fault and its path (`orderitem_set.0.price: …`)."""
    if not isinstance(wire, dict):
        raise OrderRefused("an order is a JSON object")
    try:
        message = OrderMessage.model_validate(wire)
        _check_details(message, "")
        for index, item in enumerate(message.items):
            _check_details(item, f"orderitem_set.{index}.")
    except ValidationError as error:
        raise OrderRefused(*faults(error)) from None
    except RecursionError:
        raise OrderRefused(f"is nested deeper than {DEEPEST} levels") from None
    _check_items(message)
    _check_amounts(message)
    return message


def _check_details(message: WireMessage, path: str) -> None:
    try:
        _ = message.details
    except PydanticCustomError as error:
        raise OrderRefused(f"{path}{error.message()}") from None


def read_user(address: Mapping[str, Any] | None, path: str) -> UserMessage | None:
    """The owner, if an address names one in full, else None. Raises OrderRefused if the fields are wrong."""
    user = (address or {}).get("user")
    if isinstance(user, int | str) and str(user).isdecimal():  # the flat form of an address
        user = {"pk": user}
    if not isinstance(user, dict):
        return None
    try:
        return UserMessage.model_validate(user)
    except ValidationError as error:
        raise OrderRefused(*faults(error, f"{path}.user")) from None


def faults(error: ValidationError, prefix: str = "") -> list[str]:
    """`path: what is wrong there`, at most twenty of them."""
    found = []
    for fault in error.errors(include_url=False)[:20]:
        path = ".".join(str(part) for part in ((prefix,) if prefix else ()) + fault["loc"])
        found.append(f"{path}: {fault['msg'][:1].lower()}{fault['msg'][1:]}")
    return found


PLACES = {2: "two", 3: "three", 4: "four"}


def _check_amounts(message: OrderMessage) -> None:
    """Refuse amounts too fine for the currency, instead of storing another amount than was sent."""
    is_said = "currency" in message.model_fields_set or message.orderitem_set is not None
    # News of a part of an order need not repeat its currency: what came in with it is judged by that.
    faults = _too_fine(message, "", message.currency) if is_said else []
    for index, item in enumerate(message.items):
        faults += _too_fine(item, f"orderitem_set.{index}.", item.price_currency or message.currency)
    if faults:
        raise OrderRefused(*faults[:20])


def _too_fine(message: WireMessage, path: str, currency: str) -> list[str]:
    places = wire_places(currency)
    amounts = {
        name: getattr(message, name) for name in type(message).model_fields if name.endswith(("amount", "price"))
    }
    return [
        f"{path}{name}: has more than {PLACES[places]} decimal places"
        for name, amount in amounts.items()
        if amount is not None and places_of(amount) > places
    ]


def _check_items(message: OrderMessage) -> None:
    seen: set[int] = set()
    for index, item in enumerate(message.items):
        if item.id in seen:
            raise OrderRefused(f"orderitem_set.{index}.id: item {item.id} stands in the order twice")
        seen.add(item.id)
        if item.order not in (None, message.id):
            raise OrderRefused(f"orderitem_set.{index}.order: item {item.id} belongs to order {item.order}")
