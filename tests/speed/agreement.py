"""Before anything is measured: floor and product answer the same bytes, and their cancels write the same rows."""

import json
import re
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

import psycopg

TABLES = {
    "orders_order": "id",
    "orders_orderitem": "order_id",
    "orders_orderevent": "order_id",
    "cancellations_cancellationattempt": "order_id",
    "cancellations_cancellationrequest": "order_id",
    "mails_mail": "order_id",
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00(:00)?)?")
KEY = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


class Disagreement(Exception):
    """Two that should have done the same did not; measuring them against each other would say nothing."""


def ask(port: int, path: str, customer: dict[str, str], body: Any = None) -> tuple[int, bytes]:
    """Status and body of one request."""
    headers = {
        "Host": "127.0.0.1",
        "Cookie": customer["cookie"],
        "Accept": "application/json",
        "Accept-Language": "en-us",
    }
    headers |= {"Content-Type": "application/json", "X-CSRFToken": customer["token"]} if body is not None else {}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", content, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def same_answers(ours: int, floor: int, paths: Sequence[tuple[str, dict[str, str]]]) -> int:
    """How many answers were compared byte for byte."""
    for path, customer in paths:
        mine, theirs = ask(ours, path, customer), ask(floor, path, customer)
        if mine != theirs or mine[0] != 200:
            raise Disagreement(_difference(path, mine, theirs))
    return len(paths)


def _difference(path: str, mine: tuple[int, bytes], theirs: tuple[int, bytes]) -> str:
    at = next((n for n, pair in enumerate(zip(mine[1], theirs[1], strict=False)) if pair[0] != pair[1]), 0)
    ours, floor = mine[1][max(0, at - 60) : at + 60], theirs[1][max(0, at - 60) : at + 60]
    return f"{path}: {mine[0]} and {theirs[0]}, {len(mine[1])} and {len(theirs[1])} bytes\n  {ours!r}\n  {floor!r}"


def rows_of(database: str, number: str) -> list[str]:
    """Every row that belongs to an order, without what differs from order to order: keys, moments, order of writing."""
    if database.startswith("postgres"):
        with psycopg.connect(database) as connection:
            return _rows(connection, number, "%s")
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        return _rows(connection, number, "?")
    finally:
        connection.close()


def _rows(connection: Any, number: str, mark: str) -> list[str]:
    (order,) = connection.execute(f"SELECT id FROM orders_order WHERE number = {mark}", (number,)).fetchone()
    items = connection.execute(f"SELECT id FROM orders_orderitem WHERE order_id = {mark} ORDER BY id", (order,))
    names = {order: "the order", **{item: f"item {n}" for n, (item,) in enumerate(items)}}
    told = []
    for table, column in TABLES.items():
        found = connection.execute(f"SELECT * FROM {table} WHERE {column} = {mark}", (order,))
        columns = [described[0] for described in found.description]
        told += [f"{table}: {_plain(dict(zip(columns, row, strict=True)), names, number)}" for row in found]
    return sorted(told)


# What orders are made of, and keys that differ from row to row.
LEFT_OUT = {"product", "details", "shipping_address", "billing_address", "easy_return_companies", "customer_id"}
LEFT_OUT |= {
    "tax_rate",
    "quantity",
    "price_currency",
    "omnitron_pk",
    "price",
    "retail_price",
    "amount",
    "actor",
    "to",
    "user_email",
    "message_id",
}


def _plain(row: dict[str, Any], names: dict[int, str], number: str) -> str:
    kept = {}
    for name, value in row.items():
        if name in LEFT_OUT or (name == "id" and value not in names):
            continue
        is_document = isinstance(value, str) and value[:1] in ("[", "{")
        plain = _named(json.loads(value) if is_document else value, names)
        text = json.dumps(plain, default=str, sort_keys=True)
        kept[name] = KEY.sub("key", MOMENT.sub("moment", text)).replace(number, "number")
    return json.dumps(kept, sort_keys=True)


def _named(value: Any, names: dict[int, str]) -> Any:
    if isinstance(value, dict):
        left = ("name", "price", "quantity")  # which product it was
        return {name: _named(inner, names) for name, inner in value.items() if name not in left or inner is None}
    if isinstance(value, list):
        return [_named(inner, names) for inner in value]
    if isinstance(value, bool):
        return int(value)
    return names.get(value, value) if isinstance(value, int) else value


def same_rows(database: str, ours: str, floor: str) -> int:
    """How many rows were compared: those of an order that the product cancelled, and of one that the floor did."""
    mine, theirs = rows_of(database, ours), rows_of(database, floor)
    if mine != theirs:
        only_ours = "\n  ".join(row for row in mine if row not in theirs)
        only_floor = "\n  ".join(row for row in theirs if row not in mine)
        raise Disagreement(f"rows of a cancel\n product: {only_ours}\n floor: {only_floor}")
    return len(mine)
