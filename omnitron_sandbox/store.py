"""The memory: one SQLite file, one writer at a time, nothing kept elsewhere.

Every object is a JSON document in a table of its own; what is searched often is indexed by
expression. One lock around one connection makes each transaction the single place where a race
(ship against cancel) is decided, and WAL lets the file survive a kill at any moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

Doc = dict[str, Any]

# First pk per table. They start far from commerce's ids, so that a mix-up of the two shows at once.
TABLES: dict[str, tuple[int, tuple[str, ...]]] = {
    "orders": (900001, ("$.number", "$.status", "$.modified_date")),
    "order_items": (7000001, ("$.order", "$.modified_date")),
    "products": (5000001, ("$.sku",)),
    "customers": (400001, ("$.email",)),
    "addresses": (300001, ("$.hash_data",)),
    "cancellation_reasons": (1, ()),
    "cancellation_requests": (600001, ("$.order_item", "$.remote_id", "$._order", "$.status")),
    "cancellation_plans": (800001, ("$.order.pk", "$.status")),
    "easy_returns": (200001, ("$._request",)),
    "address_changes": (100001, ("$._order", "$.status")),
    "integration_actions": (1000001, ("$.remote_id", "$.object_id")),
    "batch_requests": (500001, ("$.local_batch_id",)),
    "channels": (1, ()),
    "error_reports": (1100001, ("$.action_object_id",)),
    "operational_events": (1200001, ()),
}


class Store:
    """Documents by table and pk. Public methods are safe from any thread."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=20)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        with self.transaction():
            self._create()
        self._last_tick = self._newest_tick()

    def _create(self) -> None:
        for table, (first_pk, paths) in TABLES.items():
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (pk INTEGER PRIMARY KEY AUTOINCREMENT, doc TEXT NOT NULL)"
            )
            for number, path in enumerate(paths):
                self._db.execute(
                    f"CREATE INDEX IF NOT EXISTS {table}_{number} ON {table} (json_extract(doc, '{path}'))"
                )
            seeded = self._db.execute("SELECT 1 FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            if seeded is None:
                self._db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, first_pk - 1))
        self._db.execute("CREATE TABLE IF NOT EXISTS tokens (key TEXT PRIMARY KEY)")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS journal"
            " (pk INTEGER PRIMARY KEY, at TEXT, operation TEXT, method TEXT, path TEXT,"
            " order_number TEXT, status_sent INTEGER, fault TEXT)"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS journal_of ON journal (order_number, operation)")

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._db.close()

    def clear(self) -> None:
        """Forget everything, tokens too. Pks start again, and so does the clock: what came from the future is gone."""
        with self.transaction():
            for table in (*TABLES, "tokens", "journal", "sqlite_sequence"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names
            self._create()
            self._last_tick = self._newest_tick()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, one at a time. Nested uses join the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and fetch all of it."""
        with self._lock:
            return self._db.execute(sql, parameters).fetchall()

    # -- time ------------------------------------------------------------------------------------

    def tick(self) -> str:
        """Now, in microseconds, and later than any tick before: pollers may sort and resume by it."""
        with self._lock:
            self._last_tick = max(datetime.now(UTC), self._last_tick + timedelta(microseconds=1))
            return stamp(self._last_tick)

    def _newest_tick(self) -> datetime:
        newest = ""
        for table in TABLES:
            (value,) = self.rows(
                f"SELECT max(json_extract(doc, '$.modified_date')) FROM {table}"  # noqa: S608
            )[0]
            newest = max(newest, value or "")
        return datetime.fromisoformat(newest) if newest else datetime(1970, 1, 1, tzinfo=UTC)

    # -- documents -------------------------------------------------------------------------------

    def get(self, table: str, pk: int) -> Doc | None:
        """One document by pk."""
        found = self.rows(f"SELECT pk, doc FROM {table} WHERE pk = ?", (pk,))  # noqa: S608
        return _load(found[0]) if found else None

    def find(self, table: str, **equal: Any) -> list[Doc]:
        """Documents whose top-level fields equal these; a double underscore reaches deeper. By pk."""
        where = " AND ".join(f"json_extract(doc, '$.{key.replace('__', '.')}') = ?" for key in equal) or "1"
        # A leading underscore marks fields of our own ("_order"); they never hold a double one inside.
        return self.select(table, where, tuple(equal.values()))

    def first(self, table: str, **equal: Any) -> Doc | None:
        """The first of `find`, or None."""
        found = self.find(table, **equal)
        return found[0] if found else None

    def select(self, table: str, where: str, parameters: tuple[Any, ...] = (), tail: str = "ORDER BY pk") -> list[Doc]:
        """Documents by an SQL condition written by this package (never by a caller of the API)."""
        found = self.rows(f"SELECT pk, doc FROM {table} WHERE {where} {tail}", parameters)  # noqa: S608
        return [_load(row) for row in found]

    def count(self, table: str, where: str = "1", parameters: tuple[Any, ...] = ()) -> int:
        """How many documents meet the condition."""
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE {where}", parameters)[0][0])  # noqa: S608

    def insert(self, table: str, doc: Doc) -> Doc:
        """Remember a new document. It gets its pk and its dates."""
        now = self.tick()
        doc = {**doc, "created_date": now, "modified_date": now}
        with self.transaction():
            cursor = self._db.execute(
                f"INSERT INTO {table} (doc) VALUES (?)",  # noqa: S608
                (_dump(doc),),
            )
        return {"pk": cursor.lastrowid, **doc}

    def insert_at(self, table: str, pk: int, doc: Doc) -> Doc:
        """Remember a new document under a pk chosen by the caller."""
        now = self.tick()
        doc = {**doc, "created_date": now, "modified_date": now}
        with self.transaction():
            self._db.execute(f"INSERT INTO {table} (pk, doc) VALUES (?, ?)", (pk, _dump(doc)))  # noqa: S608
        return {"pk": pk, **doc}

    def save(self, table: str, doc: Doc, **changes: Any) -> Doc:
        """Write a changed document back; `modified_date` advances. Returns it as saved."""
        doc = {**doc, **changes, "modified_date": self.tick()}
        with self.transaction():
            self._db.execute(f"UPDATE {table} SET doc = ? WHERE pk = ?", (_dump(doc), doc["pk"]))  # noqa: S608
        return doc

    def delete(self, table: str, pk: int) -> None:
        """Forget one document; its pk is never used again."""
        with self.transaction():
            self._db.execute(f"DELETE FROM {table} WHERE pk = ?", (pk,))  # noqa: S608

    # -- tokens ----------------------------------------------------------------------------------

    def add_token(self, key: str) -> None:
        """A key handed out at login, valid across restarts."""
        self.rows("INSERT INTO tokens VALUES (?)", (key,))

    def has_token(self, key: str) -> bool:
        """Whether this key was handed out and not revoked."""
        return bool(self.rows("SELECT 1 FROM tokens WHERE key = ?", (key,)))

    def revoke_token(self, key: str) -> None:
        """The key stops working."""
        self.rows("DELETE FROM tokens WHERE key = ?", (key,))


def stamp(moment: datetime) -> str:
    """The one form dates have here: UTC, microseconds, Z. So text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def public(doc: Doc) -> Doc:
    """A document as the wire shows it: fields of our own (leading underscore) stay inside."""
    return {key: value for key, value in doc.items() if not key.startswith("_")}


def _load(row: tuple[Any, ...]) -> Doc:
    return {"pk": row[0], **orjson.loads(row[1])}


def _dump(doc: Doc) -> str:
    # Text, not bytes: a BLOB would be read by SQLite's json functions as JSONB.
    return orjson.dumps({key: value for key, value in doc.items() if key != "pk"}).decode()
