"""What happened to the demo's orders before it was started, so that their timelines fit their dates."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from aftercart.orders import events
from aftercart.orders.models import Order, OrderEvent
from aftercart.statuses import AFTER_SHIPMENT, Status

# How an order usually gets where it is, and how long after it was placed. The end of an order is its own status.
JOURNEY = (
    (Status.APPROVED, timedelta(minutes=4)),
    (Status.PREPARING, timedelta(hours=3)),
    (Status.SHIPPED, timedelta(hours=20)),
    (Status.DELIVERED, timedelta(hours=50)),
)
AFTER_DELIVERY = (
    Status.REVIEW_STARTED,
    Status.REVIEW_WAITING,
    Status.WAITING_FOR_PAYMENT,
    Status.PAID,
    Status.REFUNDED,
)
TO_THE_LAST_STEP = timedelta(hours=30)


def write_history(*, now: datetime) -> None:
    """Events for every order that came in just now: received when it was placed, then step by step to its status."""
    OrderEvent.objects.filter(kind=OrderEvent.Kind.IMPORTED).delete()
    told = [event for order in Order.objects.order_by("pk") for event in _events(order, now)]
    OrderEvent.objects.bulk_create(told)


def _events(order: Order, now: datetime) -> Iterator[OrderEvent]:
    steps = list(_steps(Status(order.status)))
    # A young order has been quick: its steps are as far apart as its age allows.
    longest = max((after for _, after in steps), default=timedelta())
    pace = min(1.0, (now - order.created_date) / longest) if longest else 1.0
    before = Status.WAITING
    yield events.imported(order, status=before, actor=events.AFTERCART, now=order.created_date)
    for status, after in steps:
        moment = order.created_date + after * pace
        yield events.status_changed(order, None, status, before=before, actor=events.OMNITRON, now=moment)
        before = status


def _steps(status: Status) -> Iterator[tuple[Status, timedelta]]:
    """The steps to a status, the last one being itself."""
    if status == Status.WAITING:
        return
    if status in (Status.CANCELED, Status.CANCELLATION_WAITING):
        yield JOURNEY[0]
        yield status, timedelta(hours=2)
        return
    last = TO_THE_LAST_STEP if status in AFTER_SHIPMENT else timedelta(minutes=4)
    for step, after in JOURNEY:
        if step == status or (step > status and status not in AFTER_DELIVERY):
            break
        if step < status or status in AFTER_DELIVERY:
            yield step, after
            last = max(last, after)
    yield status, dict(JOURNEY).get(status, last + timedelta(hours=20) if status in AFTER_DELIVERY else last)
