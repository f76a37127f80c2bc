"""Counting wrong guesses at orders: by IP address, by order number, by e-mail. A right one does not count.

Every try is counted before it is looked at, so that a thousand at once count as a thousand, and uncounted if it was
right. The published storefront repeats a refused request three times: such repeats are uncounted, too, or one typing
error would use up most of an hour's tries. They tell a guesser nothing new.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from aftercart.errors import TooManyTries
from aftercart.mailed_links.lookup import OrderLookup
from aftercart.orders.numbers import bare
from aftercart.throttling.counting import allow, network_of, seconds_until_allowed, uncount

SECONDS = 60 * 60
REPEATS, REPEATS_SECONDS = 3, 60


class Counter(NamedTuple):
    """One of the counts of a try."""

    scope: str
    key: str
    limit: int


def count_guest_try(asked: OrderLookup, address: str, *, now: datetime) -> None:
    """Count a try by an IP address; TooManyTries. One statement where the address is at its limit, else three."""
    for scope, key, limit in _counters(asked, address):
        wait = seconds_until_allowed(scope=scope, key=key, limit=limit, seconds=SECONDS, now=now)
        if wait:
            raise TooManyTries(wait)


def was_wrong(asked: OrderLookup, address: str, *, now: datetime) -> None:
    """A counted try was wrong; if it repeats one of the last minute, it is uncounted."""
    same = "\n".join((network_of(address), *asked))
    if allow(scope="guest: a wrong try", key=same, limit=1, seconds=REPEATS_SECONDS, now=now):
        return
    if allow(scope="guest: its repeats", key=same, limit=REPEATS, seconds=REPEATS_SECONDS, now=now):
        guest_was_right(asked, address, now=now)


def guest_was_right(asked: OrderLookup, address: str, *, now: datetime) -> None:
    """A counted try was right: it does not count. Three statements."""
    for scope, key, _ in _counters(asked, address):
        uncount(scope=scope, key=key, now=now)


def _counters(asked: OrderLookup, address: str) -> Iterator[Counter]:
    """The address first: a try refused for it locks no order and no e-mail for others."""
    yield Counter("guest: tries from an address", network_of(address), settings.GUEST_TRIES_PER_ADDRESS)
    yield Counter("guest: tries at an order number", bare(asked.number), settings.GUEST_TRIES_PER_NUMBER)
    yield Counter("guest: tries with an e-mail", asked.email.lower(), settings.GUEST_TRIES_PER_EMAIL)
