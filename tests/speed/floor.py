"""The floor by hand: a bare WSGI application that answers what the product answers, with nothing in between.

Session, owner, freshness and CSRF are checked, the same rows are read and written. It speaks English only, knows no
pages, no errors but 401 and 404, no idempotency keys, and adds no security headers.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg

from tests.speed import floor_sql as sql
from tests.speed.floor_cancel import cancel
from tests.speed.floor_session import cookies_of, is_meant, is_signed_in, number_in, page_of, session_key
from tests.speed.floor_shapes import Rules, shown_order

DATABASE = os.environ["DATABASE_URL"]
PRIVATE = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store, private"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex"),
]
mine = threading.local()
Start = Callable[[str, list[tuple[str, str]]], Any]


def connection() -> Any:
    """This thread's connection; every statement on it commits by itself unless a transaction is begun."""
    known = getattr(mine, "connection", None)
    if known is None:
        if sql.POSTGRES:
            known = psycopg.connect(DATABASE, autocommit=True, prepare_threshold=0)
        else:
            known = sqlite3.connect(DATABASE.removeprefix("sqlite:///"), timeout=20, isolation_level=None)
            known.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
        mine.connection = known
    return known


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """GET a completed order, one by its id, a page of them; POST a cancellation."""
    path = environ["PATH_INFO"].strip("/").split("/")
    cookies = cookies_of(environ)
    if path[:2] == ["orders", "completed"]:
        status, body = completed(path[2], session_key(cookies))
    elif path[:2] == ["users", "orders"] and len(path) == 3:
        status, body = detail(int(path[2]), session_key(cookies))
    elif path == ["users", "orders"]:
        status, body = page(environ, session_key(cookies))
    elif path[0] == "orders" and path[2] == "cancel" and is_meant(environ, cookies):
        wish = orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        status, body = cancel(connection(), session_key(cookies), path[1], wish)
    else:
        status, body = "404 Not Found", b"{}"
    start(status, PRIVATE)
    return [body]


def completed(signed: str, session: str) -> tuple[str, bytes]:
    """The order behind a signed link, for its owner."""
    number = number_in(signed)
    row = connection().execute(sql.COMPLETED, (number, session)).fetchone()
    if row is None or not is_signed_in(row[2], row[1]):
        return "401 Unauthorized", b"{}"
    if number is None or row[6] is None:
        return "404 Not Found", b"{}"
    order = shown_order(row[6:], Rules(row[3], row[4]), row[5])
    return "200 OK", orjson.dumps({"campaigns": [], "order": order})


def detail(order: int, session: str) -> tuple[str, bytes]:
    """An order by its id, for its owner."""
    row = connection().execute(sql.DETAIL, (order, session)).fetchone()
    if row is None or not is_signed_in(row[2], row[1]):
        return "401 Unauthorized", b"{}"
    if row[6] is None:
        return "404 Not Found", b"{}"
    return "200 OK", orjson.dumps(shown_order(row[6:], Rules(row[3], row[4]), row[5]))


def page(environ: dict[str, Any], session: str) -> tuple[str, bytes]:
    """A page of a customer's orders; of the filters none."""
    visitor = connection().execute(sql.VISITOR, (session,)).fetchone()
    if visitor is None or not is_signed_in(visitor[2], visitor[1]):
        return "401 Unauthorized", b"{}"
    number, limit = page_of(environ)
    start = (number - 1) * limit
    found = connection().execute(sql.PAGE, (visitor[0], limit + 1, start)).fetchall()
    count, following = start + len(found), None
    if len(found) > limit:
        (count,) = connection().execute(sql.COUNT, (visitor[0],)).fetchone()
        address = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
        following = f"{address}?{environ['QUERY_STRING']}&page={number + 1}"
    rules = Rules(visitor[3], visitor[4])
    results = [shown_order(row, rules, visitor[5]) for row in found[:limit]]
    answer = {"count": count, "next": following, "previous": None, "results": results}
    return "200 OK", orjson.dumps(answer)
