"""SQLite's writers queue: in the order in which they came, over threads and processes, whoever dies."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from aftercart.database.sqlite.fair_lock import FairLock, fair_lock_at
from tests.reliability.crowd import all_at_once, cancel_body
from tests.reliability.servers import ROOT

PATIENCE = 20.0  # seconds; a test machine may be slow
# Another process that takes a turn, says so, and does what it is told on its input, a line for each step.
NEIGHBOUR = """
import sys
from pathlib import Path
from aftercart.database.sqlite.fair_lock import FairLock, fair_lock_at
lock, log = FairLock(Path(sys.argv[1])), Path(sys.argv[2])
assert lock.acquire(20)
print("in", flush=True)
sys.stdin.readline()
lock.release()
assert lock.acquire(20)
with log.open("a") as file:
    file.write("neighbour\\n")
lock.release()
"""
# Another process that writes from so many threads for two seconds from a moment on, and says how often it could.
WRITERS = """
import json, sys, threading, time
from django.conf import settings
settings.configure(USE_TZ=True, DATABASES={"default": json.loads(sys.argv[1])})
from django.db import connection, transaction
done, start = [], threading.Event()
def write():
    count = 0
    connection.ensure_connection()
    start.wait()
    time.sleep(max(0, begin - time.time()))
    while time.time() < begin + 2:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO notes (text) VALUES ('x')")
        count += 1
    done.append(count)
threads = [threading.Thread(target=write) for _ in range(int(sys.argv[2]))]
for thread in threads:
    thread.start()
print("ready", flush=True)
begin = float(sys.stdin.readline())
start.set()
for thread in threads:
    thread.join()
print(json.dumps(done), flush=True)
"""


def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def a_process(program: str, *arguments: str, says: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == says
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], what: object = "") -> None:
    assert process.stdin is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()


def in_turn(lock: FairLock, note: Callable[[], None]) -> threading.Thread:
    """A thread that has its turn when it comes."""

    def wait() -> None:
        assert lock.acquire(PATIENCE)
        note()
        lock.release()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_threads_have_their_turns_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    lock, order = FairLock(tmp_path / "turns"), list[str]()
    assert lock.acquire(1)
    threads = []
    for name in "abcde":
        threads.append(in_turn(lock, lambda name=name: order.append(name)))  # type: ignore[misc]
        until(lambda: len(lock._waiting) == len(threads))
    lock.release()
    assert lock.acquire(PATIENCE)  # at once again, and yet behind those who waited
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list("abcde")


def test_a_process_that_comes_back_at_once_stands_behind_those_who_waited(tmp_path: Path) -> None:
    file, log = tmp_path / "turns", tmp_path / "log"
    lock = FairLock(file)
    with a_process(NEIGHBOUR, str(file), str(log), says="in") as neighbour:

        def note() -> None:
            with log.open("a") as opened:
                opened.write("here\n")

        thread = in_turn(lock, note)
        until(lambda: lock._tickets._number == 2)  # it stands behind number 1
        assert not log.exists()
        tell(neighbour)
        thread.join()
        neighbour.wait(PATIENCE)
    assert log.read_text().split() == ["here", "neighbour"]


def test_nobody_waits_for_a_process_that_died_in_its_turn(tmp_path: Path) -> None:
    file = tmp_path / "turns"
    with a_process(NEIGHBOUR, str(file), str(tmp_path / "log"), says="in") as neighbour:
        lock = FairLock(file)
        assert not lock.acquire(0.1)
        neighbour.kill()
        neighbour.wait(PATIENCE)
        assert lock.acquire(PATIENCE)


def test_who_lost_patience_leaves_the_queue(tmp_path: Path) -> None:
    lock = FairLock(tmp_path / "turns")
    assert lock.acquire(1)
    impatient = [threading.Thread(target=lock.acquire, args=(0.05,)) for _ in range(3)]
    for thread in impatient:
        thread.start()
    for thread in impatient:
        thread.join()
    lock.release()
    assert lock.acquire(0)
    lock.release()


def test_threads_that_ask_for_the_first_time_at_once_queue_in_one_line(tmp_path: Path) -> None:
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for number in range(50):  # a first time each
                together = threading.Barrier(8)

                def ask(number: int = number, together: threading.Barrier = together) -> FairLock:
                    together.wait(PATIENCE)
                    return fair_lock_at(str(tmp_path / f"{number}.sqlite3"), os.getpid())

                asked = [threads.submit(ask) for _ in range(8)]
                assert len({id(each.result()) for each in asked}) == 1
    finally:
        sys.setswitchinterval(switching)


def options(file: Path, *, timeout: float, engine: str = "aftercart.database.sqlite") -> dict[str, Any]:
    """The embedded way's database, as the settings have it."""
    wal = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    beside = {"transaction_mode": "IMMEDIATE", "timeout": timeout, "init_command": wal}
    return {"ENGINE": engine, "NAME": str(file), "OPTIONS": beside}


@pytest.fixture
def connect(tmp_path: Path, django_db_blocker: Any) -> Iterator[Callable[..., Any]]:
    """Makes connections to one database file that has a table."""
    made = []

    def one_more(timeout: float = PATIENCE) -> Any:
        made.append(ConnectionHandler({"default": options(tmp_path / "shop.sqlite3", timeout=timeout)})["default"])
        return made[-1]

    with django_db_blocker.unblock():  # it is not the tests' database that is spoken to
        execute(one_more(), "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        yield one_more
        for connection in made:
            connection.close()


def execute(connection: Any, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def begin(connection: Any) -> None:
    """As `transaction.atomic` begins."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


INSERT = "INSERT INTO notes (text) VALUES ('x') RETURNING id"
COUNT = "SELECT count(*) FROM notes"


@pytest.mark.parametrize(("processes", "threads"), [(8, 1), (2, 4)])
def test_eight_saturated_writers_have_about_as_many_commits_each(
    connect: Callable[..., Any], tmp_path: Path, processes: int, threads: int
) -> None:
    written = json.dumps(options(tmp_path / "shop.sqlite3", timeout=PATIENCE))
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(a_process(WRITERS, written, str(threads), says="ready")) for _ in range(processes)
        ]
        begin = time.time() + 1
        for writer in writers:
            tell(writer, begin)
        commits = [count for writer in writers for count in json.loads(str(writer.stdout and writer.stdout.readline()))]
    assert len(commits) == 8
    assert min(commits) >= 0.3 * max(commits), commits
    assert execute(connect(), COUNT) == [(sum(commits),)]


def test_a_transaction_a_single_statement_and_a_closed_connection_give_their_turns_back(
    connect: Callable[..., Any],
) -> None:
    here, there = connect(), connect(timeout=0.2)
    for end in (here.commit, here.rollback):
        begin(here)
        execute(here, INSERT)
        end()
        here.set_autocommit(True)
        execute(there, INSERT)
    execute(here, INSERT)
    execute(there, INSERT)
    with pytest.raises(OperationalError):
        execute(here, "INSERT INTO nowhere VALUES (1)")
    execute(there, INSERT)
    begin(here)
    here.close()
    execute(there, INSERT)


def test_who_waits_too_long_for_a_turn_is_told_so_and_readers_do_not_wait(connect: Callable[..., Any]) -> None:
    here, there = connect(), connect(timeout=0.2)
    begin(here)
    execute(here, INSERT)
    with pytest.raises(OperationalError, match="no turn to write"):
        begin(there)
    with pytest.raises(OperationalError, match="no turn to write"):
        execute(there, INSERT)
    assert execute(there, COUNT) == [(0,)]
    here.commit()
    here.set_autocommit(True)
    execute(there, INSERT)
    assert execute(there, COUNT) == [(2,)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_fifty_direct_cancels_at_once_are_all_done(running_shop: Any, remote: Any) -> None:
    seed = running_shop.inside("seed", orders=50, items=2)
    remote.add_orders(seed["orders"])
    running_shop.start_web(threads=32, OMNITRON_MAX_CONCURRENT="24")
    running_shop.start_worker()
    wishes = [(f"/orders/{order['number']}/cancel/", cancel_body(order)) for order in seed["orders"]]
    answers = all_at_once(running_shop.url, wishes, seed)
    # 200: one that met our own limit of calls at once. It is done, too, and nobody met an error.
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) <= {200, 204}, running_shop.logs()
    assert statuses[204] >= 24
