"""News of one order: it is marked stale whenever news comes, and synced by reading it at Omnitron."""

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from aftercart import omnitron_client
from aftercart.cancellations import notifications
from aftercart.cancellations.closing import close_overtaken_requests
from aftercart.cancellations.models import ATTEMPT_OPEN_STATES, CancellationAttempt, CancellationRequest, RequestStatus
from aftercart.cancellations.reading import items_of
from aftercart.duties import DONE, NotYet
from aftercart.feed.models import OrderNews
from aftercart.omnitron import OmnitronError, OrderUnknown, RemoteOrder
from aftercart.omnitron_client import patient
from aftercart.orders import news
from aftercart.orders.locking import hold
from aftercart.orders.models import OrderItem
from aftercart.orders.unread import UnreadRow, forget_unread, keep
from aftercart.statuses import Status

logger = logging.getLogger(__name__)

ATTEMPT_PAUSE = timedelta(seconds=2)


def mark_stale(orders: Iterable[int], *, now: datetime, rejected_plans: Mapping[int, int] | None = None) -> None:
    """Store that there is news of these orders (ids), inside the caller's transaction.

    `rejected_plans`: order id → Omnitron's pk of a plan that was rejected.
    """
    keys = sorted(set(orders))
    if not keys:
        return
    OrderNews.objects.bulk_create([OrderNews(order_id=key, heard=0) for key in keys], ignore_conflicts=True)
    rows = OrderNews.objects.filter(pk__in=keys)
    list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))  # in the same order as everywhere else
    rows.update(heard=F("heard") + 1, next_attempt_at=now)
    rows.filter(is_dead=True).update(is_dead=False, attempts=0)
    for order, plan in (rejected_plans or {}).items():
        OrderNews.objects.filter(pk=order).update(rejected_plan=plan)


def sync_order(pk: int, *, now: datetime) -> None:
    """The duty of an order with news: read it at Omnitron and take over what it says.

    Raises NotYet while Omnitron is out of reach or our own cancellation of the order is under way, OmnitronError for
    an answer that makes no sense (the duty is tried again).
    """
    row = OrderNews.objects.select_related("order").get(pk=pk)
    _wait_for_attempts(pk)
    waiting = items_in_cancellation(pk) if row.rejected_plan else ()
    try:
        ids = row.order.items.values_list("pk", flat=True)
        remote = omnitron_client.omnitron().order(number=row.order.number, item_ids=set(ids), partly=True)
    except OrderUnknown:
        logger.warning("order %s has news, but Omnitron does not know it any more", row.order.number)
        _synced(row, now=now)
        return
    except OmnitronError as error:
        raise patient(error) from error
    with transaction.atomic():
        _wait_for_attempts(pk)
        apply(pk, remote, may_go_back=waiting, plan=row.rejected_plan, now=now)
        forget_unread(UnreadRow.List.ITEMS, [item.pk for item in remote.items])
        keep(UnreadRow.List.ITEMS, remote.unread_items, now=now)
        _synced(row, now=now)


def items_in_cancellation(order: int) -> tuple[int, ...]:
    """The ids of an order's items that are in cancellation. Read before Omnitron is asked: so it has them so, too."""
    waiting = OrderItem.objects.filter(order=order, status=Status.CANCELLATION_WAITING)
    return tuple(waiting.values_list("pk", flat=True))


def apply(
    order_id: int, remote: RemoteOrder, *, now: datetime, may_go_back: Collection[int] = (), plan: int | None = None
) -> None:
    """Take over what Omnitron says of an order, inside the caller's transaction. Twice is once.

    `may_go_back`: items whose cancellation was rejected, as far as Omnitron shows them alive (`news.give_back`).
    """
    order = hold(order_id)
    if order is None:
        return
    items = items_of(order)
    if may_go_back:
        returned = news.give_back(order, items, remote, only=may_go_back, plan=plan, now=now)
        notifications.declined(order, returned, plan=plan, now=now)
        # What the plan had completed stays closed; the customer can read what became of it.
        CancellationRequest.objects.filter(
            order_item__in=returned, status=RequestStatus.COMPLETED, closing_note="", omnitron_pk=None
        ).update(closing_note=news.DECIDED_AGAINST, modified_date=now)
    news.take_over(order, items, remote, now=now)
    close_overtaken_requests(items, now=now)


def attempt_open(order: int) -> bool:
    """Whether a cancellation of the order is in progress here; it reads the order itself, and better."""
    attempts = CancellationAttempt.objects.filter(order=order, state__in=ATTEMPT_OPEN_STATES)
    return attempts.filter(is_dead=False).exists()


def _wait_for_attempts(order: int) -> None:
    if attempt_open(order):
        raise NotYet(ATTEMPT_PAUSE, "a cancellation of the order is under way")


def _synced(row: OrderNews, *, now: datetime) -> None:
    """End the duty, unless more news came meanwhile: then it is due again at once."""
    keep = row.rejected_plan if items_in_cancellation(row.pk) else None
    rows = OrderNews.objects.filter(pk=row.pk)
    rows.update(lease_until=None, last_error="", attempts=0, learned_date=now)
    rows.filter(heard=row.heard).update(**DONE, rejected_plan=keep)
