"""A thread's database connection ends with the thread, at once and not when the garbage collector comes by."""

import gc
import os
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from tests.reliability.servers import Shop, postgres_url

IDLE_SECONDS = 5  # granian's least
BURSTS = int(os.environ.get("BURSTS", "2"))


@contextmanager
def no_garbage_collector() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def ended_threads(handler: ConnectionHandler, ask: str, count: int = 5) -> Iterator[list[Any]]:
    """What so many threads that have ended by then were told by the database, each on a connection of its own."""
    told: list[Any] = []

    def use() -> None:
        with handler["own"].cursor() as cursor:
            cursor.execute(ask)
            told.append(cursor.fetchone()[0])

    for _ in range(count):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    yield told


def test_on_postgresql(connection: Any) -> None:
    handler = ConnectionHandler({"default": {}, "own": connection.settings_dict})
    with no_garbage_collector(), ended_threads(handler, "SELECT pg_backend_pid()") as processes:
        assert len(set(processes)) == 5
        until = time.monotonic() + 10  # the server's processes need a moment
        while alive := [n for n in processes if is_alive(n)]:
            assert time.monotonic() < until, alive
            time.sleep(0.02)


def is_alive(process: int) -> bool:
    with psycopg.connect(str(postgres_url()), autocommit=True) as other:
        return bool(other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [process]).fetchone())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are seen on Linux alone")
def test_on_sqlite(tmp_path: Path, django_db_blocker: Any) -> None:
    database = {"ENGINE": "aftercart.database.sqlite", "NAME": tmp_path / "own.sqlite3", "CONN_MAX_AGE": None}
    handler = ConnectionHandler({"default": {}, "own": database})
    with django_db_blocker.unblock(), no_garbage_collector(), ended_threads(handler, "SELECT 1") as told:
        assert len(told) == 5
        assert not open_files(os.getpid(), ending="own.sqlite3")


def open_files(process: int, *, ending: str) -> list[str]:
    """Open files of a process with names that end so."""
    folder = Path(f"/proc/{process}/fd")
    names = []
    for entry in folder.iterdir():
        try:
            names.append(os.readlink(entry))
        except OSError:
            continue
    return [name for name in names if name.endswith(ending)]


def sessions(shop: Shop) -> int:
    """How many sessions this shop's database has."""
    with psycopg.connect(shop.database, autocommit=True) as own:
        ask = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        found = own.execute(ask).fetchone()
    assert found is not None
    return int(found[0])


def burst(shop: Shop, seed: Any, *, size: int) -> None:
    """So many readers at once, each answered from the database."""
    statuses: list[int] = []

    def read() -> None:
        asked = urllib.request.Request(f"{shop.url}/current_user/", headers={"Cookie": seed["cookie"]})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            statuses.append(answer.status)

    readers = [threading.Thread(target=read) for _ in range(size)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert statuses == [200] * size, shop.logs()


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_bursts_with_quiet_between_them_leave_no_sessions_behind(running_shop: Shop) -> None:
    """The web server ends its threads when it is quiet, and begins new ones with every burst."""
    seed = running_shop.inside("seed", orders=1)
    running_shop.inside("facts")  # the helper's own connection is closed after each line
    threads = 8
    running_shop.start_web(threads=threads, GRANIAN_BLOCKING_THREADS_IDLE_TIMEOUT=str(IDLE_SECONDS))
    for _ in range(BURSTS):
        burst(running_shop, seed, size=40)
        assert sessions(running_shop) <= threads
        until = time.monotonic() + IDLE_SECONDS + 10
        while (left := sessions(running_shop)) > 1:
            assert time.monotonic() < until, f"{left} sessions of threads that have ended"
            time.sleep(0.2)
