"""Statements that every request repeats, without psycopg's cursor around each.

psycopg makes a cursor for every run of a statement, and a reader for every column of every result. Where a statement
brings one order, that is most of what it costs the app. A kept statement is prepared once on each connection and stays
there together with its readers, which are psycopg's own: a value is read as it is anywhere else.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus

Rows = list[tuple[Any, ...]]


class KeptStatement:
    """A statement on one connection, with `$1` for its first parameter. Raises psycopg's errors."""

    def __init__(self, connection: psycopg.Connection[Any], name: str, sql: str) -> None:
        self._connection, self._name = connection, name.encode()
        self._transformer = Transformer(connection)
        self._knows_its_columns = False
        self._begin()
        connection.pgconn.send_prepare(self._name, sql.encode())
        self._result()

    def run(self, parameters: Sequence[Any]) -> tuple[Rows, int]:
        """The rows, and how many were found or changed. A transaction that is due, psycopg's way, begins."""
        self._begin()
        written = self._transformer.dump_sequence(parameters, [PyFormat.TEXT] * len(parameters))
        self._connection.pgconn.send_query_prepared(self._name, written)
        result = self._result()
        if result.status != ExecStatus.TUPLES_OK:
            return [], result.command_tuples or 0
        self._transformer.set_pgresult(result, set_loaders=not self._knows_its_columns)
        self._knows_its_columns = True
        return self._transformer.load_rows(0, result.ntuples, tuple), result.ntuples

    def _begin(self) -> None:
        connection = self._connection
        if not connection.autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            connection.pgconn.send_query(connection._get_tx_start_command())
            self._result()

    def _result(self) -> Any:
        (result,) = self._connection.wait(generators.execute(self._connection.pgconn))
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise psycopg.errors.error_from_result(result)
        return result
