"""The one clock that decides when a duty is due and whose it is: the database's, which all machines share."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection
from django.utils import timezone

logger = logging.getLogger(__name__)

# Seconds by which this machine's clock may differ before that is logged, and between two such lines.
TOLERANCE, TOLD_EVERY = 2.0, 60.0
_told_at = -TOLD_EVERY


def of_the_database() -> Callable[[], datetime]:
    """Tells the database's time: asked once, then advanced by this machine's monotonic clock while a look lasts.

    SQLite has no clock of its own; nobody but this machine writes there.
    """
    if connection.vendor == "sqlite":
        return timezone.now
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        asked: datetime = cursor.fetchone()[0]
    began = monotonic()
    _tell(difference=(timezone.now() - asked).total_seconds())
    return lambda: asked + timedelta(seconds=monotonic() - began)


def seconds_ahead() -> float:
    """By how many seconds this machine's clock is ahead of the database's; less than 0: behind."""
    return (timezone.now() - of_the_database()()).total_seconds()


def _tell(*, difference: float) -> None:
    global _told_at  # noqa: PLW0603 (one process, one complaint)
    if abs(difference) > TOLERANCE and monotonic() - _told_at >= TOLD_EVERY:
        _told_at = monotonic()
        where = "ahead of" if difference > 0 else "behind"
        logger.error("this machine's clock is %.1f s %s the database's: set it right", abs(difference), where)
