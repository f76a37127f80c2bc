"""A known order is updated by another version of itself: the newer one wins, field by field, and may lack an item.

Each row stores the date of the version that it was written by (`version_date`); an older version changes nothing,
wherever it comes from (`versions.is_older`). Some things we know better than newer versions, too: a status moves only
forward (`statuses.may_move`), an address that the customer changed here stays, and so does an invoice or a tracking
number that came from Omnitron after the version's date.

An item that a complete version no longer has was removed by the shop: it is cancelled with a date of its own
(`removed_date`), since no amount of the order counts it; it is part of the order again once a newer version has it. A
version is complete if it has an `orderitem_set` and none of its items was unreadable.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aftercart.orders import events
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.orders.news import move_item, move_order
from aftercart.orders.parts import Parts, keep_keys, keys_of, returned_by, says_more
from aftercart.orders.received import parent_of
from aftercart.orders.said import ITEM_FIELDS, ORDER_FIELDS, OmnitronKeys, as_there, new_item, said
from aftercart.orders.signals import items_moved
from aftercart.orders.versions import is_older
from aftercart.orders.wire import ItemMessage, OrderMessage
from aftercart.statuses import Status, may_move

Kind = OrderEvent.Kind
# The same version coming again does not undo a refund.
GROWING = frozenset({"refund_amount", "discount_refund_amount", "shipping_refund_amount"})
# What Omnitron's news writes, too.
LEARNED = frozenset({"tracking_number", "invoice_number", "invoice_date", "delivered_date"})
ITEM_COLUMNS = [
    *ITEM_FIELDS,
    "status",
    "status_before_cancellation",
    "details",
    "omnitron_pk",
    "parts",
    "parent",
    "returned_quantity",
    "version_date",
    "removed_date",
    "modified_date",
]


def update(order: Order, message: OrderMessage, *, now: datetime, actor: str, keys: OmnitronKeys | None) -> bool:
    """Write what is new in the message, inside the caller's transaction; returns whether anything was."""
    items = _Items(order, message, now=now, actor=actor, keys=keys)
    items.compare()
    fields, moves = _key(order, keys.order if keys else None), False
    if not items.is_late:
        fields |= _news(order, message, ORDER_FIELDS, message.version_date)
        moves = may_move(order.status, message.status)
        if "shipping_address" in fields and _address_changed_here(order):
            del fields["shipping_address"]
    if not (items.new or items.changed or fields or moves):
        return False
    if moves:
        items.move_order()
    _apply(order, fields, message.modified_date or now)
    order.save()
    items.save()
    return True


class _Items:
    """The items of a known order, compared with those of a message."""

    def __init__(
        self, order: Order, message: OrderMessage, *, now: datetime, actor: str, keys: OmnitronKeys | None
    ) -> None:
        self.order, self.message, self.now, self.actor = order, message, now, actor
        self.there: Mapping[int, Parts] = keys.items if keys else {}
        self.omnitron_keys = keys
        self.is_late = is_older(message.version_date, order.version_date)
        self.is_whole = message.orderitem_set is not None and (keys is None or keys.is_whole)
        self.new: list[OrderItem] = []
        self.changed: list[OrderItem] = []
        self.events: list[OrderEvent] = []
        self.renamed: list[OrderItem] = []
        self.had_parts: list[int] = []

    def compare(self) -> None:
        """Find out what is new; nothing is written yet."""
        known = {item.pk: item for item in self.order.items.all()}
        for item in self.message.items:
            row = known.pop(item.id, None)
            if row is not None:
                self._compare(row, item)
            elif not self.is_late:
                self.new.append(new_item(item, self.order, self.message, self.omnitron_keys))
        if not self.is_late and self.is_whole:
            for row in known.values():
                self._take_out(row)

    def move_order(self) -> None:
        """The order itself has moved on."""
        self._tell(events.status_changed, None, self.message.status)
        move_order(self.order, self.message.status)

    def save(self) -> None:
        """Write it."""
        OrderItem.objects.bulk_create(self.new)
        OrderItem.objects.bulk_update(self.changed, ITEM_COLUMNS)
        keep_keys({row.pk: keys_of(row) for row in (*self.new, *self.renamed)}, former=self.had_parts)
        OrderEvent.objects.bulk_create(self.events)
        if any(event.order_item_id is not None for event in self.events):
            items_moved.send(sender=OrderItem, order=self.order, now=self.now)

    def _compare(self, row: OrderItem, item: ItemMessage) -> None:
        fields, date, moved = self._as_there(row), item.modified_date or self.message.version_date, False
        if row.removed_date is not None and not self.is_late:
            self._tell(events.item_restored, row, item.status)
            row.status, row.status_before_cancellation, row.removed_date, moved = item.status, None, None, True
        if not is_older(date, row.version_date):
            fields |= _news(row, item, ITEM_FIELDS, date)
            if row.removed_date is None and may_move(row.status, item.status):
                self._tell(events.status_changed, row, item.status)
                move_item(row, item.status)
                moved = True
        if not (fields or moved):
            return
        _apply(row, fields, item.modified_date or self.now)
        self.changed.append(row)

    def _as_there(self, row: OrderItem) -> dict[str, Any]:
        """What the item is at Omnitron, where that is news."""
        there = self.there.get(row.pk)
        if there is None or (not (is_renamed := keys_of(row) != there.keys) and not says_more(row, there)):
            return {}
        if is_renamed:
            self.renamed.append(row)
            self.had_parts += [row.pk] if row.parts else []
        return as_there(there) | {"returned_quantity": returned_by(row, there.kept)}

    def _take_out(self, row: OrderItem) -> None:
        if row.removed_date is not None:
            return
        if may_move(row.status, Status.CANCELED):
            self._tell(events.item_removed, row)
            move_item(row, Status.CANCELED)
        row.removed_date = self.now
        row.modified_date = max(row.modified_date, self.message.modified_date or self.now)
        self.changed.append(row)

    def _tell(self, maker: Callable[..., OrderEvent], *what: OrderItem | int | None) -> None:
        self.events.append(maker(self.order, *what, actor=self.actor, now=self.now))


def _news(
    row: Order | OrderItem, message: OrderMessage | ItemMessage, names: Sequence[str], date: datetime | None
) -> dict[str, Any]:
    """The columns in which the message differs from the row."""
    fields = said(message, names)
    if "product" in fields:
        assert isinstance(row, OrderItem)
        fields["product"] = {**row.product, **fields["product"]}
    if "quantity" in fields:  # the quantity cannot be less than what came back of it
        assert isinstance(row, OrderItem)
        fields["quantity"] = max(fields["quantity"], row.quantity - row.quantity_left)
    if date is None or row.version_date is None or date == row.version_date:
        for name in GROWING & fields.keys():
            fields[name] = max(fields[name], getattr(row, name))
    if is_older(date, row.omnitron_modified):
        fields = {name: value for name, value in fields.items() if name not in LEARNED or not getattr(row, name)}
    fields |= {"details": {**row.details, **message.details}, "version_date": date}
    if isinstance(row, OrderItem):
        fields["parent"] = parent_of(fields["details"].get("parent"))
    return {name: value for name, value in fields.items() if value != getattr(row, name)}


def _key(row: Order, pk: int | None) -> dict[str, Any]:
    return {"omnitron_pk": pk} if pk is not None and pk != row.omnitron_pk else {}


def _apply(row: Order | OrderItem, fields: Mapping[str, Any], modified: datetime) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.modified_date = max(row.modified_date, modified)


def _address_changed_here(order: Order) -> bool:
    return OrderEvent.objects.filter(order=order, kind=Kind.ADDRESS_CHANGED).exists()
