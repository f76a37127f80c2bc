"""The database backend that Django loads by the name of this package.

`statement_timeout` ends what PostgreSQL itself knows to be slow. It cannot end the wait for a server that hangs, or
for a network that swallows packets: there psycopg would wait as long as the kernel does, in one thread of the web
process after the other. So the wait has a limit here, too, and the connection is dropped when it is reached.

A kept connection is checked before its first use in a request (`CONN_HEALTH_CHECKS`). Django asks the server, which
costs every request a round trip. But a server that ends a connection says so, or its kernel does: then there is
something to read. If there is nothing to read, nothing has happened.
"""

import select
from contextlib import suppress
from datetime import UTC
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property

from aftercart.database.postgresql.generations import Cursor, TextNames
from aftercart.database.postgresql.validation import Validation
from aftercart.database.refusals import seconds_to_wait
from aftercart.database.threads import ends_with_its_thread
from aftercart.fastpath.postgresql import FastPostgreSQL, UtcLoader
from aftercart.fastpath.statement_cache import StatementCache

# Seconds beyond `statement_timeout`: if the server can say so itself, let it.
GRACE = 1.0


class Impatient(psycopg.Connection[Any]):
    """A connection that is closed when an answer takes longer than any statement may."""

    def __init__(self, pgconn: Any) -> None:
        super().__init__(pgconn)
        self._prepared = TextNames()
        self.statement_cache = StatementCache(self)
        self.arriving = select.poll()  # not select(): its sockets have low numbers
        self.arriving.register(pgconn.socket, select.POLLIN | select.POLLPRI)

    def _deallocate(self, name: bytes | None) -> Any:
        """Take a prepared statement from the server; None: all of them, as psycopg does after a rollback."""
        if name is None:
            self.statement_cache.forget()
        yield from super()._deallocate(name)

    def begin_anew(self) -> None:
        """Forget all that is prepared, and the transaction that has just begun with an error."""
        if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            self.rollback()
        self._prepared.clear()
        self.statement_cache.forget()

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server, up to a limit."""
        limit = settings.DATABASE_STATEMENT_SECONDS
        if timeout is not None or not limit:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, limit + GRACE)
        except psycopg.errors._WaitTimeout as late:
            # Who gives up ends it at the server, too: its process would go on waiting there, and keep its place.
            with suppress(psycopg.Error):
                self.cancel_safe(timeout=GRACE)
            # A late answer must never be taken for the answer to the next statement.
            self.close()
            raise psycopg.OperationalError(f"no answer within {limit + GRACE:g} s") from late


class _Driver:
    """psycopg as Django uses it, but for the connections."""

    connect = Impatient.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)


class Leaving(DatabaseErrorWrapper):
    """Django's errors from the driver's; after an error that another connection may not have, this one is closed."""

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        broken = isinstance(exc_value, psycopg.OperationalError | psycopg.InterfaceError)
        if broken or (exc_value is not None and seconds_to_wait(exc_value) is not None):
            self.wrapper.leave()  # type: ignore[attr-defined]
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(FastPostgreSQL, base.DatabaseWrapper):
    """Django's wrapper around our connections, with what makes it fast (`aftercart/fastpath/`)."""

    Database = _Driver()  # type: ignore[assignment]
    validation_class = Validation

    @cached_property
    def wrap_database_errors(self) -> Leaving:
        """What everything that speaks to the driver runs in."""
        return Leaving(self)

    def leave(self) -> None:
        """Close the connection. An open transaction notices at its end; the next one begins on another connection."""
        if self.connection is None:
            return
        self.connection.close()
        self.errors_occurred = True
        if self.autocommit:
            self.connection = None
        else:
            self.closed_in_transaction = self.needs_rollback = True

    def get_connection_params(self) -> Any:
        """Django's, with our cursor where values are bound by the server."""
        parameters = super().get_connection_params()
        if parameters["cursor_factory"] is base.ServerBindingCursor:
            parameters["cursor_factory"] = Cursor
        return parameters

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection that ends with this thread, and reads moments quickly if they come in UTC."""
        connection = super().get_new_connection(conn_params)
        ends_with_its_thread(connection, str(self.settings_dict["NAME"]))
        if self.timezone == UTC and "rows" in settings.FASTPATH:
            connection.adapters.register_loader("timestamptz", UtcLoader)
        return connection

    def is_usable(self) -> bool:
        """Whether the connection works, by a look at its socket; the server is asked only in doubt."""
        if not self.errors_occurred and self.connection is not None and _is_quiet(self.connection):
            return True
        return super().is_usable()


def _is_quiet(connection: Impatient) -> bool:
    """Whether it is open, in no transaction, and nothing has come since the last answer: no farewell, no end."""
    if connection.closed or connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    return not connection.arriving.poll(0)
