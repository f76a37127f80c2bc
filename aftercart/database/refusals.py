"""Temporary errors of a database, which time or another connection could heal: one table from SQLSTATE to an answer.

Clients are told to ask again (503 with `Retry-After`), a duty is tried again without counting an attempt, and the
connection is dropped: after a failover, or behind a pooler, the next one may lead to a healthy server.

Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html. SQLite has none: its OperationalErrors (locked,
full, read-only) are temporary as well.
"""

from collections.abc import Mapping
from typing import Any

from django.db import Error, InterfaceError, OperationalError

AT_ONCE, SOON, LATER = 1, 5, 30  # seconds

# A class of SQLSTATE (two letters), or one code that the class does not speak for.
SECONDS: Mapping[str, int] = {
    "08": SOON,  # connection exception; poolers say this whatever is wrong with their servers
    "0B": SOON,  # invalid transaction initiation: a server that is shutting down
    "25006": SOON,  # read-only: a standby, or a primary that was demoted
    "25P03": SOON,  # idle in transaction for too long: the session is over
    "25P04": SOON,  # transaction timeout: the session is over
    "26000": AT_ONCE,  # a prepared statement that does not exist: thrown away, or another server's behind a pooler
    "40": AT_ONCE,  # transaction rollback: serialization failure, deadlock
    "42P05": AT_ONCE,  # a prepared statement that exists already: another client's behind a pooler
    "53": SOON,  # insufficient resources: too many clients, out of memory
    "53100": LATER,  # disk full
    "55006": AT_ONCE,  # object in use
    "55P03": AT_ONCE,  # lock not available
    "57": SOON,  # operator intervention: shutdown, crash, recovery, cancelled
    "57014": AT_ONCE,  # query cancelled: its time was over
    "58": LATER,  # system error: the disk cannot be read
    "72": AT_ONCE,  # snapshot too old
}
# What a statement must be prepared anew for; the plan's has a code that says other things, too.
FORGOTTEN = ("26000", "42P05")
CHANGED_PLAN = ("0A000", "RevalidateCachedQuery")


def seconds_to_wait(error: BaseException) -> int | None:
    """Seconds after which to ask again; None for a lasting error. Takes Django's errors and the driver's."""
    state = getattr(_of_driver(error), "sqlstate", None) or ""
    seconds = SECONDS.get(state) or SECONDS.get(state[:2])
    if seconds is None and needs_preparing(error):
        return AT_ONCE
    if seconds is None and isinstance(error, OperationalError | InterfaceError):
        return SOON  # the connection broke, or was never made: no server gave a code
    return seconds


def needs_preparing(error: BaseException) -> bool:
    """Whether a statement was not run only because it was prepared before something changed."""
    said = _of_driver(error)
    state = getattr(said, "sqlstate", None)
    return state in FORGOTTEN or (state == CHANGED_PLAN[0] and said.diag.source_function == CHANGED_PLAN[1])


def said_of(error: BaseException) -> str:
    """What the database said, without its details, which contain people's data."""
    said = _of_driver(error)
    if getattr(said, "sqlstate", None) and said.diag.message_primary:
        return f"{said.sqlstate}: {said.diag.message_primary}"
    return str(error).partition("\n")[0]


def _of_driver(error: BaseException) -> Any:
    """The driver's error behind Django's. Which driver is not asked: an installation has the one that it uses."""
    return error.__cause__ if isinstance(error, Error) else error
