"""Which of their orders a customer wants to see: by number, time or state. Unreadable filters are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from aftercart.customers.models import Customer
from aftercart.fastpath import CompiledQuery, fetch_rows
from aftercart.formatting import local_time
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
FIRST_YEAR = 1970
# A marketplace's customer may have hundreds of thousands of orders. Nobody turns that many pages, so what is searched,
# counted and skipped for each page is bounded. Filtering by a year or a number finds the rest.
REACH = 1_000
"""How many orders can be paged to."""
SEARCHED = 3_000
"""How many of the newest are searched for a state, in which there may be none."""


class Option(NamedTuple):
    """Something to filter by: its value in the address, and its name."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show; empty text: any."""

    number: str = ""
    time: str = ""
    """A key of `SPANS`, or a year."""
    state: str = ""

    def __bool__(self) -> bool:
        return bool(self.number or self.time or self.state)


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """The filters of an address."""
    number, time, state = (str(query.get(name) or "").strip() for name in ("number", "time", "state"))
    is_year = len(time) == 4 and time.isascii() and time.isdigit() and int(time) >= FIRST_YEAR
    return Wanted(
        number=number.replace("\0", "")[:LONGEST_NUMBER].strip(),
        time=time if time in SPANS or is_year else "",
        state=state if state in STATES else "",
    )


class Listed(NamedTuple):
    """One page of what was found: its orders' ids, and whether older ones are out of its reach."""

    page: Page[int]
    is_cut: bool


def listed(customer: Customer, wanted: Wanted, *, page: str | None, size: int, now: datetime) -> Listed:
    """The orders of a customer that are wanted, newest first. One that travels in parts is in the state of each of its
    items, too."""
    found = _newest_first(_ordered(Order.objects.belonging_to(customer), wanted, now=now))
    is_cut = False
    if wanted.state:
        is_cut = found[SEARCHED:].exists()
        found = _newest_first(_in_state(Order.objects.filter(pk__in=found.values("pk")[:SEARCHED]), wanted.state))
    ids = NEWEST.all(customer=customer.pk) if not wanted else fetch_rows(_reached(found))
    pages = Paginator([row.pk for row in ids[:REACH]], size)
    return Listed(pages.get_page(page), is_cut or len(ids) > REACH)


def _reached(orders: OrderQuerySet) -> QuerySet[Any]:
    """The ids of as many as can be paged to, and of one more, if there is one."""
    return orders.values_list("pk", named=True)[: REACH + 1]


def _newest_first(orders: OrderQuerySet) -> OrderQuerySet:
    return orders.order_by("-created_date", "-pk")


def _ordered(orders: OrderQuerySet, wanted: Wanted, *, now: datetime) -> OrderQuerySet:
    if wanted.number:
        # Pasted in groups, or with a `#` that the number lacks; or exactly as it is, blanks and all.
        squeezed = "".join(wanted.number.split()).removeprefix("#")
        orders = orders.filter(Q(number__icontains=wanted.number) | Q(number__icontains=squeezed or wanted.number))
    if wanted.time in SPANS:
        orders = orders.filter(created_date__gte=now - SPANS[wanted.time][1])
    elif wanted.time:
        year = int(wanted.time)
        orders = orders.filter(created_date__gte=_new_year(year), created_date__lt=_new_year(year + 1))
    return orders


def _in_state(orders: OrderQuerySet, state: str) -> OrderQuerySet:
    statuses = STATES[state][1]
    items = OrderItem.objects.filter(order=OuterRef("pk"), status__in=statuses)
    return orders.filter(Q(status__in=statuses) | Exists(items))


NEWEST = CompiledQuery(
    lambda customer: _reached(_newest_first(Order.objects.filter(customer_id=customer))), customer=int
)
FIRST = CompiledQuery(
    lambda customer: (
        Order.objects.filter(customer_id=customer).order_by("created_date").values_list("created_date", named=True)[:1]
    ),
    customer=int,
)


def states() -> list[Option]:
    """The states to choose from."""
    return [Option(value, gettext(label)) for value, (label, _statuses) in STATES.items()]


def times(customer: Customer, *, now: datetime) -> list[Option]:
    """The times to choose from: the last days and months, then each year back to the first order."""
    first = FIRST.one(customer=customer.pk)
    last_year = timezone.localtime(now).year
    first_year = max(((local_time(first.created_date) if first else None) or now).year, FIRST_YEAR)
    years = [Option(str(year), str(year)) for year in range(last_year, first_year - 1, -1)]
    return [*(Option(value, gettext(label)) for value, (label, _span) in SPANS.items()), *years]


def _new_year(year: int) -> datetime:
    return datetime(min(year, 9999), 1, 1, tzinfo=timezone.get_current_timezone())
