"""Taking over what is newer at Omnitron: statuses that moved on, invoices, tracking. Never backwards.

Called inside the caller's transaction, which holds the order (by an open attempt, or by locking its rows); writes the
order, its items and the events. The only way back is `give_back`, after a cancellation that Omnitron rejected.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from aftercart.omnitron import RemoteOrder
from aftercart.orders import events
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.orders.parts import (
    IN_CANCELLATION,
    Parts,
    keep_counts,
    matched,
    says_more,
    status_of_all,
    store_keys,
    take_parts,
)
from aftercart.orders.versions import is_older
from aftercart.statuses import Status, gettext_noop, may_move, may_return

FIELDS = ["status", "status_before_cancellation", "invoice_number", "invoice_date", "tracking_number"]
FIELDS += ["omnitron_modified", "modified_date"]
ITEM_FIELDS = [*FIELDS, "delivered_date", "parts"]

REFUNDS = ["refund_amount", "discount_refund_amount", "shipping_refund_amount"]

ORDER_FIELDS = [*FIELDS, *REFUNDS, "omnitron_pk"]

DECIDED_AGAINST = gettext_noop("The shop has decided against it; the order goes on as it was.")


def take_over(order: Order, items: Sequence[OrderItem], remote: RemoteOrder, *, now: datetime) -> None:
    """Write what is newer at Omnitron to the order and the items; the objects are changed, too."""
    theirs = matched(items, remote)
    _store_keys(items, theirs)
    has_new_key, order.omnitron_pk = order.omnitron_pk != remote.pk, remote.pk
    if not is_further(order, items, remote):
        if has_new_key:
            order.save(update_fields=["omnitron_pk"])
        return
    told: list[OrderEvent] = []
    changed = [item for item in items if item.id in theirs and _differs(item, theirs[item.id])]
    for item in changed:
        their = theirs[item.id]
        item.omnitron_modified = their.modified_date or item.omnitron_modified
        item.invoice_number = item.invoice_number or their.invoice_number or None
        item.invoice_date = item.invoice_date or their.invoice_date
        item.tracking_number = tracking_of(item, their)
        item.delivered_date = item.delivered_date or their.delivered_date
        take_parts(item, their)
        item.modified_date = now
        if may_move(item.status, their.status):
            told.append(events.status_changed(order, item, their.status, actor=events.OMNITRON, now=now))
            move_item(item, their.status)
    OrderItem.objects.bulk_update(changed, ITEM_FIELDS)
    keep_counts(changed)
    differs, of_order = _take_order(order, items, remote, now=now)
    if differs:  # else only its items have moved on
        order.save(update_fields=ORDER_FIELDS)
    elif has_new_key:
        order.save(update_fields=["omnitron_pk"])
    OrderEvent.objects.bulk_create(told + of_order)


def _take_order(
    order: Order, items: Sequence[OrderItem], remote: RemoteOrder, *, now: datetime
) -> tuple[bool, list[OrderEvent]]:
    """Change the order in memory: whether anything of it differs, and the events of that."""
    told: list[OrderEvent] = []
    target = status_by_items(items, order.status)
    differs = _order_differs(order, remote)
    if differs:
        order.omnitron_modified = remote.modified_date or order.omnitron_modified
        order.tracking_number = tracking_of(order, remote)
        for name, amount in _further_refunds(order, remote).items():
            setattr(order, name, amount)
        if remote.invoice_number and not order.invoice_number:
            order.invoice_number, order.invoice_date = remote.invoice_number, remote.invoice_date
            told.append(events.invoiced(order, remote.invoice_number, now=now))
        if _order_may_move(order, remote):
            target = remote.status
    if may_move(order.status, target):
        told.append(events.status_changed(order, None, target, actor=events.OMNITRON, now=now))
        move_order(order, target)
        differs = True
    if differs:
        order.modified_date = now
    return differs, told


def give_back(
    order: Order,
    items: Sequence[OrderItem],
    remote: RemoteOrder,
    *,
    only: Collection[int],
    plan: int | None,
    now: datetime,
) -> list[OrderItem]:
    """After a rejected cancellation: the items go back to what they were before it, and the order with them.

    `only`: ids of items that were in cancellation before Omnitron was asked, so that what it says now is later than
    their cancellation. `plan`: Omnitron's key of what it rejected. Returns the items that went back.
    """
    theirs = matched(items, remote)
    returned: list[OrderItem] = []
    told: list[OrderEvent] = []
    for item in items:
        their = theirs.get(item.id)
        if item.id not in only or their is None or _is_late(item, their):
            continue
        if not may_return(item.status, their.status):
            continue
        # What Omnitron says may be further on than where the cancellation began: shipped meanwhile.
        target = max(item.status_before_cancellation or 0, their.status)
        told.append(events.cancellation_rejected(order, item, target, plan=plan, note=DECIDED_AGAINST, now=now))
        item.status, item.status_before_cancellation = target, None
        item.omnitron_modified, item.modified_date = their.modified_date or item.omnitron_modified, now
        take_parts(item, their)
        returned.append(item)
    OrderItem.objects.bulk_update(returned, ITEM_FIELDS)
    keep_counts(returned)
    if returned and order.status == Status.CANCELLATION_WAITING:
        there = remote.status if may_return(order.status, remote.status) else 0
        # If it has no former status itself, the order is as far as the least advanced of its items that go on.
        here = order.status_before_cancellation or min(i.status for i in items if i.status not in IN_CANCELLATION)
        target = max(here, there)
        told.append(events.status_changed(order, None, target, actor=events.OMNITRON, now=now))
        order.status, order.status_before_cancellation, order.modified_date = target, None, now
        order.save(update_fields=FIELDS)
    OrderEvent.objects.bulk_create(told)
    return returned


def _store_keys(items: Sequence[OrderItem], theirs: Mapping[int, Parts]) -> None:
    """Store Omnitron's keys. They never change, so no row need be locked, and unchanged rows are left alone."""
    store_keys([item for item in items if item.id in theirs and not _is_late(item, theirs[item.id])], theirs)


def move_item(item: OrderItem, status: int) -> None:
    """Change an item's status in memory, remembering where a cancellation began."""
    if status == Status.CANCELLATION_WAITING:
        item.status_before_cancellation = item.status
    item.status = status


def move_order(order: Order, status: int) -> None:
    """Change an order's status in memory, remembering where a cancellation began."""
    if status == Status.CANCELLATION_WAITING:
        order.status_before_cancellation = order.status
    order.status = status


def status_by_items(items: Sequence[OrderItem], status: int) -> int:
    """The order's status according to its items: in cancellation or closed once all of them are, else `status`."""
    of_all = status_of_all([item.status for item in items]) if items else status
    return of_all if of_all in IN_CANCELLATION else status


def is_further(order: Order, items: Sequence[OrderItem], remote: RemoteOrder) -> bool:
    """Whether the order or an item is further on there than we know; keys alone do not count."""
    theirs = matched(items, remote)
    return (
        _order_differs(order, remote)
        or may_move(order.status, status_by_items(items, order.status))
        or any(_differs(item, theirs[item.id]) for item in items if item.id in theirs)
    )


def _is_late(ours: Order | OrderItem, theirs: RemoteOrder | Parts) -> bool:
    """Whether this is older than what we took over already."""
    return bool(ours.omnitron_modified and theirs.modified_date and theirs.modified_date < ours.omnitron_modified)


def tracking_of(ours: Order | OrderItem, theirs: RemoteOrder | Parts) -> str | None:
    """The tracking number to keep: theirs, unless a version newer than theirs gave another one."""
    if ours.tracking_number and is_older(theirs.modified_date, ours.version_date):
        return ours.tracking_number
    return theirs.tracking_number or ours.tracking_number or None


def _order_may_move(order: Order, remote: RemoteOrder) -> bool:
    # Omnitron shows an order as 50 while any cancellation is open, also of a part; our items say it more precisely.
    return remote.status != Status.CANCELLATION_WAITING and may_move(order.status, remote.status)


def _order_differs(order: Order, remote: RemoteOrder) -> bool:
    return not _is_late(order, remote) and (
        bool(remote.invoice_number and not order.invoice_number)
        or tracking_of(order, remote) != (order.tracking_number or None)
        or bool(_further_refunds(order, remote))
        or _order_may_move(order, remote)
    )


def _further_refunds(order: Order, remote: RemoteOrder) -> dict[str, Decimal]:
    """What Omnitron has refunded beyond what we know of; a refund is never undone."""
    there = {name: getattr(remote, name) for name in REFUNDS}
    return {name: amount for name, amount in there.items() if amount is not None and amount > getattr(order, name)}


def _differs(item: OrderItem, their: Parts) -> bool:
    return not _is_late(item, their) and (
        may_move(item.status, their.status)
        or says_more(item, their)
        or bool(their.invoice_number and not item.invoice_number)
        or tracking_of(item, their) != (item.tracking_number or None)
        or bool(their.delivered_date and not item.delivered_date)
    )
