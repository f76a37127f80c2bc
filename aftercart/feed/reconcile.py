"""Reconciliation: do Omnitron and we agree on every open order? And what to do if not.

The safety net under polling and webhooks. On schedule it only reports; `manage.py reconcile --repair` repairs, with
the same verbs that apply news.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from aftercart import omnitron_client
from aftercart.cancellations import identity
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, OPEN_AT_OMNITRON, RequestStatus
from aftercart.cancellations.request_parts import status_of_part
from aftercart.duties import DONE
from aftercart.feed import repairing
from aftercart.feed.comparing import ADOPT, FOLLOW, Difference, differences
from aftercart.feed.models import ReconciliationReport, WebhookEvent
from aftercart.feed.order_sync import attempt_open
from aftercart.feed.polling import PAGE_TIMEOUT
from aftercart.feed.reading import read_ours, read_theirs
from aftercart.omnitron import Deadline, NotUnderstood, OmnitronError, RemoteCancellationRequest
from aftercart.omnitron_client import patient
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.unread import UnreadRow, keep
from aftercart.refusals import MADE_THERE
from aftercart.statuses import CLOSED

logger = logging.getLogger(__name__)

PAGE_SIZE = 50
LISTED = 200
# Requests that staff made at Omnitron are looked for among what changed there within this time.
REQUESTS_REACH = timedelta(days=30)
WEBHOOKS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Compared:
    """One order that was compared: its differences, and those that are left after repair."""

    pk: int
    found: tuple[Difference, ...]
    left: tuple[Difference, ...]


def orders_to_compare(*, since: datetime | None) -> QuerySet[Order]:
    """Orders that are open, or changed at or after `since`."""
    wanted = ~Q(status__in=CLOSED)
    if since is not None:
        wanted |= Q(modified_date__gte=since)
    return Order.objects.filter(wanted).order_by("pk")


def compare_page(
    *, since: datetime | None, after: int, clock: Callable[[], datetime], repair: bool = False, limit: int = PAGE_SIZE
) -> list[Compared]:
    """Compare the next orders after that id; fewer than `limit` means the end.

    Raises OmnitronError if one cannot be read.
    """
    keys = list(orders_to_compare(since=since).filter(pk__gt=after).values_list("pk", flat=True)[:limit])
    return [_compare(key, clock=clock, repair=repair) for key in keys]


def _compare(pk: int, *, clock: Callable[[], datetime], repair: bool) -> Compared:
    if attempt_open(pk):  # in progress here, which makes the comparison itself
        return Compared(pk, (), ())
    try:
        ours = read_ours(pk)
        remote = read_theirs(ours)
    except NotUnderstood as error:  # it would fail again, and holds up no other order
        number = Order.objects.values_list("number", flat=True).get(pk=pk)
        unread = Difference(number, None, "not readable at Omnitron", "", error.detail[:200])
        return Compared(pk, (unread,), (unread,))
    found = differences(ours, remote)
    if not repair or remote is None or not any(difference.repair for difference in found):
        return Compared(pk, tuple(found), tuple(found))
    repairing.repair(ours, remote, found, now=clock())
    # Check whether it helped, don't assume.
    again = read_ours(pk)
    return Compared(pk, tuple(found), tuple(differences(again, read_theirs(again))))


def compare_requests(
    *, since: datetime | None, clock: Callable[[], datetime], repair: bool = False
) -> Iterator[Compared]:
    """Requests at Omnitron about items of ours: unknown to us, or staff's own and further than we know.

    Those that we handed over ourselves are unknown, too, if our database has been restored since.
    """
    start = since or clock() - REQUESTS_REACH
    page = 1
    while True:
        deadline = Deadline.after(PAGE_TIMEOUT)
        read = omnitron_client.omnitron().cancellation_requests_since(since=start, page=page, deadline=deadline)
        for remote in read:
            difference = _difference_of(remote)
            if difference is not None:
                order, found = difference
                if repair:
                    repairing.follow_request_of_staff(remote, now=clock())
                after = _difference_of(remote) if repair else difference
                yield Compared(order, (found,), (after[1],) if after else ())
        keep(UnreadRow.List.REQUESTS, read.unread, now=clock())
        if not read.has_next:
            return
        page += 1


def _difference_of(remote: RemoteCancellationRequest) -> tuple[int, Difference] | None:
    """The id of the order that a request made by staff is about, and what differs; None if nothing does."""
    item = OrderItem.objects.known_there_as([remote.order_item]).select_related("order").first()
    if item is None:
        return None
    ours, number, theirs = identity.ours(remote), item.order.number, f"{remote.pk}: {remote.status}"
    if ours is None:
        is_open = remote.status in OPEN_AT_OMNITRON
        unknown = Difference(number, item.pk, "request unknown here", "", theirs, ADOPT)
        return (item.order_id, unknown) if is_open else None
    if ours.status == RequestStatus.WITHDRAWN and ours.next_attempt_at is None and remote.status in OPEN_AT_OMNITRON:
        back = Difference(number, item.pk, "request taken back here", f"{ours.pk}: {ours.status}", theirs, FOLLOW)
        return item.order_id, back
    is_ours_open = ours.status in ACTIVE_REQUEST_STATUSES
    if ours.because != MADE_THERE or not is_ours_open or status_of_part(ours, remote) == remote.status:
        return None  # what we handed over is compared with its order
    behind = Difference(number, item.pk, "status of a request", f"{ours.pk}: {ours.status}", theirs, FOLLOW)
    return item.order_id, behind


def add_differences(report: ReconciliationReport, compared: Compared) -> None:
    """Add an order's differences to a report, in memory."""
    report.difference_count += len(compared.found)
    report.repaired_count += len(set(compared.found) - set(compared.left))
    for difference in compared.found[: max(0, LISTED - len(report.differences))]:
        report.differences.append({**difference.as_dict(), "repaired": difference not in compared.left})
    # What a repair brings to light is reported like the rest.
    for difference in set(compared.left) - set(compared.found):
        report.difference_count += 1
        if len(report.differences) < LISTED:
            report.differences.append({**difference.as_dict(), "repaired": False})


def plan_reconciliation(*, now: datetime) -> None:
    """Make sure that the next scheduled reconciliation has its row."""
    if not ReconciliationReport.objects.filter(finished_date=None, next_attempt_at__isnull=False).exists():
        due = now + timedelta(seconds=settings.RECONCILE_SECONDS)
        ReconciliationReport.objects.create(next_attempt_at=due)


def reconcile_next(pk: int, *, now: datetime) -> None:
    """The duty of a planned report: compare the next page. At the end it is finished and the next one is planned.

    Raises NotYet while Omnitron is out of reach, OmnitronError for an answer that makes no sense.
    """
    report = ReconciliationReport.objects.get(pk=pk)
    if report.finished_date is not None:
        ReconciliationReport.objects.filter(pk=pk).update(**DONE)
        return
    if report.started_date is None:
        report.started_date, report.since = now, _last_start()
    try:
        compared = compare_page(since=report.since, after=report.after, clock=lambda: now)
        at_end = len(compared) < PAGE_SIZE
        unknown = list(compare_requests(since=report.since, clock=lambda: now)) if at_end else []
    except OmnitronError as error:
        raise patient(error) from error
    for one in (*compared, *unknown):
        add_differences(report, one)
    report.compared += len(compared)
    report.after = max((one.pk for one in compared), default=report.after)
    for name, value in {**DONE, "attempts": 0, "next_attempt_at": None if at_end else now}.items():
        setattr(report, name, value)
    if at_end:
        report.finished_date = now
    with transaction.atomic():
        report.save()
        if at_end:
            plan_reconciliation(now=report.started_date)
            WebhookEvent.objects.filter(received_date__lt=now - WEBHOOKS_KEPT).delete()
    if at_end and report.difference_count:
        logger.error(
            "reconciliation: %s differences in %s orders; see the report, or manage.py reconcile",
            report.difference_count,
            report.compared,
        )


def _last_start() -> datetime | None:
    finished = ReconciliationReport.objects.exclude(finished_date=None)
    return finished.values_list("started_date", flat=True).order_by("-started_date").first()
