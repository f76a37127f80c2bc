"""Pieces of the panel's HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .store import Doc

_GOOD = {"approved", "completed", "delivered", "shipped", "paid"}
_WARN = {"cancellation_waiting", "waiting", "waiting_approval", "preparing", "confirmed"}
_BAD = {"canceled", "refunded", "rejected"}


def section(title: str, inside: str) -> str:
    """A box with a heading (both HTML already)."""
    return f"<section><h2>{title}</h2>{inside}</section>"


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str) -> str:
    """Rows of HTML cells; on a small screen each row becomes a card."""
    if not rows:
        return f'<p class="soft">{escape(empty)}</p>'
    head = "".join(f"<th scope='col'>{name or '<span class=soft>Actions</span>'}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{name or "Actions"}"{"" if name else " class=act"}><div>{cell}</div></td>'
            for name, cell in zip(heads, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def button(action: str, label: str, *, about: object = "", kind: str = "", **hidden: str) -> str:
    """A form that is one button. `hidden` fields travel with it; empty ones do not."""
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value, quote=True)}">'
        for name, value in hidden.items()
        if value
    )
    spoken = f' aria-label="{escape(f"{label} {about}", quote=True)}"' if about else ""
    inside = f'{fields}<button class="{kind}"{spoken}>{label}</button>'
    return f'<form action="{action}" method="post">{inside}</form>'


def options(values: Iterable[str]) -> str:
    """Choices of a select."""
    return "".join(f"<option>{escape(value)}</option>" for value in values)


def badge(name: str) -> str:
    """A status, coloured by how it ends."""
    kind = "good" if name in _GOOD else "warn" if name in _WARN else "bad" if name in _BAD else ""
    return f'<span class="badge {kind}">{escape(name.replace("_", " "))}</span>'


def when(stamped: str) -> str:
    """A moment without its microseconds."""
    return stamped[:19].replace("T", " ")


def address(address: Doc | None) -> str:
    """An address in one line (not yet escaped)."""
    if not address:
        return "-"
    places = [(address.get(place) or {}).get("name") for place in ("district", "township", "city", "country")]
    parts = (address.get("line"), *places, address.get("postcode"))
    return ", ".join(str(part) for part in parts if part)
