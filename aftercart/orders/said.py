"""What a message says of the columns of an order or an item, and a new item made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aftercart.orders.models import Order, OrderItem
from aftercart.orders.parts import Parts, returned_by
from aftercart.orders.received import parent_of
from aftercart.orders.wire import ItemMessage, OrderMessage

ORDER_FIELDS = [
    "currency",
    "amount",
    "discount_amount",
    "shipping_amount",
    "refund_amount",
    "discount_refund_amount",
    "shipping_refund_amount",
    "shipping_address",
    "billing_address",
    "user_email",
    "language_code",
    "tracking_number",
    "tracking_url",
    "invoice_number",
    "invoice_date",
    "created_date",
]
ITEM_FIELDS = [
    "quantity",
    "price",
    "retail_price",
    "tax_rate",
    "price_currency",
    "product",
    "easy_return_companies",
    "tracking_number",
    "tracking_url",
    "invoice_number",
    "invoice_date",
    "delivered_date",
    "created_date",
]


@dataclass(frozen=True, slots=True)
class OmnitronKeys:
    """Omnitron's key for an order and, by our item ids, what its items are there."""

    order: int
    items: Mapping[int, Parts] = field(default_factory=dict)
    is_whole: bool = True
    """Whether all of its items could be read."""


def said(message: OrderMessage | ItemMessage, names: Sequence[str]) -> dict[str, Any]:
    """What the message says: null and blank change nothing, neither a default nor what is known."""
    return {name: value for name, value in message.given(*names).items() if value not in (None, "")}


def as_there(parts: Parts) -> dict[str, Any]:
    """The columns that say what an item is at Omnitron."""
    return {"omnitron_pk": parts.pk, "parts": parts.kept}


def new_item(item: ItemMessage, order: Order, message: OrderMessage, keys: OmnitronKeys | None) -> OrderItem:
    """An item of an order that is here, as the order's message has it; not saved."""
    defaults = {
        "retail_price": item.price,
        "price_currency": order.currency,
        "created_date": order.created_date,
    }
    made = OrderItem(
        pk=item.id,
        order=order,
        status=item.status,
        details=item.details,
        parent=parent_of(item.details.get("parent")),
        **(as_there(keys.items[item.id]) if keys and item.id in keys.items else {}),
        version_date=item.modified_date or message.version_date,
        modified_date=item.modified_date or order.modified_date,
        **{**defaults, **said(item, ITEM_FIELDS)},
    )
    made.returned_quantity = returned_by(made, made.parts)
    return made
