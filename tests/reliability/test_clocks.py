"""Machines whose clocks differ share one database: its clock alone decides what is due and whose it is."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability.crowd import cancel_body, post
from tests.reliability.laws import settled
from tests.reliability.servers import Shop, a_shop, postgres_url

AN_HOUR = {"CLOCK_AHEAD": "3600"}


@pytest.fixture
def shop(remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    if postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    with a_shop("postgres", tmp_path, remote, POLL_SECONDS="60", LEASE_SECONDS="20") as shop:
        yield shop


def with_requests(shop: Shop, remote: Sandbox, **web: str) -> set[int]:
    """An order whose cancellation fell back to requests; its items."""
    seed = shop.inside("seed")
    [order] = seed["orders"]
    remote.add_orders(seed["orders"])
    remote.fault(operation="order", kind="reset_before")
    shop.start_web(**web)
    assert post(shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed)[0] == 200, shop.logs()
    remote.clear_faults()
    return {item["id"] for item in order["orderitem_set"]}


def handed_over(remote: Any) -> int:
    return len([call for call in remote.calls(operation="cancellation_request") if call["method"] == "POST"])


def test_a_worker_whose_clock_is_ahead_takes_nothing_that_another_is_at(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote)
    remote.fault(operation="cancellation_request", method="POST", kind="latency", seconds=1.5)
    shop.start_worker()
    shop.wait_for_call(remote, "cancellation_request")
    shop.start_worker(**AN_HOUR)
    settled(shop, remote, wished=wished)
    time.sleep(2)
    assert handed_over(remote) == len(wished)
    assert "s ahead of the database's: set it right" in shop.logs()


def test_what_a_worker_with_a_clock_ahead_puts_off_is_not_put_off_by_an_hour(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote)
    remote.power(False)
    ahead = shop.start_worker(**AN_HOUR)
    shop.until(lambda facts: any("begun" not in r["last_error"] and r["last_error"] for r in facts["requests"]))
    shop.kill(ahead)
    remote.power(True)
    shop.start_worker()
    settled(shop, remote, wished=wished, seconds=50)


def test_what_a_web_process_with_a_clock_ahead_writes_is_noticed_and_done(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote, **AN_HOUR)
    shop.start_worker(LEASE_SECONDS="3")
    settled(shop, remote, wished=wished, seconds=50)
    assert "were due in the future" in shop.logs()
