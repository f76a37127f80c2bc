"""Background work ends by itself only when told: whatever the broker, beat, or their clocks do.

What needs minutes has the mark `services`, and a command of its own (`make services`).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kombu
import pytest

from omnitron_sandbox import Sandbox
from tests.conftest import demanded
from tests.reliability.brokers import Server, a_rabbitmq, rabbitmq_script
from tests.reliability.crowd import all_at_once, cancel_body
from tests.reliability.laws import settled
from tests.reliability.servers import Shop, a_shop, free_port, postgres_url


@pytest.fixture
def shop(remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    if postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    with a_shop("postgres", tmp_path, remote, POLL_SECONDS="60") as shop:
        yield shop


def url(broker: Server) -> str:
    return f"amqp://guest:guest@127.0.0.1:{broker.port}//"


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


def ready(broker: Server) -> int:
    """Messages that wait in the queue."""
    with kombu.Connection(url(broker)) as connection:
        return int(connection.channel().queue_declare("aftercart", passive=True).message_count)


def a_tick(broker: Server) -> Any:
    """The next message of the queue, when there is one."""
    with kombu.Connection(url(broker)) as connection:
        channel, end = connection.channel(), time.monotonic() + 30
        while time.monotonic() < end:
            message = channel.basic_get("aftercart", no_ack=True)
            if message is not None:
                return message
            time.sleep(0.1)
    raise AssertionError("no tick came")


def test_a_worker_that_hears_of_no_tick_looks_by_itself(broker: Server, shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote, orders=3)
    worker = shop.start_celery_worker(CELERY_BROKER_URL=url(broker))
    settled(shop, remote, wished=wished, seconds=40)
    assert worker.poll() is None


def test_a_worker_whose_broker_was_never_there_looks_by_itself(shop: Shop, remote: Sandbox) -> None:
    wished = with_requests(shop, remote, orders=3)
    broker = f"amqp://guest:guest@127.0.0.1:{free_port()}//"
    celery = ("-W", "ignore", "-m", "celery", "-A", "aftercart.celery", "worker")
    worker = shop.start(*celery, CELERY_BROKER_URL=broker)
    settled(shop, remote, wished=wished, seconds=40)
    shop.kill(worker, 15)
    assert worker.returncode == 0, shop.logs()


def test_no_moment_of_beats_clock_is_judged_by_a_workers(broker: Server, shop: Shop) -> None:
    """A beat whose clock is behind would stop all work if its ticks said until when they are worth something."""
    shop.start_celery_worker(CELERY_BROKER_URL=url(broker)).kill()  # it declares the queue
    shop.start_celery_beat(CELERY_BROKER_URL=url(broker))
    headers = a_tick(broker).headers
    assert headers["task"] == "aftercart.tick"
    moments = {name: value for name, value in headers.items() if name in ("expires", "eta", "timelimit")}
    assert moments == {"expires": None, "eta": None, "timelimit": [None, None]}


def test_beat_waits_while_the_broker_is_blocked(broker: Server, shop: Shop) -> None:
    """Memory is short: RabbitMQ reads from nobody who publishes, and keeps each connection that is made anew."""
    shop.start_celery_worker(CELERY_BROKER_URL=url(broker)).kill()
    shop.start_celery_beat(CELERY_BROKER_URL=url(broker))
    a_tick(broker)
    before = broker.connections()
    broker.control("set_vm_memory_high_watermark", "absolute", "1000000")
    try:
        time.sleep(12)
        assert broker.connections() <= before + 1, shop.logs()
    finally:
        broker.control("set_vm_memory_high_watermark", "0.6")
    was = ready(broker)
    end = time.monotonic() + 30
    while ready(broker) < was + 3:
        assert time.monotonic() < end, shop.logs()
        time.sleep(0.2)
    assert broker.connections() <= before + 1


@pytest.mark.services
@pytest.mark.timeout(300)
def test_a_long_backlog_ends_no_worker(broker: Server, shop: Shop, remote: Sandbox) -> None:
    """RabbitMQ closes the channel of a worker that keeps a message for `consumer_timeout`: half an hour, by default."""
    for name, milliseconds in (("consumer_timeout", 15000), ("channel_tick_interval", 5000)):
        broker.control("eval", f"application:set_env(rabbit, {name}, {milliseconds}).")
    wished = with_requests(shop, remote, orders=70)
    remote.fault(operation="cancellation_request", method="POST", kind="latency", seconds=0.5)
    worker = shop.start_celery_worker(CELERY_BROKER_URL=url(broker))
    shop.start_celery_beat(CELERY_BROKER_URL=url(broker))
    settled(shop, remote, wished=wished, seconds=120)
    time.sleep(25)
    assert worker.poll() is None, shop.logs()
    broker.control("eval", "application:unset_env(rabbit, consumer_timeout).")


@pytest.mark.services
@pytest.mark.timeout(300)
def test_beat_and_worker_at_two_brokers_work_on(shop: Shop, remote: Sandbox) -> None:
    """Two brokers that are no cluster: after one was away, beat is at the one and the worker at the other."""
    if rabbitmq_script() is None:
        demanded("RabbitMQ is not installed")
    with a_rabbitmq() as first, a_rabbitmq() as second:
        both = f"{url(first)};{url(second)}"
        wished = with_requests(shop, remote, orders=3)
        shop.start_celery_worker(CELERY_BROKER_URL=both).kill()
        beat = shop.start_celery_beat(CELERY_BROKER_URL=both)
        a_tick(first)
        first.stop()
        end = time.monotonic() + 60
        while second.connections() < 1:
            assert time.monotonic() < end, shop.logs()
            time.sleep(0.5)
        first.start()
        worker = shop.start_celery_worker(CELERY_BROKER_URL=both)
        assert first.connections() >= 1
        settled(shop, remote, wished=wished, seconds=40)
        assert worker.poll() is None
        assert beat.poll() is None
