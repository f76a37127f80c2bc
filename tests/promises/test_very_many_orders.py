"""A customer with more orders than anybody turns pages of: their list costs what any other costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart.account.listing import REACH, SEARCHED
from aftercart.account.orders_views import MANY
from aftercart.orders.models import Order, OrderItem
from tests import builders
from tests.pages.structure import listed_orders

HINT = "To find older ones, choose a year or search by their number."


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    cache.clear()
    yield
    cache.clear()


def with_orders(customer: Any, count: int) -> list[str]:
    """Their numbers, the newest first; the oldest one is delivered, the others are open. One a minute."""
    now = timezone.now()
    orders = [
        Order(number=f"77{n:08d}", customer=customer, status=400, amount=1, created_date=now - timedelta(minutes=n))
        for n in range(count)
    ]
    orders[-1].status = 550
    OrderItem.objects.bulk_create(
        OrderItem(order=order, status=order.status, price=1, retail_price=1, product={"name": "Cup"})
        for order in Order.objects.bulk_create(orders)
    )
    return [order.number for order in orders]


def numbers_on(at: Any, query: str) -> list[str]:
    return listed_orders(at.get(f"/account/orders/?{query}").content.decode())


def test_pages_reach_the_newest_and_say_so_at_their_end(omnitron: Any, ada: Any, at_ada: Any) -> None:
    numbers = with_orders(ada, REACH + 1)
    assert numbers_on(at_ada, "") == numbers[:10]
    assert numbers_on(at_ada, f"page={REACH // 10}") == numbers[REACH - 10 : REACH]
    assert numbers_on(at_ada, f"page={REACH // 10 + 1}") == numbers[REACH - 10 : REACH], "there is no such page"
    html = at_ada.get(f"/account/orders/?page={REACH // 10}").content.decode()
    assert HINT in html
    assert HINT not in at_ada.get("/account/orders/").content.decode(), "only where the pages end"
    assert numbers_on(at_ada, f"number={numbers[-1]}") == [numbers[-1]], "a number finds the rest"


def test_exactly_as_many_as_can_be_reached_are_all(omnitron: Any, ada: Any, at_ada: Any) -> None:
    with_orders(ada, REACH)
    assert HINT not in at_ada.get(f"/account/orders/?page={REACH // 10}").content.decode()


def test_a_state_is_searched_among_the_newest_and_says_so(omnitron: Any, ada: Any, at_ada: Any) -> None:
    numbers = with_orders(ada, SEARCHED + 1)
    assert numbers_on(at_ada, "state=delivered") == []
    assert numbers_on(at_ada, f"state=delivered&number={numbers[-1]}") == [numbers[-1]]
    answer = at_ada.get("/account/orders/?state=open")
    assert f"{REACH} orders found among your newest." in answer.content.decode()


@pytest.mark.parametrize("query", ["", "page=3", "state=open", "time=30-days"])
def test_no_statement_of_the_page_reads_all_of_them(query: str, omnitron: Any, ada: Any, at_ada: Any) -> None:
    with_orders(ada, 30)
    at_ada.get("/account/orders/")
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.get(f"/account/orders/?{query}").status_code == 200
    about = [entry["sql"] for entry in seen if 'FROM "orders_order' in entry["sql"]]
    assert about
    unbounded = [sql for sql in about if "LIMIT" not in sql and " IN (" not in sql and "MIN(" not in sql]
    assert not unbounded, unbounded


def test_a_long_list_is_counted_once_a_minute(omnitron: Any, ada: Any, at_ada: Any) -> None:
    with_orders(ada, MANY + 1)
    assert at_ada.read("/users/orders/?limit=1").json()["count"] == MANY + 1
    builders.an_order(ada, number="9999")
    with CaptureQueriesContext(connection) as seen:
        page = at_ada.read("/users/orders/?limit=1").json()
    assert page["count"] == MANY + 1
    assert [order["number"] for order in page["results"]] == ["9999"], "what is shown is as it is now"
    assert not [entry["sql"] for entry in seen if "COUNT(*)" in entry["sql"]]
    of_another_question = Order.objects.filter(number__icontains="99").count()
    assert at_ada.read("/users/orders/?limit=1&number=99").json()["count"] == of_another_question
    cache.clear()  # the minute is over
    assert at_ada.read("/users/orders/?limit=1").json()["count"] == MANY + 2


def test_a_short_list_is_counted_each_time(omnitron: Any, ada: Any, at_ada: Any) -> None:
    with_orders(ada, 3)
    assert at_ada.read("/users/orders/?limit=1").json()["count"] == 3
    builders.an_order(ada)
    assert at_ada.read("/users/orders/?limit=1").json()["count"] == 4


def test_a_page_far_back_is_as_any_other(omnitron: Any, ada: Any, at_ada: Any) -> None:
    numbers = with_orders(ada, 1_060)
    page = at_ada.read("/users/orders/?limit=50&page=22").json()
    assert [order["number"] for order in page["results"]] == numbers[1_050:]
    assert (page["count"], page["next"]) == (1_060, None)
    assert all(len(order["orderitem_set"]) == 1 for order in page["results"])
