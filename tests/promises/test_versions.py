"""An order comes in more than once: the newer version wins, and what the newest does not have was taken out."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationRequest
from aftercart.customers.models import Customer
from aftercart.duties import tick
from aftercart.feed.comparing import Difference, differences
from aftercart.feed.order_sync import mark_stale
from aftercart.feed.reading import read_ours, read_theirs
from aftercart.orders.intake import OrderRefused, take_in
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.orders.pull import pull
from aftercart.orders.said import ITEM_FIELDS, ORDER_FIELDS
from tests import builders

DATA = Path(__file__).parents[1] / "data"
FIRST, SECOND = "2026-01-10T09:00:00Z", "2026-01-11T09:00:00Z"
OLD, NEW = 91001, 91002

# Every column that a message can write, said twice; the test below holds the table complete.
ORDER_VERSIONS: dict[str, tuple[Any, Any]] = {
    "currency": ("try", "eur"),
    "amount": ("300.50", "90.00"),
    "discount_amount": ("1.00", "10.00"),
    "shipping_amount": ("5.00", "6.00"),
    "refund_amount": ("1.00", "2.00"),
    "discount_refund_amount": ("0.50", "0.60"),
    "shipping_refund_amount": ("0.10", "0.20"),
    "shipping_address": ({"line": "old"}, {"line": "new"}),
    "billing_address": ({"line": "old"}, {"line": "new"}),
    "user_email": ("typo@example.org", "nil@example.org"),
    "language_code": ("tr-tr", "en-us"),
    "tracking_number": ("TYPO", "T1"),
    "tracking_url": ("https://example.org/0", "https://example.org/1"),
    "invoice_number": ("I0", "I1"),
    "invoice_date": ("2026-01-10T10:00:00Z", "2026-01-11T10:00:00Z"),
    "created_date": ("2026-01-09T10:00:00Z", "2026-01-09T11:00:00Z"),
}
ITEM_VERSIONS: dict[str, tuple[Any, Any]] = {
    "quantity": (2, 1),
    "price": ("100.00", "80.00"),
    "retail_price": ("110.00", "90.00"),
    "tax_rate": ("8.00", "18.00"),
    "price_currency": ("try", "eur"),
    "product": ({"name": "Old"}, {"name": "New"}),
    "easy_return_companies": ([{"pk": 1}], [{"pk": 2}]),
    "tracking_number": ("TYPO", "T1"),
    "tracking_url": ("https://example.org/0", "https://example.org/1"),
    "invoice_number": ("I0", "I1"),
    "invoice_date": ("2026-01-10T10:00:00Z", "2026-01-11T10:00:00Z"),
    "delivered_date": ("2026-01-10T10:00:00Z", "2026-01-11T10:00:00Z"),
    "created_date": ("2026-01-09T10:00:00Z", "2026-01-09T11:00:00Z"),
}


def example(date: str | None = FIRST, item_date: str | None = None) -> dict[str, Any]:
    order: dict[str, Any] = json.loads((DATA / "completed.json").read_text())["order"]
    order |= {"user": 7001, "modified_date": date}
    for item in order["orderitem_set"]:
        item["modified_date"] = item_date
    return order


def versions() -> tuple[dict[str, Any], dict[str, Any]]:
    both = []
    for n, date in enumerate((FIRST, SECOND)):
        order = example(date) | {name: pair[n] for name, pair in ORDER_VERSIONS.items()}
        order |= {"status": ("400", "450")[n], "segment": ("silver", "gold")[n]}
        item = order["orderitem_set"][0]
        item |= {name: pair[n] for name, pair in ITEM_VERSIONS.items()}
        item["available_easy_return_shipping_companies"] = item.pop("easy_return_companies")
        item |= {"status": ("400", "450")[n], "image": ("/old.jpg", "/new.jpg")[n]}
        both.append(order)
    return both[0], both[1]


def come_in(order: dict[str, Any]) -> str:
    return str(take_in(deepcopy(order), now=timezone.now()).outcome)


def compared(order: int) -> list[Difference]:
    ours = read_ours(order)
    return differences(ours, read_theirs(ours))


def everything() -> list[dict[str, Any]]:
    leave = {"modified_date"}
    rows = [*Order.objects.values(), *OrderItem.objects.order_by("pk").values()]
    return [{name: value for name, value in row.items() if name not in leave} for row in rows]


@pytest.fixture
def nil(transactional_db: None) -> Any:
    return Customer.objects.create_user("nil@example.org", "secret", pk=7001, username="nil")


def test_the_tables_name_every_column_that_a_message_writes() -> None:
    assert list(ORDER_VERSIONS) == ORDER_FIELDS
    assert list(ITEM_VERSIONS) == ITEM_FIELDS


def test_no_field_of_an_order_or_an_item_falls_back_to_an_older_version(nil: Any) -> None:
    older, newer = versions()
    assert [come_in(older), come_in(newer)] == ["new", "changed"]
    held = everything()
    assert (held[0]["user_email"], str(held[1]["price"]), held[1]["details"]["image"]) == (
        "nil@example.org",
        "80.00",
        "/new.jpg",
    )
    for late in (older, {**older, "modified_date": None}, {**older, "amount": "0.01", "status": "550"}):
        assert come_in(late) == "unchanged"
        assert everything() == held


def test_of_one_date_the_version_that_comes_later_says_more(nil: Any) -> None:
    older, newer = versions()
    newer["modified_date"] = FIRST
    come_in(older)
    assert come_in(newer) == "changed"
    assert Order.objects.get().user_email == "nil@example.org"


def test_where_no_version_bears_a_date_the_one_that_comes_later_counts(nil: Any) -> None:
    older, newer = versions()
    older["modified_date"] = newer["modified_date"] = None
    come_in(older)
    assert come_in(newer) == "changed"
    assert (Order.objects.get().user_email, OrderItem.objects.count()) == ("nil@example.org", 2)


def test_each_item_goes_by_its_own_date(nil: Any) -> None:
    come_in(example(SECOND, SECOND))
    mixed = example(FIRST)
    mixed["orderitem_set"][0] |= {"modified_date": "2026-01-12T00:00:00Z", "price": "7.00"}
    mixed["orderitem_set"][1] |= {"modified_date": FIRST, "price": "7.00"}
    assert come_in(mixed) == "changed"
    assert [str(item.price) for item in OrderItem.objects.order_by("pk")] == ["7.00", "100.00"]


def test_a_refund_is_corrected_by_a_newer_version_and_never_undone_by_the_same_one(nil: Any) -> None:
    come_in(example(FIRST) | {"refund_amount": "10.00"})
    come_in(example(FIRST) | {"refund_amount": "4.00"})
    assert str(Order.objects.get().refund_amount) == "10.00"
    come_in(example(SECOND) | {"refund_amount": "4.00"})
    assert str(Order.objects.get().refund_amount) == "4.00"


# Files, pulls and news


def pulled() -> None:
    for _ in pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, pause=0):
        pass


def test_a_pull_of_something_older_than_the_file_changes_nothing(nil: Any, sandbox: Any) -> None:
    sandbox.add_orders([example(FIRST)])
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    come_in(example(tomorrow, tomorrow) | {"amount": "90.00", "tracking_number": "NEW"})
    pulled()
    order = Order.objects.get()
    assert (str(order.amount), order.tracking_number, order.omnitron_pk is not None) == ("90.00", "NEW", True)


def test_a_file_that_is_older_than_the_pull_changes_nothing(nil: Any, sandbox: Any) -> None:
    sandbox.add_orders([example(FIRST)])
    pulled()
    assert come_in(example(FIRST) | {"amount": "1.00", "user_email": "typo@example.org"}) == "unchanged"
    assert str(Order.objects.get().amount) == "300.50"


def test_news_fills_what_is_unknown_and_replaces_nothing_newer(nil: Any, sandbox: Any) -> None:
    sandbox.add_orders([example(FIRST)])
    sandbox.ship("3000000000000001")
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    version = example(tomorrow, tomorrow)
    version["orderitem_set"][0]["tracking_number"] = "CORRECTED"
    come_in(version)
    with transaction.atomic():
        mark_stale([81001], now=timezone.now())
    tick(KINDS)
    first, second = OrderItem.objects.order_by("pk")
    assert (first.status, first.tracking_number) == (500, "CORRECTED")
    assert second.tracking_number
    assert not [d for d in compared(81001) if d.what == "tracking number"]


def test_a_version_from_before_the_news_keeps_what_was_learned(nil: Any) -> None:
    come_in(example(FIRST) | {"tracking_number": "T0"})
    learned = datetime(2026, 1, 12, tzinfo=UTC)
    Order.objects.update(tracking_number="T1", invoice_number="I1", omnitron_modified=learned)
    come_in(example(SECOND) | {"tracking_number": "T0", "invoice_number": "I0"})
    order = Order.objects.get()
    assert (order.tracking_number, order.invoice_number) == ("T1", "I1")


# What is not there any more


def without_the_second(date: str | None = SECOND) -> dict[str, Any]:
    order = example(date)
    order["orderitem_set"].pop()
    return order | {"amount": "100.50", "discount_amount": "0.00", "shipping_amount": "0.00"}


@pytest.fixture
def edited(nil: Any, omnitron: Any) -> Order:
    """An order of which the shop took the second item out."""
    omnitron.add_orders([example()])
    come_in(example())
    assert come_in(without_the_second()) == "changed"
    return Order.objects.get()


def test_an_item_that_was_taken_out_is_neither_offered_nor_counted(edited: Order, nil: Any, browser_of: Any) -> None:
    browser = browser_of(nil)
    options = browser.read(f"/orders/{edited.number}/cancellation-options/").json()
    kept, gone = options["items"]
    assert kept["cancel"]["estimate"]["amount"] == "100.50"
    assert {gone[kind]["way"] for kind in ("cancel", "refund")} == {"none"}
    assert options["cancel"]["order_items"] == [OLD]
    refused = browser.cancel(edited, builders.a_body(edited))
    assert refused.status_code == 400
    shown = browser.read(f"/users/orders/{edited.pk}/").json()["orderitem_set"]
    assert [(item["id"], item["is_cancellable"], item["removed_date"] is None) for item in shown] == [
        (OLD, True, True),
        (NEW, False, False),
    ]


def test_its_owner_reads_that_it_was_taken_out(edited: Order, nil: Any, browser_of: Any) -> None:
    browser = browser_of(nil)
    page = browser.get(f"/account/orders/{edited.number}/", headers={"Accept": "text/html"}).content.decode()
    assert "The shop has taken this out of the order" in page
    assert "Taken out of the order by the shop" in page  # in what happened
    assert "sends the money for what is cancelled" not in page
    form = browser.get(f"/account/orders/{edited.number}/cancel/", headers={"Accept": "text/html"}).content.decode()
    assert f'name="reason-{NEW}"' not in form


def test_what_remains_can_be_cancelled_and_then_the_order_is(edited: Order, nil: Any, browser_of: Any) -> None:
    browser = browser_of(nil)
    assert browser.cancel(edited, builders.a_body(edited, only=1)).status_code == 204
    edited.refresh_from_db()
    assert edited.status == 50


def test_it_comes_back_with_a_newer_version_and_with_no_other(edited: Order) -> None:
    for late in (example(FIRST), example(None)):
        come_in(late)
        assert OrderItem.objects.get(pk=NEW).removed_date is not None
    come_in(example("2026-01-12T09:00:00Z", FIRST))
    item = OrderItem.objects.get(pk=NEW)
    assert (item.removed_date, item.status) == (None, 400)
    kinds = [event.kind for event in OrderEvent.objects.filter(order_item=NEW)]
    assert kinds == ["item_removed", "item_restored"]


def test_only_a_newer_version_takes_out(nil: Any) -> None:
    come_in(example(SECOND))
    for late in (without_the_second(FIRST), without_the_second(None)):
        come_in(late)
        assert OrderItem.objects.get(pk=NEW).removed_date is None


def test_a_message_without_items_is_a_part_and_takes_nothing_out(nil: Any) -> None:
    part = {name: value for name, value in without_the_second().items() if name != "orderitem_set"}
    with pytest.raises(OrderRefused, match="orderitem_set: an order that is new here needs its items"):
        come_in(part)
    come_in(example())
    assert come_in(part) == "changed"
    assert (str(Order.objects.get().amount), OrderItem.objects.filter(removed_date=None).count()) == ("100.50", 2)


def test_an_open_request_for_it_is_closed_with_a_readable_note(nil: Any, omnitron: Any, browser_of: Any) -> None:
    omnitron.add_orders([example()])
    come_in(example() | {"status": "450"})
    OrderItem.objects.update(status=450)
    order = Order.objects.get()
    body = builders.a_body(order)
    body["cancel_order_items"] = body["cancel_order_items"][1:]
    assert browser_of(nil).cancel(order, body).status_code == 200
    come_in(without_the_second())
    request = CancellationRequest.objects.get()
    assert (request.status, request.closing_note) == ("completed", "The shop has taken this item out of your order.")


def test_what_is_in_cancellation_already_is_closed_by_it(nil: Any, omnitron: Any, browser_of: Any) -> None:
    omnitron.add_orders([example()])
    come_in(example())
    order = Order.objects.get()
    assert browser_of(nil).cancel(order).status_code == 204
    come_in(without_the_second())
    assert [item.status for item in OrderItem.objects.order_by("pk")] == [50, 100]


def test_a_cancellation_under_way_leaves_no_request_for_it(nil: Any, omnitron: Any, browser_of: Any) -> None:
    """The version comes in between the claim and Omnitron's answer, which is unknown."""
    omnitron.add_orders([example()])
    come_in(example())
    order = Order.objects.get()
    omnitron.fault(operation="cancel", kind="reset_after", times=1)
    assert browser_of(nil).cancel(order).status_code == 200
    come_in(without_the_second())
    for _ in range(5):
        tick(KINDS, now=timezone.now() + timedelta(minutes=2))
    left = CancellationRequest.objects.filter(order_item=NEW)
    assert {request.status for request in left} <= {"completed"}
    assert not [d for d in compared(order.pk) if d.item == NEW and d.repair]
