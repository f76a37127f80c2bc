"""Which of two versions of an order is the older one, by the date of each. Pure."""

from collections.abc import Iterable
from datetime import datetime


def version_date(own: datetime | None, items: Iterable[datetime | None]) -> datetime | None:
    """The date of a whole version: its own, else that of its newest item; None if there is none."""
    return own or max((date for date in items if date is not None), default=None)


def is_older(date: datetime | None, known: datetime | None) -> bool:
    """Whether a version of that date must not change what a version of the `known` date said.

    Equal dates: it is the same version, and may say more than before. Without a date it could be of any age: it counts
    as older than one with a date, and not as older than one without.
    """
    return known is not None and (date is None or date < known)
