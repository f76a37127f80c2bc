"""The database backend that Django loads by the name of this package.

Every transaction (they are IMMEDIATE, so each of them writes) and every single statement that writes waits for its
turn first. The turn ends with the transaction. None is held during a call to Omnitron, since no transaction is.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from aftercart.database.forks import assert_none_inherited
from aftercart.database.sqlite.fair_lock import FairLock, fair_lock_at
from aftercart.database.threads import ends_with_its_thread
from aftercart.fastpath.sqlite import FastSQLite

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")  # as Django writes them


OTHERS = 0o007


def _for_us_alone(path: str) -> None:
    """Make sure that other users of the machine cannot read the database: orders, addresses, valid links.

    Only by its name: closing a file that SQLite has open in this process would end SQLite's locks on it.
    """
    if path == ":memory:" or path.startswith("file:"):
        return
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    for name in (path, f"{path}-wal", f"{path}-shm"):  # SQLite makes the latter two like the first
        with suppress(FileNotFoundError, PermissionError):
            mode = os.stat(name).st_mode
            if mode & OTHERS:
                os.chmod(name, stat.S_IMODE(mode) & ~OTHERS)


class TrackedConnection(sqlite3.Connection):
    """Python's, but it can be referred to weakly, and knows whether it is closed."""

    closed = False

    def close(self) -> None:
        """Python's."""
        super().close()
        self.closed = True


class DatabaseWrapper(FastSQLite, base.DatabaseWrapper):
    """Django's wrapper around a connection whose writes wait for their turn, at most `OPTIONS["timeout"]` seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: FairLock | None = None  # the one that we hold

    @contextmanager
    def one_turn(self) -> Iterator[None]:
        """A turn for one statement outside a transaction."""
        self._wait_for_turn()
        try:
            yield
        finally:
            self._end_turn()

    def get_connection_params(self) -> dict[str, Any]:
        """Django's, with connections of our class."""
        return {**super().get_connection_params(), "factory": TrackedConnection}

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection that ends with this thread, to a file that is nobody else's business.

        OpenAcrossFork where our parent had one as it made us.
        """
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        assert_none_inherited()
        _for_us_alone(str(conn_params["database"]))
        connection = super().get_new_connection(conn_params)
        ends_with_its_thread(connection, str(self.settings_dict["NAME"]))
        return connection

    def create_cursor(self, name: Any = None) -> Any:
        """A cursor that knows us; OpenAcrossFork on a connection that is our parent's."""
        assert_none_inherited()
        return self.connection.cursor(factory=lambda connection: QueueingCursor(connection, self))

    def _start_transaction_under_autocommit(self) -> None:
        self._wait_for_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()  # if this failed, a rollback or a close follows

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _wait_for_turn(self) -> None:
        if self._turn is not None or self.is_in_memory_db():  # a database in memory has no other processes
            return
        lock = fair_lock_at(str(self.settings_dict["NAME"]), os.getpid())
        seconds = self.settings_dict["OPTIONS"].get("timeout", 5.0)
        if not lock.acquire(seconds):
            raise OperationalError(f"no turn to write within {seconds:g} s")
        self._turn = lock

    def _end_turn(self) -> None:
        if self._turn is not None:
            lock, self._turn = self._turn, None
            lock.release()


class QueueingCursor(base.SQLiteCursorWrapper):
    """Django's cursor; a statement that writes on its own waits for a turn."""

    def __init__(self, connection: sqlite3.Connection, wrapper: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        """Django's, in turn."""
        if self._is_alone(query):
            with self._wrapper.one_turn():
                return super().execute(query, params)
        return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Django's, in turn."""
        if self._is_alone(query):
            with self._wrapper.one_turn():
                return super().executemany(query, param_list)
        return super().executemany(query, param_list)

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        """Django's, once per text: to look for placeholders in a long statement takes longer than to run it."""
        return _converted(query) if param_names is None else super().convert_query(query, param_names=param_names)

    def _is_alone(self, query: str) -> bool:
        return not self.connection.in_transaction and query.startswith(WRITES)


@lru_cache(maxsize=512)
def _converted(query: str) -> str:
    converted = base.SQLiteCursorWrapper.convert_query(None, query)  # type: ignore[arg-type]  # it asks no cursor
    return str(converted)
