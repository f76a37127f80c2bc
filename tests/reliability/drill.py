"""A day that nobody wants, in minutes: `make drill`, or `python -m tests.reliability.drill --orders 5000`.

Two web services (the documented command), three workers and two beats (Celery on RabbitMQ where one can be had, else
`manage.py work`) on one PostgreSQL and one sandbox. Any process and any server is killed or restarted every few
seconds; in the middle a migration widens columns, and the next release takes the place of the running one. A tenth of
the calls to Omnitron goes wrong. Meanwhile thousands of cancels arrive, repeated as the storefront repeats them, and
people read their orders with all styles. Then all is well again, and everything is counted.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.reliability.brokers import Server, a_postgres, a_rabbitmq, postgres_binaries, rabbitmq_script
from tests.reliability.count import Count, counted
from tests.reliability.load import Load
from tests.reliability.remote import RemoteSandbox, a_sandbox_process
from tests.reliability.servers import Shop, a_database, a_shop_on, postgres_url
from tests.reliability.trouble import BEATS, WEB, WORKERS, Service, troubled

CANCELLERS, READERS = 16, 2
BATCH = 500
TRIES = 200  # how often the storefront sends what fails
AGAIN = 1.0  # seconds until it does
# Seconds that each thing takes that goes wrong, at least; so long the load lasts, and everything happens under it.
A_TROUBLE = 6.0
# What is still open of attempts and requests, in one look that costs nothing beside the drill itself.
STILL_OPEN = """
    SELECT (SELECT count(*) FROM cancellations_cancellationattempt WHERE next_attempt_at IS NOT NULL)
         + (SELECT count(*) FROM cancellations_cancellationrequest WHERE next_attempt_at IS NOT NULL OR being_checked)
"""


@dataclass
class Drill:
    """What a drill found."""

    workers: str
    happened: Counter[str] = field(default_factory=Counter)
    load_seconds: float = 0.0
    settling_seconds: float = 0.0
    calls: int = 0
    count: Count = field(default_factory=Count)

    def rows(self) -> list[tuple[str, object]]:
        """The table."""
        return [
            ("services", f"{WEB} x web of 2 processes, {WORKERS} x {self.workers}, {BEATS} x beat"),
            *((name, f"{times} x") for name, times in sorted(self.happened.items())),
            ("calls to Omnitron", f"{self.calls}, of which a tenth went wrong"),
            *self.count.rows(),
            ("time", f"{self.load_seconds:.0f} s of load, settled {self.settling_seconds:.0f} s after it"),
        ]


def drill(*, orders: int, every: float, settle_within: float, seed: int) -> Drill:
    """Run it all, the reading of Omnitron's news included; raises where something does not start or settle in time."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True)))
        database, url = stack.enter_context(_a_database(folder))
        broker, broker_url = stack.enter_context(_a_broker())
        remote = stack.enter_context(a_sandbox_process(folder))
        environment = {"CELERY_BROKER_URL": broker_url, "POLL_SECONDS": "2"}
        shop = stack.enter_context(a_shop_on(url, folder / "var", remote, **environment))
        shop.patience = 1800  # thousands of orders take a while to make, and to read at the end
        shop.start_seconds = 180
        stock = _seeded(shop, remote, orders)
        service = Service(shop, remote, database, broker, bool(broker_url), random.Random(seed))
        service.start()
        found = Drill(workers="Celery on RabbitMQ" if broker_url else "manage.py work")
        remote.break_a_tenth()
        lasting = (len(service.troubles()) + 2) * (every + A_TROUBLE)
        load = Load(
            [f"http://127.0.0.1:{port}" for port in service.ports], stock, pause=CANCELLERS * lasting / orders,
            again=AGAIN, tries=TRIES, double_every=20, with_styles=True,
        )  # fmt: skip
        began = time.monotonic()
        with troubled(service, every=every) as trouble:
            load.start(cancellers=CANCELLERS, readers=READERS)
            load.join_cancellers(seconds=3600)
            assert trouble.once.wait(1800), "not everything happened"
            trouble.stop()
        load.stop()
        ended = time.monotonic()
        remote.clear_faults()
        _settle(url, shop, within=settle_within)
        found.load_seconds, found.settling_seconds = ended - began, time.monotonic() - ended
        found.calls, found.happened = remote.number_of_calls(), trouble.happened
        found.count = counted(load, shop.inside("facts"), remote)
        return found


def _seeded(shop: Shop, remote: RemoteSandbox, orders: int) -> Any:
    seed = shop.inside("seed", orders=orders, items=2, pieces=3)
    for begin in range(0, orders, BATCH):
        remote.add_orders(seed["orders"][begin : begin + BATCH], apart=True)
    return seed


@contextmanager
def _a_database(folder: Path) -> Iterator[tuple[Server | None, str]]:
    """A PostgreSQL of the drill's own, to be killed; else a database at one that answers, which is left alone."""
    if postgres_binaries() is None:
        with a_database("postgres", folder) as database:
            yield None, database
    else:
        with a_postgres() as server:
            yield server, f"postgresql://postgres@127.0.0.1:{server.port}/postgres"


@contextmanager
def _a_broker() -> Iterator[tuple[Server | None, str]]:
    """A RabbitMQ of the drill's own, or the one that the environment names, left alone; "": neither."""
    if rabbitmq_script() is None:
        yield None, os.environ.get("CELERY_BROKER_URL", "")
    else:
        with a_rabbitmq() as server:
            yield server, f"amqp://guest:guest@127.0.0.1:{server.port}//"


def _settle(database: str, shop: Shop, *, within: float) -> None:
    end = time.monotonic() + within
    with psycopg.connect(database, autocommit=True) as connection:
        while (row := connection.execute(STILL_OPEN).fetchone()) and row[0]:
            assert time.monotonic() < end, f"{row[0]} are still open after {within:.0f} s\n{shop.logs()}"
            time.sleep(0.5)


def main() -> int:
    """0 when the books balance."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.drill", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--every", type=float, default=3.0, metavar="SECONDS", help="between two things that go wrong")
    parser.add_argument("--seed", type=int, default=random.randrange(1000), help="of the order in which they do")
    parser.add_argument("--seconds", type=float, default=300.0, help="at most so long until all has settled")
    options = parser.parse_args()
    if postgres_url() is None and postgres_binaries() is None:
        print("drill: no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432), and none is installed")
        return 2
    print(f"drill: seed {options.seed}", flush=True)
    found = drill(orders=options.orders, every=options.every, settle_within=options.seconds, seed=options.seed)
    for name, value in found.rows():
        print(f"{name:<28} {value}")
    for sentence in found.count.broken[:20]:
        print(f"BROKEN: {sentence}")
    return 1 if found.count.broken else 0


if __name__ == "__main__":
    sys.exit(main())
