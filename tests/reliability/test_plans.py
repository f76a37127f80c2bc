"""No statement of a hot path reads through a table that grows, whoever asks; and none reads more than it shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from aftercart.account.listing import REACH, SEARCHED
from omnitron_sandbox import running
from tests.conftest import demanded
from tests.reliability.servers import a_shop, postgres_url

# Rows of one order: itself, its items, its session and customer, and a look for what is not there.
ONE_ORDER = 20
ONE_PAGE = 10 * (2 + 2 * 3 + 1) + ONE_ORDER  # found and shown, their items counted and named, their requests
FIFTY_ORDERS = 51 * (1 + 3) + ONE_ORDER


@pytest.fixture(scope="module")
def plans(tmp_path_factory: Any) -> Any:
    if postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    folder: Path = tmp_path_factory.mktemp("plans")
    with running() as remote, a_shop("postgres", folder, remote, DATABASE_STATEMENT_SECONDS="0") as shop:
        return json.loads(shop.run("-m", "tests.reliability.plans"))


def test_every_hot_statement_goes_by_an_index(plans: Any) -> None:
    through = {name: [scan for scan in scans if scan["how"] == "Seq Scan"] for name, scans in plans.items()}
    assert not any(through.values()), through
    assert all(plans.values()), "a plan that touches no table was not the plan"


@pytest.mark.parametrize("name", ["completed", "detail", "options"])
def test_one_order_of_a_customer_with_thousands_is_found_by_itself(name: str, plans: Any) -> None:
    for kind in (name, f"{name}, kept plan"):
        if kind in plans:
            assert sum(scan["read"] for scan in plans[kind]) <= ONE_ORDER, plans[kind]


def test_the_page_of_orders_reads_as_far_as_it_reaches(plans: Any) -> None:
    # They are counted, and one more is looked for.
    assert sum(scan["read"] for scan in plans["orders page"]) <= 2 * REACH + 1 + ONE_PAGE, plans["orders page"]
    # The newest, twice found, and the items of each: none of them is delivered.
    read = sum(scan["read"] for scan in plans["orders page by state"])
    assert SEARCHED <= read <= 2 * SEARCHED * (1 + 1 + 3) + ONE_PAGE, plans["orders page by state"]


def test_a_page_of_fifty_reads_fifty_and_counts_the_rest(plans: Any) -> None:
    read = [scan["read"] for scan in plans["list"]]
    assert sum(read) - max(read) <= FIFTY_ORDERS, plans["list"]
    counted = [scan for scan in plans["list"] if scan["read"] == max(read)]
    assert [scan["how"] for scan in counted] == ["Index Only Scan"], counted
