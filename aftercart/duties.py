"""Duties: rows that must be done, whatever breaks. The one mechanism behind everything that runs later.

A duty is five columns on the row that caused it, written in the same transaction as the fact. `next_attempt_at`
says when it is due (empty: nothing to do). A worker takes a lease, does the duty by its verb, and the verb writes
the result and ends the duty in one transaction. A verb that fails is tried again later (exponential, with jitter);
after `MAX_ATTEMPTS` the duty is dead, and the back office sees it with its reason. A worker that dies loses
nothing but its lease.
"""

import logging
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.database.refusals import said_of, seconds_to_wait

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=30)


class NotYet(Exception):
    """Raised by a verb: nothing failed, but it is too early; ask again after `pause`."""

    def __init__(self, pause: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.pause = pause


class Duty(models.Model):
    """The five columns of a duty; abstract."""

    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, default="", editable=False)
    is_dead = models.BooleanField(_("given up"), default=False, editable=False)

    class Meta:
        abstract = True


# What a verb writes with its result when the duty is done.
DONE: dict[str, Any] = {"next_attempt_at": None, "lease_until": None, "last_error": "", "is_dead": False}


def due_index(name: str) -> models.Index:
    """The index that finds due rows among millions that are done."""
    return models.Index(fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name=name)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of duty: where its rows are and the verb that does one.

    The verb takes `pk` and keyword-only `now`; it raises to be called again.
    """

    name: str
    model: type[Duty]
    verb: Callable[..., None]
    turn: float = math.inf
    """Seconds after which a tick goes on to the next kind, though more of this one is due."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do some rows until a moment; the moment itself is the token that tells one lease from the next."""

    kind: Kind
    keys: tuple[Any, ...]
    until: datetime

    def rows(self, *keys: Any) -> models.QuerySet[Any]:
        """Those of the rows that are still ours."""
        return self.kind.model._default_manager.filter(pk__in=keys, lease_until=self.until)

    def renewed(self, pk: Any, *, now: datetime) -> "Lease | None":
        """A lease on one row with all its time before it; None if someone else has the row by now."""
        fresh = Lease(self.kind, (pk,), now + _lease_time())
        if self.until - now > _lease_time() * 2 / 3:
            return Lease(self.kind, (pk,), self.until)
        return fresh if self.rows(pk).update(lease_until=fresh.until) else None

    def give_back(self, *keys: Any) -> None:
        """Return rows that were not begun: someone else may take them at once."""
        self.rows(*keys).update(lease_until=None, attempts=F("attempts") - 1)


def claim_due(kind: Kind, *, now: datetime, limit: int) -> Lease:
    """Take a lease on due rows; two workers never get the same row. A row that outlived its attempts is given up."""
    lease_until = now + _lease_time()
    rows = kind.model._default_manager
    with transaction.atomic():
        due = rows.filter(next_attempt_at__lte=now).filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        due = due.order_by("next_attempt_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        found = list(due.values_list("pk", "attempts")[:limit])
        # Counted when taken, not when failed: a row whose worker dies each time must not be tried for ever.
        hopeless = [pk for pk, attempts in found if attempts >= MAX_ATTEMPTS]
        if hopeless:
            rows.filter(pk__in=hopeless).update(next_attempt_at=None, lease_until=None, is_dead=True)
        keys = tuple(pk for pk, attempts in found if attempts < MAX_ATTEMPTS)
        if keys:
            rows.filter(pk__in=keys).update(lease_until=lease_until, attempts=F("attempts") + 1)
    return Lease(kind, keys, lease_until)


def do(lease: Lease, *, now: datetime) -> bool:
    """Do the one duty of a lease; whatever goes wrong is written into its row. True if it is done."""
    (pk,) = lease.keys
    kind, row = lease.kind, lease.rows(pk)
    try:
        kind.verb(pk, now=now)
    except NotYet as early:
        row.update(
            next_attempt_at=now + early.pause, lease_until=None, last_error=str(early), attempts=F("attempts") - 1
        )
        return False
    except Exception as failure:  # the row keeps what went wrong; the worker goes on
        if (seconds := seconds_to_wait(failure)) is not None:  # the database's fault, and no try of the duty's
            again = now + timedelta(seconds=seconds)
            row.update(next_attempt_at=again, lease_until=None, last_error=said_of(failure), attempts=F("attempts") - 1)
            return False
        attempts = row.values_list("attempts", flat=True).first() or MAX_ATTEMPTS
        dead = attempts >= MAX_ATTEMPTS
        logger.warning("%s %s failed, attempt %s: %s", kind.name, pk, attempts, failure, exc_info=not str(failure))
        row.update(
            next_attempt_at=None if dead else now + pause_after(attempts),
            lease_until=None,
            last_error=f"{type(failure).__name__}: {failure}"[:2000],
            is_dead=dead,
        )
        return False
    return True


def _lease_time() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failures: doubling, with jitter, at most `LONGEST_PAUSE`."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 12)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 (spread, not secrecy)


def retry_now(rows: models.QuerySet[Any]) -> int:
    """Bring dead or waiting duties back at once, as an operator asks for; returns how many."""
    return rows.update(next_attempt_at=timezone.now(), lease_until=None, is_dead=False, attempts=0)


def tick(
    kinds: Iterable[Kind],
    *,
    now: datetime | None = None,
    limit: int = 100,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Find due and abandoned rows of every kind and do them; returns how many were done.

    `stopping` is asked before each duty: once it says yes, what was not begun is given back.
    """
    done = 0
    for kind in kinds:
        lease = claim_due(kind, now=now or timezone.now(), limit=limit)
        began = monotonic()
        for position, pk in enumerate(lease.keys):
            if stopping():
                lease.give_back(*lease.keys[position:])
                return done
            if monotonic() - began > kind.turn:
                lease.give_back(*lease.keys[position:])
                break
            ours = lease.renewed(pk, now=now or timezone.now())
            if ours is not None:
                done += do(ours, now=now or timezone.now())
    return done
