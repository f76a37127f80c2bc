"""Statements that are compiled once per process: building the SQL of a wide query costs far more than running it.

A hot path defines its statements with these, written as querysets (`aftercart/fastpath/__init__.py`). To read only, end
the queryset with `values_list(…, named=True)`: named tuples cost a fraction of models.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

from aftercart.fastpath.batch import DjangoStatement, Result, SqlStatement, SqlText, Statement, batch
from aftercart.fastpath.rows import row_decoder

# Placeholders in the statement while it is compiled, to be found again among its parameters.
STAND_INS: dict[type, Callable[[int], Any]] = {
    str: lambda n: f"stand-in {n}",
    int: lambda n: 7_000_000_000_000_000_000 + n,
    datetime: lambda n: datetime(1971, 1, 1, 0, 0, n, tzinfo=UTC),
    UUID: lambda n: UUID(int=n),
}


def _adapted(value: Any, connection: Any) -> Any:
    """A value as this database's driver takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


class _Compiled:
    """A statement with its parameters: those with a name, and constants, which PostgreSQL gets as part of the text.

    A constant passed as a parameter would be bound, and planned for, at each run.
    """

    def __init__(self, sql: str, found: Sequence[Any], stand_ins: Mapping[str, Any], connection: Any) -> None:
        names = {_adapted(value, connection): name for name, value in stand_ins.items()}
        self.places: list[tuple[str | None, Any]] = []
        before, *parts = (part.replace("%%", "%") for part in sql.split("%s"))
        pieces = [before]
        for value, part in zip(found, parts, strict=True):
            name = names.get(value) if value.__hash__ else None
            constant = connection.constant(value) if name is None else None
            if constant is not None:
                pieces[-1] += constant + part
            else:
                pieces.append(part)
                self.places.append((name, value))
        assert {name for name, _ in self.places} >= set(stand_ins), "a parameter is not in the statement"
        self.text = SqlText(pieces)

    def filled(self, values: Mapping[str, Any], connection: Any) -> list[Any]:
        """The parameters, in their order."""
        return [_adapted(values[name], connection) if name else constant for name, constant in self.places]


class _Query:
    """A compiled queryset: the statement, where its parameters go, and how its rows are decoded."""

    def __init__(self, queryset: QuerySet[Any, Any], stand_ins: Mapping[str, Any], connection: Any) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        self.statement = _Compiled(sql, parameters, stand_ins, connection)
        self._decode = row_decoder(queryset, compiler)

    def read(self, result: Result) -> list[Any]:
        return self._decode(result[0])


class _Named:
    """A statement with named parameters, compiled at its first use on each kind of database."""

    def __init__(self, build: Callable[..., Any], **parameters: type) -> None:
        self._build = build
        self._stand_ins = {name: STAND_INS[kind](n) for n, (name, kind) in enumerate(parameters.items())}
        self._compiled: dict[type, Any] = {}

    def _for(self, connection: Any) -> Any:
        kind = type(connection)
        compiled = self._compiled.get(kind) if "compiled" in settings.FASTPATH else None
        if compiled is None:
            compiled = self._compiled[kind] = self._compile(connection)
        return compiled

    def _compile(self, connection: Any) -> Any:
        raise NotImplementedError


class CompiledQuery(_Named):
    """A queryset with named parameters."""

    def _compile(self, connection: Any) -> _Query:
        return _Query(self._build(**self._stand_ins), self._stand_ins, connection)

    def bind(self, **values: Any) -> Statement:
        """For `batch`: what `all` gives."""
        if "rows" not in settings.FASTPATH:
            return DjangoStatement(lambda: list(self._build(**values)))
        connection = connections[DEFAULT_DB_ALIAS]
        query = self._for(connection)
        return SqlStatement(query.statement.text, query.statement.filled(values, connection), query.read)

    def all(self, **values: Any) -> list[Any]:
        """What the queryset gives for these values."""
        (found,) = batch(self.bind(**values))
        return found  # type: ignore[no-any-return]

    def one(self, **values: Any) -> Any:
        """The first of them, or None."""
        return next(iter(self.all(**values)), None)


class CompiledUpdate(_Named):
    """A queryset with named parameters and what its rows are changed to."""

    def _compile(self, connection: Any) -> _Compiled:
        queryset, changes = self._build(**self._stand_ins)
        query = queryset.query.chain(UpdateQuery)
        query.add_update_values(changes)
        query.annotations = {}
        sql, found = query.get_compiler(connection=connection).as_sql()
        return _Compiled(sql, found, self._stand_ins, connection)

    def bind(self, **values: Any) -> Statement:
        """For `batch`: change the rows, and say how many there were."""
        if "rows" not in settings.FASTPATH:
            return DjangoStatement(lambda: self._update(**values))
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._for(connection)
        return SqlStatement(statement.text, statement.filled(values, connection), _count)

    def _update(self, **values: Any) -> int:
        queryset, changes = self._build(**values)
        return queryset.update(**changes)  # type: ignore[no-any-return]


def _count(result: Result) -> int:
    return result[1]


def insert(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> Statement:
    """For `batch`: some rows of one model, one at least, that nobody asks the key of."""
    if "rows" not in settings.FASTPATH:
        return _by_django(rows, ignore_conflicts=ignore_conflicts)
    return _insertion_of(rows, " ON CONFLICT DO NOTHING" if ignore_conflicts else "", _count)


def insert_with_keys(rows: Sequence[Model]) -> Statement:
    """As `insert`, for rows whose model numbers them: each learns its key."""
    if "rows" not in settings.FASTPATH:
        return _by_django(rows)

    def learn(result: Result) -> int:
        for row, (key,) in zip(rows, result[0], strict=True):
            row.pk = key
            row._state.adding = False
        return result[1]

    return _insertion_of(rows, f" RETURNING {type(rows[0])._meta.pk.column}", learn)


def _by_django(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> DjangoStatement:
    manager = type(rows[0])._default_manager
    return DjangoStatement(lambda: len(manager.bulk_create(rows, ignore_conflicts=ignore_conflicts)))


def _insertion_of(rows: Sequence[Model], ending: str, read: Callable[[Result], int]) -> Statement:
    connection = connections[DEFAULT_DB_ALIAS]
    insertion = _insertion if "compiled" in settings.FASTPATH else _insertion.__wrapped__
    text, columns = insertion(type(rows[0]), len(rows), ending, connection.settings_dict["ENGINE"])
    return SqlStatement(text, [value_of(row) for row in rows for value_of in columns], read)


@lru_cache(maxsize=256)
def _insertion(model: type[Model], count: int, ending: str, _engine: str) -> tuple[SqlText, list[Callable[[Any], Any]]]:
    connection: Any = connections[DEFAULT_DB_ALIAS]
    quoted = connection.ops.quote_name
    fields: list[Any] = [field for field in model._meta.concrete_fields if field is not model._meta.auto_field]
    columns = ", ".join(quoted(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    sql = f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES {', '.join([row] * count)}"  # noqa: S608
    return SqlText(f"{sql}{ending}".split("%s")), [_encoder(field, connection) for field in fields]


def _encoder(field: Any, connection: Any) -> Callable[[Any], Any]:
    """What takes a row's value for this column, as the driver takes it."""
    quick: Callable[[Any], Any] | None = connection.quick_encoder(field)
    if quick is not None:
        return quick
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), connections[DEFAULT_DB_ALIAS])


def fetch_rows(queryset: QuerySet[Any, Any]) -> list[Any]:
    """The named tuples of a queryset that is different each time, decoded in the same quick way."""
    if "rows" not in settings.FASTPATH:
        return list(queryset)
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        query = _Query(queryset, {}, connection)
        found: list[Any] = query.read(query.statement.text.run(connection, query.statement.filled({}, connection)))
        return found
    except EmptyResultSet:  # the queryset itself says that there is nothing
        return []
