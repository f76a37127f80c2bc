"""Reading Omnitron's lists of changes: a page at a time, each page once, nothing lost in between.

A page tells which orders have news. That is stored (`order_sync.mark_stale`) in the transaction that moves the cursor,
so a crash between the two cannot happen; reading each order and taking over what it says is a duty of its own, and one
bad order holds up no other. Only cancellation requests are complete in themselves.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from aftercart import omnitron_client
from aftercart.database.refusals import seconds_to_wait
from aftercart.duties import DONE
from aftercart.feed.models import FeedCursor
from aftercart.feed.order_sync import mark_stale
from aftercart.feed.reasons import read_reasons
from aftercart.feed.request_sync import sync_request
from aftercart.feed.seen import Seen, packed, unpacked
from aftercart.omnitron import (
    Deadline,
    Omnitron,
    OmnitronError,
    Page,
    RefusedByOmnitron,
    RemoteCancellationPlan,
    RemoteCancellationRequest,
    RemoteItem,
    RemoteOrder,
    Unreadable,
)
from aftercart.omnitron_client import patient
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.unread import forget_unread, keep

logger = logging.getLogger(__name__)

Feed = FeedCursor.Feed
PAGE_SIZE = 200
# How many pages at the end of a list are searched for what is new, before all of it is read.
PAGES_AT_THE_END = 3
# Seconds for one page: no customer waits for it, and it is shorter than the lease.
PAGE_TIMEOUT = 10.0
# How far a round reaches back before what was read: longer than a transaction may take to become visible at Omnitron.
OVERLAP = timedelta(seconds=30)
# How far a first round reaches back: orders may have come in before we began to listen.
FIRST_REACH = timedelta(days=1)


def begin_to_listen(*, now: datetime) -> None:
    """Make the cursors that are missing; existing ones stay as they are."""
    FeedCursor.objects.bulk_create(
        [FeedCursor(name=name, position=now - FIRST_REACH, next_attempt_at=now) for name in Feed.values],
        ignore_conflicts=True,
    )


def read_soon(name: Feed, *, now: datetime) -> None:
    """Have a list read now rather than at its next turn, inside the caller's transaction."""
    FeedCursor.objects.filter(pk=name, next_attempt_at__gt=now).update(next_attempt_at=now)


def read_news(pk: str, *, now: datetime) -> None:
    """The duty of a cursor: read one page, apply it, move on. Due again at once until the list is read to its end.

    Raises NotYet while Omnitron is out of reach, OmnitronError for an answer that makes no sense.
    """
    if pk == Feed.REASONS:
        read_reasons(now=now)
        return
    cursor, feed = FeedCursor.objects.get(pk=pk), FEEDS[Feed(pk)]
    if cursor.position > now + OVERLAP:  # written by a clock that was ahead, and what it skipped is not known
        logger.error("%s were read up to %s, which is in the future: the last day is read again", pk, cursor.position)
        FeedCursor.objects.filter(pk=pk).update(position=now - FIRST_REACH, since=None, page=1, seen={})
        cursor.refresh_from_db()
    since, number = cursor.since or cursor.position - OVERLAP, cursor.page
    seen = unpacked(cursor.seen)
    page = _read(feed, since=since, number=number)
    if cursor.since is None and page.has_next:
        page = _only_what_is_new(feed, page, seen, since=since)
    changed = [row for row in _rows(page) if seen.get(row.pk) != _text(row.modified_date)]
    unread = [row for row in changed if isinstance(row, Unreadable)]
    rows = [row for row in changed if not isinstance(row, Unreadable)]
    feed.prepare(rows, now=now)
    with transaction.atomic():
        cursor = FeedCursor.objects.select_for_update(no_key=True).get(pk=pk)
        feed.note(rows, now=now)
        forget_unread(pk, [row.pk for row in rows])
        keep(pk, unread, now=now)
        _move(cursor, page, seen, since=since, number=number, now=now)


def _read(feed: "Reading", *, since: datetime, number: int) -> Page[Any]:
    try:
        return feed.page(omnitron_client.omnitron(), since=since, number=number)
    except RefusedByOmnitron as refused:
        if refused.status == 404 and number > 1:  # the list became shorter while we read it
            return Page(results=(), count=0)
        raise
    except OmnitronError as error:
        raise patient(error) from error


def _only_what_is_new(feed: "Reading", first: Page[Any], seen: Seen, *, since: datetime) -> Page[Any]:
    """A round that begins with what was read already: what is new is at the list's end, and the rest is counted.

    Returns the rows at the end, back to a page that is known completely, as the round's only page, if the count says
    that nothing new is among what is known (as late changes are); else the first page, and everything is read.
    """
    if any(seen.get(row.pk) != _text(row.modified_date) for row in _rows(first)):
        return first
    within_reach = {key for key, date in seen.items() if datetime.fromisoformat(date) >= since}
    last = -(-first.count // PAGE_SIZE)
    new: list[Any] = []
    for number in range(last, max(last - PAGES_AT_THE_END, 1), -1):
        page = _read(feed, since=since, number=number)
        there = [row for row in _rows(page) if seen.get(row.pk) != _text(row.modified_date)]
        new += there
        if len(there) < len(_rows(page)):
            moved = len({row.pk for row in new} & within_reach)
            if first.count - len(new) > len(within_reach) - moved:
                return first
            results = sorted((row for row in new if not isinstance(row, Unreadable)), key=_date_of)
            unread = tuple(row for row in new if isinstance(row, Unreadable))
            return Page(results=tuple(results), count=first.count, unread=unread)
    return first


def _move(cursor: FeedCursor, page: Page[Any], seen: Seen, *, since: datetime, number: int, now: datetime) -> None:
    dates = {row.pk: row.modified_date for row in _rows(page) if row.modified_date and row.pk is not None}
    newest = max(dates.values(), default=since)
    # A clock that is ahead over there must not make us skip what comes before it catches up.
    cursor.position = max(cursor.position, min(newest, now))
    cursor.seen = packed(seen | {key: _text(date) for key, date in dates.items()}, reach=cursor.position - OVERLAP)
    if page.has_next:
        # Pages of a list sorted by date of change shift while things change; a date does not.
        cursor.since, cursor.page = (newest, 1) if newest > since else (since, number + 1)
        due = now
    else:
        cursor.since, cursor.page = None, 1
        due = now + timedelta(seconds=settings.POLL_SECONDS)
    for name, value in {**DONE, "next_attempt_at": due, "attempts": 0, "read_date": now}.items():
        setattr(cursor, name, value)
    cursor.save()


def _rows(page: Page[Any]) -> list[Any]:
    """Every row of a page, whether or not it could be read."""
    return [*page.results, *_unread(page)]


def _unread(page: Page[Any]) -> tuple[Unreadable, ...]:
    return getattr(page, "unread", ())


def _date_of(row: Any) -> datetime:
    date: datetime | None = row.modified_date
    return date or datetime.min.replace(tzinfo=UTC)


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


# What a page of each list says


def _note_orders(rows: Sequence[RemoteOrder], *, now: datetime) -> None:
    numbers = {row.number for row in rows}
    known = dict(Order.objects.filter(number__in=numbers).values_list("number", "pk"))
    _log_unknown("order", numbers - known.keys())
    mark_stale(known.values(), now=now)


def _note_items(rows: Sequence[RemoteItem], *, now: datetime) -> None:
    keys = {row.pk for row in rows}
    ours = {row.remote_id for row in rows if row.remote_id is not None}
    found = OrderItem.objects.known_there_as(keys) | OrderItem.objects.filter(pk__in=ours)
    by_order = set(found.values_list("order_id", flat=True))
    by_order |= set(Order.objects.filter(omnitron_pk__in={row.order for row in rows}).values_list("pk", flat=True))
    mark_stale(by_order, now=now)


def _note_plans(rows: Sequence[RemoteCancellationPlan], *, now: datetime) -> None:
    wanted = Q(number__in={row.order_number for row in rows if row.order_number})
    orders = Order.objects.filter(wanted | Q(omnitron_pk__in={row.order for row in rows}))
    by_number, by_pk = {}, {}
    for order in orders.only("pk", "number", "omnitron_pk"):
        by_number[order.number], by_pk[order.omnitron_pk] = order.pk, order.pk
    heard: set[int] = set()
    rejected: dict[int, int] = {}
    for row in rows:  # oldest first, so that the latest of several rejections counts
        key = by_number.get(row.order_number) or by_pk.get(row.order)
        if key is None:
            _log_unknown("order", [row.order_number or row.order])
            continue
        heard.add(key)
        if row.status == "rejected":
            rejected[key] = row.pk
    mark_stale(heard, now=now, rejected_plans=rejected)


def _follow_requests(rows: Sequence[RemoteCancellationRequest], *, now: datetime) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                sync_request(row, now=now)
        except Exception as error:  # one bad request holds up no other, and reconciliation finds it
            if seconds_to_wait(error) is not None:  # the database is away: the whole page comes again
                raise
            logger.exception("news of request %s could not be taken over", row.pk)


def _nothing(_rows: Sequence[Any], *, now: datetime) -> None:
    """For a list that needs no more."""


def _log_unknown(what: str, keys: Iterable[object]) -> None:
    for key in keys:
        logger.debug("news of %s %s, which we do not have: ignored", what, key)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one list is read, what is applied row by row, and what is written when the cursor moves."""

    read: Callable[[Omnitron], Callable[..., Page[Any]]]
    note: Callable[..., None] = _nothing
    prepare: Callable[..., None] = _nothing

    def page(self, omnitron: Omnitron, *, since: datetime, number: int) -> Page[Any]:
        """One page of what changed at or after `since`. Raises OmnitronError."""
        deadline = Deadline.after(PAGE_TIMEOUT)
        return self.read(omnitron)(since=since, page=number, limit=PAGE_SIZE, deadline=deadline)


FEEDS: Mapping[Feed, Reading] = {
    Feed.ORDERS: Reading(lambda omnitron: omnitron.order_updates, _note_orders),
    Feed.ITEMS: Reading(lambda omnitron: omnitron.order_item_updates, _note_items),
    Feed.REQUESTS: Reading(lambda omnitron: omnitron.cancellation_request_updates, prepare=_follow_requests),
    Feed.PLANS: Reading(lambda omnitron: omnitron.cancellation_plan_updates, _note_plans),
}
