"""Orders coming in: the commerce wire shape (docs/contract.md, section B) becomes Omnitron's (section D).

As a storefront would have sent them. Commerce's ids become remote ids: in `extra_field.id` and in
the integration actions, which map them to Omnitron's own pks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from . import refunds, rules
from .addresses import address_copy
from .problems import invalid
from .store import Doc, Store, stamp

CONTENT_TYPES = {"product": 11, "order": 21, "orderitem": 22, "cancellationrequest": 31}

_ORDER_COPIES = (
    "amount", "shipping_amount", "shipping_tax_rate", "discount_amount", "tracking_number", "remote_addr",
    "gift_box_note", "client_type", "language_code", "notes", "delivery_range",
    "shipping_option_slug", "payment_option_slug", "bin_number", "installment", "installment_count",
    "installment_interest_amount", "invoice_number", "invoice_date", "e_archive_url", "segment",
    "refund_amount", "discount_refund_amount", "shipping_refund_amount",
)  # fmt: skip
_ITEM_COPIES = (
    "price", "tax_rate", "retail_price", "tracking_number", "invoice_number", "invoice_date",
    "e_archive_url", "estimated_delivery_date", "delivered_date", "image",
)  # fmt: skip


def orders_in(payload: Any) -> Iterator[Doc]:
    """The orders of whatever was posted: one, a list, a page, or a completed-order answer."""
    if isinstance(payload, list):
        for entry in payload:
            yield from orders_in(entry)
    elif isinstance(payload, dict) and isinstance(payload.get("results"), list):
        yield from orders_in(payload["results"])
    elif isinstance(payload, dict) and isinstance(payload.get("order"), dict):
        yield payload["order"]
    elif isinstance(payload, dict):
        yield payload
    else:
        raise invalid("non_field_errors", "Expected an order, a list of orders or a page of orders.")


def take_in(store: Store, payload: Any, *, channel: int, apart: bool = False) -> dict[str, Doc]:
    """Remember these orders; one that is known by its number stays as it is.

    A remote id that an order names several times is several items here. `apart`: so is each piece of a quantity.
    Answers `{number: {"pk": .., "items": {remote id: lowest pk}}}` for each.
    """
    with store.transaction():
        return {str(order.get("number")): _take_one(store, order, channel, apart) for order in orders_in(payload)}


def items_named(store: Store, order_pk: int, remote_id: object) -> list[Doc]:
    """The order's items that a remote id means, by their own word or by a mapping."""
    mapped = {
        action["object_id"]
        for action in store.find("integration_actions", remote_id=str(remote_id), content_type__model="orderitem")
    }
    own = store.find("order_items", order=order_pk)
    return [item for item in own if item["pk"] in mapped or str(item["extra_field"]["id"]) == str(remote_id)]


def mapped_pk(store: Store, model: str, remote_id: object) -> int | None:
    """Omnitron's pk for a remote id, by the integration actions."""
    found = store.select(
        "integration_actions",
        "json_extract(doc, '$.remote_id') = ? AND json_extract(doc, '$.content_type.model') = ?",
        (str(remote_id), model),
    )
    return int(found[0]["object_id"]) if found else None


def add_mapping(store: Store, model: str, doc: Doc, *, remote_id: object, channel: int) -> None:
    """Write the integration action which ties a document to its remote id."""
    store.insert(
        "integration_actions",
        {
            "content_type": {"id": CONTENT_TYPES[model], "app_label": "omnitron", "model": model},
            "channel": channel,
            "object_id": doc["pk"],
            "remote_id": str(remote_id),
            "version_date": doc["modified_date"],
            "state": {},
            "status": "success",
            "local_batch_id": None,
            "_channel": channel,
        },
    )


def _take_one(store: Store, order: Doc, channel: int, apart: bool) -> Doc:
    number = str(order.get("number") or "")
    if not number or len(number) > 128:
        raise invalid("number", "An order has a number of at most 128 characters.")
    known = store.first("orders", number=number)
    if known is None:
        known = _create(store, order, number, _channel(order, channel), apart)
    lowest: dict[str, int] = {}
    for item in store.find("order_items", order=known["pk"]):
        lowest.setdefault(str(item["extra_field"]["id"]), item["pk"])
    return {"pk": known["pk"], "items": lowest}


def _create(store: Store, order: Doc, number: str, channel: int, apart: bool) -> Doc:
    remote_id = _remote_id(order, f"order {number}")
    if mapped_pk(store, "order", remote_id) is not None:
        raise invalid("id", f"Another order has the remote id {remote_id}.", code="unique")
    items = order.get("orderitem_set")
    if not isinstance(items, list) or not items:
        raise invalid("orderitem_set", f"Order {number} has no items.")
    customer = _customer(store, order, channel)
    doc: Doc = {"number": number, "channel": channel, "status": _status(order.get("status"))}
    doc |= {name: order.get(name) for name in _ORDER_COPIES}
    payment: Doc = order["payment_option"] if isinstance(order.get("payment_option"), dict) else {}
    doc |= {
        "has_gift_box": bool(order.get("has_gift_box")),
        "date_placed": _date(order.get("created_date")),
        "customer": customer,
        "shipping_address": address_copy(
            store, order.get("shipping_address"), customer=customer["pk"], channel=channel
        ),
        "billing_address": address_copy(store, order.get("billing_address"), customer=customer["pk"], channel=channel),
        "currency": _value(order.get("currency")) or "try",
        "net_shipping_amount": order.get("net_shipping_amount", order.get("shipping_amount")),
        "extra_field": {**(order.get("extra_field") or {}), "id": remote_id},
        "delivery_type": None,
        "cargo_company": None,
        "carrier_shipping_code": None,
        "payment_option": payment.get("pk"),
        "transaction_set": order["transaction_set"] if "transaction_set" in order else _purchases(order, payment),
        "is_send": True,
        "external_status": None,
        "_channel": channel,
        "_payment_type": payment.get("payment_type"),
        "_payment_slug": payment.get("slug"),
        "_discounts": _objects(order.get("discountitem_set")),
        "_loyalty": _objects(order.get("loyaltytransaction_set")),
    }
    saved = store.insert("orders", doc)
    add_mapping(store, "order", saved, remote_id=remote_id, channel=channel)
    pks: dict[str, int] = {}
    for item in items:
        for part in _pieces(item, saved["currency"]) if apart else [item]:
            created = _create_item(store, part, saved, pks, customer["pk"])
            pks.setdefault(str(created["extra_field"]["id"]), created["pk"])
    return saved


def _objects(value: Any) -> list[Doc]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _pieces(item: Any, currency: str) -> list[Any]:
    """An item for each piece of a quantity, with its part of the discount."""
    count = item.get("quantity") if isinstance(item, dict) else None
    if not isinstance(count, int) or count < 2:
        return [item]
    parts = [{**item, "quantity": 1} for _ in range(count)]
    if item.get("discount_amount"):
        for part, amount in zip(parts, refunds.in_equal_parts(item["discount_amount"], count, currency), strict=True):
            part["discount_amount"] = amount
    return parts


def _create_item(store: Store, item: Any, order: Doc, pks: dict[str, int], customer: int) -> Doc:
    if not isinstance(item, dict):
        raise invalid("orderitem_set", "Expected a list of objects.")
    remote_id = _remote_id(item, f"an item of order {order['number']}")
    # Several of one order may be one thing on the commerce side; two orders share none.
    if str(remote_id) not in pks and mapped_pk(store, "orderitem", remote_id) is not None:
        raise invalid("orderitem_set", f"Another item has the remote id {remote_id}.", code="unique")
    channel = order["_channel"]
    parent = item.get("parent")
    doc: Doc = {
        "order": order["pk"],
        "product": _product(store, item.get("product"), channel),
        "status": _status(item.get("status", order["status"])),
        "price_currency": _value(item.get("price_currency")) or order["currency"],
        "discount_amount": item.get("discount_amount") or "0.00",
        "quantity": item.get("quantity") or 1,
        "price_list": 1,
        "stock_list": 1,
        "carrier_shipping_code": None,
        "attributes": item.get("attributes") or {},
        "attributes_kwargs": item.get("attributes_kwargs") or {},
        "parent": pks.get(str(parent)) if parent is not None else None,
        "extra_field": {**(item.get("extra_field") or {}), "id": remote_id},
        "customer": customer,
        "_channel": channel,
        "_order_number": order["number"],
    }
    doc |= {name: item.get(name) for name in _ITEM_COPIES}
    saved = store.insert("order_items", doc)
    add_mapping(store, "orderitem", saved, remote_id=remote_id, channel=channel)
    return saved


def _product(store: Store, product: Any, channel: int) -> int | None:
    if not isinstance(product, dict) or product.get("pk") is None:
        return None
    known = mapped_pk(store, "product", product["pk"])
    if known is not None:
        return known
    image = product.get("image")
    doc = {name: product.get(name) for name in ("sku", "base_code", "name", "absolute_url", "image")} | {
        "product_type": "0",
        "is_active": True,
        "parent": None,
        "attributes": product.get("attributes") or {},
        "attributes_kwargs": product.get("attributes_kwargs") or {},
        "extra_attributes": product.get("extra_attributes") or {},
        "productimage_set": [{"order": 0, "status": "active", "image": image}] if image else [],
        "_channel": channel,
    }
    saved = store.insert("products", doc)
    add_mapping(store, "product", saved, remote_id=product["pk"], channel=channel)
    return int(saved["pk"])


def _customer(store: Store, order: Doc, channel: int) -> Doc:
    address = order.get("shipping_address") or order.get("billing_address") or {}
    user: Doc = address["user"] if isinstance(address.get("user"), dict) else {}
    email = order.get("user_email") or user.get("email") or address.get("email")
    doc = {
        "channel": channel,
        "email": email,
        "first_name": user.get("first_name") or address.get("first_name"),
        "last_name": user.get("last_name") or address.get("last_name"),
        "phone_number": user.get("phone") or address.get("phone_number"),
        "user_type": user.get("user_type") or "registered",
        "is_active": True,
        "channel_code": str(order.get("user") or user.get("pk") or email),
        "extra_field": {"id": order.get("user") or user.get("pk")},
    }
    known = [found for found in store.find("customers", email=email) if found["channel_code"] == doc["channel_code"]]
    return known[0] if known else store.insert("customers", doc)


def _purchases(order: Doc, payment: Doc) -> list[Doc]:
    """The payment that an order has come with: none yet where it is paid at the door, or waited for."""
    if refunds.is_paid_at_the_door(payment, order.get("payment_option_slug")):
        return []
    arrived = _status(order.get("status")) not in rules.PAYMENT_AWAITED
    return [{"transaction_type": "purchase", "amount": order.get("amount"), "is_success": arrived}]


def _channel(order: Doc, channel: int) -> int:
    value = order.get("channel")
    return value if isinstance(value, int) else channel


def _remote_id(doc: Doc, what: str) -> int | str:
    remote_id = doc.get("id", doc.get("pk"))
    if isinstance(remote_id, bool) or not isinstance(remote_id, int | str) or remote_id == "":
        raise invalid("id", f"{what.capitalize()} has no id.")
    return remote_id


def _value(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _status(value: Any) -> str:
    code = rules.status_code(_value(value) if value is not None else "400")
    if code is None:
        raise invalid("status", f'"{_value(value)}" is not a valid choice.', code="invalid_choice")
    return code


def _date(value: Any) -> str | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise invalid("created_date", "Enter a valid date/time.") from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
