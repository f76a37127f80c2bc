"""`manage.py check --database default`: is there a pooler in between, and does it know prepared statements?

A pooler tells a client a process number of its own, so it is seen. In session mode it changes nothing for us. In
transaction mode two clients share a server's connection, and then it has to know the statements that each of them has
prepared. PgBouncer does from 1.21 on, where `max_prepared_statements` lets it, under names of its own.
"""

from typing import Any

import psycopg
from django.core.checks import CheckMessage, Warning
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.postgresql.base import DatabaseWrapper

PROBE = "aftercart_check"
UNKNOWN_THERE = Warning(
    "There is a pooler in transaction mode before the database that does not know prepared statements: one client "
    "may meet another's.",
    hint="PgBouncer 1.22 or newer with max_prepared_statements = 300 (docs/scale.md), or session mode.",
    id="database.W001",
)


class Validation(BaseDatabaseValidation):
    """What Django checks of a database, and this."""

    connection: DatabaseWrapper

    def check(self, **options: Any) -> list[CheckMessage]:
        """A warning where prepared statements may meet others."""
        found = list(super().check(**options))
        if self.connection.settings_dict["OPTIONS"].get("prepare_threshold") is None:
            return found
        parameters = self.connection.get_connection_params()
        with self.connection.wrap_database_errors:
            one, two = (psycopg.connect(**parameters, autocommit=True) for _ in range(2))
            with one, two:
                mixes_them_up = _shares(one, two) and not _renames(one)
        return [*found, UNKNOWN_THERE] if mixes_them_up else found


def _process(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    return int(row[0]) if row else 0


def _shares(one: psycopg.Connection[Any], two: psycopg.Connection[Any]) -> bool:
    """Whether a server's process works for both, one after the other."""
    seen = {_process(one) for _ in range(3)}
    return one.info.backend_pid not in seen and _process(two) in seen


def _renames(one: psycopg.Connection[Any]) -> bool:
    """Whether what is prepared under a name of ours has another name there."""
    one.pgconn.prepare(PROBE.encode(), b"SELECT 1")
    ask = "SELECT count(*) FROM pg_prepared_statements WHERE name = %s"
    row = one.execute(ask, [PROBE], prepare=False).fetchone()
    return not (row and row[0])
