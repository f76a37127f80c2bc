"""News twice, late, in pages, half applied, with Omnitron away: the same orders come of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt
from aftercart.duties import MAX_ATTEMPTS, NotYet, tick
from aftercart.feed.models import FeedCursor, OrderNews
from aftercart.feed.order_sync import apply, mark_stale, sync_order
from aftercart.feed.polling import OVERLAP, begin_to_listen, read_news
from aftercart.orders.models import OrderEvent, OrderItem
from tests import builders
from tests.acts import events, hear, statuses, the_plan


@pytest.fixture
def cursors(omnitron: Any) -> None:
    begin_to_listen(now=timezone.now())


def test_whoever_migrates_begins_to_listen_once(omnitron: Any) -> None:
    FeedCursor.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert set(FeedCursor.objects.values_list("name", flat=True)) == set(FeedCursor.Feed.values)
    FeedCursor.objects.update(position=timezone.now())
    before = list(FeedCursor.objects.order_by("name").values())
    call_command("migrate", verbosity=0)
    assert list(FeedCursor.objects.order_by("name").values()) == before


def test_what_is_heard_twice_is_written_once(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    for _ in range(3):
        FeedCursor.objects.update(seen={})
        hear()
    assert events(order, "status_changed") == 4


def test_what_was_read_already_is_not_asked_for_again(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    hear()
    omnitron.clear_calls()
    hear()
    assert not [call for call in omnitron.calls() if call["order_number"]]


def test_a_crash_before_the_cursor_moves_repeats_the_page_and_doubles_nothing(
    cursors: None, omnitron: Any, stock: Any, ada: Any
) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    before = FeedCursor.objects.get(pk="items")
    hear()
    # As if the page had been applied, and the process had died before it wrote how far it was.
    FeedCursor.objects.filter(pk="items").update(position=before.position, seen={}, next_attempt_at=timezone.now())
    hear()
    assert events(order, "status_changed") == 4
    assert statuses(order) == [500, 500, 500, 500]


def test_the_cursor_and_what_it_read_are_written_together(cursors: None, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    before = FeedCursor.objects.get(pk="orders").position
    read_news("orders", now=timezone.now())
    assert FeedCursor.objects.get(pk="orders").position > before
    assert OrderNews.objects.get().order_id == order.pk  # heard; a death here loses nothing
    assert statuses(order) == [400, 400, 400, 400]
    hear()
    assert statuses(order) == [500, 500, 500, 500]


def test_an_answer_that_is_late_moves_nothing_back(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    at_ada.cancel(order)
    hear()
    during = omnitron_client.omnitron().order(number=order.number)  # 50, read by someone slow
    omnitron.reject_plan(the_plan(omnitron, order))
    hear()
    assert statuses(order) == [400, 400, 400, 400]
    with transaction.atomic():
        apply(order.pk, during, now=timezone.now())
    assert statuses(order) == [400, 400, 400, 400]


def test_an_older_page_after_a_newer_one_moves_nothing_back(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    before = omnitron_client.omnitron().order(number=order.number)
    omnitron.deliver(order.number)
    hear()
    with transaction.atomic():
        apply(order.pk, before, now=timezone.now())
    assert statuses(order) == [550, 550, 550, 550]
    assert events(order, "status_changed") == 4


def test_news_that_comes_while_the_order_is_being_read_is_learned_too(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    with transaction.atomic():
        mark_stale([order.pk], now=timezone.now())
    omnitron.fault(operation="order_items", kind="latency", seconds=0.5, times=1)
    with ThreadPoolExecutor(1) as someone:
        reading = someone.submit(_in_a_thread, order.pk)
        time.sleep(0.2)
        with transaction.atomic():
            mark_stale([order.pk], now=timezone.now())
        reading.result()
    assert OrderNews.objects.get().next_attempt_at is not None
    sync_order(order.pk, now=timezone.now())
    assert OrderNews.objects.get().next_attempt_at is None


def _in_a_thread(order: int) -> None:
    try:
        sync_order(order, now=timezone.now())
    finally:
        connection.close()


def test_news_waits_while_a_cancellation_of_the_order_is_under_way(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    attempt = CancellationAttempt.objects.create(order=order, customer=ada)
    with transaction.atomic():
        mark_stale([order.pk], now=timezone.now())
    with pytest.raises(NotYet, match="under way"):
        sync_order(order.pk, now=timezone.now())
    CancellationAttempt.objects.filter(pk=attempt.pk).update(state="refused")
    sync_order(order.pk, now=timezone.now())
    assert statuses(order) == [500, 500, 500, 500]


# Pages and clocks


def test_a_thousand_changed_items_come_in_pages(cursors: None, omnitron: Any, ada: Any) -> None:
    orders = [builders.an_order(ada, items=50) for _ in range(21)]
    omnitron.add_orders([builders.as_wire(order) for order in orders])
    for order in orders:
        omnitron.ship(order.number)
    hear()
    assert set(OrderItem.objects.values_list("status", flat=True)) == {500}
    assert OrderEvent.objects.filter(kind="status_changed").count() == 1071
    pages = [call for call in omnitron.calls(operation="order_items") if "updates" in call["path"]]
    assert len(pages) >= 6


def test_the_cursor_never_moves_back_nor_into_the_future(cursors: None, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    now = timezone.now() - timedelta(hours=1)  # our clock is behind: what Omnitron says lies ahead of it
    FeedCursor.objects.update(position=now - timedelta(minutes=5))
    read_news("orders", now=now)
    assert FeedCursor.objects.get(pk="orders").position == now
    late = timezone.now() + OVERLAP / 2
    FeedCursor.objects.update(position=late)
    read_news("orders", now=timezone.now())
    assert FeedCursor.objects.get(pk="orders").position == late


def test_a_cursor_in_the_future_is_told_and_the_last_day_is_read_again(
    cursors: None, omnitron: Any, stock: Any, ada: Any, caplog: Any
) -> None:
    """A worker whose clock was an hour ahead wrote it: without this nothing would be heard for an hour."""
    order = stock(ada)
    hear()
    FeedCursor.objects.update(position=timezone.now() + timedelta(hours=1), next_attempt_at=timezone.now())
    omnitron.ship(order.number)
    hear()
    assert "orders were read up to" in caplog.text
    assert statuses(order) == [500, 500, 500, 500]
    assert all(cursor.position <= timezone.now() for cursor in FeedCursor.objects.all())


def test_a_row_that_shows_late_is_read_still(cursors: None, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    # Something newer was read first; this row was committed after that, with an older date.
    FeedCursor.objects.update(position=timezone.now() + OVERLAP / 2)
    hear()
    assert statuses(order) == [500, 500, 500, 500]


# Omnitron away


def test_omnitron_down_while_polling_is_waited_for_and_nothing_is_lost(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    begin_to_listen(now=timezone.now())
    omnitron.ship(order.number)
    omnitron.power(False)
    moment = timezone.now()
    for _ in range(MAX_ATTEMPTS + 5):
        moment += timedelta(minutes=1)
        tick(KINDS, now=moment)
    assert not FeedCursor.objects.filter(is_dead=True).exists()
    assert all(cursor.last_error for cursor in FeedCursor.objects.all())
    assert FeedCursor.objects.filter(attempts__gt=1).count() == 0
    omnitron.power(True)
    omnitron_client.forget_omnitron()
    hear()
    assert statuses(order) == [500, 500, 500, 500]


@pytest.mark.parametrize(
    "page", [{"kind": "html"}, {"kind": "redirect"}, {"kind": "html_502"}], ids=lambda p: p["kind"]
)
def test_a_page_in_place_of_omnitron_is_waited_for_however_long(
    page: Any, omnitron: Any, stock: Any, at_ada: Any
) -> None:
    order = stock(at_ada.customer)
    begin_to_listen(now=timezone.now())
    omnitron.fault(operation="cancel", kind="reset_after", times=1)
    assert at_ada.cancel(order).status_code == 200
    omnitron.fault(operation="any", **page)
    moment = timezone.now()
    for _ in range(MAX_ATTEMPTS + 5):
        moment += timedelta(minutes=31)
        tick(KINDS, now=moment)
    assert not any(kind.rows.filter(is_dead=True).exists() for kind in KINDS)
    assert CancellationAttempt.objects.get().attempts <= 1
    omnitron.clear_faults()
    omnitron_client.forget_omnitron()
    tick(KINDS, now=moment + timedelta(hours=1))
    assert CancellationAttempt.objects.get().state == CancellationAttempt.State.AGREED


def test_omnitron_down_between_hearing_and_learning(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    begin_to_listen(now=timezone.now())
    read_news("orders", now=timezone.now())
    omnitron.power(False)
    for n in range(MAX_ATTEMPTS + 5):
        tick(KINDS, now=timezone.now() + timedelta(minutes=n))
    assert not OrderNews.objects.get().is_dead
    omnitron.power(True)
    omnitron_client.forget_omnitron()
    OrderNews.objects.update(next_attempt_at=timezone.now())
    hear()
    assert statuses(order) == [500, 500, 500, 500]


def test_one_order_that_cannot_be_read_stops_no_other(omnitron: Any, stock: Any, ada: Any) -> None:
    bad, good = stock(ada), stock(ada)
    omnitron.ship(bad.number)
    omnitron.ship(good.number)
    omnitron.fault(operation="order_items", kind="nonsense", order_number=bad.number, times=None)
    hear()
    assert statuses(good) == [500, 500, 500, 500]
    assert "nonsense" in OrderNews.objects.get(order=bad).last_error
    omnitron.clear_faults()
    OrderNews.objects.update(next_attempt_at=timezone.now())
    hear()
    assert statuses(bad) == [500, 500, 500, 500]


def test_an_order_that_omnitron_has_lost_is_no_trouble(omnitron: Any, ada: Any) -> None:
    order = builders.an_order(ada)
    with transaction.atomic():
        mark_stale([order.pk], now=timezone.now())
    sync_order(order.pk, now=timezone.now())
    assert OrderNews.objects.get().next_attempt_at is None
    assert statuses(order) == [400, 400, 400, 400]
