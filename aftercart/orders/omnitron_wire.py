"""An order of Omnitron's, written as the commerce side would have written it (docs/contract.md, sections B and D).

Omnitron's remote ids are our ids. What Omnitron does not say is left out, so that the intake keeps what it knows.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aftercart.currencies import USUAL_PLACES, places_of, with_places
from aftercart.omnitron import RemoteItem, RemoteOrder, RemoteProduct
from aftercart.orders.parts import Parts
from aftercart.orders.wire import OrderRefused
from aftercart.statuses import CLOSED, Status

PLACES = ("country", "city", "township", "district")
ADDRESS_FIELDS = [
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
    "hash_data",
    "address_type",
    "retail_store",
    "identity_number",
    "is_corporate",
]
# Without these an address could not be shown.
ADDRESS_DEFAULTS: Mapping[str, Any] = {
    "title": "",
    "line": "",
    "e_bill_taxpayer": False,
    "address_type": "customer",
    "retail_store": None,
    "remote_id": None,
    "extra_field": None,
    "is_corporate": False,
    "primary": False,
}
ORDER_TEXTS = [
    "invoice_number",
    "tracking_number",
    "tracking_url",
    "language_code",
    "payment_option_slug",
    "shipping_option_slug",
    "bin_number",
    "notes",
    "gift_box_note",
    "e_archive_url",
    "client_type",
    "remote_addr",
]
ITEM_TEXTS = ["tracking_url", "e_archive_url", "price_currency"]
ORDER_AMOUNTS = [
    "amount",
    "discount_amount",
    "shipping_amount",
    "shipping_tax_rate",
    "refund_amount",
    "discount_refund_amount",
    "shipping_refund_amount",
    "installment_interest_amount",
]
LARGEST = 20  # digits: what no order has is refused by the intake, in its own words
ITEM_AMOUNTS = ["price", "retail_price", "tax_rate"]


def wire_of(order: RemoteOrder, products: Mapping[int, RemoteProduct], *, known: bool) -> dict[str, Any]:
    """The order in the commerce wire's shape.

    `known`: the order is here already, and only what is new in it counts: not the address, nor when it was made.
    Raises OrderRefused if it lacks a remote id.
    """
    if not order.remote_id:
        raise OrderRefused("Omnitron knows no id of ours for this order (extra_field.id)")
    orphans = [item.pk for item in order.items if not item.remote_id]
    if orphans:
        raise OrderRefused(f"Omnitron knows no id of ours for its item {orphans[0]} (extra_field.id)")
    ours = {item.pk: item.remote_id for item in order.items if item.remote_id}
    wire: dict[str, Any] = {
        "id": order.remote_id,
        "number": order.number,
        "status": str(_status(order)),
        "currency": order.currency or "try",
        "created_date": order.placed_at,
        "modified_date": order.modified_date,
        "invoice_date": order.invoice_date,
        "orderitem_set": [_item(parts, products, ours, known=known) for parts in lines_of(order).values()],
        **_amounts(order, ORDER_AMOUNTS),
        **_texts(order, ORDER_TEXTS),
        **_payment_facts(order),
    }
    user = _user(order)
    wire["user"] = user["pk"]
    wire["user_email"] = user["email"]
    if not known:
        wire["shipping_address"] = _address(order.shipping_address, user)
        wire["billing_address"] = _address(order.billing_address, user)
        wire["payment_option"] = order.payment_option
        wire["has_gift_box"] = bool(order.has_gift_box)
        wire["installment_count"] = order.installment_count
    return wire


def _payment_facts(order: RemoteOrder) -> dict[str, Any]:
    """How the order was paid; left out if it says no more than the amounts do."""
    facts: dict[str, Any] = {}
    if order.net_shipping_amount is not None and order.net_shipping_amount != order.shipping_amount:
        facts["net_shipping_amount"] = _written(order.net_shipping_amount)
    if payments := [payment for payment in order.transaction_set if isinstance(payment, dict)]:
        facts["transaction_set"] = payments
    return facts


def lines_of(order: RemoteOrder) -> dict[int, Parts]:
    """Our item's id → all that it is there, in the order of their keys."""
    found: dict[int, list[RemoteItem]] = {}
    for item in sorted(order.items, key=lambda item: item.pk):
        if item.remote_id:
            found.setdefault(item.remote_id, []).append(item)
    return {pk: Parts(tuple(parts)) for pk, parts in found.items()}


def _status(order: RemoteOrder) -> int:
    # Omnitron shows an order as 50 while any cancellation is open, also of a part; its items say it more precisely.
    if order.status != Status.CANCELLATION_WAITING:
        return order.status
    going_on = [item.status for item in order.items if item.status not in {Status.CANCELLATION_WAITING, *CLOSED}]
    return min(going_on, default=order.status)


def _item(
    parts: Parts, products: Mapping[int, RemoteProduct], ours: Mapping[int, int], *, known: bool
) -> dict[str, Any]:
    item = parts.each[0]
    wire: dict[str, Any] = {
        "id": item.remote_id,
        "status": str(parts.status),
        "modified_date": parts.modified_date,
        **_texts(item, ITEM_TEXTS),
        "invoice_number": parts.invoice_number or None,
        "invoice_date": parts.invoice_date,
        "tracking_number": parts.tracking_number or None,
        "delivered_date": parts.delivered_date,
        **_amounts(item, [name for name in ITEM_AMOUNTS if _is_said(parts, name)]),
    }
    if item.parent is not None and item.parent in ours:
        wire["parent"] = ours[item.parent]
    # A single item there may come without a quantity: then ours counts.
    if not known or len(parts.each) > 1 or "quantity" in item.model_fields_set:
        wire["quantity"] = sum(part.quantity for part in parts.each)
    discount = sum((part.discount_amount or Decimal(0) for part in parts.each), Decimal(0))
    if discount:
        wire["discount_amount"] = _written(discount)
    if "price" not in wire and not known:
        wire["price"] = _written(_mean_price(parts))
    for name in ("attributes", "attributes_kwargs"):
        if getattr(item, name):
            wire[name] = getattr(item, name)
    product = products.get(item.product) if item.product is not None else None
    if product is not None:
        # Without its pk: that is Omnitron's, and ours may be known from a file.
        names = ("name", "sku", "base_code", "image", "absolute_url", "attributes", "attributes_kwargs")
        wire["product"] = {name: getattr(product, name) for name in names if getattr(product, name)}
    return wire


def _is_said(parts: Parts, name: str) -> bool:
    """Whether all parts say the same: pieces of one line may differ by a cent."""
    return len({getattr(part, name) for part in parts.each}) == 1


def _mean_price(parts: Parts) -> Decimal:
    """The price of a piece if the pieces of a line differ, as exact as theirs."""
    prices = [(part.price or Decimal(0), part.quantity) for part in parts.each]
    mean = sum((price * pieces for price, pieces in prices), Decimal(0)) / sum(pieces for _, pieces in prices)
    return round(mean, max(places_of(price) for price, _ in prices))


def _user(order: RemoteOrder) -> dict[str, Any]:
    customer = order.customer or {}
    extra = customer.get("extra_field")
    remote = extra.get("id") if isinstance(extra, dict) else None
    pk = remote or customer.get("remote_id") or customer.get("channel_code")
    if not str(pk or "").isdecimal():
        raise OrderRefused("Omnitron knows no id of ours for the customer (customer.extra_field.id)")
    return {
        "pk": int(str(pk)),
        "email": customer.get("email") or "",
        "first_name": customer.get("first_name") or "",
        "last_name": customer.get("last_name") or "",
        "phone": customer.get("phone_number") or "",
        "user_type": customer.get("user_type") or "registered",
    }


def _address(address: Mapping[str, Any] | None, user: Mapping[str, Any]) -> dict[str, Any] | None:
    if not address:
        return None
    remote = str(address.get("remote_id") or "")
    wire: dict[str, Any] = {**ADDRESS_DEFAULTS, **{name: address.get(name) for name in ADDRESS_FIELDS}}
    wire["pk"] = int(remote) if remote.isdecimal() else None
    for place in PLACES:
        there = address.get(place)
        there = there if isinstance(there, dict) else {"pk": there}
        # The storefront's pages read the names without checking that they are there.
        pk = there.get("pk", there.get("id"))
        wire[place] = {**there, "pk": pk, "name": there.get("name") or "", "is_active": True}
        wire[place].pop("id", None)
    wire["user"] = dict(user)
    return wire


def _amounts(message: RemoteOrder | RemoteItem, names: list[str]) -> dict[str, str]:
    amounts: dict[str, Decimal | None] = {name: getattr(message, name) for name in names}
    return {name: _written(value) for name, value in amounts.items() if value is not None}


def _written(amount: Decimal) -> str:
    """An amount as the storefront writes it (details are repeated to it as they are), and never another one."""
    return f"{with_places(amount, USUAL_PLACES) if amount.adjusted() < LARGEST else amount:f}"


def _texts(message: RemoteOrder | RemoteItem, names: list[str]) -> dict[str, str]:
    return {name: getattr(message, name) for name in names if getattr(message, name)}
