"""A worker that hears of no tick looks by itself: beat is gone, or at another broker, or the broker is away."""

import logging
import threading
from collections.abc import Callable
from time import monotonic

from django.db import connections

logger = logging.getLogger(__name__)

# Seconds of silence that are told. Shorter ones are chance: of many workers, each hears of a tick now and then.
TOLD_AFTER = 60.0


class Silence(threading.Thread):
    """Calls `look` every `patience` seconds while no tick comes, and at once again while it finds something."""

    def __init__(self, look: Callable[[], int], *, patience: float) -> None:
        super().__init__(name="silence")
        self._look, self._patience = look, patience
        self._since = monotonic()
        self._stopping = threading.Event()

    def broken(self) -> None:
        """A tick came, or one goes on."""
        self._since = monotonic()

    def stop(self) -> None:
        """End after the duty under way; `look` must have been told, too."""
        self._stopping.set()

    def run(self) -> None:
        """Wait for silence, then look until it is broken."""
        is_told = False
        pause = self._patience
        while not self._stopping.wait(pause):
            silent = monotonic() - self._since
            if silent < self._patience:
                connections.close_all()
                is_told, pause = False, self._patience - silent
                continue
            if silent > TOLD_AFTER and not is_told:
                logger.error("no tick for %.0f s: is there a beat, at this broker? Looking without one", silent)
                is_told = True
            pause = 0.0 if self._look() else self._patience
