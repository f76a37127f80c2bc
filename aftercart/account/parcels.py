"""An order's items as its owner thinks of them: by where they are, equal ones together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from aftercart.cancellations.sets import in_order, sets_of
from aftercart.orders.models import OrderItem
from aftercart.orders.parts import ahead
from aftercart.orders.received import text


@dataclass(slots=True)
class Row:
    """Equal items of one parcel."""

    item: OrderItem
    """The first of them: its name, picture, price and request stand for all."""
    quantity: int = 0
    set_name: str = ""
    """The name of the set that it is part of, if the set is still here."""
    returned: int = 0
    """How many of them came back, though the line goes on, or were withdrawn from."""
    ahead: dict[int, int] = field(default_factory=dict)
    """Status → how many of them are further on than the rest, if their pieces go separate ways."""

    @property
    def image(self) -> str:
        """The picture's address where a page may show it, else nothing."""
        return picture(self.item)

    @property
    def was(self) -> Decimal | None:
        """The price before a reduction, where there was one."""
        return self.item.retail_price if self.item.retail_price > self.item.price else None


@dataclass(slots=True)
class Parcel:
    """Items that are in the same status and travel together."""

    status: int
    tracking_number: str
    tracking_url: str
    rows: dict[object, Row] = field(default_factory=dict)


def parcels(items: Iterable[OrderItem]) -> list[Parcel]:
    """The items grouped by status and tracking, in the order in which they stand in the order."""
    found: dict[object, Parcel] = {}
    lines = list(items)
    sets = sets_of(lines)
    for item in in_order(lines):
        url = safe_link(item.tracking_url or text(item.details.get("shipping_tracking_url")))
        place = (item.status, item.tracking_number or "", url)
        parcel = found.setdefault(place, Parcel(item.status, item.tracking_number or "", url))
        request = item.active_request
        product = item.product.get("pk") or item.product.get("sku") or f"item {item.pk}"
        same = (
            str(product),
            item.name,
            item.price,
            item.retail_price,
            request and request.pk,
            item.removed_date,
            item.parent,
        )
        head = sets[item.pk][0] if item.pk in sets else item
        # Two of the same set are two blocks, each with its parts.
        row = parcel.rows.setdefault(same if item.pk not in sets else item.pk, Row(item))
        row.set_name = "" if head is item else head.name
        row.quantity += item.quantity
        row.returned += item.quantity - item.quantity_left
        for status, pieces in ahead(item).items():
            row.ahead[status] = row.ahead.get(status, 0) + pieces
    return list(found.values())


def picture(item: OrderItem) -> str:
    """The address of an item's picture, if a page may show it; else nothing."""
    image = text(item.product.get("image")) or text(item.details.get("image"))
    return image if image.startswith(("https://", "/")) and not image.startswith("//") else ""


def safe_link(url: object) -> str:
    """A link to another site if it is one; never `javascript:` or the like."""
    text = str(url or "")
    return text if text.startswith(("https://", "http://")) else ""
