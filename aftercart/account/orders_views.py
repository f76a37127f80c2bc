"""A customer's orders as the storefront's account reads them: a page of them, or one by its id."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext
from ninja import Router

from aftercart.account import rows
from aftercart.account.reading import own_order_with_id
from aftercart.customers.models import Customer
from aftercart.errors import FieldErrors
from aftercart.fastpath import fetch_rows
from aftercart.http_errors import json_response
from aftercart.orders.models import Order, OrderItem, OrderQuerySet
from aftercart.paging import page_of
from aftercart.response_schemas import ErrorSchema, FieldErrorsSchema, OrderSchema, OrdersPageSchema
from aftercart.statuses import Status, read_status

router = Router(tags=["Orders"])
PAGE_SIZE = 10
# What a query says when it says nothing: the published storefront writes some of these out.
UNSAID = ("", "undefined", "null")
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
# Counting a marketplace's two hundred thousand orders costs more than showing fifty of them.
MANY, COUNT_SECONDS = 10_000, 60
DEEP = 1_000


@router.get(
    "/users/orders/",
    summary="The customer's orders",
    response={200: OrdersPageSchema, 400: FieldErrorsSchema, 401: ErrorSchema},
)
def orders(request: HttpRequest) -> HttpResponse:
    """Newest first, `limit` at a time (100 at most).

    `created_date__gte`, `created_date__lte` (days or moments, both included), `status` (codes or names, with commas),
    `number` (a part of it). `count` is exact but for lists of more than 10,000, where it may be a minute old.
    """
    customer = request.user
    assert isinstance(customer, Customer)
    wanted = narrowed(Order.objects.belonging_to(customer), request.GET)
    now = timezone.now()
    page = page_of(
        request,
        WithItems(wanted.order_by("-created_date", "-id")),
        lambda found: rows.shown_row(*found, now=now),
        size=PAGE_SIZE,
    )
    return json_response(page)


@router.get(
    "/users/orders/{int:order_id}/",
    summary="One order",
    response={200: OrderSchema, 401: ErrorSchema, 404: ErrorSchema},
)
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """The customer's order with this id; 404 for unknown and others' orders alike."""
    own = own_order_with_id(request.user, order_id=order_id)  # type: ignore[arg-type]
    return json_response(own.shown(now=timezone.now()))


class WithItems:
    """Orders whose slices include their items and active requests: three statements, however many there are."""

    def __init__(self, wanted: OrderQuerySet) -> None:
        self.wanted = wanted

    def __len__(self) -> int:
        # The statement identifies these orders, whatever filters are added later.
        key = f"orders-{sha256(str(self.wanted.query).encode()).hexdigest()}"
        known: int | None = cache.get(key)
        if known is not None:
            return known
        count = self.wanted.count()
        if count > MANY:
            cache.set(key, count, COUNT_SECONDS)
        return count

    def __getitem__(self, part: slice) -> list[Any]:
        wanted = self.wanted[part]
        if part.start and part.start > DEEP:  # otherwise skipped rows would be judged, too
            wanted = Order.objects.filter(pk__in=wanted.values("pk")).order_by(*wanted.query.order_by)
        found = fetch_rows(rows.with_what_is_judged(wanted))
        items = defaultdict(list)
        for item in fetch_rows(rows.items_as_rows(OrderItem.objects.filter(order__in=[row.id for row in found]))):
            items[item.order_id].append(item)
        requested = [row.id for row in found if row.requested]
        asked = rows.active_requests_of(requested) if requested else {}
        return [(row, items[row.id], asked) for row in found]


def narrowed(wanted: OrderQuerySet, query: Mapping[str, str]) -> OrderQuerySet:
    """The orders that a query asks for. Raises FieldErrors."""
    said = {name: text for name in query if (text := query[name].strip()) not in UNSAID}
    errors = {}
    if "number" in said:
        wanted = wanted.filter(number__icontains=said["number"].replace("\0", "")[:128])
    if "status" in said:
        try:
            wanted = wanted.filter(status__in=[read_status(text.strip()) for text in said["status"].split(",")])
        except ValueError:
            known = ", ".join(str(int(status)) for status in Status)
            errors["status"] = [gettext("Must be one of {expected}.").format(expected=known)]
    for name in ("created_date__gte", "created_date__lte"):
        if name not in said:
            continue
        moment = _moment(said[name], end=name.endswith("lte"))
        if moment is None:
            errors[name] = [gettext("A date is required, as in 2026-01-31.")]
        else:
            wanted = wanted.filter(**{name: moment})
    if errors:
        raise FieldErrors(errors)
    return wanted


def _moment(text: str, *, end: bool) -> datetime | None:
    """The moment that a text names; of a day its beginning, or, for an `end`, its last moment."""
    try:
        moment = parse_datetime(text) if len(text) > len("2026-01-31") else None
        day: date | None = None if moment else parse_date(text)
    except ValueError:
        return None
    if moment is None:
        if day is None:
            return None
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (made aware below)
        if end and day != date.max:
            moment += timedelta(days=1, microseconds=-1)
    moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    # The calendar's first and last day are valid bounds, but not all of their hours exist in UTC.
    return min(max(moment, EARLIEST), LATEST)
