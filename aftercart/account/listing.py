"""Which of his orders a customer wants to see: by number, by time, by state. What cannot be read wishes for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from aftercart.customers.models import Customer
from aftercart.orders.models import Order, OrderItem, OrderQuerySet
from aftercart.statuses import AFTER_SHIPMENT, BEFORE_SHIPMENT, CLOSED, Status

STATES: Mapping[str, tuple[str, frozenset[Status]]] = {
    "open": (gettext_noop("Open"), BEFORE_SHIPMENT),
    "on-its-way": (gettext_noop("On its way"), AFTER_SHIPMENT - {Status.DELIVERED}),
    "delivered": (gettext_noop("Delivered"), frozenset({Status.DELIVERED})),
    "closed": (gettext_noop("Cancelled or returned"), CLOSED | {Status.CANCELLATION_WAITING}),
}
SPANS: Mapping[str, tuple[str, timedelta]] = {
    "30-days": (gettext_noop("Last 30 days"), timedelta(days=30)),
    "6-months": (gettext_noop("Last 6 months"), timedelta(days=183)),
}
LONGEST_NUMBER = 128


class Option(NamedTuple):
    """Something to filter by: its value in the address, and its name."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show; empty text: no matter."""

    number: str = ""
    time: str = ""
    """A key of `SPANS`, or a year."""
    state: str = ""

    def __bool__(self) -> bool:
        return bool(self.number or self.time or self.state)


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """The filters of an address."""
    number, time, state = (str(query.get(name) or "").strip() for name in ("number", "time", "state"))
    is_year = len(time) == 4 and time.isascii() and time.isdigit() and int(time) >= 1970
    return Wanted(
        number="".join(number.replace("\0", "").split())[:LONGEST_NUMBER],
        time=time if time in SPANS or is_year else "",
        state=state if state in STATES else "",
    )


def narrowed(orders: OrderQuerySet, wanted: Wanted, *, now: datetime) -> OrderQuerySet:
    """The orders that are wanted. One that travels in parts is in the state of each of its items, too."""
    if wanted.number:
        orders = orders.filter(number__icontains=wanted.number.removeprefix("#"))
    if wanted.time in SPANS:
        orders = orders.filter(created_date__gte=now - SPANS[wanted.time][1])
    elif wanted.time:
        year = int(wanted.time)
        orders = orders.filter(created_date__gte=_new_year(year), created_date__lt=_new_year(year + 1))
    if wanted.state:
        statuses = STATES[wanted.state][1]
        items = OrderItem.objects.filter(order=OuterRef("pk"), status__in=statuses)
        orders = orders.filter(Q(status__in=statuses) | Exists(items))
    return orders


def states() -> list[Option]:
    """The states to choose from."""
    return [Option(value, gettext(label)) for value, (label, _statuses) in STATES.items()]


def times(customer: Customer, *, now: datetime) -> list[Option]:
    """The times to choose from: the last days and months, then each year back to the first order."""
    first = Order.objects.belonging_to(customer).aggregate(first=Min("created_date"))["first"] or now
    last_year, first_year = timezone.localtime(now).year, timezone.localtime(first).year
    years = [Option(str(year), str(year)) for year in range(last_year, first_year - 1, -1)]
    return [*(Option(value, gettext(label)) for value, (label, _span) in SPANS.items()), *years]


def _new_year(year: int) -> datetime:
    return datetime(min(year, 9999), 1, 1, tzinfo=timezone.get_current_timezone())
