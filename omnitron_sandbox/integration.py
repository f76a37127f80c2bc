"""Integration actions and batch requests: how the published client maps and acknowledges objects."""

from __future__ import annotations

import uuid
from typing import Any

from .intake import CONTENT_TYPES, add_mapping
from .problems import invalid, not_found, refused
from .store import Doc, Store

_TABLES = {
    "order": "orders",
    "orderitem": "order_items",
    "product": "products",
    "cancellationrequest": "cancellation_requests",
}
_MODELS = {table: model for model, table in _TABLES.items()}
FINISHED = ("done", "fail")
BATCH_STATUSES = ("initialized", "commit", "sent_to_remote", "ongoing", "done", "fail")


def unacknowledged(table: str) -> str:
    """SQL for `updates/`: changed since the version its integration action acknowledges."""
    if table not in _MODELS:
        return "1"
    # The plus takes the column's affinity away: with it, SQLite could not use the index on object_id.
    return (
        "EXISTS (SELECT 1 FROM integration_actions a"  # noqa: S608 - our own names
        f" WHERE json_extract(a.doc, '$.object_id') = +{table}.pk"
        f" AND json_extract(a.doc, '$.content_type.model') = '{_MODELS[table]}'"
        f" AND json_extract(a.doc, '$.version_date') < json_extract({table}.doc, '$.modified_date'))"
    )


def create_action(store: Store, body: Any, *, channel: int) -> Doc:
    """Map an object to a remote id, which may be several items of one order; the same mapping twice is a 400."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    model = _model(body.get("content_type"))
    with store.transaction():
        target = _object(store, model, body.get("object_id"))
        remote_id = body.get("remote_id")
        if remote_id in (None, ""):
            raise invalid("remote_id", "This field is required.", code="required")
        for taken in store.find("integration_actions", remote_id=str(remote_id), content_type__model=model):
            other = store.get(_TABLES[model], taken["object_id"])
            if taken["object_id"] == target["pk"] or model != "orderitem" or not _of_one_order(other, target):
                raise invalid("remote_id", "This remote id is mapped already.", code="unique")
        add_mapping(store, model, target, remote_id=remote_id, channel=channel)
        return store.find(
            "integration_actions", remote_id=str(remote_id), object_id=target["pk"], content_type__model=model
        )[0]


def _of_one_order(other: Doc | None, target: Doc) -> bool:
    return other is None or other["order"] == target["order"]


def update_action(store: Store, pk: int, body: Any) -> Doc:
    """PATCH: acknowledge a version, note a state."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    with store.transaction():
        action = store.get("integration_actions", pk)
        if action is None:
            raise not_found()
        names = ("version_date", "state", "status", "local_batch_id")
        return store.save("integration_actions", action, **{name: body[name] for name in names if name in body})


def create_batch(store: Store, body: Any, *, channel: int) -> Doc:
    """Begin a batch: the published client does so before it reads anything."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    return store.insert(
        "batch_requests",
        {
            "channel": channel,
            "local_batch_id": str(uuid.uuid4()),
            "remote_batch_id": body.get("remote_batch_id"),
            "content_type": body.get("content_type"),
            "status": "initialized",
            "_channel": channel,
        },
    )


def update_batch(store: Store, pk: int, body: Any) -> Doc:
    """PATCH: a commit's `objects` acknowledge the versions they name."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    with store.transaction():
        batch = store.get("batch_requests", pk)
        if batch is None:
            raise not_found()
        status = body.get("status", batch["status"])
        if batch["status"] in FINISHED and status != batch["status"]:
            raise refused(f"A batch that is {batch['status']} cannot become {status}.", "batch_request_status_100_1")
        if status not in BATCH_STATUSES:
            raise invalid("status", f'"{status}" is not a valid choice.', code="invalid_choice")
        for entry in body.get("objects") or []:
            _acknowledge(store, entry, batch)
        names = ("remote_batch_id", "content_type")
        kept = {name: body[name] for name in names if name in body}
        return store.save("batch_requests", batch, status=status, **kept)


def _acknowledge(store: Store, entry: Any, batch: Doc) -> None:
    if not isinstance(entry, dict):
        raise invalid("objects", "Expected a list of objects.")
    model = _model(entry.get("content_type"))
    target = _object(store, model, entry.get("pk"))
    found = store.find("integration_actions", object_id=target["pk"], content_type__model=model)
    if not found and entry.get("remote_id") not in (None, "", 0):
        add_mapping(store, model, target, remote_id=entry["remote_id"], channel=batch["channel"])
        found = store.find("integration_actions", object_id=target["pk"], content_type__model=model)
    for action in found:
        store.save(
            "integration_actions",
            action,
            version_date=entry.get("version_date") or target["modified_date"],
            local_batch_id=batch["local_batch_id"],
            status="error" if entry.get("failed_reason_type") else "processing",
        )


def _model(value: Any) -> str:
    name = value.get("model") if isinstance(value, dict) else value
    if name not in CONTENT_TYPES:
        raise invalid("content_type", f'"{name}" is not a valid choice.', code="invalid_choice")
    return str(name)


def _object(store: Store, model: str, pk: Any) -> Doc:
    doc = store.get(_TABLES[model], int(pk)) if str(pk).isdigit() and len(str(pk)) < 19 else None
    if doc is None:
        raise invalid("object_id", f'Invalid pk "{pk}" - object does not exist.', code="does_not_exist")
    return doc
