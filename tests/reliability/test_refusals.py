"""What PostgreSQL refuses and a moment could heal is 503 with `Retry-After`, everywhere, and the connection is left."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from aftercart import http_errors
from aftercart.database.refusals import SECONDS, seconds_to_wait
from aftercart.orders.signed_number import sign
from omnitron_sandbox import running
from tests.conftest import demanded
from tests.reliability.crowd import cancel_body
from tests.reliability.servers import Shop, a_shop, postgres_url

# A code of each class, where the class is what the table speaks of.
OF_CLASS = {"08": "08006", "0B": "0B000", "40": "40001", "53": "53300", "57": "57P01", "58": "58030", "72": "72000"}
HEALED = [OF_CLASS.get(code, code) for code in SECONDS] + ["40P01", "53200", "57P03", "57P05", "08P01"]
NOT_HEALED = ["0A000", "22012", "23505", "25P02", "42501", "42703", "42P01", "P0001", "XX001"]


def refusing(code: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{code}'; END $$"


def process_of(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def refuse(connection: Any, code: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(refusing(code))
    return caught.value


@pytest.mark.parametrize("code", HEALED)
def test_it_is_503_and_the_next_statement_goes_over_another_connection(connection: Any, code: str) -> None:
    before = process_of(connection)
    error = refuse(connection, code)
    answer = http_errors.answer(error)
    assert (answer.status_code, json.loads(answer.content)["error_code"]) == (503, "busy")
    assert int(answer["Retry-After"]) == seconds_to_wait(error)
    assert connection.connection is None
    assert process_of(connection) != before


@pytest.mark.parametrize("code", ["25006", "40P01", "55P03"])
def test_within_a_transaction_nothing_goes_over_it_any_more(connection: Any, code: str) -> None:
    before = process_of(connection)

    def begin_and_be_refused() -> None:
        with transaction.atomic(using="own"), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            try:
                with transaction.atomic(using="own"):
                    cursor.execute(refusing(code))
            finally:
                assert connection.connection.closed

    with pytest.raises(DatabaseError) as caught:
        begin_and_be_refused()
    assert seconds_to_wait(caught.value) is not None
    assert process_of(connection) != before
    with transaction.atomic(using="own"):
        assert process_of(connection) != before


@pytest.mark.parametrize("code", NOT_HEALED)
def test_what_no_moment_heals_is_ours_and_the_connection_is_kept(connection: Any, code: str) -> None:
    before = process_of(connection)
    error = refuse(connection, code)
    assert http_errors.answer(error).status_code == 500
    assert process_of(connection) == before


def test_a_session_that_was_ended_is_503(connection: Any) -> None:
    before = process_of(connection)
    with psycopg.connect(str(postgres_url()), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    with pytest.raises(DatabaseError) as caught:
        process_of(connection)
    assert http_errors.answer(caught.value).status_code == 503
    assert process_of(connection) != before


def test_a_deadlock_is_503_for_the_one_that_postgresql_ends(connection: Any) -> None:

    def take_what_another_has(other: Any) -> None:
        with transaction.atomic(using="own"), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
            cursor.execute("SELECT pg_advisory_xact_lock(42)")
            other.pgconn.send_query(b"SET LOCAL deadlock_timeout = '1min'; SELECT pg_advisory_xact_lock(42)")
            cursor.execute("SELECT pg_sleep(0.2)")
            cursor.execute("SELECT pg_advisory_xact_lock(41)")

    with psycopg.connect(str(postgres_url())) as other:
        other.execute("SELECT pg_advisory_xact_lock(41)")
        with pytest.raises(DatabaseError) as caught:
            take_what_another_has(other)
        other.pgconn.finish()
    assert caught.value.__cause__.sqlstate == "40P01"  # type: ignore[union-attr]
    assert http_errors.answer(caught.value).status_code == 503


# Over HTTP: every read of the orders is refused with the code that stands in a table.

VIEW = """
CREATE TABLE refusal (code text);
ALTER TABLE orders_order RENAME TO orders_table;
CREATE FUNCTION is_well() RETURNS bool LANGUAGE plpgsql VOLATILE AS $$
    DECLARE told text;
    BEGIN
        SELECT code INTO told FROM refusal;
        IF told IS NOT NULL THEN RAISE EXCEPTION 'as asked' USING ERRCODE = told; END IF;
        RETURN true;
    END $$;
CREATE VIEW orders_order AS SELECT * FROM orders_table WHERE is_well();
"""


@pytest.fixture(scope="module")
def refusing_shop(tmp_path_factory: Any) -> Iterator[tuple[Shop, Any]]:
    if postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    folder: Path = tmp_path_factory.mktemp("refusing")
    with running(plan_delay=-1) as remote, a_shop("postgres", folder, remote, OMNITRON_TIMEOUT="10") as shop:
        seed = shop.inside("seed", orders=1)
        remote.add_orders(seed["orders"])
        with psycopg.connect(shop.database, autocommit=True) as own:
            own.execute(VIEW)
        shop.start_web(threads=2)
        yield shop, seed


def answer_of(shop: Shop, seed: Any, path: str, *, json_wanted: bool, body: Any = None) -> tuple[int, str, str]:
    """Status, Retry-After, and the body."""
    headers = {"Cookie": seed["cookie"], "X-CSRFToken": seed["token"]}
    headers["Accept"] = "application/json" if json_wanted else "text/html"
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    try:
        with urlopen(Request(shop.url + path, data, headers), timeout=30) as answer:
            return answer.status, "", answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers.get("Retry-After", ""), refused.read().decode()


@pytest.mark.parametrize("code", ["25006", "40001", "55P03", "53100", "53300", "57P03"])
def test_express_and_django_pages_and_json_all_say_so(refusing_shop: tuple[Shop, Any], code: str) -> None:
    shop, seed = refusing_shop
    order = seed["orders"][0]
    number = order["number"]
    asked = [
        (f"/orders/completed/{sign(number)}/", True, None),
        (f"/orders/{number}/cancellation-options/", True, None),
        (f"/orders/{number}/cancel/", True, cancel_body(order)),
        ("/users/orders/?format=json", True, None),
        ("/orders/address_change/", True, {"order": order["id"], "address": seed["address"]}),
        ("/account/orders/", False, None),
        (f"/account/orders/{number}/", False, None),
    ]
    with psycopg.connect(shop.database, autocommit=True) as own:
        own.execute("DELETE FROM refusal")
        own.execute("INSERT INTO refusal VALUES (%s)", [code])
        for path, json_wanted, body in asked:
            status, again, text = answer_of(shop, seed, path, json_wanted=json_wanted, body=body)
            assert (status, bool(again)) == (503, True), (path, text[:300], shop.logs())
            assert ("busy" in text) is True, path
        own.execute("DELETE FROM refusal")
    assert answer_of(shop, seed, asked[0][0], json_wanted=True)[0] == 200, shop.logs()
