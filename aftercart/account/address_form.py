"""The form of an address: as it is in the book or as typed, with the places to choose from, level by level."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import get_language, gettext

from aftercart.customers.address_book import PLACE_NAMES, save_address
from aftercart.customers.address_payloads import read_address
from aftercart.customers.models import Address, City, Country, Customer, District, Township
from aftercart.errors import FieldErrors

TEXTS = (
    "title",
    "first_name",
    "last_name",
    "phone_number",
    "line",
    "postcode",
    "company_name",
    "tax_office",
    "tax_no",
    "identity_number",
)
TICKS = ("is_corporate", "e_bill_taxpayer", "primary")
COMPANY = ("company_name", "tax_office", "tax_no", "identity_number", "is_corporate", "e_bill_taxpayer")


class PlaceOption(NamedTuple):
    """A place to choose."""

    value: str
    label: str


@dataclass(slots=True)
class PlaceLevel:
    """One level of places, from the country down; without options where none are known, or the one above is open."""

    name: str
    value: str
    options: list[PlaceOption]
    error: str = ""
    is_waiting: bool = False
    """Whether the level above has to be chosen first."""

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.options)


@dataclass(slots=True)
class AddressForm:
    """What the template shows: texts and ticks as typed, places by level, errors by field."""

    customer: Customer
    pk: int | None = None
    texts: dict[str, str] = field(default_factory=dict)
    ticks: dict[str, bool] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    is_primary: bool = False
    """Whether the book's entry is the primary one already."""

    @property
    def levels(self) -> list[PlaceLevel]:
        """The four lists; a choice that does not lie in the one above it is dropped. Five statements at most."""
        levels: list[PlaceLevel] = []
        above = ""
        for name in PLACE_NAMES:
            is_waiting = not above and name != "country"
            rows = [] if is_waiting else _places(name, above)
            known = {row.value for row in rows}
            above = self.chosen.get(name, "") if self.chosen.get(name, "") in known else ""
            if not above and name == "country" and len(rows) == 1:
                above = rows[0].value
            levels.append(PlaceLevel(name, above, rows, self.errors.get(name, ""), is_waiting))
        return levels

    @property
    def general_errors(self) -> list[str]:
        """Errors that belong to no field of the form."""
        return [text for name, text in self.errors.items() if name not in {*TEXTS, *TICKS, *PLACE_NAMES}]

    @property
    def is_for_a_company(self) -> bool:
        """Whether anything is said, or wrong, in the company's part."""
        return any(self.texts.get(name) or self.ticks.get(name) or self.errors.get(name) for name in COMPANY)

    def save(self) -> Address | None:
        """Save the address; None if it is invalid, with the reasons in `errors`. Raises NotFound."""
        data: dict[str, Any] = {**self.texts, **self.ticks, **{name: self.chosen.get(name) for name in PLACE_NAMES}}
        if not data["primary"]:
            del data["primary"]  # unticked means nothing: the book keeps its primary entry
        try:
            address = save_address(customer=self.customer, fields=read_address(data), pk=self.pk, whole=True)
        except FieldErrors as found:
            self.errors = {name: _said(texts) for name, texts in found.errors.items()}
            return None
        return address


def blank_form(customer: Customer) -> AddressForm:
    """The form for a new address, filled in with the customer's name and present country."""
    known = Address.objects.belonging_to(customer).first()
    texts = {"first_name": customer.first_name, "last_name": customer.last_name, "phone_number": customer.phone}
    return AddressForm(customer, texts=texts, chosen={"country": str(known.country_id)} if known else {})


def form_of(customer: Customer, address: Address) -> AddressForm:
    """The form of an entry of the book."""
    return AddressForm(
        customer,
        pk=address.pk,
        texts={name: str(getattr(address, name) or "") for name in TEXTS},
        ticks={name: bool(getattr(address, name)) for name in TICKS},
        chosen={name: str(getattr(address, f"{name}_id") or "") for name in PLACE_NAMES},
        is_primary=address.primary,
    )


def typed_form(customer: Customer, data: QueryDict, address: Address | None = None) -> AddressForm:
    """The form as it was sent."""
    return AddressForm(
        customer,
        pk=address.pk if address else None,
        texts={name: data.get(name, "").strip() for name in TEXTS},
        ticks={name: data.get(name) == "on" for name in TICKS},
        chosen={name: data.get(name, "") for name in PLACE_NAMES},
        is_primary=bool(address and address.primary),
    )


def _places(name: str, above: str) -> list[PlaceOption]:
    rows: QuerySet[Any]
    match name:
        case "country":
            rows = Country.objects.filter(is_active=True)
        case "city":
            rows = City.objects.filter(is_active=True, country_id=int(above))
        case "township":
            rows = Township.objects.filter(is_active=True, city_id=int(above))
        case _:
            rows = District.objects.filter(is_active=True, township_id=int(above))
    options = [PlaceOption(str(row.pk), _named(row.name, getattr(row, "translations", None))) for row in rows]
    return sorted(options, key=lambda option: _sorted_as(option.label))


def _named(name: str, translations: Mapping[str, Any] | None) -> str:
    said = (translations or {}).get((get_language() or "en")[:2])
    return str(said) if isinstance(said, str) and said else name


def _sorted_as(label: str) -> str:
    """Where a name goes in a list: İ next to I, Ç next to C, whatever the database thinks of them."""
    plain = unicodedata.normalize("NFKD", label.replace("ı", "i"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def _said(texts: object) -> str:
    return " ".join(str(text) for text in texts) if isinstance(texts, list | tuple) else str(texts)


def next_level(levels: list[PlaceLevel]) -> str:
    """The label of the button next to the lists: what it shows next."""
    last = next((level.name for level in levels if level.is_open and not level.value), "")
    match last:
        case "country":
            return gettext("Show the cities")
        case "city":
            return gettext("Show the townships")
        case "township":
            return gettext("Show the districts")
        case _:
            return gettext("Update the lists")
