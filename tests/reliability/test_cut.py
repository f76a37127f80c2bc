"""Database, broker and Omnitron go away under load, in every manner, and come back: the laws hold, by themselves.

Own servers, each behind a proxy (`proxy.py`). Every answer is one that a customer can live with, none takes for
ever, and `pytest -s` prints how long each kind of recovery took.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability.brokers import Server, a_postgres, a_rabbitmq, postgres_binaries, rabbitmq_script
from tests.reliability.laws import settled
from tests.reliability.load import Load
from tests.reliability.proxy import Proxy, a_proxy
from tests.reliability.servers import Shop, a_service, migrate

# Away for so long; long enough to outlast a promise's deadline and a lease of these tests.
AWAY = 4.0
# Nobody waits longer: two seconds for Omnitron, and as often as a request may meet a database that hangs.
LONGEST_ANSWER = 10.0
# From the moment that all is well again until everything has settled.
LONGEST_RECOVERY = 90.0  # a reconnect to RabbitMQ alone may take thirty: Celery asks ever less often

TEMPLATE = "migrated"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if postgres_binaries() is None:
        demanded("PostgreSQL's initdb is not installed")
    with a_postgres() as server:
        create(server, TEMPLATE)
        migrate(on(server, TEMPLATE), tmp_path_factory.mktemp("template"))
        yield server


def on(server: Server, database: str) -> str:
    return f"postgresql://postgres@127.0.0.1:{server.port}/{database}"


def create(server: Server, database: str, *, like: str = "template1") -> None:
    with psycopg.connect(on(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database} TEMPLATE {like}")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def broker_server() -> Iterator[Server]:
    if rabbitmq_script() is None:
        demanded("RabbitMQ is not installed")
    with a_rabbitmq() as server:
        yield server


@dataclass
class Stage:
    """A whole shop in production's manner, and the three places where it can be cut."""

    shop: Shop
    remote: Sandbox
    servers: dict[str, Server]
    proxies: dict[str, Proxy]
    seed: Any


@pytest.fixture
def stage(database_server: Server, broker_server: Server, remote: Sandbox, tmp_path: Path) -> Iterator[Stage]:
    name = f"shop_{time.time_ns()}"
    servers = {"database": database_server, "broker": broker_server}
    create(database_server, name, like=TEMPLATE)
    with ExitStack() as stack:
        ports = {"database": database_server.port, "broker": broker_server.port, "omnitron": remote.port}
        proxies = {what: stack.enter_context(a_proxy(port)) for what, port in ports.items()}
        shop = stack.enter_context(a_service(on(database_server, name), tmp_path, remote))
        seed = shop.inside("seed", orders=900, items=2)
        remote.add_orders(seed["orders"])
        # The servers reach everything through the proxies; the test itself goes straight to the database.
        cuttable = {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{proxies['database'].port}/{name}",
            "CELERY_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{proxies['broker'].port}//",
            "OMNITRON_URL": f"http://127.0.0.1:{proxies['omnitron'].port}/",
            "DATABASE_STATEMENT_SECONDS": "2",
        }
        shop.start_web(**cuttable)
        shop.start_celery_worker(**cuttable)
        shop.start_celery_beat(**cuttable)
        yield Stage(shop, remote, servers, proxies, seed)


def cut(stage: Stage, what: str) -> None:
    """Every connection is reset, again and again; in between they work."""
    for _ in range(10):
        stage.proxies[what].cut()
        time.sleep(AWAY / 10)


def refuse(stage: Stage, what: str) -> None:
    """Nothing listens there any more."""
    stage.proxies[what].refuse()
    time.sleep(AWAY)


def freeze(stage: Stage, what: str) -> None:
    """Connections stay, and nothing comes: for longer than anyone may wait."""
    stage.proxies[what].freeze()
    time.sleep(LONGEST_ANSWER + 2)


def stop_and_start(stage: Stage, what: str) -> None:
    """The server dies as in a power failure, and is started again."""
    stage.servers[what].stop()
    time.sleep(AWAY / 2)
    stage.servers[what].start()


Break = Callable[[Stage, str], None]


@pytest.mark.parametrize(
    ("what", "breaking"),
    [
        *[("database", breaking) for breaking in (cut, refuse, freeze, stop_and_start)],
        *[("broker", breaking) for breaking in (cut, freeze, stop_and_start)],
        *[("omnitron", breaking) for breaking in (cut, refuse, freeze)],
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_whatever_goes_away_comes_back_by_itself(stage: Stage, what: str, breaking: Break) -> None:
    # Some duties for the workers all the while: an answer that is lost, a hand-over that fails.
    stage.remote.fault(operation="cancel", kind="reset_after", probability=0.2)
    stage.remote.fault(operation="cancel", kind="reset_before", probability=0.1)
    load = Load([stage.shop.url], stage.seed, pause=0.2, tries=60)
    load.start()
    time.sleep(1.5)
    breaking(stage, what)
    stage.proxies[what].resume()
    well = time.monotonic()
    time.sleep(3)
    load.stop()
    stage.remote.clear_faults()
    unclear = [answer for answer in load.answers if not answer.is_clear()]
    assert not unclear, (unclear[:5], stage.shop.logs())
    slowest = max(answer.seconds for answer in load.answers)
    assert slowest < LONGEST_ANSWER, (slowest, [a for a in load.answers if a.seconds > LONGEST_ANSWER][:5])
    good = [a.at - well for a in load.answers if a.what == "cancel" and a.status in (200, 204) and a.at > well]
    assert good, (load.statuses(), stage.shop.logs())
    settled(stage.shop, stage.remote, wished=load.wished, seconds=LONGEST_RECOVERY)
    print(
        f"\n{what} {breaking.__name__}: cancels {dict(load.statuses())}, reads {dict(load.statuses('json'))},"
        f" pages {dict(load.statuses('page'))}; first good cancel {min(good):.1f} s after,"
        f" all settled {time.monotonic() - well:.1f} s after; slowest answer {slowest:.1f} s"
    )
