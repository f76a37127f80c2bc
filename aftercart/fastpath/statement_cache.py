"""A connection's prepared-statement cache: what every request repeats, without psycopg's cursor around each run.

psycopg makes a cursor for every run of a statement, and a loader for every column of every result. For a statement that
reads one order, that is most of its cost in the app. A statement in the cache is prepared once on each connection and
stays there together with its loaders, which are psycopg's own: values are read as everywhere else.

Several at once, with the BEGIN that is due before them, travel in one round trip: libpq's pipeline.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus

from aftercart.database.postgresql.generations import generation, name_of
from aftercart.database.refusals import needs_preparing

NumberedStatement = tuple[str, Sequence[Any]]
"""A statement with `$1` for its first parameter, and the parameters."""
Result = tuple[list[tuple[Any, ...]], int]
"""Rows, and how many were found or changed."""

# Enough for one statement per number of items that is ever cancelled at once, but not for one per wish.
MOST = 200


class _Prepared:
    """One statement on one connection: its text and its name there, and what loads its rows."""

    def __init__(self, connection: psycopg.Connection[Any], sql: str, comment: str) -> None:
        self.comment = comment
        self.text = (sql + comment).encode()
        self.name = f"cached_{name_of(self.text)}".encode()
        self._transformer = Transformer(connection)
        self._knows_its_columns = False

    def written(self, parameters: Sequence[Any]) -> Sequence[Any]:
        return self._transformer.dump_sequence(parameters, [PyFormat.TEXT] * len(parameters))

    def read(self, result: Any) -> Result:
        if result.status == ExecStatus.COMMAND_OK:
            return [], result.command_tuples or 0
        self._transformer.set_pgresult(result, set_loaders=not self._knows_its_columns)
        self._knows_its_columns = True
        return self._transformer.load_rows(0, result.ntuples, tuple), result.ntuples


class StatementCache:
    """The prepared statements of one connection. Raises psycopg's errors."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection, self._pgconn = connection, connection.pgconn
        self._cached: dict[str, _Prepared] = {}

    def forget(self) -> None:
        """The server no longer knows any of them."""
        self._cached.clear()

    def has_room_for(self, statements: Sequence[NumberedStatement]) -> bool:
        """Whether these are cached already, or there is room for them."""
        return len(self._cached) + len(statements) <= MOST or all(sql in self._cached for sql, _ in statements)

    def run(self, statements: Sequence[NumberedStatement]) -> list[Result]:
        """The results of some independent statements. If one fails, none takes effect.

        If one fails only for its old plan, and no transaction had begun before them, they are run once more.
        """
        comment = generation.comment
        begun = self._pgconn.transaction_status != TransactionStatus.IDLE
        try:
            return self._run(statements, comment)
        except psycopg.Error as reason:
            if not needs_preparing(reason):
                raise
            generation.end(comment, reason)
            if begun:
                raise
        self._connection.begin_anew()  # type: ignore[attr-defined]
        return self._run(statements, generation.comment)

    def _run(self, statements: Sequence[NumberedStatement], comment: str) -> list[Result]:
        new: dict[str, _Prepared] = {}
        for sql, _ in statements:
            known = self._cached.get(sql)
            if known is None or known.comment != comment:
                new.setdefault(sql, _Prepared(self._connection, sql, comment))
        prepared = [new.get(sql) or self._cached[sql] for sql, _ in statements]
        written = [
            (each.name, each.written(parameters)) for each, (_, parameters) in zip(prepared, statements, strict=True)
        ]
        begins = not self._connection.autocommit and self._pgconn.transaction_status == TransactionStatus.IDLE
        if begins or new or len(written) > 1:
            results = self._in_one_round_trip(new, written, begins=begins)
            for (sql, made), result in zip(new.items(), results[begins:], strict=False):
                if result.status == ExecStatus.COMMAND_OK:  # whatever becomes of those behind it
                    self._cached[sql] = made
            results = _checked(results)[-len(prepared) :]
        else:
            self._pgconn.send_query_prepared(*written[0])
            results = _checked(self._connection.wait(generators.execute(self._pgconn)))
        return [each.read(result) for each, result in zip(prepared, results, strict=True)]

    def _in_one_round_trip(
        self, new: Mapping[str, _Prepared], written: Sequence[tuple[bytes, Sequence[Any]]], *, begins: bool
    ) -> list[Any]:
        """All results: of the transaction's beginning, if psycopg has yet to begin it, of preparing what is new, and of
        the statements."""
        self._pgconn.enter_pipeline_mode()
        try:
            if begins:
                self._pgconn.send_query_params(self._connection._get_tx_start_command(), None)
            for made in new.values():
                self._pgconn.send_prepare(made.name, made.text)
            for name, parameters in written:
                self._pgconn.send_query_prepared(name, parameters)
            self._pgconn.pipeline_sync()
            results = self._connection.wait(self._results())
            self._pgconn.exit_pipeline_mode()
        except BaseException:
            self._connection.close()  # nothing could tell what its next answer belongs to
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


def _checked(results: list[Any]) -> list[Any]:
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result)
    return results
