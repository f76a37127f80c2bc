"""Duties: a try counts when it begins, a death counts once, kinds take turns, and a time that is astray is noticed."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.duties import BEGUN, DIED, MAX_ATTEMPTS, DutyKind, bring_back, claim_due, tick
from aftercart.mailed_links.models import AskedLink

HOUR = timedelta(hours=1)


@pytest.fixture
def now(transactional_db: None) -> datetime:
    return timezone.now()


def a_duty(name: str, *, due: datetime, **fields: Any) -> AskedLink:
    """A row with a duty; which one says its number."""
    return AskedLink.objects.create(opens="order", number=name, email="a@b.example", next_attempt_at=due, **fields)


def a_kind(verb: Callable[..., None] = lambda pk, *, now: None, name: str = "x", **wishes: Any) -> DutyKind:
    return DutyKind(name, AskedLink, verb, **wishes)


def test_a_batch_whose_worker_dies_counts_a_try_of_the_one_that_was_begun_alone(now: datetime) -> None:
    rows = [a_duty(str(number), due=now) for number in range(5)]
    kind = a_kind()
    lease = claim_due(kind, now=now, limit=20)
    assert lease.begun(rows[0].pk, now=now) is not None
    # … and here the worker dies.
    assert not claim_due(kind, now=now, limit=20).keys, "what is leased is nobody else's"
    again = claim_due(kind, now=now + HOUR, limit=20)
    assert set(again.keys) == {row.pk for row in rows[1:]}
    assert set(AskedLink.objects.values_list("number", "attempts")) == {
        ("0", 1), ("1", 0), ("2", 0), ("3", 0), ("4", 0),
    }  # fmt: skip
    died = AskedLink.objects.get(number="0")
    assert died.last_error == DIED
    assert died.next_attempt_at is not None
    assert now + HOUR < died.next_attempt_at < now + HOUR + timedelta(minutes=1)


def test_one_that_kills_its_worker_each_time_is_given_up_and_all_others_are_done(now: datetime) -> None:
    killer = a_duty("killer", due=now - HOUR)
    others = [a_duty(str(number), due=now) for number in range(30)]

    def verb(pk: int, *, now: datetime) -> None:
        if pk == killer.pk:
            raise KeyboardInterrupt  # as near to a SIGKILL as a test can survive
        AskedLink.objects.filter(pk=pk).delete()

    kind, moment, deaths = a_kind(verb), now, 0
    while AskedLink.objects.filter(is_dead=False).exists():
        try:
            tick([kind], now=moment, limit=20)
        except KeyboardInterrupt:
            deaths += 1
        moment += HOUR
        assert moment < now + 100 * HOUR
    assert deaths == MAX_ATTEMPTS
    assert AskedLink.objects.get().pk == killer.pk
    assert not AskedLink.objects.filter(pk__in=[one.pk for one in others]).exists()


def test_what_failed_before_comes_after_what_never_did(now: datetime) -> None:
    a_duty("failed", due=now - HOUR, attempts=3)
    a_duty("new", due=now)
    done: list[str] = []
    tick([a_kind(lambda pk, *, now: done.append(AskedLink.objects.get(pk=pk).number))], now=now)
    assert done == ["new", "failed"]


def test_while_a_duty_is_done_its_row_says_so(now: datetime) -> None:
    a_duty("one", due=now)
    said: list[Any] = []
    tick(
        [a_kind(lambda pk, *, now: said.append(AskedLink.objects.values("attempts", "last_error").get(pk=pk)))], now=now
    )
    assert said == [{"attempts": 1, "last_error": BEGUN}]


def test_a_kind_that_is_slow_gives_the_others_their_turn_and_the_urgent_ones_two(now: datetime) -> None:
    for number in range(5):
        a_duty(f"slow {number}", due=now)
    a_duty("other", due=now)
    done: list[str] = []

    def verb(pk: int, *, now: datetime) -> None:
        row = AskedLink.objects.get(pk=pk)
        done.append(row.number)
        row.delete()
        if row.number.startswith("slow"):
            if len(done) == 1:
                a_duty("urgent", due=now)  # asked for while the slow one goes on
            time.sleep(0.6)

    def of(name: str) -> Q:
        return Q(number__startswith=name)

    kinds = [
        a_kind(verb, "urgent", only=of("urgent"), is_urgent=True),
        a_kind(verb, "slow", only=of("slow"), turn=0.1),
        a_kind(verb, "other", only=of("other")),
    ]
    tick(kinds, now=now)
    assert done == ["slow 0", "urgent", "other"]
    waiting = AskedLink.objects.values_list("attempts", "lease_until")
    assert set(waiting) == {(0, None)}, "what was not begun is given back, uncounted"


def test_the_acknowledgement_of_a_withdrawal_is_the_first_of_all_kinds() -> None:
    assert [kind.name for kind in KINDS if kind.is_urgent] == ["acknowledge a withdrawal"]
    assert KINDS[0].is_urgent


def test_a_duty_that_a_clock_ahead_left_in_the_future_is_brought_back_and_told(now: datetime, caplog: Any) -> None:
    new = a_duty("new", due=now + HOUR)
    failed = a_duty("failed", due=now + HOUR, attempts=2, last_error="x")
    pausing = a_duty("pausing", due=now + timedelta(minutes=20), attempts=9, last_error="x")
    soon = a_duty("soon", due=now + timedelta(seconds=20))
    assert bring_back(a_kind(name="hand it over"), now=now) == 2
    assert "hand it over: 2 were due in the future" in caplog.text
    due = dict(AskedLink.objects.values_list("pk", "next_attempt_at"))
    assert due[new.pk] < now + timedelta(minutes=1) > due[failed.pk]
    assert due[pausing.pk] == pausing.next_attempt_at
    assert due[soon.pk] == soon.next_attempt_at
    assert bring_back(a_kind(), now=now) == 0


def test_a_time_that_says_nothing_about_clocks_is_left_alone(now: datetime) -> None:
    a_duty("window", due=now + HOUR)
    assert bring_back(a_kind(ahead=None), now=now) == 0
    assert bring_back(a_kind(ahead=2 * HOUR), now=now) == 0
