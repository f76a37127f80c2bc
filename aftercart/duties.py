"""Duties: rows that must be done, whatever breaks. The one mechanism behind everything that runs later.

A duty is five columns on the row that caused it, written in the same transaction as the fact. `next_attempt_at`
says when it is due (empty: nothing to do). A worker takes a lease on some, does them one after the other by their verb,
and the verb writes the result and ends the duty in one transaction. A verb that fails is tried again later (exponential
backoff with jitter); after `MAX_ATTEMPTS` the duty is dead, and the back office sees it with its reason.

An attempt counts when it begins. A worker that dies is a failure of the duty that it was doing, and of no other: what
it had only leased is due again when the lease runs out. All times are the database's, so no machine's clock matters.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aftercart.database import clock
from aftercart.database.refusals import said_of, seconds_to_wait

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=30)
# How far in the future a new duty may be due, beyond what its kind says.
A_LITTLE = timedelta(minutes=3)
# Seconds that urgent kinds may have to wait for another's turn.
SOON = 0.5
# What `last_error` says while a duty is being done, and afterwards if its worker died doing it.
BEGUN = "begun, and no end of it is known"
DIED = "the worker that did it died"


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


def duty_indexes(name: str) -> tuple[models.Index, models.Index]:
    """The indexes that find due rows, and dead ones, among millions that are done."""
    due, dead = Q(next_attempt_at__isnull=False), Q(is_dead=True)
    return (
        models.Index(fields=["next_attempt_at"], condition=due, name=f"due_{name}"),
        models.Index(fields=["is_dead"], condition=dead, name=f"dead_{name}"),
    )


@dataclass(frozen=True, slots=True)
class DutyKind:
    """One kind of duty: where its rows are and the verb that does one.

    The verb takes `pk` and keyword-only `now`; it raises to be called again.
    """

    name: str
    model: type[Duty]
    verb: Callable[..., None]
    only: Q = field(default_factory=Q)
    """Which rows of the model."""
    turn: float = 2.0
    """Seconds after which a tick goes on to the next kind even if more of this one is due: kinds take turns."""
    is_urgent: bool = False
    """Whether it is looked for again after each long turn of another kind."""
    ahead: timedelta | None = timedelta()
    """How far ahead a new duty can be due at most; None: its time says nothing about clocks."""

    @property
    def rows(self) -> models.QuerySet[Any]:
        """All rows of this kind, whatever is left to do."""
        return self.model._default_manager.filter(self.only)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do some rows until a certain time, which is also the token that tells one lease from the next."""

    kind: DutyKind
    keys: tuple[Any, ...]
    until: datetime

    def rows(self, *keys: Any) -> models.QuerySet[Any]:
        """Those of the rows that are still ours."""
        return self.kind.model._default_manager.filter(pk__in=keys, lease_until=self.until)

    def begun(self, pk: Any, *, now: datetime) -> "Lease | None":
        """Count an attempt at one row; returns a full lease on it, or None if someone else has it by now."""
        fresh = Lease(self.kind, (pk,), now + _lease_time())
        began = self.rows(pk).update(attempts=F("attempts") + 1, lease_until=fresh.until, last_error=BEGUN)
        return fresh if began else None

    def give_back(self, *keys: Any) -> None:
        """Return rows that were not begun: someone else may take them at once."""
        self.rows(*keys).update(lease_until=None)


def claim_due(kind: DutyKind, *, now: datetime, limit: int) -> Lease:
    """Take a lease on due rows, those that never failed first; two workers never get the same row.

    A row that was begun and whose lease has run out killed its worker, or died with it: that counts as a failure, so it
    waits like any failed one, and is given up in the end, while the others of its batch go on.
    """
    lease_until = now + _lease_time()
    with transaction.atomic():
        due = kind.rows.filter(next_attempt_at__lte=now).filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        due = due.order_by("next_attempt_at")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(no_key=True, skip_locked=True)
        found = list(due.values_list("pk", "attempts", "lease_until", "last_error")[:limit])
        taken = []
        for pk, attempts, lease, last_error in sorted(found, key=lambda row: bool(row[1])):
            if lease is not None and last_error == BEGUN:
                logger.warning("%s %s, attempt %s: %s", kind.name, pk, attempts, DIED)
                _failed(kind.rows.filter(pk=pk), attempts, DIED, now=now)
            else:
                taken.append(pk)
        if taken:
            kind.rows.filter(pk__in=taken).update(lease_until=lease_until)
    return Lease(kind, tuple(taken), lease_until)


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
        if (seconds := seconds_to_wait(failure)) is not None:  # the database's fault: does not count as an attempt
            again = now + timedelta(seconds=seconds)
            row.update(next_attempt_at=again, lease_until=None, last_error=said_of(failure), attempts=F("attempts") - 1)
            return False
        attempts = row.values_list("attempts", flat=True).first() or MAX_ATTEMPTS
        logger.warning("%s %s failed, attempt %s: %s", kind.name, pk, attempts, failure, exc_info=not str(failure))
        _failed(row, attempts, f"{type(failure).__name__}: {failure}"[:2000], now=now)
        return False
    return True


def _failed(row: models.QuerySet[Any], attempts: int, told: str, *, now: datetime) -> None:
    """Write a failure into its row: it is due again after a pause, or given up."""
    dead = attempts >= MAX_ATTEMPTS
    due = None if dead else now + pause_after(attempts)
    row.update(next_attempt_at=due, lease_until=None, last_error=told, is_dead=dead)


def _lease_time() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after this many failures: doubling, with jitter, at most `LONGEST_PAUSE`."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 12)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 (spread, not secrecy)


def retry_now(rows: models.QuerySet[Any]) -> int:
    """Bring dead or waiting duties back at once, as an operator asks for; returns how many."""
    return rows.update(next_attempt_at=clock.of_the_database()(), lease_until=None, is_dead=False, attempts=0)


def bring_back(kind: DutyKind, *, now: datetime) -> int:
    """Bring forward, and log, what only a wrong clock can have put this far into the future; returns how many."""
    if kind.ahead is None:
        return 0
    end = now + kind.ahead + A_LITTLE
    is_new = Q(attempts=0, last_error="")
    astray = kind.rows.filter(next_attempt_at__gt=end).filter(is_new | Q(next_attempt_at__gt=end + LONGEST_PAUSE))
    # With a lease: its holder may be working on it.
    soon = now + _lease_time()
    count = astray.update(next_attempt_at=soon, lease_until=soon)
    if count:
        logger.error("%s: %s were due in the future, as a clock that is ahead has it; due soon now", kind.name, count)
    return count


def tick(
    kinds: Sequence[DutyKind],
    *,
    now: datetime | None = None,
    limit: int = 100,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Find due and abandoned rows of every kind, in turns, and do them; returns how many were done.

    `now`: the database's, unless given. `stopping` is called before each duty: once it returns True, what was not begun
    is given back.
    """
    clock_of_this = clock.of_the_database() if now is None else lambda: now
    urgent = [kind for kind in kinds if kind.is_urgent]
    done, waited = 0, 0.0
    for kind in kinds:
        if waited > SOON:
            done += sum(_turn(first, clock_of_this, limit, stopping) for first in urgent)
        began = monotonic()
        done += _turn(kind, clock_of_this, limit, stopping)
        waited = monotonic() - began
        if stopping():
            break
    return done


def _turn(kind: DutyKind, now: Callable[[], datetime], limit: int, stopping: Callable[[], bool]) -> int:
    """Do what is due of one kind until its turn is over; returns how many were done."""
    lease = claim_due(kind, now=now(), limit=limit)
    done, began = 0, monotonic()
    for position, pk in enumerate(lease.keys):
        if stopping() or monotonic() - began > kind.turn:
            lease.give_back(*lease.keys[position:])
            break
        ours = lease.begun(pk, now=now())
        if ours is not None:
            done += do(ours, now=now())
    return done
