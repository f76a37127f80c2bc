"""What happened to an order: one maker for each kind of event, and all that its `data` holds.

An event is made here and stored by whoever writes the fact, in the same transaction. Actors are a customer's e-mail,
`omnitron`, `aftercart` itself, or how an order came in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.statuses import Status

Kind = OrderEvent.Kind
OMNITRON = "omnitron"
AFTERCART = "aftercart"


def imported(order: Order, *, actor: str, now: datetime, status: int | None = None) -> OrderEvent:
    """The order came in, in its own status or in another. Data: none."""
    event = _event(Kind.IMPORTED, order.pk, actor=actor, now=now)
    event.to_status = order.status if status is None else status
    return event


def status_changed(
    order: Order, item: OrderItem | None, status: int, *, actor: str, now: datetime, before: int | None = None
) -> OrderEvent:
    """The item, or the order itself, goes from the status that it has, or `before`, to another. Data: none."""
    return _moved(Kind.STATUS_CHANGED, order, item, status, actor=actor, now=now, before=before)


def item_removed(order: Order, item: OrderItem, *, actor: str, now: datetime) -> OrderEvent:
    """The shop's version of the order does not have the item any more. Data: none."""
    return _moved(Kind.ITEM_REMOVED, order, item, Status.CANCELED, actor=actor, now=now)


def item_restored(order: Order, item: OrderItem, status: int, *, actor: str, now: datetime) -> OrderEvent:
    """The shop's version of the order has the item again, in this status. Data: none."""
    return _moved(Kind.ITEM_RESTORED, order, item, status, actor=actor, now=now)


def invoiced(order: Order, invoice_number: str, *, now: datetime) -> OrderEvent:
    """Omnitron has issued the invoice. Data: `invoice_number`."""
    return _event(Kind.INVOICED, order.pk, actor=OMNITRON, now=now, invoice_number=invoice_number)


def cancellation_rejected(
    order: Order, item: OrderItem, status: int, *, plan: int | None, note: str, now: datetime
) -> OrderEvent:
    """Omnitron rejected the item's cancellation, which goes on in this status.

    Data: `note`, a sentence for the customer; `plan`, Omnitron's key of what it rejected.
    """
    event = _moved(Kind.CANCELLATION_REJECTED, order, item, status, actor=OMNITRON, now=now)
    event.data = {"note": note, "plan": plan}
    return event


def cancelled_directly(
    item: OrderItem, *, attempt: UUID, actor: str, now: datetime, quantity: int | None = None
) -> OrderEvent:
    """Omnitron cancelled the item at once: all of it, or some pieces while it goes on as it is.

    Data: `attempt`, the key of the attempt; of some pieces, `quantity`.
    """
    data: dict[str, Any] = {"attempt": str(attempt)} | ({} if quantity is None else {"quantity": quantity})
    event = _event(Kind.CANCELLED_DIRECTLY, item.order_id, item.pk, actor=actor, now=now, **data)
    if quantity is None:
        event.from_status, event.to_status = item.status, Status.CANCELLATION_WAITING
    return event


def cancellation_unfinished(item: OrderItem, *, attempt: UUID, because: str, actor: str, now: datetime) -> OrderEvent:
    """Nothing came of a wish for the item. Data: `attempt`, its key; `because`, the code of the refusal."""
    data: dict[str, Any] = {"attempt": str(attempt), "because": because}
    return _event(Kind.CANCELLATION_UNFINISHED, item.order_id, item.pk, actor=actor, now=now, **data)


def requested(
    item: OrderItem, *, request: int, because: str, actor: str, now: datetime, attempt: UUID | None = None
) -> OrderEvent:
    """The shop was asked to cancel the item or to take it back.

    Data: `request`, its key; `because`, a code of `refusals.py`; `attempt`, the key of the attempt, if there was one.
    """
    data: dict[str, Any] = {} if attempt is None else {"attempt": str(attempt)}
    data |= {"because": because, "request": request}
    return _event(Kind.REQUESTED, item.order_id, item.pk, actor=actor, now=now, **data)


def request_closed(order_id: int, item_id: int, *, request: int, status: str, note: str, now: datetime) -> OrderEvent:
    """A request was carried out or declined.

    Data: `request`, its key; `status`, what it is now; `note`, a sentence for the customer or none.
    """
    data: dict[str, Any] = {"request": request, "status": str(status), "note": note}
    return _event(Kind.REQUEST_CLOSED, order_id, item_id, actor=OMNITRON, now=now, **data)


def request_withdrawn(order_id: int, item_id: int, *, request: int, actor: str, now: datetime) -> OrderEvent:
    """The customer took a request back. Data: `request`, its key."""
    return _event(Kind.REQUEST_WITHDRAWN, order_id, item_id, actor=actor, now=now, request=request)


def withdrawal_refused(order_id: int, item_id: int, *, request: int, status: str, now: datetime) -> OrderEvent:
    """A request could not be taken back. Data: `request`, its key; `status`, what Omnitron has it as."""
    data: dict[str, Any] = {"request": request, "status": str(status)}
    return _event(Kind.WITHDRAWAL_REFUSED, order_id, item_id, actor=OMNITRON, now=now, **data)


def withdrawn(item: OrderItem, quantity: int, *, withdrawal: UUID, how: str, actor: str, now: datetime) -> OrderEvent:
    """The contract was withdrawn from. Data: `withdrawal`, its uuid; `quantity`, pieces; `how`, by which door."""
    data: dict[str, Any] = {"withdrawal": str(withdrawal), "quantity": quantity, "how": str(how)}
    return _event(Kind.WITHDRAWN, item.order_id, item.pk, actor=actor, now=now, **data)


Address = Mapping[str, Any]
"""As an order has it: the wire's detailed form."""


def address_changed(
    order_id: int, *, old: Address, new: Address, actor: str, now: datetime, change: int | None = None
) -> OrderEvent:
    """The order goes elsewhere.

    Data: `old` and `new`, the addresses; `change`, the key of the wish, if there was one.
    """
    data: dict[str, Any] = {"old": old, "new": new} | ({} if change is None else {"change": change})
    return _event(Kind.ADDRESS_CHANGED, order_id, actor=actor, now=now, **data)


def address_change_submitted(
    order_id: int, *, change: int, state: str, old: Address, new: Address, actor: str, now: datetime
) -> OrderEvent:
    """Omnitron has a new address, or may have it.

    Data: `change`, the key of the wish; `state`, `waiting_approval` or `unknown`; `old` and `new`, the addresses.
    """
    data: dict[str, Any] = {"change": change, "state": str(state), "old": old, "new": new}
    return _event(Kind.ADDRESS_CHANGE_SUBMITTED, order_id, actor=actor, now=now, **data)


def address_change_closed(
    order_id: int, *, change: int, state: str, because: str, old: Address, new: Address, actor: str, now: datetime
) -> OrderEvent:
    """The order keeps its address.

    Data: `change`, the key of the wish; `state`, `refused` or `not_sent`; `because`, a code of `refusals.py`; `old`
    and `new`, the addresses.
    """
    data: dict[str, Any] = {"change": change, "state": str(state), "because": because, "old": old, "new": new}
    return _event(Kind.ADDRESS_CHANGE_CLOSED, order_id, actor=actor, now=now, **data)


def _event(
    kind: OrderEvent.Kind, order_id: int, item_id: int | None = None, *, actor: str, now: datetime, **data: Any
) -> OrderEvent:
    return OrderEvent(order_id=order_id, order_item_id=item_id, kind=kind, actor=actor, data=data, created_date=now)


def _moved(
    kind: OrderEvent.Kind,
    order: Order,
    item: OrderItem | None,
    status: int,
    *,
    actor: str,
    now: datetime,
    before: int | None = None,
) -> OrderEvent:
    event = _event(kind, order.pk, item.pk if item else None, actor=actor, now=now)
    event.from_status, event.to_status = (item or order).status if before is None else before, status
    return event
