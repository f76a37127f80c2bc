"""Passwords, hashed by argon2, a few at a time: each takes 100 MiB and every processor it finds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from aftercart.errors import TryLater
from aftercart.statuses import gettext_noop

WAITING = 4  # how many may wait their turn for each that is being made
WAIT_SECONDS = 2.0

_turns = threading.BoundedSemaphore(settings.LOGIN_MAX_CONCURRENT)
_present = threading.BoundedSemaphore(settings.LOGIN_MAX_CONCURRENT * (1 + WAITING))


class FewAtATime(Argon2PasswordHasher):
    """Django's own, at most `LOGIN_MAX_CONCURRENT` at a time in a process. Raises TryLater if the queue is too long."""

    def encode(self, password: str, salt: str) -> str:
        """The hash of a new password, or of a wrong one for an unknown account."""
        with a_turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this password made this hash."""
        with a_turn():
            return super().verify(password, encoded)


@contextmanager
def a_turn() -> Iterator[None]:
    """One of the few turns. Raises TryLater."""
    if not _present.acquire(blocking=False):
        raise _busy()
    try:
        if not _turns.acquire(timeout=WAIT_SECONDS):
            raise _busy()
        try:
            yield
        finally:
            _turns.release()
    finally:
        _present.release()


def _busy() -> TryLater:
    return TryLater("busy", gettext_noop("We are busy at the moment. Please try again in a few seconds."), seconds=5)
