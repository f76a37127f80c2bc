"""Behind a pooler: one that knows prepared statements is fine, one that does not is told of, and mixes up nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import Error
from django.db.utils import ConnectionHandler

from tests.conftest import demanded
from tests.reliability import pooler
from tests.reliability.servers import postgres_url


@contextmanager
def by_way_of(connection: Any, prepared: int) -> Iterator[ConnectionHandler]:
    """Connections as production keeps them, by way of a pooler in transaction mode."""
    if pooler.version() < (1, 22):
        demanded("no PgBouncer of 1.22 or newer (on the PATH, or as PGBOUNCER)")
    with pooler.a_pooler(str(postgres_url()), prepared=prepared) as url:
        there = urlsplit(url)
        own = {**connection.settings_dict, "HOST": there.hostname, "PORT": there.port, "USER": there.username}
        handler = ConnectionHandler({"default": {}, "own": own})
        yield handler
        handler.close_all()


def warnings_of(connection: Any) -> list[str]:
    return [str(found.id) for found in connection.validation.check()]


def test_without_a_pooler_there_is_nothing_to_say(connection: Any) -> None:
    assert warnings_of(connection) == []


@pytest.mark.parametrize(("prepared", "said"), [(300, []), (0, ["database.W001"])])
def test_one_that_does_not_know_prepared_statements_is_told_of(connection: Any, prepared: int, said: list[str]) -> None:
    with by_way_of(connection, prepared) as handler:
        assert warnings_of(handler["own"]) == said


@pytest.mark.parametrize("prepared", [300, 0])
def test_nobody_is_ever_answered_with_somebody_elses_statement(connection: Any, prepared: int) -> None:
    """The worst is an error; where the pooler is right there is none."""
    wrong: list[Any] = []
    errors: list[str] = []

    def ask(who: int, handler: ConnectionHandler) -> None:
        own = handler["own"]
        for turn in range(60):
            text = f"SELECT '{who}-{turn % 5}', $1::int"
            try:
                ((found, value),) = own.run_prepared([(text, [turn])])[0][0]
                with own.cursor() as cursor:
                    cursor.execute(f"SELECT 'cursor {who}-{turn % 5}', %s::int", [turn])
                    by_cursor = cursor.fetchone()
            except Error as error:
                errors.append(str(error))
                continue
            if (found, value, *by_cursor) != (f"{who}-{turn % 5}", turn, f"cursor {who}-{turn % 5}", turn):
                wrong.append((found, value, *by_cursor))
        own.close()

    with by_way_of(connection, prepared) as handler:
        threads = [threading.Thread(target=ask, args=(n, handler)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert errors == [] or prepared == 0
