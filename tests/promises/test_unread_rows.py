"""One row of Omnitron's lists that we do not understand stops no other: it is named, kept, and tried again."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.feed.apps import FeedConfig, retry_unread_rows
from aftercart.feed.models import FeedCursor, OrderNews
from aftercart.feed.polling import OVERLAP, PAGE_SIZE, begin_to_listen, read_news
from aftercart.feed.reconcile import compare_page, compare_requests
from aftercart.feed.seen import packed, unpacked
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.unread import UnreadRow
from omnitron_sandbox import Sandbox
from tests import builders
from tests.acts import hear

DATA = Path(__file__).parents[1] / "data"
TOMORROWS = "partially_shipped"


def change(omnitron: Sandbox, table: str, where: dict[str, Any], **fields: Any) -> Any:
    row = omnitron.store.first(table, **where)
    assert row is not None
    return omnitron.store.save(table, row, **fields)


def kept() -> list[tuple[str, str, bool]]:
    return [(row.of_list, row.number, row.is_dead) for row in UnreadRow.objects.order_by("of_list", "pk")]


def understood_now(**fields: Any) -> None:
    """What a later release does: it reads the rows as they came, and knows what the one before did not."""
    for row in UnreadRow.objects.all():
        UnreadRow.objects.filter(pk=row.pk).update(row=row.row | fields)
    retry_unread_rows(sender=FeedConfig)
    tick(KINDS)


@pytest.mark.parametrize("operation", ["order", "order_items", "cancellation_request", "cancellation_plans", "any"])
def test_an_answer_that_is_no_page_leaves_no_row_behind(operation: str, omnitron: Sandbox) -> None:
    begin_to_listen(now=timezone.now())
    omnitron.fault(operation=operation, kind="wrong_shape", times=4)
    hear()
    tick(KINDS, now=timezone.now() + timedelta(hours=1))
    assert kept() == []
    assert not FeedCursor.objects.filter(is_dead=True).exists()


# Orders that are pulled


def wires(count: int) -> list[dict[str, Any]]:
    made = []
    for index in range(count):
        order = json.loads((DATA / "completed.json").read_text())["order"]
        order |= {"id": 83000 + index, "number": f"P-{index}"}
        for place, item in enumerate(order["orderitem_set"]):
            item |= {"id": 93000 + 10 * index + place, "order": order["id"]}
        made.append(order)
    return made


def pulled() -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("pull_orders", "--page-size", "3", "--restart", stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize("bad", [TOMORROWS, 777, None, {"value": "?"}])
def test_a_pull_takes_in_all_but_the_order_that_it_names(bad: Any, transactional_db: None, sandbox: Sandbox) -> None:
    sandbox.add_orders(wires(7))
    change(sandbox, "orders", {"number": "P-1"}, status=bad)
    code, said = pulled()
    assert (code, Order.objects.count()) == (1, 6)
    assert "order P-1: " in said
    assert said.endswith("6 new, 0 changed, 0 unchanged, 1 refused\n")
    assert kept() == [("pulled", "P-1", True)]
    change(sandbox, "orders", {"number": "P-1"}, status="500")
    assert pulled()[0] == 0
    assert (kept(), Order.objects.count()) == ([], 7)


def test_what_could_not_be_pulled_comes_in_after_an_upgrade(transactional_db: None, sandbox: Sandbox) -> None:
    sandbox.add_orders(wires(2))
    change(sandbox, "orders", {"number": "P-0"}, status=TOMORROWS)
    pulled()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("read_again", stdout=out)
    assert "P-0: status: " in out.getvalue()
    assert out.getvalue().endswith("0 read, 1 left\n")
    change(sandbox, "orders", {"number": "P-0"}, status="500")
    understood_now(status="500")
    assert (kept(), Order.objects.count()) == ([], 2)


def test_an_order_with_an_unreadable_item_waits_as_a_whole_unless_it_is_here(
    transactional_db: None, sandbox: Sandbox
) -> None:
    sandbox.add_orders(wires(2))
    pulled()
    Order.objects.get(number="P-1").delete()
    for number, item in (("P-0", 93000), ("P-1", 93010)):
        sandbox.invoice(number)
        change(sandbox, "order_items", {"extra_field__id": item}, status=TOMORROWS)
    assert "order P-1: an item of it: " in pulled()[1]
    assert kept() == [("pulled", "P-1", True)]
    first, second = OrderItem.objects.order_by("pk")
    assert (first.invoice_number, bool(second.invoice_number)) == (None, True)
    assert first.removed_date is None


# Lists of changes


def test_each_list_of_changes_goes_on_behind_a_row_that_nobody_knows(
    omnitron: Sandbox, stock: Any, ada: Any, at_ada: Any
) -> None:
    bad, good = stock(ada, status=450), stock(ada, status=450)
    for order in (bad, good):
        assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 200
    hear()
    item = bad.items.last()
    requests = {order.pk: omnitron.order(order.number)["cancellationrequest_set"][0]["pk"] for order in (bad, good)}
    change(omnitron, "orders", {"number": bad.number}, status=TOMORROWS)
    change(omnitron, "order_items", {"extra_field__id": item.pk}, status=TOMORROWS)
    row = omnitron.store.get("cancellation_requests", requests[bad.pk])
    assert row is not None
    omnitron.store.save("cancellation_requests", row, quantity="many")
    omnitron.ship(good.number, items=[good.items.last().pk])
    omnitron.reject_request(requests[good.pk])
    hear()
    assert good.items.last().status == 500
    assert good.cancellation_requests.get().status == "rejected"
    lists = {of_list for of_list, _, _ in kept()}
    assert {"orders", "items", "requests"} <= lists
    assert not FeedCursor.objects.exclude(attempts=0).exists()
    assert not FeedCursor.objects.exclude(last_error="").exists()


def test_rows_that_a_later_release_understands_are_heard_then(omnitron: Sandbox, stock: Any, ada: Any) -> None:
    order = stock(ada)
    hear()
    change(omnitron, "orders", {"number": order.number}, status=TOMORROWS)
    hear()
    assert kept() == [("orders", order.number, True)]
    change(omnitron, "orders", {"number": order.number}, status="400")
    omnitron.ship(order.number)
    UnreadRow.objects.update(is_dead=True)
    understood_now(status="400")
    hear()
    assert kept() == []
    assert set(order.items.values_list("status", flat=True)) == {500}


def test_an_item_that_nobody_knows_keeps_no_other_of_its_order_back(
    omnitron: Sandbox, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    first = order.items.first()
    hear()
    change(omnitron, "order_items", {"extra_field__id": first.pk}, status=TOMORROWS)
    omnitron.invoice(order.number, items=[item.pk for item in order.items.all()[1:]])
    hear()
    assert [bool(item.invoice_number) for item in order.items.all()] == [False, True, True]
    assert not OrderNews.objects.filter(is_dead=True).exists()
    # Which items Omnitron would cancel is not known for sure: the shop is asked instead.
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 200


def test_a_code_that_nobody_knows_moves_nothing(omnitron: Sandbox, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    for item in order.items.all():
        change(omnitron, "order_items", {"extra_field__id": item.pk}, status="777")
    change(omnitron, "orders", {"number": order.number}, status="777")
    hear()
    order.refresh_from_db()
    assert [order.status, *order.items.values_list("status", flat=True)] == [400] * 4
    assert at_ada.get(f"/account/orders/{order.number}/", headers={"Accept": "text/html"}).status_code == 200


def test_reconciliation_names_it_and_goes_on(omnitron: Sandbox, stock: Any, ada: Any) -> None:
    bad, good = stock(ada), stock(ada)
    change(omnitron, "orders", {"number": bad.number}, status=TOMORROWS)
    omnitron.ship(good.number)
    found = {one.pk: one.found for one in compare_page(since=None, after=0, clock=timezone.now)}
    assert [(difference.what, difference.repair) for difference in found[bad.pk]] == [("not readable at Omnitron", "")]
    assert found[good.pk]
    assert list(compare_requests(since=None, clock=timezone.now)) == []


def test_the_back_office_shows_it_and_tries_it_again(omnitron: Sandbox, stock: Any, ada: Any, client: Any) -> None:
    order = stock(ada)
    hear()
    change(omnitron, "orders", {"number": order.number}, status=TOMORROWS)
    hear()
    boss = builders.a_customer("boss", is_staff=True, is_superuser=True)
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    row = UnreadRow.objects.get()
    listed = client.get("/admin/orders/unreadrow/")
    assert (listed.status_code, order.number in listed.content.decode()) == (200, True)
    page = client.get(f"/admin/orders/unreadrow/{row.pk}/change/").content.decode()
    assert TOMORROWS in page
    client.post("/admin/orders/unreadrow/", {"action": "try_again_now", "_selected_action": row.pk}, follow=True)
    assert UnreadRow.objects.get().next_attempt_at is not None
    tick(KINDS)
    assert kept() == [("orders", order.number, True)]


# Many changes at one moment


def test_a_bulk_update_is_read_once(omnitron: Sandbox, transactional_db: None) -> None:
    many = 3 * PAGE_SIZE + 7
    bulk_of(omnitron, many)
    begin_to_listen(now=timezone.now())
    a_round(omnitron)
    for _ in range(2):
        assert a_round(omnitron) <= 2
    cursor = FeedCursor.objects.get(pk="orders")
    assert len(json.dumps(cursor.seen)) < 200
    assert len(unpacked(cursor.seen)) == many


@pytest.mark.parametrize("number", [1, PAGE_SIZE + 1, 3 * PAGE_SIZE])
def test_behind_a_bulk_update_nothing_is_missed(number: int, omnitron: Sandbox, ada: Any) -> None:
    """A change to one of its rows, and a row that shows late among them."""
    bulk_of(omnitron, 3 * PAGE_SIZE)
    begin_to_listen(now=timezone.now())
    a_round(omnitron)
    changed, late = (builders.an_order(ada, number=f"B-{number}"), builders.an_order(ada, number="LATE"))
    date = (omnitron.store.first("orders", number=f"B-{3 if number == 1 else 1}") or {})["modified_date"]
    change(omnitron, "orders", {"number": f"B-{number}"}, notes="x")
    assert a_round(omnitron) <= 4
    assert set(OrderNews.objects.values_list("pk", flat=True)) == {changed.pk}
    omnitron.store.rows(
        "INSERT INTO orders (pk, doc) SELECT 90000, json_set(doc, '$.number', 'LATE', '$.modified_date', ?)"
        " FROM orders WHERE pk = 1002",
        (date,),
    )
    map_all(omnitron)
    a_round(omnitron)
    assert set(OrderNews.objects.values_list("pk", flat=True)) == {changed.pk, late.pk}


def bulk_of(omnitron: Sandbox, many: int) -> None:
    """So many orders at Omnitron, all changed in one statement."""
    (first,) = wires(1)
    omnitron.add_orders([first])
    (pk,) = (row["pk"] for row in omnitron.store.find("orders"))
    omnitron.store.rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO orders (pk, doc) SELECT 1000 + i, json_set((SELECT doc FROM orders WHERE pk = ?), "
        "'$.number', 'B-' || i, '$.created_date', '2026-01-01T00:00:00.000000Z') FROM n",
        (many, pk),
    )
    omnitron.store.delete("orders", pk)
    map_all(omnitron)


def map_all(omnitron: Sandbox) -> None:
    """Omnitron lists what somebody mapped."""
    omnitron.store.rows(
        "INSERT INTO integration_actions (doc) SELECT json_object('object_id', pk, 'remote_id', CAST(pk AS TEXT), "
        "'content_type', json_object('model', 'order'), 'version_date', '2026-01-01T00:00:00.000000Z') FROM orders "
        "WHERE pk NOT IN (SELECT json_extract(doc, '$.object_id') FROM integration_actions)"
    )


def a_round(omnitron: Sandbox) -> int:
    """Read the list of orders to its end; how many of its pages that took."""
    omnitron.clear_calls()
    for _ in range(50):
        read_news("orders", now=timezone.now())
        if FeedCursor.objects.get(pk="orders").since is None:
            return len([call for call in omnitron.calls() if "/orders/updates/" in call["path"]])
    raise AssertionError("there is no end to the list")


def test_what_was_seen_is_kept_as_runs_of_keys() -> None:
    now = timezone.now()
    old, new = (now - 2 * OVERLAP).isoformat(), now.isoformat()
    seen = dict.fromkeys([1, 2, 3, 7], new) | {9: old} | {-5: new}
    kept = packed(seen, reach=now - timedelta(seconds=1))
    assert kept == {new: "-5,1:3,7"}
    assert unpacked(kept) == dict.fromkeys((1, 2, 3, 7, -5), new)
