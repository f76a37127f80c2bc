"""Deleting what is kept no longer. Tries and idempotency keys are duties themselves, and forget each its own row."""

from datetime import datetime, timedelta

from django.conf import settings

from aftercart.background.models import Cleaning
from aftercart.customers.models import Session
from aftercart.duties import DONE

EVERY = timedelta(hours=1)
AT_ONCE = 1000


def begin_to_clean(*, now: datetime) -> None:
    """Make the rows that are missing."""
    rows = [Cleaning(of=of, next_attempt_at=now + EVERY) for of in Cleaning.Of.values]
    Cleaning.objects.bulk_create(rows, ignore_conflicts=True)


def clean(pk: str, *, now: datetime) -> None:
    """Delete sessions that have been over for SESSIONS_KEPT_DAYS; due again at once while there are more."""
    over = Session.objects.filter(expire_date__lt=now - timedelta(days=settings.SESSIONS_KEPT_DAYS))
    oldest = list(over.order_by("expire_date").values_list("pk", flat=True)[:AT_ONCE])
    over.filter(pk__in=oldest).delete()
    due = now if len(oldest) == AT_ONCE else now + EVERY
    Cleaning.objects.filter(pk=pk).update(**{**DONE, "next_attempt_at": due, "attempts": 0})
