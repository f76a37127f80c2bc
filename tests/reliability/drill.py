"""A day that nobody wants, in minutes: `make drill`, or `python -m tests.reliability.drill --orders 5000`.

Three web processes and three workers (Celery on RabbitMQ where one can be had, else `manage.py work`) on one
PostgreSQL. A worker is killed every few seconds, a tenth of the calls to Omnitron goes wrong in some manner, and
thousands of cancels arrive, repeated as the storefront repeats them. Then all is well again, and everything is counted.
"""

import argparse
import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.reliability.brokers import a_postgres, a_rabbitmq, postgres_binaries, rabbitmq_script
from tests.reliability.count import Count, counted
from tests.reliability.load import Load
from tests.reliability.remote import RemoteSandbox, a_sandbox_process
from tests.reliability.servers import Shop, a_database, a_shop_on, free_port, postgres_url

MACHINES = 3
CLIENTS = 16
BATCH = 500
TRIES = 4  # how often the storefront sends what fails
# What is still open of attempts and requests, in one look that costs nothing beside the drill itself.
STILL_OPEN = """
    SELECT (SELECT count(*) FROM cancellations_cancellationattempt WHERE next_attempt_at IS NOT NULL)
         + (SELECT count(*) FROM cancellations_cancellationrequest WHERE next_attempt_at IS NOT NULL OR being_checked)
"""


@dataclass
class Drill:
    """What a drill found."""

    workers: str
    kills: int = 0
    load_seconds: float = 0.0
    settling_seconds: float = 0.0
    calls: int = 0
    faulty: int = 0
    count: Count = field(default_factory=Count)

    def rows(self) -> list[tuple[str, object]]:
        """The table."""
        return [
            ("workers", f"{MACHINES} x {self.workers}, killed {self.kills} times"),
            ("calls to Omnitron", f"{self.calls}, of which a tenth went wrong"),
            *self.count.rows(),
            ("time", f"{self.load_seconds:.0f} s of load, settled {self.settling_seconds:.0f} s after it"),
        ]


def drill(*, orders: int, kill_every: float, settle_within: float) -> Drill:
    """Run it all, the reading of Omnitron's news included; raises where something does not start or settle in time."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True)))
        database = stack.enter_context(_a_database(folder))
        broker = stack.enter_context(_a_broker())
        remote = stack.enter_context(a_sandbox_process(folder))
        environment = {"CELERY_BROKER_URL": broker or "", "POLL_SECONDS": "2"}
        shop = stack.enter_context(a_shop_on(database, folder / "var", remote, **environment))
        shop.patience = 1800  # thousands of orders take a while to make, and to read at the end
        seed = _seeded(shop, remote, orders)
        ports = [free_port() for _ in range(MACHINES)]
        for port in ports:
            shop.start_web(port=port)
        found = Drill(workers="Celery on RabbitMQ" if broker else "manage.py work")
        killer = stack.enter_context(_a_killer(shop, found, with_celery=bool(broker), every=kill_every))
        remote.break_a_tenth()
        load = Load([f"http://127.0.0.1:{port}" for port in ports], seed, pause=0.0, tries=TRIES, double_every=20)
        began = time.monotonic()
        load.start(cancellers=CLIENTS, readers=0)
        load.join(seconds=3600)
        ended = time.monotonic()
        remote.clear_faults()
        killer.set()
        _settle(database, shop, within=settle_within)
        found.load_seconds, found.settling_seconds = ended - began, time.monotonic() - ended
        found.calls = remote.number_of_calls()
        found.count = counted(load, shop.inside("facts"), remote)
        return found


def _seeded(shop: Shop, remote: RemoteSandbox, orders: int) -> Any:
    seed = shop.inside("seed", orders=orders, items=2, pieces=3)
    for begin in range(0, orders, BATCH):
        remote.add_orders(seed["orders"][begin : begin + BATCH], apart=True)
    return seed


@contextmanager
def _a_database(folder: Path) -> Iterator[str]:
    if postgres_url() is not None:
        with a_database("postgres", folder) as database:
            yield database
    else:
        with a_postgres() as server:
            yield f"postgresql://postgres@127.0.0.1:{server.port}/postgres"


@contextmanager
def _a_broker() -> Iterator[str | None]:
    """A RabbitMQ of the drill's own, or the one that the environment names; None: neither."""
    if rabbitmq_script() is None:
        yield os.environ.get("CELERY_BROKER_URL") or None
    else:
        with a_rabbitmq() as server:
            yield f"amqp://guest:guest@127.0.0.1:{server.port}//"


@contextmanager
def _a_killer(shop: Shop, found: Drill, *, with_celery: bool, every: float) -> Iterator[threading.Event]:
    """Start the workers; kill one after the other until told to stop, each time starting another."""
    start = shop.start_celery_worker if with_celery else shop.start_worker
    workers = [start() for _ in range(MACHINES)]
    if with_celery:
        for _ in range(2):  # one would do; two are to be harmless
            shop.start_celery_beat()
    stop = threading.Event()

    def kill() -> None:
        for number in itertools.cycle(range(MACHINES)):
            if stop.wait(every):
                return
            shop.kill(workers[number])
            found.kills += 1
            workers[number] = start()

    killing = threading.Thread(target=kill, name="killer", daemon=True)
    killing.start()
    try:
        yield stop
    finally:
        stop.set()
        killing.join()


def _settle(database: str, shop: Shop, *, within: float) -> None:
    end = time.monotonic() + within
    with psycopg.connect(database, autocommit=True) as connection:
        while (row := connection.execute(STILL_OPEN).fetchone()) and row[0]:
            assert time.monotonic() < end, f"{row[0]} are still open after {within:.0f} s\n{shop.logs()}"
            time.sleep(0.5)


def main() -> int:
    """0 when the books balance."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.drill", description=__doc__)
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--kill-every", type=float, default=4.0, metavar="SECONDS")
    parser.add_argument("--seconds", type=float, default=300.0, help="at most so long until all has settled")
    options = parser.parse_args()
    if postgres_url() is None and postgres_binaries() is None:
        print("drill: no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432), and none is installed")
        return 2
    found = drill(
        orders=options.orders,
        kill_every=options.kill_every,
        settle_within=options.seconds,
    )
    for name, value in found.rows():
        print(f"{name:<28} {value}")
    for sentence in found.count.broken[:20]:
        print(f"BROKEN: {sentence}")
    return 1 if found.count.broken else 0


if __name__ == "__main__":
    sys.exit(main())
