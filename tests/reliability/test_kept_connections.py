"""A kept connection to PostgreSQL is looked at before it is used: without a round trip, and not in vain."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError

from tests.reliability.servers import on_postgres, postgres_url


def ask(connection: Any, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def begin_a_request(connection: Any) -> None:
    """What Django does with a kept connection between two requests."""
    connection.close_if_unusable_or_obsolete()


def last_statement_of(process: int) -> str:
    with psycopg.connect(str(postgres_url()), autocommit=True) as other:
        found = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [process]).fetchone()
    assert found is not None
    return str(found[0])


def test_a_connection_that_works_is_kept_and_not_asked(connection: Any) -> None:
    process = ask(connection, "SELECT pg_backend_pid()")
    begin_a_request(connection)
    connection.close_if_health_check_failed()
    assert last_statement_of(process) == "SELECT pg_backend_pid()"
    assert ask(connection, "SELECT pg_backend_pid()") == process


def test_a_connection_that_the_server_ended_is_made_anew_before_anyone_meets_it(connection: Any) -> None:
    process = ask(connection, "SELECT pg_backend_pid()")
    begin_a_request(connection)
    on_postgres(f"SELECT pg_terminate_backend({process}, 5000)")
    assert ask(connection, "SELECT pg_backend_pid()") != process


def test_without_a_look_at_it_the_ended_connection_would_be_met(connection: Any) -> None:
    """The control of the test above."""
    process = ask(connection, "SELECT pg_backend_pid()")
    connection.health_check_enabled = False
    begin_a_request(connection)
    on_postgres(f"SELECT pg_terminate_backend({process}, 5000)")
    with pytest.raises(DatabaseError):
        ask(connection, "SELECT 1")


def test_what_the_server_says_in_between_is_no_farewell(connection: Any) -> None:
    """Something to read may be news of a setting: then the server is asked, and the connection kept."""
    ask(connection, "SELECT pg_backend_pid()")
    process = ask(connection, "SELECT pg_backend_pid()")
    begin_a_request(connection)
    with connection.connection.cursor() as cursor:
        cursor.execute("LISTEN somebody")
    on_postgres("NOTIFY somebody")
    connection.close_if_health_check_failed()
    assert ask(connection, "SELECT pg_backend_pid()") == process


def test_after_an_error_the_server_is_asked(connection: Any) -> None:
    process = ask(connection, "SELECT pg_backend_pid()")
    with pytest.raises(DatabaseError):
        ask(connection, "SELECT nonsense")
    begin_a_request(connection)
    assert last_statement_of(process) == "SELECT 1"
    assert ask(connection, "SELECT pg_backend_pid()") == process
