"""Leave a failing Omnitron alone for a while, so that shoppers do not wait for it one after the other.

Our own code instead of `purgatory` (3.0.1, read in full): it has no lock, lets every waiting thread through
as "the" trial call once its pause is over, measures with the wall clock, and raises one shared exception
object whose traceback grows with each raise. Here: one lock, taken only while something is wrong; exactly
one trial; the monotonic clock. The state is per process on purpose: what a neighbour sees proves little.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic


class Circuit:
    """Closed; open after `threshold` failures in a row; after `seconds` one trial decides anew."""

    def __init__(self, *, threshold: int = 5, seconds: float = 5.0) -> None:
        self._threshold = threshold
        self._seconds = seconds
        self._lock = Lock()
        self._failures = 0
        self._is_open = False
        self._open_until = 0.0  # monotonic seconds
        self._trial_under_way = False

    def admit(self) -> bool | None:
        """May a call go out? None: no. False: yes. True: yes, as the one trial.

        Whoever is admitted must pass the answer to one of `succeeded`, `failed`, `abandoned`.
        """
        if not self._is_open:  # the usual case: one attribute read
            return False
        with self._lock:
            if self._trial_under_way or monotonic() < self._open_until:
                return None
            self._trial_under_way = True
            return True

    def succeeded(self, trial: bool) -> None:
        if not trial and not self._failures:
            return
        with self._lock:
            if trial:
                self._trial_under_way = False
                self._is_open = False
            # A straggler that was sent before the circuit opened does not close it: the trial does.
            if not self._is_open:
                self._failures = 0

    def failed(self, trial: bool) -> None:
        with self._lock:
            if trial:
                self._trial_under_way = False
            elif self._is_open:
                return
            self._failures += 1
            if trial or self._failures >= self._threshold:
                self._open_until = monotonic() + self._seconds
                self._is_open = True

    def abandoned(self, trial: bool) -> None:
        """The call said nothing about Omnitron's health (it met our own limit, say)."""
        if trial:
            with self._lock:
                self._trial_under_way = False
