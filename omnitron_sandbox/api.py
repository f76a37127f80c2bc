"""The operations of the wire: which path is which operation, who may call it, what it answers.

Both roots (`/api/v1/`, `/api/i1/`), with or without `channel/{id}/`, lead to the same operations; a
channel in the path narrows them to what belongs to it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from . import address_changing, cancellation_requests, cancelling, channels, fulfilment, integration
from .addresses import address_copy
from .filters import read_query
from .problems import Problem, invalid, method_not_allowed, not_found, unauthorized
from .shapes import detailed, shown
from .store import Doc, Store, public
from .subject import order_number
from .wire import Reply, Request, reply_for

Answer = Callable[[], Reply]

_UNSCOPED = {"cancellation_reasons"}
_OPERATIONS = {
    "orders": "order",
    "order_items": "order_items",
    "products": "products",
    "mapped_products": "products",
    "addresses": "addresses",
    "cancellation_reasons": "cancellation_reasons",
    "cancellation_requests": "cancellation_request",
    "cancellation_plans": "cancellation_plans",
    "integration_actions": "integration_actions",
    "batch_requests": "batch_requests",
    "order_address_changing": "address_change",
    "channels": "channels",
    "content_types": "content_types",
    "error_reports": "error_reports",
    "operational_events": "operational_events",
}
OPERATIONS = tuple(dict.fromkeys(["order", "cancel", "login", "active_user", *_OPERATIONS.values(), "unknown"]))


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, understood: its operation, the order it is about, and how to answer it."""

    operation: str
    order_number: str | None
    answer: Answer


class Api:
    """Omnitron's API over a store."""

    def __init__(self, store: Store, *, username: str, password: str, channel_id: int) -> None:
        self._store = store
        self._username = username
        self._password = password
        self._channel_id = channel_id

    def understand(self, request: Request) -> Call:
        """Find the operation. Nothing happens before `answer` is called; that never raises a Problem."""
        segments = request.segments
        root, rest = segments[1] if len(segments) > 1 else "", segments[2:]
        channel: int | None = None
        if rest[:1] == ["channel"] and len(rest) > 1 and rest[1].isdigit():
            channel, rest = int(rest[1]), rest[2:]
        try:
            if root not in {"v1", "i1"} or not rest:
                raise not_found()
            operation, verbs = self._route(request, rest[0], rest[1:], root=root, channel=channel)
            number = order_number(self._store, request, rest[0], rest[1:], root=root)
        except Problem as problem:
            failed = reply_for(problem)
            return Call(operation="unknown", order_number=None, answer=lambda: failed)
        return Call(operation=operation, order_number=number, answer=lambda: self._answer(request, operation, verbs))

    def revoke(self, request: Request) -> None:
        """Make the token of this request worthless."""
        self._store.revoke_token(_token(request) or "")

    def _answer(self, request: Request, operation: str, verbs: Mapping[str, Answer]) -> Reply:
        try:
            if operation != "login":
                self._check_token(request)
            if request.method not in verbs:
                raise method_not_allowed(request.method)
            return verbs[request.method]()
        except Problem as problem:
            return reply_for(problem)

    def _check_token(self, request: Request) -> None:
        key = _token(request)
        if key is None:
            raise unauthorized("Authentication credentials were not provided.", "not_authenticated")
        if not self._store.has_token(key):
            raise unauthorized("Invalid token.", "authentication_failed")

    # -- routing ---------------------------------------------------------------------------------

    def _route(
        self, request: Request, resource: str, rest: list[str], *, root: str, channel: int | None
    ) -> tuple[str, Mapping[str, Answer]]:
        match resource, rest:
            case "auth", ["login"]:
                return "login", {"POST": lambda: self._login(request)}
            case "active_user", []:
                return "active_user", {"GET": lambda: Reply(json={"pk": 1, "username": self._username})}
            case "order_number", [number]:
                return "order", {"GET": lambda: self._order_by_number(number, channel)}
            case "orders_integration", [pk, "detailed_integration"]:
                return "order", {"GET": lambda: Reply(json=self._detailed(_pk(pk), channel))}
            case "orders", [pk, "cancel"]:
                return "cancel", {"POST": lambda: self._cancel(request, _pk(pk), channel)}
            case "orders", [number] if root == "i1":
                return "order", {"GET": lambda: self._order_by_number(number, channel)}
            case "content_types", []:
                return resource, {"GET": lambda: Reply(json=channels.content_types(request.parameter("model")))}
            case "error_reports", [place] if place in channels.PLACES:
                return resource, {"POST": lambda: self._report_place(request, place, channel)}
        if resource not in _OPERATIONS:
            raise not_found()
        return _OPERATIONS[resource], self._route_in_table(request, resource, rest, channel)

    def _route_in_table(
        self, request: Request, resource: str, rest: list[str], channel: int | None
    ) -> Mapping[str, Answer]:
        table = {"mapped_products": "products", "order_address_changing": "address_changes"}.get(resource, resource)
        match rest:
            case []:
                return self._collection(request, table, channel)
            case ["updates" | "inserts_or_updates" as which]:
                extra = integration.unacknowledged(table) if which == "updates" else "1"
                return {"GET": lambda: self._list(request, table, channel, extra=extra)}
            case [pk]:
                return self._detail(request, table, _pk(pk), channel)
            case [pk, verb]:
                return self._action(table, _pk(pk), verb, channel)
        raise not_found()

    def _collection(self, request: Request, table: str, channel: int | None) -> Mapping[str, Answer]:
        store = self._store
        own = self._channel_id if channel is None else channel
        creators: dict[str, Callable[[], Doc]] = {
            "addresses": lambda: self._create_address(request.json(), own),
            "cancellation_requests": lambda: cancellation_requests.create(store, request.json()),
            "integration_actions": lambda: integration.create_action(store, request.json(), channel=own),
            "batch_requests": lambda: integration.create_batch(store, request.json(), channel=own),
            "address_changes": lambda: address_changing.change(store, request.json()),
            "error_reports": lambda: channels.report_error(store, request.json(), channel=own),
            "operational_events": lambda: channels.report_event(store, request.json(), channel=own),
        }
        verbs: dict[str, Answer] = {"GET": lambda: self._list(request, table, channel)}
        if table in creators:
            status = 200 if table == "address_changes" else 201
            verbs["POST"] = lambda: Reply(status=status, json=shown(table, creators[table]()))
        return verbs

    def _detail(self, request: Request, table: str, pk: int, channel: int | None) -> Mapping[str, Answer]:
        store = self._store

        def changing(change: Callable[[], Doc | None]) -> Answer:
            def answer() -> Reply:
                self._get(table, pk, channel)
                doc = change()
                return Reply(status=204) if doc is None else Reply(json=shown(table, doc))

            return answer

        verbs = {"GET": lambda: Reply(json=shown(table, self._get(table, pk, channel)))}
        if table == "channels":
            own = self._channel_id
            verbs["GET"] = lambda: Reply(json=shown(table, channels.channel(store, pk, own=own)))
            update_channel = channels.update_channel
            verbs["PATCH"] = lambda: Reply(json=shown(table, update_channel(store, pk, request.json(), own=own)))
        if table == "cancellation_requests":
            update = cancellation_requests.update
            verbs["PUT"] = changing(lambda: update(store, pk, request.json(), partial=False))
            verbs["PATCH"] = changing(lambda: update(store, pk, request.json(), partial=True))
            verbs["DELETE"] = changing(lambda: cancellation_requests.remove(store, pk))
        elif table == "order_items":
            verbs["PATCH"] = changing(lambda: fulfilment.update_item(store, pk, request.json()))
        elif table == "integration_actions":
            verbs["PATCH"] = changing(lambda: integration.update_action(store, pk, request.json()))
        elif table == "batch_requests":
            verbs["PATCH"] = changing(lambda: integration.update_batch(store, pk, request.json()))
        return verbs

    def _action(self, table: str, pk: int, verb: str, channel: int | None) -> Mapping[str, Answer]:
        actions: dict[tuple[str, str], Callable[[Store, int], Doc]] = {
            ("cancellation_requests", "reject"): cancellation_requests.reject,
            ("cancellation_plans", "create_payment_plan"): cancelling.create_payment_plan,
        }
        action = actions.get((table, verb))
        if action is None:
            raise not_found()

        def answer() -> Reply:
            self._get(table, pk, channel)
            return Reply(json=shown(table, action(self._store, pk)))

        return {"POST": answer}

    # -- operations ------------------------------------------------------------------------------

    def _login(self, request: Request) -> Reply:
        body = request.json()
        names = ("username", "password")
        if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in names):
            raise Problem(400, {name: ["This field is required."] for name in names} | {"code": "required"})
        # Both are compared, in constant time: a stand-in should not teach a worse habit.
        same = [
            hmac.compare_digest(body["username"].encode(), self._username.encode()),
            hmac.compare_digest(body["password"].encode(), self._password.encode()),
        ]
        if not all(same):
            text = "Unable to log in with provided credentials."
            raise invalid("non_field_errors", text, code="authorization")
        key = secrets.token_hex(20)
        self._store.add_token(key)
        return Reply(json={"key": key})

    def _order_by_number(self, number: str, channel: int | None) -> Reply:
        order = self._store.first("orders", number=number)
        if order is None or (channel is not None and order["channel"] != channel):
            raise not_found()
        return Reply(json=public(order))

    def _cancel(self, request: Request, pk: int, channel: int | None) -> Reply:
        self._get("orders", pk, channel)
        return Reply(json=public(cancelling.cancel(self._store, pk, request.json())))

    def _report_place(self, request: Request, place: str, channel: int | None) -> Reply:
        own = self._channel_id if channel is None else channel
        return Reply(status=201, json=channels.report_place(self._store, request.json(), place, own))

    def _create_address(self, body: Any, channel: int) -> Doc:
        if not isinstance(body, dict) or not body.get("line"):
            raise invalid("line", "This field is required.", code="required")
        with self._store.transaction():
            before = self._store.count("addresses")
            customer = body.get("customer")
            doc = address_copy(self._store, body, customer=customer, channel=channel)
            if doc is None or self._store.count("addresses") == before:
                # A string, not a list: the published client splits it to find the hash.
                text = f"hash_data:{doc['hash_data'] if doc else ''} already exists."
                raise Problem(400, {"non_field_errors": text, "code": "unique"})
            return doc

    def _detailed(self, pk: int, channel: int | None) -> Doc:
        with self._store.transaction():
            return detailed(self._store, self._get("orders", pk, channel))

    def _list(self, request: Request, table: str, channel: int | None, *, extra: str = "1") -> Reply:
        scope = [] if channel is None or table in _UNSCOPED else [("_channel", channel)]
        query = read_query(table, request.query, scope=scope)
        where = f"{query.where} AND {extra}"
        offset = (query.page - 1) * query.limit
        with self._store.transaction():
            count = self._store.count(table, where, query.parameters)
            if offset >= count and query.page > 1:
                raise not_found("Invalid page.")
            tail = f"ORDER BY {query.order_by} LIMIT {query.limit} OFFSET {offset}"
            docs = self._store.select(table, where, query.parameters, tail)
        return Reply(
            json={
                "count": count,
                "next": _page_url(request, query.page + 1) if offset + query.limit < count else None,
                "previous": _page_url(request, query.page - 1) if query.page > 1 else None,
                "results": [shown(table, doc) for doc in docs],
            }
        )

    def _get(self, table: str, pk: int, channel: int | None) -> Doc:
        doc = self._store.get(table, pk)
        if doc is None or (channel is not None and table not in _UNSCOPED and doc.get("_channel") != channel):
            raise not_found()
        return doc


def _token(request: Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme == "Token" and key.strip() else None


def _pk(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise not_found()


def _page_url(request: Request, page: int) -> str:
    kept = [(key, value) for key, value in request.query if key != "page"]
    return f"{request.url()}?{urlencode([*kept, ('page', str(page))])}"
