"""Counted tries: so many within a window, whoever asks, and forgotten when the window is over."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.throttling.counting import allow, network_of, seconds_until_allowed
from aftercart.throttling.models import Tries

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 6, 30, 12, tzinfo=timezone.get_fixed_timezone(0))


def tries(count: int, *, key: str = "198.51.100.7", scope: str = "links", now: datetime = NOON) -> list[bool]:
    """So many tries with a limit of three in a minute."""
    return [allow(scope=scope, key=key, limit=3, seconds=60, now=now) for _ in range(count)]


def test_so_many_are_allowed_and_no_more() -> None:
    assert tries(5) == [True, True, True, False, False]


def test_one_key_and_one_scope_do_not_count_for_another() -> None:
    tries(5)
    assert tries(1, key="198.51.100.8") == tries(1, scope="signs") == [True]


def test_the_window_begins_with_the_first_try_and_trying_on_does_not_prolong_it() -> None:
    tries(3)
    assert tries(10, now=NOON + timedelta(seconds=59)) == [False] * 10
    assert tries(4, now=NOON + timedelta(seconds=60)) == [True, True, True, False]


def test_who_is_turned_away_hears_for_how_long() -> None:
    tries(3)
    later = NOON + timedelta(seconds=20.5)
    assert seconds_until_allowed(scope="links", key="198.51.100.7", limit=3, seconds=60, now=later) == 40
    assert seconds_until_allowed(scope="links", key="another", limit=3, seconds=60, now=later) == 0


def test_a_try_is_one_statement() -> None:
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            tries(1)
        assert len(asked) == 1


def test_what_was_tried_is_not_kept_in_clear_and_may_be_anything() -> None:
    for key in ("ada@example.com", "\0", "\ud800", "x" * 100_000, ""):
        assert tries(4, key=key) == [True, True, True, False]
    assert not Tries.objects.filter(key__contains="ada").exists()


def test_windows_that_are_over_are_forgotten_by_the_tick_and_no_others() -> None:
    now = timezone.now()
    for n in range(20):
        tries(1, key=f"old {n}", now=now - timedelta(minutes=2))
    tries(3, key="new", now=now)
    assert tick(KINDS, now=now)
    assert Tries.objects.count() == 1
    assert tries(1, key="new", now=now) == [False]


def test_a_window_that_was_given_up_begins_anew() -> None:
    tries(3)
    Tries.objects.update(next_attempt_at=None, is_dead=True, attempts=20, last_error="OperationalError")
    assert tries(4) == [True, True, True, False]
    row: Any = Tries.objects.get()
    assert (row.is_dead, row.attempts, row.last_error) == (False, 0, "")


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        pytest.param("198.51.100.7", "198.51.100.7", True, id="an address is itself"),
        pytest.param("198.51.100.7", "198.51.100.8", False, id="neighbours are two"),
        pytest.param("2001:db8::1", "2001:db8::ffff:1", True, id="a line at home is one, however much it counts up"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="two lines at home are two"),
        pytest.param("::ffff:198.51.100.7", "198.51.100.7", True, id="a mapped address is the address"),
        pytest.param("a proxy's nonsense", "another nonsense", False, id="what is no address is taken as it is"),
    ],
)
def test_addresses_are_counted_by_who_holds_them(address: str, other: str, same: bool) -> None:
    assert (network_of(address) == network_of(other)) is same
