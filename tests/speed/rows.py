"""Rows in bulk, for both databases: COPY on PostgreSQL, `executemany` on SQLite."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection, models

BLOCK = 5000  # rows that travel together


def as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def as_moment(moment: datetime) -> str:
    """As both databases keep it: PostgreSQL reads the zone, SQLite's text has none."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{text}+00" if connection.vendor == "postgresql" else text


class Table:
    """Where rows of one model go. `varying`: the columns that each row brings; all others have the model's defaults."""

    def __init__(self, model: type[models.Model], varying: Sequence[str], **fixed: Any) -> None:
        fields = {field.column: field for field in model._meta.concrete_fields}
        unknown = [name for name in (*varying, *fixed) if name not in fields]
        assert not unknown, f"{model.__name__} has no column {unknown}"
        others = [name for name in fields if name not in varying]
        if fields["id" if "id" in fields else varying[0]].column not in varying:
            others.remove("id")
        self.name = model._meta.db_table
        self.columns = [*varying, *others]
        self.fixed = [_kept(fields[name], fixed.get(name)) for name in others]

    def write(self, rows: Iterable[Sequence[Any]]) -> int:
        """Write rows of the varying columns' values; how many there were."""
        return (_copy if connection.vendor == "postgresql" else _insert)(self, rows)


def _kept(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None:
        value = field.get_default()
    if isinstance(field, models.JSONField):
        return None if value is None else as_json(value)
    if isinstance(field, models.DateTimeField) and (value is not None or getattr(field, "auto_now", False)):
        return as_moment(value or datetime.now(UTC))
    return field.get_db_prep_save(value, connection)


def _blocks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    source = iter(rows)
    while block := list(itertools.islice(source, BLOCK)):
        yield block


def _copy(table: Table, rows: Iterable[Sequence[Any]]) -> int:
    # Our own texts hold no tab, line end or backslash, so that nothing need be escaped.
    end = "".join(f"\t{_text(value)}" for value in table.fixed) + "\n"
    columns = ", ".join(f'"{name}"' for name in table.columns)
    count = 0
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for block in _blocks(rows):
            copy.write("".join(["\t".join([_text(value) for value in row]) + end for row in block]))
            count += len(block)
    return count


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    return str(value)


def _insert(table: Table, rows: Iterable[Sequence[Any]]) -> int:
    columns = ", ".join(f'"{name}"' for name in table.columns)
    fixed = ", ".join(_literal(value) for value in table.fixed)
    varying = ", ".join("?" * (len(table.columns) - len(table.fixed)))
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({varying}{", " if fixed else ""}{fixed})'
    count = 0
    connection.ensure_connection()
    for block in _blocks(rows):
        sqlite3.Cursor(connection.connection).executemany(statement, block)
        count += len(block)
    return count


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(int(value) if isinstance(value, bool) else value)
    return "'" + str(value).replace("'", "''") + "'"
