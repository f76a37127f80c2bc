"""What the database refuses is no fault of a duty's: it is tried again, and no try is counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, InternalError, OperationalError
from django.utils import timezone
from psycopg import errors

from aftercart.duties import DutyKind, tick
from aftercart.feed.models import FeedCursor


def raising(error: Exception, cause: Exception | None) -> Any:
    def verb(pk: Any, *, now: Any) -> None:
        raise error from cause

    return verb


REFUSALS = [
    (OperationalError("database is locked"), None),
    (InterfaceError("the connection is closed"), None),
    (InternalError("read-only"), errors.ReadOnlySqlTransaction("read-only")),
    (OperationalError("deadlock"), errors.DeadlockDetected("deadlock")),
    (OperationalError("full"), errors.DiskFull("full")),
]


@pytest.mark.parametrize(("error", "cause"), REFUSALS, ids=lambda value: type(value).__name__)
def test_no_try_is_counted_for_the_databases_fault(db: None, error: Exception, cause: Exception | None) -> None:
    now = timezone.now()
    FeedCursor.objects.all().delete()
    FeedCursor.objects.create(name="orders", position=now, next_attempt_at=now)
    for round_ in range(30):
        tick([DutyKind("read the news", FeedCursor, raising(error, cause))], now=now + timedelta(minutes=round_))
    row = FeedCursor.objects.get()
    assert (row.attempts, row.is_dead, row.lease_until) == (0, False, None)
    assert row.last_error
    assert row.next_attempt_at is not None


def test_a_fault_of_its_own_is_counted(db: None) -> None:
    """The control."""
    now = timezone.now()
    FeedCursor.objects.all().delete()
    FeedCursor.objects.create(name="orders", position=now, next_attempt_at=now)
    tick([DutyKind("read the news", FeedCursor, raising(InternalError("?"), errors.InternalError_("?")))], now=now)
    assert FeedCursor.objects.get().attempts == 1
