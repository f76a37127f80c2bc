"""Statements on their way to the database and back: one by one, or as a batch in one round trip.

Each round trip costs both sides a message, a wait and a change of hands, which is more than a small statement costs.
What does not wait for another's answer travels with it: PostgreSQL runs them one after the other all the same. They are
prepared once per connection there, and stay so (`statement_cache.py`); elsewhere each takes its own cursor.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, DataError, OperationalError, connections, transaction

DIVISION_BY_ZERO = "22012"  # PostgreSQL's code for it: how the first statement says that it changed no row
UNDONE = ("40001", "40P01")  # a serialization failure, a deadlock

Result = tuple[list[Any], int]
"""Rows, and how many were found or changed."""


class SqlText:
    """SQL in pieces, with a parameter between any two."""

    def __init__(self, pieces: Sequence[str]) -> None:
        first, *others = pieces
        self.sql = "%s".join(piece.replace("%", "%%") for piece in pieces)
        self.numbered = first + "".join(f"${n}{piece}" for n, piece in enumerate(others, 1))

    @property
    def numbered_or_fails(self) -> str:
        """The same for PostgreSQL, as a statement that fails where it changes no row."""
        return f"WITH changed AS ({self.numbered} RETURNING 1) SELECT 1 / COUNT(*) FROM changed"  # noqa: S608

    def run(self, connection: Any, parameters: Sequence[Any]) -> Result:
        """The rows, and how many were found or changed."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount


class Statement(NamedTuple):
    """A statement with its values, and what is made of its result."""

    text: SqlText
    parameters: Sequence[Any]
    read: Callable[[Result], Any]


def batch(*statements: Statement) -> list[Any]:
    """What some statements give, none of which waits for another's answer: on PostgreSQL in one round trip."""
    if not statements:
        return []
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        numbered = [(each.text.numbered, each.parameters) for each in statements]
        if connection.can_prepare(numbered):
            results = connection.run_prepared(numbered)
            return [each.read(result) for each, result in zip(statements, results, strict=True)]
    return [each.read(each.text.run(connection, each.parameters)) for each in statements]


def run_to_the_end(connection: Any, numbered: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Statements that are a transaction of their own; once more where PostgreSQL undid it to end a deadlock."""
    try:
        connection.run_prepared(numbered)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in UNDONE:
            raise
        connection.run_prepared(numbered)  # undone as a whole, for somebody else's sake, who is through by now


class NothingChanged(Exception):
    """There was no row that the first statement could change: none of them is done."""


def atomic_batch(first: Statement, *others: Statement) -> None:
    """Some statements as one transaction, which is undone where the first changes no row: NothingChanged.

    On PostgreSQL one round trip: what travels together, with no transaction begun before, is one.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        numbered = [(first.text.numbered_or_fails, first.parameters)]
        numbered += [(each.text.numbered, each.parameters) for each in others]
        if connection.can_prepare(numbered):
            try:
                run_to_the_end(connection, numbered)
            except DataError as error:
                if getattr(error.__cause__, "sqlstate", None) == DIVISION_BY_ZERO:
                    raise NothingChanged from None
                raise
            return
    with transaction.atomic():
        changed, *_ = batch(first, *others)
        if not changed:
            raise NothingChanged
