"""The channel as the published integrations open it: its settings, and what they report about their work."""

from __future__ import annotations

from typing import Any

from .intake import CONTENT_TYPES
from .problems import Problem, invalid, not_found
from .store import Doc, Store, public

# What reports may be about, beside what is mapped.
ALL_CONTENT_TYPES = CONTENT_TYPES | {"batchrequest": 41, "channel": 51, "integrationaction": 61}
PLACES = ("country", "city", "township", "district")
_REPORT = ("error_code", "error_desc", "raw_request", "raw_response", "obj_modified_date")
_EVENT = ("level", "source", "message", "trace_id", "span_id", "parent_span_id", "raw_data")


def channel(store: Store, pk: int, *, own: int) -> Doc:
    """A channel by its pk. The sandbox's own is there from the first question on; 404 for others."""
    with store.transaction():
        found = store.get("channels", pk)
        if found is None and pk == own:
            found = store.insert_at(
                "channels",
                pk,
                {"name": "Sandbox", "channel_type": "sales_channel", "is_active": True, "conf": {}, "schema": {}},
            )
        if found is None:
            raise not_found()
        return found


def update_channel(store: Store, pk: int, body: Any, *, own: int) -> Doc:
    """PATCH: whether it is active, its settings (`conf`), and which there are (`schema`)."""
    changes = {name: value for name, value in _object(body).items() if name in ("name", "is_active", "conf", "schema")}
    for name in ("conf", "schema"):
        if not isinstance(changes.get(name, {}), dict):
            raise invalid(name, "Expected a dictionary.")
    if not isinstance(changes.get("is_active", True), bool):
        raise invalid("is_active", "Must be a valid boolean.")
    with store.transaction():
        return store.save("channels", channel(store, pk, own=own), **changes)


def content_types(model: str | None) -> Doc:
    """A page of what kinds of things there are, or of the one of that name."""
    found = [
        {"id": pk, "app_label": "omnitron", "model": name}
        for name, pk in ALL_CONTENT_TYPES.items()
        if model in (None, name)
    ]
    return {"count": len(found), "next": None, "previous": None, "results": found}


def report_place(store: Store, body: Any, place: str, channel: int) -> Doc:
    """Keep that a country, city, township or district of an address has no counterpart here."""
    return public(store.insert("error_reports", {**_object(body), "type": place, "_channel": channel}))


def report_error(store: Store, body: Any, *, channel: int) -> Doc:
    """Keep a report of what went wrong, or well (`is_ok`), about something."""
    report = _object(body)
    kept = {name: _text(report, name) for name in _REPORT}
    for name in ("action_content_type", "target_content_type"):
        if report.get(name) not in ALL_CONTENT_TYPES.values():
            raise invalid(name, f'Invalid pk "{report.get(name)}" - object does not exist.', code="does_not_exist")
    if not kept["error_code"]:
        raise invalid("error_code", "This field is required.", code="required")
    if not isinstance(report.get("is_ok", False), bool):
        raise invalid("is_ok", "Must be a valid boolean.")
    about = ("action_content_type", "action_object_id", "target_content_type", "target_object_id")
    return store.insert(
        "error_reports",
        {
            **kept,
            **{name: report.get(name) for name in about},
            "is_ok": report.get("is_ok", False),
            "_channel": channel,
        },
    )


def report_event(store: Store, body: Any, *, channel: int) -> Doc:
    """Keep something that happened in an integration's work."""
    event = _object(body)
    if not event.get("event_type"):
        raise Problem(400, {"event_type": ["This field is required."], "code": "required"})
    for name in ("context", "tags"):
        if not isinstance(event.get(name) or {}, dict):
            raise invalid(name, "Expected a dictionary.")
    about = ("action_content_type", "action_object_id")
    return store.insert(
        "operational_events",
        {
            "event_type": str(event["event_type"]),
            **{name: event.get(name) for name in (*_EVENT, *about)},
            **{name: event.get(name) or {} for name in ("context", "tags")},
            "_channel": channel,
        },
    )


def _object(body: Any) -> Doc:
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    return body


def _text(body: Doc, name: str) -> str:
    value = body.get(name)
    return "" if value is None else str(value)
