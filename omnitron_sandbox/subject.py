"""Which order a request is about: for the journal, and for faults that meet one order only."""

from __future__ import annotations

from typing import Any

from .intake import mapped_pk
from .problems import Problem
from .store import Doc, Store
from .wire import Request


def order_number(store: Store, request: Request, resource: str, rest: list[str], *, root: str) -> str | None:
    """The number of the order a request is about, as far as it says: for the journal and the faults."""
    pk: int | None = None
    match resource, rest:
        case "order_number", [number]:
            return number
        case "orders", []:
            return request.parameter("number")
        case "orders", [number] if root == "i1":
            return number
        case (("orders" | "orders_integration"), [own, *_]):
            pk = int(own) if own.isdigit() else None
        case "order_items", []:
            value = request.parameter("order") or ""
            pk = int(value) if value.isdigit() else None
        case "order_items", [item, *_]:
            return _number_of(store.get("order_items", int(item)) if item.isdigit() else None)
        case "cancellation_requests", []:
            item = str(_peek(request, "order_item") or request.parameter("order_item") or "")
            found = store.get("order_items", int(item)) if item.isdigit() and len(item) < 19 else None
            return _number_of(found) or request.parameter("order_number")
        case "cancellation_requests", [own, *_]:
            return _number_of(store.get("cancellation_requests", int(own)) if own.isdigit() else None)
        case "order_address_changing", []:
            pk = mapped_pk(store, "order", _peek(request, "order") or request.parameter("order"))
    order = store.get("orders", pk) if pk is not None else None
    return None if order is None else str(order["number"])


def _peek(request: Request, name: str) -> Any:
    try:
        body = request.json()
    except Problem:
        return None
    return body.get(name) if isinstance(body, dict) else None


def _number_of(doc: Doc | None) -> str | None:
    return None if doc is None else str(doc["_order_number"])
