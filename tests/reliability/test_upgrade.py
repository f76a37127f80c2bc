"""A migration under running processes: columns are widened, and nobody who is using the shop meets it."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from aftercart.orders.signed_number import sign
from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability import pooler
from tests.reliability.crowd import cancel_body
from tests.reliability.releases import widen
from tests.reliability.servers import Shop, a_shop, postgres_url


@pytest.fixture(params=["straight", "pooled"])
def shop(request: Any, remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    if postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    if request.param == "pooled" and pooler.version() < (1, 22):
        demanded("no PgBouncer of 1.22 or newer (on the PATH, or as PGBOUNCER)")
    with ExitStack() as stack:
        made = stack.enter_context(a_shop("postgres", tmp_path, remote, OMNITRON_TIMEOUT="10"))
        if request.param == "pooled":
            made.environment["DATABASE_URL"] = stack.enter_context(pooler.a_pooler(made.database))
        yield made


def ask(shop: Shop, seed: Any, path: str, body: Any = None, *, accept: str = "application/json") -> int:
    headers = {"Cookie": seed["cookie"], "X-CSRFToken": seed["token"], "Accept": accept}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    try:
        with urlopen(Request(shop.url + path, data, headers), timeout=60) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def reads(seed: Any) -> list[tuple[str, str]]:
    """Every page and every JSON of a customer, and what is read without an account."""
    order = seed["orders"][0]
    number = order["number"]
    as_json = [
        f"/orders/completed/{seed['signed']}/",
        f"/orders/{number}/cancellation-options/",
        "/users/orders/",
        f"/users/orders/{order['id']}/",
        "/users/orders/cancellation_requests/",
        "/orders/cancellation_reasons/",
        "/address/",
        "/address/detailed/",
        "/current_user/",
        "/users/profile/",
        "/health/",
    ]
    pages = [
        "/account/orders/",
        f"/account/orders/{number}/",
        f"/account/orders/{number}/cancel/",
        "/account/addresses/",
        f"/orders/completed/{seed['signed']}/",
        "/guest/",
        "/withdraw/",
    ]
    return [(path, "application/json") for path in as_json] + [(path, "text/html") for path in pages]


def all_of_them(shop: Shop, seed: Any, *, threads: int) -> dict[tuple[str, str], set[int]]:
    """Each read by each of so many readers at once; the statuses."""
    seen: dict[tuple[str, str], set[int]] = {}

    def read() -> None:
        for path, accept in reads(seed):
            seen.setdefault((path, accept), set()).add(ask(shop, seed, path, accept=accept))

    readers = [threading.Thread(target=read) for _ in range(threads)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return seen


def test_nobody_meets_a_migration(shop: Shop, remote: Sandbox) -> None:
    seed = shop.inside("seed", orders=40, items=1)
    seed["signed"] = sign(seed["orders"][0]["number"])
    remote.add_orders(seed["orders"])
    shop.start_web(threads=2)
    shop.start_worker()
    orders = iter(seed["orders"][1:])

    def cancel() -> int:
        order = next(orders)
        return ask(shop, seed, f"/orders/{order['number']}/cancel/", cancel_body(order))

    for _ in range(3):  # by then everything is prepared on every connection
        before = all_of_them(shop, seed, threads=2)
    assert {status for found in before.values() for status in found} <= {200, 404}, before
    assert sum(found == {200} for found in before.values()) >= 14, before
    assert [cancel() for _ in range(6)] == [204] * 6, shop.logs()
    for _ in range(2):  # one release after another
        widen(shop.database)
        assert [cancel() for _ in range(2)] == [204] * 2, shop.logs()
        for _ in range(2):
            assert all_of_them(shop, seed, threads=2) == before, shop.logs()
        assert [cancel() for _ in range(4)] == [204] * 4, shop.logs()
    assert ask(
        shop, seed, "/orders/address_change/", {"order": seed["orders"][0]["id"], "address": seed["address"]}
    ) in (
        200,
        201,
    ), shop.logs()
    assert "the tick failed" not in shop.logs()
