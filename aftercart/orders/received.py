"""What came with an order and has no column: which fields there are, and how the few that we use are read.

Everything else is repeated as it came. The forms that the intake accepts are in `wire_parts.py`; what is read here may
have come in before that, so a value of another form is ignored.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

LONGEST_ID = 19

# Every field of the wire that an order may lack: what is missing in `details` is shown so. Where that is an object or a
# list, clients look into it without asking: it is one, or the order does not come in.
ORDER_DETAILS: Mapping[str, Any] = {
    "discountitem_set": [],
    "loyaltytransaction_set": [],
    "shipping_company": None,
    "client_type": "default",
    "payment_option": None,
    "bank": None,
    "amount_without_discount": None,
    "is_payable": False,
    "shipping_tax_rate": None,
    "e_archive_url": None,
    "defined_tracking_url": None,
    "shipping_tracking_url": None,
    "remote_addr": None,
    "has_gift_box": False,
    "gift_box_note": None,
    "notes": None,
    "delivery_range": None,
    "extra_field": {},
    "shipping_option_slug": None,
    "payment_option_slug": None,
    "bin_number": None,
    "installment_count": 1,
    "installment_interest_amount": "0.00",
    "basket": None,
    "shipping_option": None,
    "card": None,
    "installment": None,
    "segment": None,
    "checkout_provider": None,
}
ITEM_DETAILS: Mapping[str, Any] = {
    "shipping_company": None,
    "is_tradable": False,
    "datasource_detailed": None,
    "extra_product_stock_detailed": None,
    "extra_product_price_detailed": None,
    "attributes": {},
    "attributes_kwargs": {},
    "localized_attributes": {},
    "localized_attributes_kwargs": {},
    "e_archive_url": None,
    "image": None,
    "extra_field": {"price_extra_field": {}, "stock_extra_field": {}},
    "estimated_delivery_date": None,
    "shipping_tracking_url": None,
    "parent": None,
    "extra_product_price": None,
    "extra_product_stock": None,
    "datasource": None,
}
PRODUCT: Mapping[str, Any] = {
    "pk": None,
    "sku": "",
    "base_code": "",
    "name": "",
    "image": None,
    "absolute_url": "",
    "attributes": {},
    "attributes_kwargs": {},
    "extra_attributes": {},
    "form_schema": None,
    "data_source": None,
}


# The years of an order. Systems write the calendar's ends, or their own, where there is no date.
FIRST_YEAR, LAST_YEAR = 1900, 2999


def date_known(value: datetime | None) -> datetime | None:
    """A date of an order; None if nobody can have ordered in that year."""
    return value if value is not None and FIRST_YEAR <= value.year <= LAST_YEAR else None


def text(value: object) -> str:
    """A text, or a number as a text; empty for everything else."""
    is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if is_text else ""


def part(value: object, name: str) -> Mapping[str, Any]:
    """The object of that name in an object; an empty one where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def entries(value: object, name: str) -> list[Mapping[str, Any]]:
    """The objects in the list of that name in an object."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def country_code(address: object) -> str:
    """The code of an address's country in lower case; empty if it is not known."""
    return text(part(address, "country").get("code")).strip().lower()


def carrier_key(company: object) -> int | None:
    """The key of an easy-return carrier; None for anything else."""
    key = company.get("pk") if isinstance(company, Mapping) else None
    return key if isinstance(key, int) and not isinstance(key, bool) and 0 < key < 2**63 else None


def carrier_keys(companies: Iterable[object]) -> set[int]:
    """The keys of the carriers that are offered for an item."""
    return {key for company in companies if (key := carrier_key(company)) is not None}


def parent_of(value: Any) -> int | None:
    """The id that an item's `parent` names, as a number, as text or as an object with a key; None for anything else."""
    if isinstance(value, Mapping):
        value = value.get("pk", value.get("id"))
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value) < LONGEST_ID:
        value = int(value)
    is_id = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
    return value if is_id else None
