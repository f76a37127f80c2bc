"""The journal of received calls: what a test counts when it must be exactly one."""

from __future__ import annotations

from typing import Any

from .store import Store

_COLUMNS = ("pk", "at", "operation", "method", "path", "order_number", "status_sent", "fault")


class Journal:
    """Calls in the order they arrived. Written on arrival: a call that is never answered counts too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def arrived(self, *, operation: str, method: str, path: str, order_number: str | None, fault: str | None) -> int:
        """Note a call; `status_sent` stays null until `answered`."""
        with self._store.transaction():
            self._store.rows(
                "INSERT INTO journal (at, operation, method, path, order_number, fault) VALUES (?, ?, ?, ?, ?, ?)",
                (self._store.tick(), operation, method, path, order_number, fault),
            )
            return int(self._store.rows("SELECT last_insert_rowid()")[0][0])

    def answered(self, pk: int, status: int) -> None:
        """Note the status which was sent."""
        self._store.rows("UPDATE journal SET status_sent = ? WHERE pk = ?", (status, pk))

    def calls(self, *, operation: str | None = None, number: str | None = None) -> list[dict[str, Any]]:
        """The calls of an operation, for an order number, or both."""
        asked = {"operation": operation, "order_number": number}
        wanted = {name: value for name, value in asked.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in wanted) or "1"
        rows = self._store.rows(
            f"SELECT {', '.join(_COLUMNS)} FROM journal WHERE {where} ORDER BY pk",  # noqa: S608
            tuple(wanted.values()),
        )
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]

    def clear(self) -> None:
        """Forget all calls."""
        self._store.rows("DELETE FROM journal")
