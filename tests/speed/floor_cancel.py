"""The floor by hand, its cancel: the same rows at the same moments, the same calls, and nothing else.

Claimed durably before anything leaves the house, judged on facts read behind the claim, settled in one transaction.
Where the wish would not be cancelled directly, or Omnitron knows better, the floor has no answer (501).
"""

import http.client
import os
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.speed.floor_session import is_signed_in
from tests.speed.floor_shapes import Rules
from tests.speed.floor_sql import (
    ALIVE,
    ARRAY,
    ARRAYS,
    FALLBACK,
    HELD,
    JOINED,
    MARK,
    OWNER,
    POSTGRES,
    RULES,
    SESSION,
    TEXT,
    WHO,
    moment,
    money,
)

LEASE = timedelta(seconds=30)
OMNITRON = urlsplit(os.environ.get("OMNITRON_URL", "http://127.0.0.1:9/")).netloc
CHANNEL = "/api/v1/channel/1"
mine = threading.local()

NAME = "i.product->>'name'" if POSTGRES else "json_extract(i.product, '$.name')"
REASONS = (
    f"(SELECT {ARRAYS}({ARRAY}(id, coalesce(omnitron_pk, id))) FROM cancellations_cancellationreason WHERE is_active)"
)
CLAIMED = (
    f"SELECT {WHO}, c.email, {RULES}, {FALLBACK}, o.id, o.status, {moment('o.created_date')}, o.invoice_number,"
    f" o.omnitron_pk, o.user_email, o.language_code, {HELD}, {REASONS}{TEXT}"
    f" FROM {SESSION} LEFT JOIN orders_order o ON o.number = {MARK} AND {OWNER} WHERE {ALIVE}"
)
ITEMS = (
    f"SELECT i.id, i.status, i.invoice_number, r.id, i.omnitron_pk, {NAME}, i.quantity, {money('i.price')},"
    f" i.price_currency FROM orders_orderitem i {JOINED} WHERE i.order_id = {MARK} ORDER BY i.id"
)
ATTEMPT = (
    "INSERT INTO cancellations_cancellationattempt (id, order_id, customer_id, state, because, wish, created_date,"
    " attempts, next_attempt_at, lease_until, last_error, is_dead)"
    f" VALUES ({MARK}, {MARK}, {MARK}, 'open', '', {MARK}, {MARK}, 0, {MARK}, {MARK}, '', false)"
)
AGREED = (
    f"UPDATE cancellations_cancellationattempt SET state = 'agreed', closed_date = {MARK}, next_attempt_at = NULL,"
    f" lease_until = NULL WHERE id = {MARK} AND state = 'open'"
)
CANCELLED = (
    f"UPDATE orders_orderitem SET status_before_cancellation = status, status = 50, modified_date = {MARK}"
    f" WHERE id IN ({{marks}}) AND status NOT IN (50, 100, 600)"
)
EVENT = f"({MARK}, {MARK}, 'cancelled_directly', {MARK}, {MARK}, 50, {MARK}, {MARK})"
EVENTS = (
    "INSERT INTO orders_orderevent (order_id, order_item_id, kind, actor, from_status, to_status, data, created_date)"
    " VALUES {rows}"
)
MAIL = (
    'INSERT INTO mails_mail (kind, about, order_id, "to", language, data, message_id, created_date, attempts,'
    " next_attempt_at, last_error, is_dead)"
    f" VALUES ('cancelled', {MARK}, {MARK}, {MARK}, {MARK}, {MARK}, {MARK}, {MARK}, 0, {MARK}, '', false)"
    " ON CONFLICT DO NOTHING"
)
WISHED = {
    "cancellation_type": "cancel",
    "description": "",
    "quantity": None,
    "shipping_company": None,
    "iban": "",
    "holder_name": "",
}


def cancel(connection: Any, session: str, number: str, body: dict[str, Any]) -> tuple[str, bytes]:
    """Cancel items of a customer's order directly: claim, judge, call, settle."""
    now = datetime.now(UTC)
    at, lease = _kept(now), _kept(now + LEASE)
    attempt = uuid.uuid4()
    key = attempt if POSTGRES else attempt.hex
    wished = {int(item["order_item"]): int(item["reason"]) for item in body["cancel_order_items"]}
    wish = {
        "items": [{"order_item": item, "reason": reason, **WISHED} for item, reason in wished.items()],
        "pickup_address": None,
        "fully_refund_as_loyalty_money": False,
        "is_withdrawal": False,
    }
    execute = connection.execute
    execute("BEGIN" if POSTGRES else "BEGIN IMMEDIATE")
    try:
        row = execute(CLAIMED, (number, session)).fetchone()
        if row is None or row[6] is None or not is_signed_in(row[2], row[1]):
            return _none(execute)
        customer, email, order = row[0], row[3], row[6]
        if row[13]:
            return _none(execute)
        execute(ATTEMPT, (key, order, customer, orjson.dumps(wish).decode(), at, lease, lease))
        items = execute(ITEMS, (order,)).fetchall()
        rules, reasons = Rules(row[4], row[5]), dict(orjson.loads(row[14]))
        chosen = [item for item in items if item[0] in wished]
        facts = (row[7], row[8], bool(row[9]), False)
        if len(chosen) < len(wished) or len(chosen) == len(items) or row[7] not in rules.direct:
            return _none(execute)
        for item in chosen:
            is_direct = item[1] in rules.direct and rules.flags(facts, (item[1], bool(item[2]), item[3] is not None))[0]
            if not is_direct or wished[item[0]] not in reasons:
                return _none(execute)
        execute("COMMIT")
    except Exception:
        execute("ROLLBACK")
        raise
    if not _agreed(number, row[10], items, {item[4]: reasons[wished[item[0]]] for item in chosen}):
        return "501 Not Implemented", b"{}"
    return _settle(execute, row, chosen, str(attempt), key, at, email)


def _settle(
    execute: Any, row: Any, chosen: list[Any], attempt: str, key: Any, at: Any, email: str
) -> tuple[str, bytes]:
    order, said = row[6], orjson.dumps({"attempt": attempt}).decode()
    told = [{"name": item[5], "quantity": item[6], "price": item[7], "currency": item[8]} for item in chosen]
    data = orjson.dumps({"items": told}).decode()
    message = f"<{uuid.uuid4().hex}@example.com>"
    execute("BEGIN" if POSTGRES else "BEGIN IMMEDIATE")
    try:
        if execute(AGREED, (at, key)).rowcount != 1:
            return _none(execute)
        execute(CANCELLED.format(marks=", ".join([MARK] * len(chosen))), (at, *(item[0] for item in chosen)))
        events = [value for item in chosen for value in (order, item[0], email, item[1], said, at)]
        execute(EVENTS.format(rows=", ".join([EVENT] * len(chosen))), events)
        execute(MAIL, (f"attempt {attempt}", order, row[11] or email, row[12], data, message, at, at))
        execute("COMMIT")
    except Exception:
        execute("ROLLBACK")
        raise
    return "204 No Content", b""


def _none(execute: Any) -> tuple[str, bytes]:
    execute("ROLLBACK")
    return "501 Not Implemented", b"{}"


def _kept(moment: datetime) -> Any:
    return moment if POSTGRES else moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _agreed(number: str, order: int, items: list[Any], reasons: dict[int, int]) -> bool:
    """Read the order at Omnitron, see that it is as we know it, and cancel."""
    (found,) = _ask("GET", f"{CHANNEL}/orders/?page=1&number={number}")["results"]
    theirs = _ask("GET", f"{CHANNEL}/order_items/?page=1&limit=1000&order={order}&sort=id")["results"]
    known = {item["pk"]: int(item["status"]) for item in theirs}
    if found["pk"] != order or known != {item[4]: item[1] for item in items}:
        return False
    body = {
        "order": order,
        "cancel_items": list(reasons),
        "reasons": {str(item): reason for item, reason in reasons.items()},
        "forced_refund_amount": None,
    }
    _ask("POST", f"{CHANNEL}/orders/{order}/cancel/", body)
    return True


def _ask(method: str, path: str, body: Any = None) -> Any:
    """One request to Omnitron, on this thread's kept connection."""
    known = getattr(mine, "connection", None)
    if known is None:
        known = mine.connection = http.client.HTTPConnection(OMNITRON, timeout=10)
        login = {"username": os.environ["OMNITRON_USERNAME"], "password": os.environ["OMNITRON_PASSWORD"]}
        known.request("POST", "/api/v1/auth/login/", orjson.dumps(login), {"Content-Type": "application/json"})
        key = orjson.loads(known.getresponse().read())["key"]
        mine.headers = {"Accept": "application/json", "Authorization": f"Token {key}"}
    headers = mine.headers if body is None else {**mine.headers, "Content-Type": "application/json"}
    known.request(method, path, None if body is None else orjson.dumps(body), headers)
    answer = known.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"Omnitron answered {answer.status}: {content[:200]!r}")
    return orjson.loads(content)
