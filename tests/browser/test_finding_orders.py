"""My orders: found by number, by time and by state, at the same cost however many there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import builders
from tests.pages.structure import Reader, listed_orders

NOW = datetime(2026, 9, 23, 17, 48, tzinfo=UTC)


@pytest.fixture
def at_ada(ada: Any) -> Client:
    client = Client(headers={"accept": "text/html", "accept-language": "en"})
    client.force_login(ada, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    return client


def numbers(client: Client, query: str) -> set[str]:
    return set(listed_orders(client.get(f"/account/orders/?{query}").content.decode()))


@pytest.fixture
def of_every_kind(ada: Any) -> None:
    for number, status, days in [
        ("A-100", 400, 1),
        ("A-200", 450, 29),
        ("B-100", 500, 31),
        ("B-200", 550, 100),
        ("B-300", 100, 200),
        ("C-100", 600, 400),
        ("C-200", 50, 2),
    ]:
        builders.an_order(ada, number=number, status=status, items=1, created=NOW - timedelta(days=days))
    parts = builders.an_order(ada, number="C-300", status=450, items=2, created=NOW - timedelta(days=3))
    parts.items.filter(pk=parts.items.first().pk).update(status=500)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("number=A-1", {"A-100"}),
        ("number=a-", {"A-100", "A-200"}),
        ("number=%23B-2+00", {"B-200"}),
        ("number=100%00", {"A-100", "B-100", "C-100"}),
        ("time=30-days", {"A-100", "A-200", "C-200", "C-300"}),
        ("time=6-months", {"A-100", "A-200", "B-100", "B-200", "C-200", "C-300"}),
        ("time=2025", {"C-100"}),
        ("time=2019", set()),
        ("state=open", {"A-100", "A-200", "C-300"}),
        ("state=on-its-way", {"B-100", "C-300"}),
        ("state=delivered", {"B-200"}),
        ("state=closed", {"B-300", "C-100", "C-200"}),
        ("state=closed&time=30-days", {"C-200"}),
    ],
)
def test_orders_are_found(of_every_kind: None, at_ada: Client, query: str, found: set[str]) -> None:
    with time_machine.travel(NOW, tick=False):
        assert numbers(at_ada, query) == found


@pytest.mark.parametrize("query", ["", "time=soon", "state=400", "time=99999", "time=0000", "page=x", "nothing=1"])
def test_a_filter_that_means_nothing_hides_nothing(of_every_kind: None, at_ada: Client, query: str) -> None:
    assert len(numbers(at_ada, query)) == 8


def test_a_year_begins_when_it_begins_where_the_shop_is(ada: Any, at_ada: Client) -> None:
    builders.an_order(ada, number="late", created=datetime(2025, 12, 31, 20, 59, tzinfo=UTC))
    builders.an_order(ada, number="early", created=datetime(2025, 12, 31, 21, 1, tzinfo=UTC))
    assert numbers(at_ada, "time=2025") == {"late"}
    assert numbers(at_ada, "time=2026") == {"early"}


def test_the_years_to_choose_from_begin_with_the_first_order(of_every_kind: None, at_ada: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        html = at_ada.get("/account/orders/").content.decode()
    options = [one.attributes["value"] for one in Reader(html).root.all() if one.tag == "option"]
    assert options == ["", "30-days", "6-months", "2026", "2025"]


def test_the_pages_keep_what_was_searched_for(ada: Any, at_ada: Client) -> None:
    for _ in range(11):
        builders.an_order(ada, status=550, items=1)
    html = at_ada.get("/account/orders/?state=delivered").content.decode()
    assert 'href="?state=delivered&amp;page=2"' in html
    assert "11 orders found." in html


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "You have no orders yet."),
        ("number=4711", "Compare the number with the one in the mail"),
        ("state=open", "Choose a longer time, or another state."),
    ],
)
def test_an_empty_list_says_what_to_do(at_ada: Client, query: str, said: str) -> None:
    assert said in at_ada.get(f"/account/orders/?{query}").content.decode()


def test_eve_finds_none_of_adas(of_every_kind: None, eve: Any) -> None:
    client = Client(headers={"accept": "text/html"})
    client.force_login(eve, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    assert numbers(client, "number=A-100") == set()


def test_a_list_costs_the_same_however_long_it_is(ada: Any, at_ada: Client) -> None:
    costs = []
    for more in (1, 15):
        for _ in range(more):
            builders.an_order(ada, items=10)
        with CaptureQueriesContext(connection) as seen:
            at_ada.get("/account/orders/?number=2&time=6-months&state=open")
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 7
