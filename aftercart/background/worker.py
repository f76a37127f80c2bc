"""Looking for what is due, and the embedded worker: a loop around it.

A duty is found by its row alone, so it does not matter who looks: this loop every half second, or any number of
workers of a broker at once.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic

from django.conf import settings
from django.db import close_old_connections

from aftercart.background.kinds import KINDS
from aftercart.database import clock
from aftercart.database.refusals import said_of, seconds_to_wait
from aftercart.duties import bring_back, tick

logger = logging.getLogger(__name__)

# Seconds after which a look ends although more is due: the next one goes on. RabbitMQ closes the channel of whoever
# keeps a message for long (`consumer_timeout`), and Celery's worker ends with it.
LONGEST_LOOK = 10.0
# Seconds between two searches for what a clock that was ahead has left lying.
SEARCH_EVERY = 60.0
_searched_at = -SEARCH_EVERY


def look_for_duties(stopping: Callable[[], bool]) -> int:
    """Do what is due until nothing is, `stopping` says yes, or it took LONGEST_LOOK; how many duties were done.

    Never raises: whoever looks must outlive whatever is wrong today.
    """
    end = monotonic() + LONGEST_LOOK
    done, found = 0, 1

    def enough() -> bool:
        return stopping() or monotonic() > end

    try:
        close_old_connections()
        _search()
        while found and not enough():
            close_old_connections()
            found = tick(KINDS, limit=settings.TICK_LIMIT, stopping=enough)
            done += found
    except Exception as failure:
        if seconds_to_wait(failure) is None:
            logger.exception("the tick failed, the next one tries again")
        else:
            logger.error("the tick failed, the next one tries again: %s", said_of(failure))
    return done


def _search() -> None:
    global _searched_at  # noqa: PLW0603 (once a minute for all threads of a process)
    if monotonic() - _searched_at < SEARCH_EVERY:
        return
    _searched_at = monotonic()
    now = clock.of_the_database()()
    for kind in KINDS:
        bring_back(kind, now=now)


def run(stop: threading.Event) -> None:
    """Look until told to stop; a duty under way is finished first. A database that is away is waited for."""
    while not stop.is_set():
        if not look_for_duties(stop.is_set):
            stop.wait(settings.TICK_SECONDS)
