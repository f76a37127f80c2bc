"""Statements that every request repeats, without psycopg's cursor around each.

psycopg makes a cursor for every run of a statement, and a reader for every column of every result. Where a statement
brings one order, that is most of what it costs the app. A kept statement is prepared once on each connection and stays
there together with its readers, which are psycopg's own: a value is read as it is anywhere else.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus

Rows = list[tuple[Any, ...]]


class KeptStatement:
    """A statement on one connection, with `$1` for its first parameter. Raises psycopg's errors."""

    def __init__(self, connection: psycopg.Connection[Any], name: str, sql: str) -> None:
        self._connection, self._pgconn, self._name = connection, connection.pgconn, name.encode()
        self._transformer = Transformer(connection)
        self._knows_its_columns = False
        self._pgconn.send_prepare(self._name, sql.encode())
        _checked(*connection.wait(generators.execute(self._pgconn)))

    def run(self, parameters: Sequence[Any]) -> tuple[Rows, int]:
        """The rows, and how many were found or changed."""
        written = self._transformer.dump_sequence(parameters, [PyFormat.TEXT] * len(parameters))
        if not self._connection.autocommit and self._pgconn.transaction_status == TransactionStatus.IDLE:
            result = _checked(*self._begin_with(written))
        else:
            self._pgconn.send_query_prepared(self._name, written)
            result = _checked(*self._connection.wait(generators.execute(self._pgconn)))
        if result.status == ExecStatus.COMMAND_OK:
            return [], result.command_tuples or 0
        self._transformer.set_pgresult(result, set_loaders=not self._knows_its_columns)
        self._knows_its_columns = True
        return self._transformer.load_rows(0, result.ntuples, tuple), result.ntuples

    def _begin_with(self, written: Sequence[Any]) -> list[Any]:
        """The transaction that psycopg would begin first, and the statement, in one exchange."""
        self._pgconn.enter_pipeline_mode()
        try:
            self._pgconn.send_query_params(self._connection._get_tx_start_command(), None)
            self._pgconn.send_query_prepared(self._name, written)
            self._pgconn.pipeline_sync()
            results = self._connection.wait(self._results())
            self._pgconn.exit_pipeline_mode()
        except BaseException:
            self._connection.close()  # nobody else could tell what its next answer belongs to
            raise
        return results

    def _results(self) -> PQGen[list[Any]]:
        yield from generators.send(self._pgconn)
        results: list[Any] = []
        while True:
            result = yield from generators.fetch(self._pgconn)
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                return results
            if result is not None:
                results.append(result)


def _checked(*results: Any) -> Any:
    """The last of some results, if none has failed."""
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result)
    return results[-1]
