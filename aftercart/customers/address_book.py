"""The promises of the address book: save an entry, remove one, choose the primary one.

One customer's writes go one after the other (the customer's row is locked), so that the book has exactly one primary
entry once it has any, and the same entry sent twice is stored once: the storefront sends whatever fails four times.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from aftercart.customers.address_payloads import AddressPayload
from aftercart.customers.address_rules import MAY_BE_UNKNOWN, REQUIRED, AddressCase, problems
from aftercart.customers.models import Address, City, Country, Customer, District, Township
from aftercart.dynamic_settings.read import read_settings
from aftercart.dynamic_settings.schema import ADDRESS_RULES
from aftercart.errors import FieldErrors, NotFound

BOOK_SIZE = 100
"""Entries in one book; every list of them is short."""
NEVER_NULL = ("title", "first_name", "last_name", "email", "phone_number", "line")
OR_NULL = ("postcode", "notes", "company_name", "tax_office", "tax_no", "identity_number")
TEXTS = (*NEVER_NULL, *OR_NULL)
# From the largest to the smallest; each lies in the one before it.
PLACES: tuple[tuple[str, Any, str], ...] = (
    ("country", Country, gettext_noop("Choose a country of the list.")),
    ("city", City, gettext_noop("Choose a city of this country.")),
    ("township", Township, gettext_noop("Choose a township of this city.")),
    ("district", District, gettext_noop("Choose a district of this township.")),
)
PLACE_NAMES = tuple(name for name, _, _ in PLACES)
SAID = (*TEXTS, *PLACE_NAMES, "is_corporate", "e_bill_taxpayer")
"""What makes two entries the same."""


def own_address(customer: Customer, pk: int) -> Address:
    """The customer's entry with its places. Raises NotFound, for unknown and others' entries alike."""
    address = Address.objects.belonging_to(customer).with_places().filter(pk=pk).first()
    if address is None:
        raise NotFound
    return address


def save_address(*, customer: Customer, fields: AddressPayload, pk: int | None = None, whole: bool = False) -> Address:
    """Add an entry, or change the one with this `pk`; returns it with its places.

    Only what is given of a known entry changes and is validated; with `whole` everything required must be given, and
    after a change of country everything must suit the new one. A new entry that equals an existing one becomes that
    one. The first entry is the primary one.

    Raises FieldErrors, NotFound.
    """
    settings = read_settings(*ADDRESS_RULES)
    with transaction.atomic():
        _one_at_a_time(customer)
        address = own_address(customer, pk) if pk is not None else Address(user=customer)
        errors = _claims(address, fields)
        country_before, chosen = address.country_id, _chosen_places(address, fields)
        errors |= _take_over_places(address, chosen) if fields.given(*PLACE_NAMES) else {}
        _take_over(address, fields)
        missing = dict.fromkeys(set(REQUIRED) - fields.model_fields_set) if whole else {}
        values = {**{name: getattr(address, name) for name in TEXTS}, **chosen, **missing}
        case = AddressCase.under(
            settings,
            country_code=address.country.code if address.country_id else "",
            values=values,
            names=_judged(fields, all_of_them=whole or chosen["country"] != country_before or pk is None),
            known=_known_around(address, values),
        )
        errors = problems(case) | errors
        if errors:
            raise FieldErrors(errors)
        return _add(address) if pk is None else _change(address, primary=bool(fields.primary))


def remove_address(*, customer: Customer, pk: int) -> None:
    """Remove an entry. If it was the primary one, the oldest of the rest takes its place. Raises NotFound."""
    with transaction.atomic():
        _one_at_a_time(customer)
        address = own_address(customer, pk)
        address.delete()
        heir = Address.objects.belonging_to(customer).order_by("pk").first() if address.primary else None
        if heir is not None:
            heir.primary = True
            heir.save(update_fields=["primary", "modified_date"])


def make_primary(*, customer: Customer, pk: int) -> Address:
    """Make an entry the primary one instead of the present one; returns it. Raises NotFound."""
    with transaction.atomic():
        _one_at_a_time(customer)
        return _change(own_address(customer, pk), primary=True)


def _one_at_a_time(customer: Customer) -> None:
    """Wait for others who write in this book; rows that point to the customer may still be added."""
    Customer.objects.select_for_update(no_key=True).only("pk").get(pk=customer.pk)


def _claims(address: Address, fields: AddressPayload) -> dict[str, list[str]]:
    """What nobody may claim: that an address is another's, or that the book has no primary entry."""
    errors = {}
    if fields.user not in (None, address.user_id):
        errors["user"] = [gettext("An address stays in the address book that it is in.")]
    if fields.primary is False and address.pk and address.primary:
        errors["primary"] = [gettext("Make another address the primary one instead.")]
    return errors


def _chosen_places(address: Address, fields: AddressPayload) -> dict[str, int | None]:
    """The ids of the places as they would be."""
    return {name: getattr(address, f"{name}_id") for name in PLACE_NAMES} | fields.given(*PLACE_NAMES)


def _take_over_places(address: Address, chosen: Mapping[str, int | None]) -> dict[str, list[str]]:
    """Put the places into the row, from the largest to the smallest; the first that does not lie there is an error."""
    around: dict[str, Any] = {}
    for name, model, sentence in PLACES:
        pk, before = chosen[name], getattr(address, f"{name}_id")
        # What is missing is reported as missing, and nothing lies in it.
        place = model.objects.filter(pk=pk, **around).first() if pk is not None else None
        # A place that was switched off cannot be chosen any more; addresses already there keep it.
        if pk is not None and (place is None or not (place.is_active or place.pk == before)):
            return {name: [gettext(sentence)]}
        setattr(address, name, place)
        if place is None:
            for below in PLACE_NAMES[PLACE_NAMES.index(name) :]:
                setattr(address, below, None)
            break
        around = {name: place}
    return {}


def _known_around(address: Address, values: Mapping[str, Any]) -> Collection[str]:
    """Township, district, both or neither: those with something to choose at this address. At most one statement."""
    if values["township"] is None:
        if not address.country_id:
            return MAY_BE_UNKNOWN
        where = {"city": address.city_id} if address.city_id else {"city__country": address.country_id}
        return MAY_BE_UNKNOWN if Township.objects.filter(is_active=True, **where).exists() else ()
    if values["district"] is None and not District.objects.filter(is_active=True, township=values["township"]).exists():
        return ("township",)
    return MAY_BE_UNKNOWN


def _take_over(address: Address, fields: AddressPayload) -> None:
    """Put everything else that is given into the row; not `primary`, as that concerns other rows."""
    for name, value in fields.given(*TEXTS).items():
        setattr(address, name, value or ("" if name in NEVER_NULL else None))
    address.email = address.email or address.user.email
    if fields.is_corporate is not None or fields.type is not None:
        address.is_corporate = bool(fields.is_corporate) or fields.type == "corporate"
    if fields.e_bill_taxpayer is not None:
        address.e_bill_taxpayer = fields.e_bill_taxpayer
    if not address.pk:
        address.primary = bool(fields.primary)


def _judged(fields: AddressPayload, *, all_of_them: bool) -> set[str]:
    """The names of the fields to judge; places only together, as each lies in another."""
    if all_of_them:
        return {*TEXTS, *PLACE_NAMES}
    return {*fields.given(*TEXTS), *(PLACE_NAMES if fields.given(*PLACE_NAMES) else ())}


def _add(address: Address) -> Address:
    """Add a row, unless the book has an equal one."""
    book = Address.objects.belonging_to(address.user)
    twin = book.with_places().filter(**{name: getattr(address, name) for name in SAID}).first()
    if twin is not None:
        return _change(twin, primary=address.primary)
    if book.count() >= BOOK_SIZE:
        raise FieldErrors({"non_field_errors": [gettext("Your address book is full. Remove an address first.")]})
    address.primary = address.primary or not book.filter(primary=True).exists()
    return _written(address)


def _change(address: Address, *, primary: bool) -> Address:
    """Write a row; as the primary one, if it is to become that."""
    address.primary = address.primary or primary
    return _written(address)


def _written(address: Address) -> Address:
    if address.primary:
        others = Address.objects.belonging_to(address.user).filter(primary=True).exclude(pk=address.pk)
        others.update(primary=False)
    address.save()
    return address
