"""The embedded worker: a loop around the tick.

A duty is found by its row alone, so it does not matter who calls `tick`: this loop every half second, or any number
of workers of a broker at once.
"""

import logging
import threading

from django.conf import settings
from django.db import close_old_connections

from aftercart.background.kinds import KINDS
from aftercart.duties import tick

logger = logging.getLogger(__name__)


def run(stop: threading.Event) -> None:
    """Tick until told to stop; a duty under way is finished first. A database that is away is waited for."""
    while not stop.is_set():
        close_old_connections()
        try:
            done = tick(KINDS, stopping=stop.is_set)
        except Exception:  # the worker must outlive whatever is wrong today
            logger.exception("the tick failed; trying again")
            done = 0
        if not done:
            stop.wait(settings.TICK_SECONDS)
