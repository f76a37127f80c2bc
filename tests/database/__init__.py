"""The tests' database as it was migrated, kept beside it in memory: a test's rows end by copying it back.

Django's own `flush`, which ends every test that commits, makes all permissions and recurring duties anew each time, and
that takes longer than most tests. On SQLite alone: on PostgreSQL Django does as it always does.
"""

import sqlite3
from typing import Any

from django.db import connection

_kept: list[sqlite3.Connection] = []


def keep() -> None:
    """Remember the database as it is now, just migrated."""
    if connection.vendor != "sqlite":
        return
    connection.ensure_connection()
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(copy)
    _kept.append(copy)


def restore() -> bool:
    """The database as it was kept, but that no key is given out twice; False where none was kept."""
    if not _kept:
        return False
    connection.ensure_connection()
    own: Any = connection.connection
    given_out = own.execute("SELECT seq, name FROM sqlite_sequence").fetchall()
    _kept[-1].backup(own)
    own.execute("BEGIN")
    own.execute("DELETE FROM sqlite_sequence")
    own.executemany("INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)", given_out)
    own.execute("COMMIT")
    return True
