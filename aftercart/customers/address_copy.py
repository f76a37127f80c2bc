"""An address in the wire's detailed form: how orders, requests and changes keep their own copies."""

import hashlib
from typing import Any

from aftercart.customers.models import Address, Customer

SIMPLE_FIELDS = [
    "pk",
    "email",
    "phone_number",
    "first_name",
    "last_name",
    "line",
    "title",
    "postcode",
    "notes",
    "company_name",
    "tax_office",
    "tax_no",
    "e_bill_taxpayer",
    "address_type",
    "retail_store",
    "remote_id",
    "identity_number",
    "extra_field",
    "is_corporate",
    "primary",
]
HASHED_FIELDS = [
    "first_name",
    "last_name",
    "phone_number",
    "country",
    "city",
    "township",
    "district",
    "line",
    "postcode",
]


def copy_of(address: Address) -> dict[str, Any]:
    """The detailed form (docs/contract.md, section B); an address read by `with_places` needs no further statement."""
    copy: dict[str, Any] = {name: getattr(address, name) for name in SIMPLE_FIELDS}
    country, city = address.country, address.city
    copy["country"] = {
        "pk": country.pk,
        "is_active": country.is_active,
        "name": country.name,
        "code": country.code,
        "translations": country.translations,
    }
    copy["city"] = {
        "pk": city.pk,
        "is_active": city.is_active,
        "name": city.name,
        "country": city.country_id,
        "translations": city.translations,
        "priority": city.priority,
        "postcode": city.postcode,
    }
    # The storefront's pages read the names of both without checking that they are there.
    township, district = address.township, address.district
    copy["township"] = {
        "pk": township.pk if township else None,
        "is_active": True,
        "name": township.name if township else "",
        "city": city.pk,
        "postcode": township.postcode if township else None,
    }
    copy["district"] = {
        "pk": district.pk if district else None,
        "is_active": True,
        "name": district.name if district else "",
        "city": city.pk,
        "township": township.pk if township else None,
        "postcode": district.postcode if district else None,
    }
    copy["user"] = user_of(address.user)
    copy["hash_data"] = fingerprint(copy)
    return copy


def fingerprint(copy: dict[str, Any]) -> str:
    """MD5 of where the address is and for whom: equal for two entries that say the same."""
    parts = (copy.get(name) for name in HASHED_FIELDS)
    text = "|".join(str(part.get("pk") if isinstance(part, dict) else part or "").strip() for part in parts)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def user_of(customer: Customer) -> dict[str, Any]:
    """The customer as an address shows its owner."""
    return {
        "pk": customer.pk,
        "username": customer.username,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "is_active": customer.is_active,
        "date_joined": _iso(customer.date_joined),
        "last_login": _iso(customer.last_login),
        "email_allowed": customer.email_allowed,
        "sms_allowed": customer.sms_allowed,
        "call_allowed": customer.call_allowed,
        "gender": customer.gender or None,
        "attributes": customer.attributes,
        "phone": customer.phone,
        "date_of_birth": customer.date_of_birth.isoformat() if customer.date_of_birth else None,
        "attributes_kwargs": {},
        "user_type": customer.user_type,
        "modified_date": _iso(customer.modified_date),
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def flat_copy_of(address: Address) -> dict[str, Any]:
    """The flat form: places and owner by their ids. Needs no statement."""
    copy: dict[str, Any] = {name: getattr(address, name) for name in SIMPLE_FIELDS}
    places = {name: getattr(address, f"{name}_id") for name in ("country", "city", "township", "district")}
    copy["hash_data"] = fingerprint({**copy, **{name: {"pk": pk} for name, pk in places.items()}})
    return {**copy, **places, "user": address.user_id}
