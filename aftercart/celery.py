"""Celery brings workers to the rows: `celery -A aftercart.celery worker`, and `… beat` for the tick.

The options that a service needs are set here, so that the short commands are enough.

A message only says "look": what is due is in the database (`duties.py`). A lost message costs half a second, a
redundant one costs a look; so several beats are as good as one, and a broker that forgets everything loses nothing.
A worker that gets no messages looks by itself, every few seconds (`background/silence.py`).
"""

import logging
import os
import threading
from contextlib import suppress
from functools import cached_property
from typing import Any

import django
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from celery.signals import (
    setup_logging,
    worker_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from celery.worker.consumer import Consumer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection, Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aftercart.settings")
django.setup()
if not settings.CELERY_BROKER_URL:
    raise ImproperlyConfigured("CELERY_BROKER_URL is not set: without a broker, `aftercart worker` does the duties.")

from aftercart.background import worker  # noqa: E402 (there are no models before)
from aftercart.background.silence import Silence  # noqa: E402

logger = logging.getLogger(__name__)

QUEUE = "aftercart"
# Ticks that may wait while no worker runs: one for every process that could look at once is plenty.
LONGEST_QUEUE = 100
# Seconds of silence from a broker after which we reconnect.
PATIENCE = 5.0
# Seconds without a tick after which a worker looks by itself.
SILENCE = 3 * settings.TICK_SECONDS + PATIENCE
_stopping = threading.Event()


def _look() -> int:
    """Do what is due, for a bounded time; while it goes on, nobody needs to look in its place."""

    def is_enough() -> bool:
        _silence.broken()
        return _stopping.is_set()

    return worker.look_for_duties(is_enough)


_silence = Silence(lambda: worker.look_for_duties(_stopping.is_set), patience=SILENCE)


class BrokerBlocked(Exception):
    """The broker accepts no messages, as it is out of memory or disk; it will say when it does again."""


class TickScheduler(Scheduler):
    """A beat without state, so that any number may run, which waits while the broker is blocked.

    Celery's own gives up publishing after a while and reconnects; the broker, which reads nothing from blocked
    connections, keeps each of them open.
    """

    is_blocked = False

    @cached_property
    def connection(self) -> Connection:
        """The connection for ticks: the broker says on it when it is blocked, and notices when the broker is gone."""
        return self.app.connection_for_write(
            heartbeat=2 * SILENCE,
            transport_options={"on_blocked": self._on_blocked, "on_unblocked": self._on_unblocked},
        )

    def _on_blocked(self, reason: str) -> None:
        logger.error("the broker takes no ticks for want of memory or disk; waiting until it does")
        self.is_blocked = True
        raise BrokerBlocked

    def _on_unblocked(self) -> None:
        logger.warning("the broker takes ticks again")
        self.is_blocked = False

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """Send a tick; if the broker says that it is blocked, wait until it no longer is."""
        try:
            return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        except Exception:
            if not self.is_blocked:
                raise
        self._wait()
        return None

    def _wait(self) -> None:
        try:
            while self.is_blocked:
                with suppress(TimeoutError):
                    self.connection.drain_events(timeout=1)
                self.connection.heartbeat_check()
        except (*self.connection.connection_errors, *self.connection.channel_errors) as gone:
            logger.error("the blocked broker is gone: %s", gone)
            self.is_blocked = False
            self.connection.collect()


class TickConsumer(Consumer):
    """Celery's consumer without what nothing here uses.

    Delayed delivery would declare 28 queues; conversation between workers needs queues that newer brokers refuse.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        quiet = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
        kwargs["worker_options"] = {**(kwargs.get("worker_options") or {}), **quiet}
        super().__init__(*args, **kwargs)

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc,valid-type]
        """What the consumer starts, in this order."""

        default_steps = tuple(step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step)


# Without Celery's own Django parts: they would close the database connection around every tick.
app = Celery("aftercart", fixups=[])
app.config_from_object(
    {
        "broker_url": settings.CELERY_BROKER_URL,
        # Wait for a broker that is away, at the start and later, for as long as it takes.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": PATIENCE,
        "broker_heartbeat": 2 * PATIENCE,
        "broker_transport_options": {"confirm_publish": True},
        "task_ignore_result": True,
        # Acknowledged when done, so that a worker takes no more messages than it has threads for.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_default_queue": QUEUE,
        "task_queues": [
            Queue(
                QUEUE,
                Exchange(QUEUE, type="direct"),
                routing_key=QUEUE,
                queue_arguments={"x-queue-type": "quorum", "x-max-length": LONGEST_QUEUE},
            )
        ],
        # Threads: a tick waits for Omnitron and the database, and the SIGTERM that systemd or a shell sends to every
        # process of a service would kill forked processes in the middle of a duty.
        "worker_pool": "threads",
        # One tick at a time for each thread, per consumer: quorum queues have no other limit, and Celery sees to it.
        "worker_prefetch_multiplier": 1,
        "worker_consumer": "aftercart.celery:TickConsumer",
        # A tick goes on when the broker's connection is lost: its rows are leased, not its message.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_concurrency": 2,
        # No conversation with workers either.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_redirect_stdouts": False,
        "beat_scheduler": "aftercart.celery:TickScheduler",
        "beat_schedule": {
            "tick": {
                "task": "aftercart.tick",
                "schedule": settings.TICK_SECONDS,
                # No `expires`: a time written by this machine would be judged by another's clock.
                "options": {"confirm_timeout": PATIENCE},
            },
        },
    }
)


@setup_logging.connect
def _log_as_django_does(**_: Any) -> None:
    """A listener here keeps Celery from setting up logging of its own."""


@worker_init.connect
def _listen(**_: Any) -> None:
    """Before there is a connection: the broker may be what is missing."""
    _silence.start()


@worker_ready.connect
def _say_ready(**_: Any) -> None:
    logger.info("worker: ready")


@worker_shutdown.connect
@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """A warm shutdown waits for the ticks under way: tell them to end after the duty they are at."""
    _stopping.set()
    _silence.stop()


@app.task(name="aftercart.tick")
def tick_task() -> None:
    """Do what is due, until nothing is left or the time for one look is up."""
    _silence.broken()
    _look()
