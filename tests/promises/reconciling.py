"""Reconciliation as an operator runs it, by its command."""

import io
from typing import Any

import orjson
from django.core.management import call_command


def reconcile(**options: Any) -> tuple[int, dict[str, Any]]:
    """The command's exit code and its JSON."""
    out = io.StringIO()
    try:
        call_command("reconcile", json=True, stdout=out, **options)
    except SystemExit as end:
        return int(end.code or 0), orjson.loads(out.getvalue())
    return 0, orjson.loads(out.getvalue())


def told(result: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Its differences: what, ours, theirs, and what would repair it."""
    return [(one["what"], one["ours"], one["theirs"], one["repair"]) for one in result["differences"]]


def repaired(*, code: int = 0) -> dict[str, Any]:
    """Repair, then find that all agree."""
    exit_code, result = reconcile(repair=True)
    assert exit_code == code, result
    if code == 0:
        assert result["left"] == 0
        assert reconcile() == (0, {**reconcile()[1], "found": 0, "left": 0, "differences": []})
    return result
