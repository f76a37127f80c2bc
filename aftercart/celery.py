"""Celery brings workers to the rows: `celery -A aftercart.celery worker`, and `… beat` for the tick.

What a service needs is set here, so that the short commands are right.

A message says only "look": what is due stands in the database (`duties.py`). A lost message costs half a second, a
message too many costs a look; so several beats are as good as one, and a broker that forgets everything loses nothing.
"""

import logging
import os
import threading
from typing import Any

import django
from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from celery.worker.consumer import Consumer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, close_old_connections
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aftercart.settings")
django.setup()
if not settings.CELERY_BROKER_URL:
    raise ImproperlyConfigured("CELERY_BROKER_URL is not set: without a broker, `manage.py work` does the duties.")

logger = logging.getLogger(__name__)

QUEUE = "aftercart"
# Ticks that may wait while no worker runs: one for every process that could look at once is plenty.
LONGEST_QUEUE = 100
# Seconds after which a broker that says nothing is left for a new connection.
PATIENCE = 5.0
_stopping = threading.Event()


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
        # A broker that is away is waited for, at the start and later, for as long as it takes.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": PATIENCE,
        "broker_heartbeat": 2 * PATIENCE,
        "broker_transport_options": {"confirm_publish": True},
        "task_ignore_result": True,
        # Taken off the queue when done: what a killed process was at is looked at again.
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
        # One tick at a time for each thread, per consumer: quorum queues know no other limit, and Celery sees to it.
        "worker_prefetch_multiplier": 1,
        "worker_consumer": "aftercart.celery:TickConsumer",
        # A tick goes on when the broker's connection is lost: its rows are leased, not its message.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_concurrency": 2,
        # No conversation with workers either.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_redirect_stdouts": False,
        # A beat remembers nothing, so any number of them may run, on one machine too.
        "beat_scheduler": "celery.beat:Scheduler",
        "beat_schedule": {
            "tick": {
                "task": "aftercart.tick",
                "schedule": settings.TICK_SECONDS,
                # A tick that waited longer than the next two is worth nothing: the next one finds the same rows.
                "options": {"expires": 3 * settings.TICK_SECONDS, "confirm_timeout": PATIENCE},
            },
        },
    }
)


@setup_logging.connect
def _log_as_django_does(**_: Any) -> None:
    """That someone listens here keeps Celery from setting up logging of its own."""


@worker_ready.connect
def _say_ready(**_: Any) -> None:
    logger.info("worker: ready")


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """A warm shutdown waits for the ticks under way: tell them to end after the duty they are at."""
    _stopping.set()


@app.task(name="aftercart.tick")
def tick_task() -> None:
    """Do what is due, until nothing is."""
    from aftercart.background.kinds import KINDS
    from aftercart.duties import tick

    done = 1
    while done and not _stopping.is_set():
        close_old_connections()
        try:
            done = tick(KINDS, limit=settings.TICK_LIMIT, stopping=_stopping.is_set)
        except (OperationalError, InterfaceError) as away:
            logger.error("the tick failed, the next one tries again: %s", away)
            return
