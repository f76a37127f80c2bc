"""What happened to an order, in plain words, newest first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext

from aftercart.cancellations.models import CancellationRequest, RequestStatus
from aftercart.cancellations.rules import REFUND
from aftercart.fastpath import CompiledQuery
from aftercart.orders.models import Order, OrderEvent
from aftercart.refusals import SENTENCES
from aftercart.statuses import LABELS, Status

Kind = OrderEvent.Kind
# The customer began these, but the shop ended them.
ENDED_BY_THE_SHOP = frozenset(
    {Kind.ADDRESS_CHANGE_CLOSED, Kind.CANCELLATION_UNFINISHED, Kind.REQUEST_CLOSED, Kind.WITHDRAWAL_REFUSED}
)


EVENTS = CompiledQuery(
    lambda order: OrderEvent.objects.filter(order_id=order).select_related("order_item").order_by("pk"), order=int
)


@dataclass(slots=True)
class TimelineEntry:
    """One thing that happened, to one or more items at once."""

    moment: datetime
    text: str
    by_customer: bool
    items: list[str] = field(default_factory=list)
    note: str = ""


def timeline(order: Order, requests: Iterable[CancellationRequest]) -> list[TimelineEntry]:
    """Everything that happened to the order; what happened to several items at one moment is one entry."""
    types = {request.pk: request.cancellation_type for request in requests}
    entries: dict[object, TimelineEntry] = {}
    for event in EVENTS.all(order=order.pk):
        text, note = _said(event, types)
        by_customer = event.actor == order.customer.email and event.kind not in ENDED_BY_THE_SHOP
        entry = entries.setdefault(
            (event.created_date, text, note, by_customer),
            TimelineEntry(event.created_date, text, by_customer, note=note),
        )
        if event.order_item is not None:
            entry.items.append(event.order_item.name)
    return [*reversed(entries.values())]


def _said(event: OrderEvent, types: Mapping[int, str]) -> tuple[str, str]:
    """The sentence of an event, and a note beneath it."""
    say: Callable[[OrderEvent, Mapping[int, str]], tuple[str, str]] | None = SAY.get(Kind(event.kind))
    if say is not None:
        return say(event, types)
    return event.get_kind_display(), ""


def _moved(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    label = gettext(LABELS[Status(event.to_status)]) if event.to_status is not None else ""
    if event.order_item_id is None:
        return gettext("The order is now: %(status)s") % {"status": label}, ""
    return label, ""


def _cancelled(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    some = event.data.get("quantity")
    if some is None or event.order_item is None:
        return event.get_kind_display(), ""
    return event.get_kind_display(), gettext("%(some)s of %(all)s") % {"some": some, "all": event.order_item.quantity}


def _invoiced(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    return gettext("Invoice issued"), str(event.data.get("invoice_number") or "")


def _requested(event: OrderEvent, types: Mapping[int, str]) -> tuple[str, str]:
    is_return = types.get(event.data.get("request", 0)) == REFUND
    return gettext("Return requested") if is_return else gettext("Cancellation requested"), ""


def _unfinished(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    template = SENTENCES.get(str(event.data.get("because")), "")
    name = event.order_item.name if event.order_item else ""
    return gettext("Cancellation not possible"), gettext(template).format(name=name) if template else ""


def _request_closed(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    note = str(event.data.get("note") or "")
    declined = event.data.get("status") == RequestStatus.REJECTED
    text = gettext("Your request was declined") if declined else gettext("Your request was carried out")
    return text, gettext(note) if note else ""


def _withdrawn(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    return gettext("You took your request back"), ""


def _withdrawal_refused(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    text = gettext("Your request could not be taken back")
    return text, gettext("The shop had decided on it already, so it goes on. Ask the shop if you still want the item.")


def _rejected(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    note = str(event.data.get("note") or "")
    return gettext("The shop declined the cancellation"), gettext(note) if note else ""


def _address_submitted(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    if event.data.get("state") == "waiting_approval":
        return gettext("New delivery address sent to the shop for approval"), ""
    return gettext("New delivery address sent; we are checking whether it was accepted"), ""


def _address_closed(event: OrderEvent, _types: Mapping[int, str]) -> tuple[str, str]:
    if event.data.get("state") == "refused":
        return gettext("The shop did not accept the new delivery address"), gettext("The address stays as it was.")
    return gettext("The new delivery address did not reach the shop"), gettext("The address stays as it was.")


SAY: Mapping[OrderEvent.Kind, Callable[[OrderEvent, Mapping[int, str]], tuple[str, str]]] = {
    Kind.STATUS_CHANGED: _moved,
    Kind.CANCELLED_DIRECTLY: _cancelled,
    Kind.INVOICED: _invoiced,
    Kind.REQUESTED: _requested,
    Kind.CANCELLATION_UNFINISHED: _unfinished,
    Kind.REQUEST_CLOSED: _request_closed,
    Kind.REQUEST_WITHDRAWN: _withdrawn,
    Kind.WITHDRAWAL_REFUSED: _withdrawal_refused,
    Kind.CANCELLATION_REJECTED: _rejected,
    Kind.ADDRESS_CHANGE_SUBMITTED: _address_submitted,
    Kind.ADDRESS_CHANGE_CLOSED: _address_closed,
}
