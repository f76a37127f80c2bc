"""Who gives up on a statement ends it at the server: nothing waits on there, and reads go on while writes cannot."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.db import OperationalError, transaction

from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability.brokers import Server, a_postgres, postgres_binaries
from tests.reliability.crowd import all_at_once, cancel_body
from tests.reliability.laws import settled
from tests.reliability.servers import Shop, a_shop_on, postgres_url

SLOW = "SELECT pg_sleep(60)"


def still_at_it(process: int) -> bool:
    with psycopg.connect(str(postgres_url()), autocommit=True) as other:
        return bool(other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [process]).fetchone())


def by_cursor(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SLOW)


def by_cursor_in_a_transaction(connection: Any) -> None:
    with transaction.atomic(using="own"):
        by_cursor(connection)


def kept(connection: Any) -> None:
    connection.run_prepared([(SLOW, [])])


def several_kept(connection: Any) -> None:
    connection.run_prepared([("SELECT 1", []), (SLOW, [])])


@pytest.mark.parametrize("ask", [by_cursor, by_cursor_in_a_transaction, kept, several_kept])
def test_a_statement_that_is_abandoned_ends_at_the_server(
    connection: Any, settings: Any, ask: Callable[[Any], None]
) -> None:
    settings.DATABASE_STATEMENT_SECONDS = 0.1  # the server itself was not told
    process = connection.run_prepared([("SELECT pg_backend_pid()", [])])[0][0][0][0]
    with pytest.raises(OperationalError, match="no answer within"):
        ask(connection)
    until = time.monotonic() + 5
    while still_at_it(process):
        assert time.monotonic() < until, "its process waits on"
        time.sleep(0.05)


# A commit waits for a synchronous standby that is away, which no timeout of the server's ends.


@pytest.fixture
def standby_needed(remote: Sandbox, tmp_path: Path) -> Iterator[tuple[Server, Shop]]:
    if postgres_binaries() is None:
        demanded("PostgreSQL's initdb is not installed")
    with a_postgres() as server:
        url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        with a_shop_on(url, tmp_path, remote, DATABASE_STATEMENT_SECONDS="1") as shop:
            yield server, shop


def tell(server: Server, *statements: str) -> list[Any]:
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres", autocommit=True) as own:
        found: list[Any] = []
        for statement in statements:
            done = own.execute(statement)  # type: ignore[call-overload]
            found = done.fetchall() if done.description else []
        return found


def reads(shop: Shop, seed: Any, path: str) -> int:
    with urlopen(Request(shop.url + path, headers={"Cookie": seed["cookie"]}), timeout=30) as answer:
        return int(answer.status)


def test_while_a_synchronous_standby_is_away_reads_go_on_and_no_process_is_left_waiting(
    standby_needed: tuple[Server, Shop], remote: Sandbox
) -> None:
    server, shop = standby_needed
    threads = 8
    seed = shop.inside("seed", orders=24, items=1)
    remote.add_orders(seed["orders"])
    shop.start_web(threads=threads)
    shop.start_worker()
    tell(server, "ALTER SYSTEM SET synchronous_standby_names = 'away'", "SELECT pg_reload_conf()")
    time.sleep(0.5)
    waiting: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            waiting.append(tell(server, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")[0][0])

    watching = threading.Thread(target=watch)
    watching.start()
    wishes = [(f"/orders/{order['number']}/cancel/", cancel_body(order)) for order in seed["orders"]]
    try:
        answers = all_at_once(shop.url, wishes, seed)
        assert {status for status, _ in answers} == {503}, shop.logs()
        seen = f"/account/orders/{seed['orders'][0]['number']}/"
        assert {reads(shop, seed, seen) for _ in range(20)} == {200}
    finally:
        over.set()
        watching.join()
        with contextlib.suppress(psycopg.Error):
            tell(server, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    assert max(waiting) <= threads + 1, waiting  # one for each thread, and the worker's
    settled(shop, remote, wished=set(), seconds=90)
