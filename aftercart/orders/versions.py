"""Which of two versions of an order is the older one, told by the date that each of them bears. Pure."""

from collections.abc import Iterable
from datetime import datetime


def version_date(own: datetime | None, items: Iterable[datetime | None]) -> datetime | None:
    """The date of a whole version: its own, else that of the newest of its items; None where nothing bears one."""
    return own or max((date for date in items if date is not None), default=None)


def is_older(date: datetime | None, known: datetime | None) -> bool:
    """Whether a version of that date must not touch what a version of the `known` date has said.

    Equal dates: it is the same version, and may say more than it did. Without a date it could be of any age: it is
    older than whatever bears one, and not older than what bears none.
    """
    return known is not None and (date is None or date < known)
