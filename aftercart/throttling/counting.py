"""May this be tried once more? Counted in the database, so all processes count together and a restart forgets nothing.

    if not allow(scope="guest order, by address", key=network_of(address), limit=20, seconds=3600, now=now):
        …  # 429; the honest one is told when to come back

A try is one statement that counts and answers at once: of a thousand at the same moment, exactly `limit` are let in.
The window opens with the first try and is not prolonged by those that are turned away, so whoever waits gets in again.
"""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from django.db.models import F
from django.utils.crypto import salted_hmac

from aftercart.throttling.models import Tries

SALT = "aftercart.throttling"
IPV6_CUSTOMER = 64  # bits: what one line at home is given
FORGET_AT_ONCE = 1000

# On the row that is there: count on while its window lasts, or open a new one. What `excluded` holds is the new window.
COUNT = """INSERT INTO throttling_tries AS t
    (scope, key, count, next_attempt_at, attempts, lease_until, last_error, is_dead)
VALUES (%s, %s, 1, %s, 0, NULL, '', %s)
ON CONFLICT (scope, key) DO UPDATE SET
    count = CASE WHEN t.next_attempt_at > %s THEN t.count + 1 ELSE 1 END,
    next_attempt_at = CASE WHEN t.next_attempt_at > %s THEN t.next_attempt_at ELSE excluded.next_attempt_at END,
    attempts = 0, lease_until = NULL, last_error = '', is_dead = excluded.is_dead
RETURNING id, count, next_attempt_at
"""


def allow(*, scope: str, key: str, limit: int, seconds: int, now: datetime) -> bool:
    """Count one try by `key`; whether it is among the first `limit` within `seconds` of the first of them."""
    return seconds_until_allowed(scope=scope, key=key, limit=limit, seconds=seconds, now=now) == 0


def seconds_until_allowed(*, scope: str, key: str, limit: int, seconds: int, now: datetime) -> int:
    """The same; 0 where it is allowed, or else after how many seconds it will be again (for Retry-After).

    Call it outside a transaction: a try counts whatever becomes of it, and nobody should wait for its row. `key` may
    be anything that came in, of any length.
    """
    end = now + timedelta(seconds=seconds)
    # To the end of the answer: on SQLite a statement that is not read to its end is not over.
    [window] = Tries.objects.raw(COUNT, [scope, _hashed(key), end, False, now, now])
    if window.count <= limit:
        return 0
    assert window.next_attempt_at is not None
    return max(1, ceil((window.next_attempt_at - now).total_seconds()))


def seconds_over(*, scope: str, key: str, limit: int, now: datetime) -> int:
    """As `seconds_until_allowed`, of what was counted before: nothing is counted. One statement."""
    windows = Tries.objects.filter(scope=scope, key=_hashed(key), next_attempt_at__gt=now, count__gt=limit)
    end = windows.values_list("next_attempt_at", flat=True).first()
    return max(1, ceil((end - now).total_seconds())) if end else 0


def uncount(*, scope: str, key: str, now: datetime) -> None:
    """Take back one try that was counted and need not have been, such as a right guess. One statement."""
    counted = Tries.objects.filter(scope=scope, key=_hashed(key), next_attempt_at__gt=now, count__gt=0)
    counted.update(count=F("count") - 1)


def network_of(address: str) -> str:
    """The key of an IP address: all that one subscriber holds, so that switching among one's own does not help."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ip_network((int(known), IPV6_CUSTOMER), strict=False))
    return str(known)


def forget_tries(pk: int, *, now: datetime) -> None:
    """The duty of a window: be forgotten once over, and take along up to FORGET_AT_ONCE others."""
    over = Tries.objects.filter(next_attempt_at__lte=now)
    if not over.filter(pk=pk).exists():  # taken along by another, or opened anew
        return
    oldest = list(over.order_by("next_attempt_at").values_list("pk", flat=True)[:FORGET_AT_ONCE])
    # Asked for again while it is deleted: a try may have opened a new window meanwhile.
    over.filter(pk__in=[pk, *oldest]).delete()


def _hashed(key: str) -> str:
    return salted_hmac(SALT, key.encode("utf-8", "surrogatepass"), algorithm="sha256").hexdigest()
