"""A statement of the cache does what a cursor of Django's would do, in fair weather and in foul."""

import contextlib
import json
import re
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, transaction
from django.test.utils import CaptureQueriesContext
from psycopg.types.json import Jsonb

from aftercart.fastpath.batch import SqlText
from aftercart.fastpath.postgresql import NOTHING_CHANGED, or_fails
from aftercart.fastpath.statement_cache import MOST
from tests.reliability.servers import on_postgres, postgres_url

VALUES = (
    "SELECT $1::text, $2::bigint, $3::timestamptz, $4::uuid, $5::jsonb, $6::numeric, $7::boolean, NULL::int,"
    " ARRAY[1, 2], '%s', generate_series(1, 3)"
)
GIVEN = [
    "Öğle 'çayı' \\",
    2**62,
    datetime(2026, 11, 24, 3, 4, 5, 678, tzinfo=UTC),
    UUID(int=7),
    Jsonb({"a": [1, None]}),
    Decimal("12.50"),
    True,
]
INSERT = "INSERT INTO cached_once (id) VALUES ($1)"
COUNT = "SELECT count(*) FROM cached_once"


@pytest.fixture
def table(connection: Any) -> str:
    """A table that the connection takes along when it ends."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE cached_once (id int PRIMARY KEY)")
    return "cached_once"


def known_there(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'cached%%'")
        return int(cursor.fetchone()[0])


def test_it_reads_what_a_cursor_reads(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(re.sub(r"\$\d", "%s", VALUES.replace("%", "%%")), GIVEN)
        expected = cursor.fetchall()
    for _ in range(3):  # before its columns are known, and after
        rows, count = run(connection, VALUES, GIVEN)
        assert rows == expected
        assert count == 3
    assert json.loads(expected[0][4]) == {"a": [1, None]}
    assert known_there(connection) == 1


def run(connection: Any, sql: str, given: list[Any]) -> Any:
    (answer,) = connection.run_prepared([(sql, given)])
    return answer


def alone(connection: Any, call: tuple[str, list[Any]]) -> None:
    run(connection, *call)


def in_a_transaction(connection: Any, *runs: tuple[str, list[Any]]) -> None:
    with transaction.atomic(connection.alias):
        for sql, given in runs:
            run(connection, sql, given)


def test_it_begins_the_transaction_that_is_due(connection: Any, table: str) -> None:
    for _ in range(2):
        with transaction.atomic(connection.alias):
            assert run(connection, INSERT, [1]) == ([], 1)
            assert run(connection, COUNT, []) == ([(1,)], 1)
            transaction.set_rollback(True, connection.alias)
        assert run(connection, COUNT, []) == ([(0,)], 1)
    in_a_transaction(connection, (INSERT, [1]), (INSERT, [2]))
    assert run(connection, COUNT, []) == ([(2,)], 1)


@pytest.mark.parametrize("first", [True, False], ids=["as the first of a transaction", "later"])
def test_what_the_database_refuses_is_djangos_error_and_undone(connection: Any, table: str, first: bool) -> None:
    run(connection, INSERT, [1])
    with pytest.raises(IntegrityError):
        in_a_transaction(connection, *[(INSERT, [2])][first:], (INSERT, [1]))
    assert run(connection, COUNT, []) == ([(1,)], 1)
    with pytest.raises(IntegrityError):
        run(connection, INSERT, [1])
    assert run(connection, COUNT, []) == ([(1,)], 1)


def test_in_a_transaction_that_has_failed_nothing_more_is_asked(connection: Any, table: str) -> None:
    with transaction.atomic(connection.alias):
        run(connection, INSERT, [1])
        connection.needs_rollback = True
        with pytest.raises(transaction.TransactionManagementError):
            run(connection, COUNT, [])
    assert run(connection, COUNT, []) == ([(0,)], 1)


def test_a_statement_that_cannot_be_prepared_says_so_each_time(connection: Any) -> None:
    for _ in range(2):
        with pytest.raises(Exception, match="nowhere"):
            run(connection, "SELECT 1 FROM nowhere", [])
    assert run(connection, "SELECT 1", []) == ([(1,)], 1)


def test_a_new_connection_prepares_anew(connection: Any) -> None:
    ((process,),), _ = run(connection, "SELECT pg_backend_pid()", [])
    on_postgres(f"SELECT pg_terminate_backend({process}, 5000)")
    connection.close_if_unusable_or_obsolete()
    ((other,),), _ = run(connection, "SELECT pg_backend_pid()", [])
    assert other != process


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a transaction"])
def test_a_server_that_goes_in_between_is_djangos_error_and_the_next_request_works(
    connection: Any, inside: bool
) -> None:
    ((process,),), _ = run(connection, "SELECT pg_backend_pid()", [])
    on_postgres(f"SELECT pg_terminate_backend({process}, 5000)")
    somehow = in_a_transaction if inside else alone
    with pytest.raises(OperationalError):
        somehow(connection, ("SELECT pg_backend_pid()", []))
    connection.close_if_unusable_or_obsolete()
    ((other,),), _ = run(connection, "SELECT pg_backend_pid()", [])
    assert other != process


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a transaction"])
def test_an_answer_that_does_not_come_is_not_waited_for(connection: Any, settings: Any, inside: bool) -> None:
    run(connection, "SELECT pg_sleep($1)", [0])
    settings.DATABASE_STATEMENT_SECONDS = 0.1  # and a second of grace
    began = time.monotonic()
    somehow = in_a_transaction if inside else alone
    with pytest.raises(OperationalError, match="no answer within"):
        somehow(connection, ("SELECT pg_sleep($1)", [30]))
    assert time.monotonic() - began < 10
    connection.close_if_unusable_or_obsolete()
    assert run(connection, "SELECT 1", []) == ([(1,)], 1)


def test_where_somebody_looks_on_or_nothing_may_be_prepared_it_is_not_used(connection: Any) -> None:
    assert connection.can_prepare([])
    with CaptureQueriesContext(connection):
        assert not connection.can_prepare([])
    with connection.execute_wrapper(lambda execute, *arguments: execute(*arguments)):
        assert not connection.can_prepare([])
    connection.settings_dict["OPTIONS"]["prepare_threshold"] = None
    assert not connection.can_prepare([])


def test_several_travel_as_a_batch_and_answer_each_for_itself(connection: Any, table: str) -> None:
    several = [(INSERT, [1]), (COUNT, []), (INSERT, [2]), (COUNT, []), ("DELETE FROM cached_once", [])]
    answers = [([], 1), ([(1,)], 1), ([], 1), ([(2,)], 1), ([], 2)]
    for _ in range(2):
        assert connection.run_prepared(several) == answers
        with transaction.atomic(connection.alias):
            assert connection.run_prepared(several) == answers


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a transaction"])
def test_of_several_of_which_one_fails_nothing_is_done(connection: Any, table: str, inside: bool) -> None:
    several = [(INSERT, [1]), (INSERT, [1]), (INSERT, [2])]
    for _ in range(2):
        with pytest.raises(IntegrityError):
            all_of(connection, several, inside=inside)
        assert run(connection, COUNT, []) == ([(0,)], 1)


def all_of(connection: Any, calls: list[tuple[str, list[Any]]], *, inside: bool) -> None:
    with transaction.atomic(connection.alias) if inside else contextlib.nullcontext():
        connection.run_prepared(calls)


def test_of_a_first_batch_that_fails_what_was_prepared_stays(connection: Any, table: str) -> None:
    with pytest.raises(DataError):
        connection.run_prepared([(COUNT, []), ("SELECT 1 / $1::int", [0]), ("SELECT 2", [])])
    assert known_there(connection) == 3
    with pytest.raises(ProgrammingError, match="nowhere"):
        connection.run_prepared([("SELECT 3", []), ("SELECT 1 FROM nowhere", []), ("SELECT 4", [])])
    assert known_there(connection) == 4
    several = [("SELECT 4", []), (COUNT, []), ("SELECT 3", []), ("SELECT 2", [])]
    assert connection.run_prepared(several) == [([(n,)], 1) for n in (4, 0, 3, 2)]
    assert known_there(connection) == 5


def test_no_more_are_cached_than_a_connection_can_bear(connection: Any) -> None:
    for number in range(MOST):
        run(connection, f"SELECT {number}", [])
    assert connection.can_prepare([("SELECT 1", [])])
    assert not connection.can_prepare([("SELECT 'another'", [])])


def test_what_psycopg_throws_away_after_a_rollback_is_prepared_anew(connection: Any, table: str) -> None:
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT %s::int", [1])  # psycopg prepares this one, and forgets all after a rollback
    for _ in range(3):
        run(connection, INSERT, [1])
        with pytest.raises(IntegrityError):
            in_a_transaction(connection, (INSERT, [2]), (INSERT, [1]))
        assert run(connection, COUNT, []) == ([(1,)], 1)
        run(connection, "DELETE FROM cached_once", [])


def test_what_somebody_else_throws_away_is_prepared_anew(connection: Any) -> None:
    run(connection, "SELECT 1", [])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert run(connection, "SELECT 1", []) == ([(1,)], 1)


def test_a_column_that_has_another_type_now_is_met_by_nobody(connection: Any, table: str) -> None:
    in_a_transaction(connection, (INSERT, [1]))
    assert run(connection, "SELECT id FROM cached_once", []) == ([(1,)], 1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cached_once ALTER COLUMN id TYPE text")
    assert run(connection, "SELECT id FROM cached_once", []) == ([("1",)], 1)


def test_what_travels_behind_a_statement_that_changes_nothing_is_not_done(connection: Any, table: str) -> None:
    """The transaction of `atomic_batch`: one round trip, no BEGIN and no COMMIT."""
    first = or_fails(SqlText(["UPDATE cached_once SET id = id WHERE id = ", ""]))
    for _ in range(2):  # before it is cached, and after
        with pytest.raises(DataError, match=NOTHING_CHANGED):
            connection.run_prepared([(first, [7]), (INSERT, [1])])
        assert run(connection, COUNT, []) == ([(0,)], 1)
    run(connection, INSERT, [7])
    connection.run_prepared([(first, [7]), (INSERT, [1])])
    assert run(connection, COUNT, []) == ([(2,)], 1)


def test_a_transaction_of_one_round_trip_that_a_deadlock_undid_is_run_once_more(connection: Any) -> None:
    """A deadlock ended for somebody else's sake is no fault of the customer's, and the other is through by then."""
    ours = [("SELECT pg_advisory_xact_lock(71)", []), ("SELECT pg_sleep(0.3), pg_advisory_xact_lock(72)", [])]
    with psycopg.connect(str(postgres_url())) as other:
        other.execute("SET LOCAL deadlock_timeout = '1min'")  # so it is we who notice, and are undone
        other.execute("SELECT pg_advisory_xact_lock(72)")

        def cross() -> None:
            time.sleep(0.1)
            other.execute("SELECT pg_advisory_xact_lock(71)")
            other.commit()

        crossing = threading.Thread(target=cross)
        crossing.start()
        connection.run_to_the_end(ours)
        crossing.join()
