"""Counting wrong passwords: by account and network together, by network, and by account from anywhere.

Every try is counted before its password is looked at, so that a thousand at once are a thousand, and given back if it
was right. An account is counted as it is looked up, so that spelling an e-mail differently starts no new count; a
network is what one subscriber holds (IPv6: a /64). Customers who have signed in from a network before are not kept out
by what others do there, nor by attempts on their account elsewhere: nobody can lock Ada out at home
(docs/decisions/0044).
"""

import unicodedata
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from aftercart.errors import TooManyTries
from aftercart.throttling.counting import allow, network_of, seconds_over, seconds_until_allowed, uncount

KNOWN_SECONDS = 30 * 24 * 60 * 60
DAY = 24 * 60 * 60
KNOWN = "sign-in: has signed in here"
PAIR = "sign-in: an account from a network"
ONCE = "sign-in: an account's first from a network"
ACCOUNTS = "sign-in: accounts from a network"
ACCOUNT = "sign-in: an account from anywhere"


class Tried(NamedTuple):
    """One try, as it was counted."""

    account: str
    network: str
    counted: list[tuple[str, str]]
    """Scopes and keys."""

    @property
    def pair(self) -> str:
        """The key of this account from this network."""
        return f"{self.account}\n{self.network}"


def count_sign_in_try(account: str, address: str, *, now: datetime) -> Tried:
    """Count a try at an account (its key, or what was typed) from an IP address. TooManyTries; five statements."""
    account = unicodedata.normalize("NFKC", account.strip()).casefold()
    tried = Tried(account, network_of(address), [])
    window = int(settings.LOGIN_COOLOFF_HOURS * 60 * 60)
    # The pair first: an attempt refused for it counts nowhere else.
    _count(tried, PAIR, tried.pair, settings.LOGIN_FAILURE_LIMIT, window, now=now)
    if seconds_over(scope=KNOWN, key=tried.pair, limit=0, now=now):
        return tried
    # Many accounts from one network: each counts once, so somebody who forgot their password counts once.
    if allow(scope=ONCE, key=tried.pair, limit=1, seconds=window, now=now):
        tried.counted.append((ONCE, tried.pair))
        _count(tried, ACCOUNTS, tried.network, settings.LOGIN_ACCOUNTS_PER_NETWORK, window, now=now)
    elif wait := seconds_over(scope=ACCOUNTS, key=tried.network, limit=settings.LOGIN_ACCOUNTS_PER_NETWORK, now=now):
        raise TooManyTries(wait)
    _count(tried, ACCOUNT, tried.account, settings.LOGIN_FAILURES_PER_ACCOUNT, DAY, now=now)
    return tried


def sign_in_was_right(tried: Tried, *, now: datetime) -> None:
    """A counted try was right: it does not count, and this account is known here from now on."""
    for scope, key in tried.counted:
        uncount(scope=scope, key=key, now=now)
    allow(scope=KNOWN, key=tried.pair, limit=1, seconds=KNOWN_SECONDS, now=now)


def _count(tried: Tried, scope: str, key: str, limit: int, seconds: int, *, now: datetime) -> None:
    wait = seconds_until_allowed(scope=scope, key=key, limit=limit, seconds=seconds, now=now)
    if wait:
        raise TooManyTries(wait)
    tried.counted.append((scope, key))
