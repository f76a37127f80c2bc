"""Celery brings workers to the rows: what its workers, its beat and its queue must hold for that."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kombu
import pytest
from amqp.exceptions import PreconditionFailed

from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability.brokers import Server
from tests.reliability.crowd import all_at_once, cancel_body
from tests.reliability.laws import settled
from tests.reliability.servers import ROOT, Shop, a_shop, postgres_url


@pytest.fixture
def shop(broker: Server, remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    if postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    url = f"amqp://guest:guest@127.0.0.1:{broker.port}//"
    with a_shop("postgres", tmp_path, remote, CELERY_BROKER_URL=url) as shop:
        yield shop


def with_requests(shop: Shop, remote: Sandbox, *, orders: int) -> set[int]:
    """So many orders whose cancellation fell back to requests that wait for a worker; their items."""
    seed = shop.inside("seed", orders=orders, items=2)
    remote.add_orders(seed["orders"])
    remote.fault(operation="order", kind="reset_before")
    shop.start_web()
    wishes = [(f"/orders/{order['number']}/cancel/", cancel_body(order)) for order in seed["orders"]]
    assert {status for status, _ in all_at_once(shop.url, wishes, seed)} == {200}, shop.logs()
    remote.clear_faults()
    return {item["id"] for order in seed["orders"] for item in order["orderitem_set"]}


def handed_over(remote: Sandbox) -> int:
    return len([call for call in remote.calls(operation="cancellation_request") if call["method"] == "POST"])


def test_the_queue_is_a_quorum_queue_that_cannot_grow_for_ever(shop: Shop, broker: Server) -> None:
    """The broker itself says so: it refuses to declare the same queue as anything else."""
    shop.start_celery_worker()
    with kombu.Connection(shop.environment["CELERY_BROKER_URL"]) as connection:
        arguments = {"x-queue-type": "quorum", "x-max-length": 100}
        channel = connection.channel()
        kombu.Queue("aftercart", queue_arguments=arguments, channel=channel).queue_declare()
        with pytest.raises(PreconditionFailed, match="x-queue-type"):
            kombu.Queue("aftercart", queue_arguments={"x-max-length": 100}, channel=channel).queue_declare()


def test_several_beats_and_workers_do_everything_once(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote, orders=20)
    for _ in range(3):
        shop.start_celery_worker()
        shop.start_celery_beat()
    settled(shop, remote, wished=wished)
    assert handed_over(remote) == len(wished)


def test_a_stop_of_the_whole_group_ends_after_the_duty_under_way(shop: Shop, remote: Sandbox) -> None:
    """SIGTERM to every process at once, as systemd and a terminal send it: done or given back, never left leased."""
    wished = with_requests(shop, remote, orders=10)
    remote.fault(operation="cancellation_request", method="POST", kind="latency", seconds=1.0)
    worker = shop.start_celery_worker(LEASE_SECONDS="60")
    beat = shop.start_celery_beat()
    shop.wait_for_call(remote, "cancellation_request")
    began = time.monotonic()
    for process in (worker, beat):
        shop.kill(process, signal.SIGTERM)
    assert worker.returncode == 0, shop.logs()
    assert time.monotonic() - began < 8, shop.logs()
    calls = handed_over(remote)
    assert calls < len(wished), "there was to be something left"
    remote.clear_faults()
    # No lease of a minute stands in the way of the next worker.
    shop.start_celery_worker()
    shop.start_celery_beat()
    settled(shop, remote, wished=wished, seconds=15)
    assert handed_over(remote) == len(wished)


def test_a_worker_that_is_killed_leaves_its_tick_to_another(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote, orders=5)
    remote.fault(operation="cancellation_request", method="POST", kind="latency", seconds=2.0, times=1)
    worker = shop.start_celery_worker()
    shop.start_celery_beat()
    shop.wait_for_call(remote, "cancellation_request")
    shop.kill(worker)
    shop.start_celery_worker()
    settled(shop, remote, wished=wished)


def test_a_queue_that_forgets_everything_loses_nothing(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote, orders=5)
    shop.start_celery_worker()
    shop.start_celery_beat()
    stop = threading.Event()

    def empty() -> None:
        with kombu.Connection(shop.environment["CELERY_BROKER_URL"]) as connection:
            while not stop.wait(0.3):
                connection.channel().queue_purge("aftercart")

    emptying = threading.Thread(target=empty)
    emptying.start()
    time.sleep(2)
    stop.set()
    emptying.join()
    settled(shop, remote, wished=wished)


def test_the_embedded_way_needs_no_celery(tmp_path: Path) -> None:
    names: Any = ["aftercart.urls", "aftercart.wsgi", "aftercart.background.worker", "aftercart.demo.__main__"]
    program = f"import django, importlib, sys; django.setup(); [importlib.import_module(n) for n in {names}];" + (
        "sys.exit(any(name.split('.')[0] in ('celery', 'kombu', 'amqp') for name in sys.modules))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "aftercart.settings", "DEBUG": "1", "VAR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False).returncode == 0
