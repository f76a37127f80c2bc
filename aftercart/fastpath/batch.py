"""Statements on their way to the database and back: one by one, or as a batch in one round trip.

Each round trip costs both sides a message, a wait and a context switch, which is more than a small statement costs.
Statements that don't depend on each other's answers travel together. How is the database's business (`postgresql.py`,
`sqlite.py`); if a batch is not possible, or switched off by FASTPATH, the statements run one by one.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

Result = tuple[list[Any], int]
"""Rows, and how many were found or changed."""


class SqlText:
    """SQL in pieces, with a parameter between any two."""

    def __init__(self, pieces: Sequence[str]) -> None:
        first, *others = pieces
        self.sql = "%s".join(piece.replace("%", "%%") for piece in pieces)
        self.numbered = first + "".join(f"${n}{piece}" for n, piece in enumerate(others, 1))

    def run(self, connection: Any, parameters: Sequence[Any]) -> Result:
        """The rows, and how many were found or changed, by a cursor of Django's."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount


class SqlStatement(NamedTuple):
    """A statement with its values, and how its result is decoded."""

    text: SqlText
    parameters: Sequence[Any]
    read: Callable[[Result], Any]

    def run(self) -> Any:
        """What it gives, in its turn."""
        return self.read(connections[DEFAULT_DB_ALIAS].run_statement(self))  # type: ignore[attr-defined]


class DjangoStatement(NamedTuple):
    """The same as Django's querysets do it, where FASTPATH has no rows."""

    run: Callable[[], Any]


Statement = SqlStatement | DjangoStatement


def batch(*statements: Statement) -> list[Any]:
    """The results of some independent statements: on PostgreSQL in one round trip."""
    if statements and "batch" in settings.FASTPATH:
        connection: Any = connections[DEFAULT_DB_ALIAS]
        return connection.run_batch(statements)  # type: ignore[no-any-return]
    return [each.run() for each in statements]


class NothingChanged(Exception):
    """There was no row that the first statement could change: none of them is done."""


def atomic_batch(first: Statement, *others: Statement) -> None:
    """Some statements as one transaction, which is undone if the first changes no row.

    On PostgreSQL one round trip: a pipeline without an explicit transaction is one. Raises NothingChanged.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if "batch" in settings.FASTPATH and not connection.in_atomic_block:
        changed = connection.run_atomic_batch(first, others)
        if changed is not None:
            if not changed:
                raise NothingChanged
            return
    with transaction.atomic():
        changed, *_ = batch(first, *others)
        if not changed:
            raise NothingChanged
