"""Query parameters to SQL: Django-style filters, `sort` and pages.

Only the names below reach SQL, each with its type. As in Omnitron an unknown parameter is ignored,
while a value of the wrong type is a 400.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .problems import invalid, not_found
from .store import stamp

DEFAULT_LIMIT = 10
MAX_LIMIT = 1000

_DATES = {"created_date": ("created_date", "time"), "modified_date": ("modified_date", "time")}
_PK = {"pk": ("pk", "int"), "id": ("pk", "int")}

# table -> parameter -> (path in the document, type)
FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "orders": _PK | _DATES | {
        "number": ("number", "text"),
        "status": ("status", "text"),
        "date_placed": ("date_placed", "time"),
        "customer": ("customer.pk", "int"),
        "customer__email": ("customer.email", "text"),
        "extra_field__id": ("extra_field.id", "text"),
        "tracking_number": ("tracking_number", "text"),
        "invoice_number": ("invoice_number", "text"),
        "currency": ("currency", "text"),
    },
    "order_items": _PK | _DATES | {
        "order": ("order", "int"),
        "order__number": ("_order_number", "text"),
        "product": ("product", "int"),
        "status": ("status", "text"),
        "extra_field__id": ("extra_field.id", "text"),
        "tracking_number": ("tracking_number", "text"),
        "invoice_number": ("invoice_number", "text"),
    },
    "products": _PK | _DATES | {
        "sku": ("sku", "text"),
        "base_code": ("base_code", "text"),
        "name": ("name", "text"),
    },
    "addresses": _PK | _DATES | {
        "hash_data": ("hash_data", "text"),
        "remote_id": ("remote_id", "text"),
        "email": ("email", "text"),
        "customer": ("customer", "int"),
    },
    "cancellation_reasons": _PK | _DATES | {
        "cancellation_type": ("cancellation_type", "text"),
        "is_active": ("is_active", "bool"),
        "uuid": ("uuid", "text"),
        "subject": ("subject", "text"),
        "order": ("order", "int"),
    },
    "cancellation_requests": _PK | _DATES | {
        "order_item": ("order_item", "int"),
        "order": ("_order", "int"),
        "order_item__order": ("_order", "int"),
        "order_number": ("_order_number", "text"),
        "reason": ("reason", "int"),
        "status": ("status", "text"),
        "cancellation_type": ("cancellation_type", "text"),
        "remote_id": ("remote_id", "text"),
        "uuid": ("uuid", "text"),
    },
    "cancellation_plans": _PK | _DATES | {
        "plan_type": ("plan_type", "text"),
        "status": ("status", "text"),
        "cancellation_plan_status": ("status", "text"),
        "order": ("order.pk", "int"),
        "order_id": ("order.pk", "int"),
        "order_number": ("order.number", "text"),
        "invoice_number": ("refund_invoice_number", "text"),
        "created_by": ("created_by", "text"),
        "modified_by": ("modified_by", "text"),
    },
    "address_changes": _PK | _DATES | {
        "order": ("order", "int"),
        "order_number": ("_order_number", "text"),
        "status": ("status", "text"),
    },
    "integration_actions": _PK | _DATES | {
        "content_type_name": ("content_type.model", "text"),
        "object_id": ("object_id", "int"),
        "remote_id": ("remote_id", "text"),
        "status": ("status", "text"),
        "local_batch_id": ("local_batch_id", "text"),
        "version_date": ("version_date", "time"),
    },
    "batch_requests": _PK | _DATES | {
        "status": ("status", "text"),
        "local_batch_id": ("local_batch_id", "text"),
        "content_type": ("content_type", "text"),
    },
    "channels": _PK | _DATES | {
        "is_active": ("is_active", "bool"),
    },
    "error_reports": _PK | _DATES | {
        "action_content_type": ("action_content_type", "int"),
        "action_object_id": ("action_object_id", "int"),
        "error_code": ("error_code", "text"),
        "is_ok": ("is_ok", "bool"),
    },
    "operational_events": _PK | _DATES | {
        "event_type": ("event_type", "text"),
        "level": ("level", "text"),
        "source": ("source", "text"),
    },
}  # fmt: skip

_COMPARE = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_LOOKUPS = {*_COMPARE, "iexact", "in", "contains", "icontains", "isnull"}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A finished condition, order and page."""

    where: str
    parameters: tuple[Any, ...]
    order_by: str
    page: int
    limit: int


def read_query(table: str, query: Iterable[tuple[str, str]], *, scope: Iterable[tuple[str, Any]] = ()) -> Query:
    """Turn a query string's pairs into SQL. `scope` is ANDed before it: (path, value)."""
    conditions = [f"{column(path)} = ?" for path, _ in scope]
    parameters: list[Any] = [value for _, value in scope]
    page, limit, sort = 1, DEFAULT_LIMIT, "id"
    query = list(query)
    several = {key for key, _ in query if sum(other == key for other, _ in query) > 1}
    for key in several & FIELDS[table].keys():  # a field that is named several times may be any of these
        values = ",".join(value for other, value in query if other == key)
        query = [(other, value) for other, value in query if other != key] + [(f"{key}__in", values)]
    for key, value in query:
        if key == "page":
            page = _page(value)
        elif key == "limit":
            limit = min(int(value), MAX_LIMIT) if value.isascii() and value.isdigit() and int(value) else limit
        elif key == "sort":
            sort = value
        else:
            condition = _condition(table, key, value)
            if condition is not None:
                conditions.append(condition[0])
                parameters.extend(condition[1])
    return Query(
        where=" AND ".join(conditions) or "1",
        parameters=tuple(parameters),
        order_by=_order_by(table, sort),
        page=page,
        limit=limit,
    )


def column(path: str) -> str:
    """The SQL expression of a document's field, written exactly as its index is."""
    return "pk" if path == "pk" else f"json_extract(doc, '$.{path}')"


def _condition(table: str, key: str, value: str) -> tuple[str, list[Any]] | None:
    fields = FIELDS[table]
    name, lookup = key, "exact"
    if key not in fields:
        name, _, lookup = key.rpartition("__")
        if name not in fields or lookup not in _LOOKUPS:
            return None
    path, kind = fields[name]
    expression = column(path)
    if path == "extra_field.id":  # an int for most shops, text for some
        expression = f"CAST({expression} AS TEXT)"
    if lookup == "isnull":
        return f"{expression} IS {'' if _bool(value, key) else 'NOT '}NULL", []
    if lookup == "in":
        values = [_convert(part.strip(), kind, key) for part in value.split(",") if part.strip()]
        return f"{expression} IN ({', '.join('?' * len(values))})", values
    if lookup in {"contains", "icontains"}:
        return f"instr(lower({expression}), lower(?)) > 0", [value]
    if lookup == "iexact":
        return f"lower({expression}) = lower(?)", [value]
    return f"{expression} {_COMPARE[lookup]} ?", [_convert(value, kind, key)]


def _convert(value: str, kind: str, key: str) -> Any:
    if kind == "int":
        if value.lstrip("-").isdigit() and value.isascii() and len(value) < 19:
            return int(value)
        raise invalid(key, "Enter a number.")
    if kind == "bool":
        return _bool(value, key)
    if kind == "time":
        return _time(value, key)
    return value


def _bool(value: str, key: str) -> bool:
    if value.lower() in {"true", "1"}:
        return True
    if value.lower() in {"false", "0"}:
        return False
    raise invalid(key, "Enter true or false.")


def _time(value: str, key: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(key, "Enter a valid date/time.") from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _page(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0:
        return int(value)
    raise not_found("Invalid page.")


def _order_by(table: str, sort: str) -> str:
    parts = []
    for name in sort.split(","):
        field = FIELDS[table].get(name.lstrip("-"))
        if field is not None:
            parts.append(column(field[0]) + (" DESC" if name.startswith("-") else ""))
    return ", ".join([*parts, "pk"])
