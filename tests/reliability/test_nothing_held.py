"""While Omnitron is asked, the database holds nothing for us: no open transaction, no lock."""

import sqlite3
import threading
from typing import Any

import psycopg

from tests.reliability.crowd import cancel_body, post

OPEN_TRANSACTIONS = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
OPEN_TRANSACTIONS += " AND pid <> pg_backend_pid()"


def held(backend: str, database: str) -> list[str]:
    """What stands open in the database now."""
    if backend == "postgres":
        with psycopg.connect(database, autocommit=True) as connection:
            return [row[0] for row in connection.execute(OPEN_TRANSACTIONS)]  # type: ignore[call-overload]
    connection = sqlite3.connect(database.removeprefix("sqlite:///"), timeout=0.2, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")  # refused while anyone writes
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as locked:
        return [str(locked)]
    finally:
        connection.close()
    return []


def test_nothing_is_held_while_omnitron_is_silent(backend: str, running_shop: Any, remote: Any) -> None:
    seed = running_shop.inside("seed")
    order = seed["orders"][0]
    remote.add_orders([order])
    running_shop.start_web()
    remote.fault(operation="cancel", kind="latency", seconds=2.0, times=1)
    answers: list[Any] = []
    path = f"/orders/{order['number']}/cancel/"
    asking = threading.Thread(target=lambda: answers.append(post(running_shop.url, path, cancel_body(order), seed)))
    asking.start()
    running_shop.wait_for_call(remote, "order_items")  # the cancel comes next, and waits two seconds
    assert held(backend, running_shop.database) == []
    assert not answers, "the call was over before we looked"
    asking.join()
    assert answers[0][0] == 204, running_shop.logs()
