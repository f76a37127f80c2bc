"""Row decoders: they turn the rows of a compiled queryset into named tuples, or models."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS
from django.db.models import JSONField, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import NamedValuesListIterable, get_related_populators

Rows = Sequence[Sequence[Any]]
Decoder = Callable[[Rows], list[Any]]


def row_decoder(queryset: QuerySet[Any, Any], compiler: Any) -> Decoder:
    """The decoder of this queryset's rows; `compiler`: Django's, once it has made the statement."""
    columns = [expression for expression, _, _ in compiler.select]
    converters = compiler.get_converters(columns).items()
    values = [(n, _value_decoder(columns[n], found, compiler.connection)) for n, (found, _) in converters]
    if queryset._iterable_class is NamedValuesListIterable:
        documents = [n for n, _ in values if isinstance(columns[n].output_field, JSONField)]
        others = [(n, decode) for n, decode in values if n not in documents]
        return _tuple_decoder(tuple(queryset._fields), others, documents)  # type: ignore[attr-defined]
    return _model_decoder(compiler, values)


def _tuple_decoder(
    names: tuple[str, ...], values: Sequence[tuple[int, Callable[[Any], Any]]], documents: Sequence[int]
) -> Decoder:
    make = _row(names)._make

    def decode(found: Rows) -> list[Any]:
        known: dict[Any, Any] = {}  # documents repeat: an address in each order, a carrier in each item
        rows = []
        for values_read in found:
            row = [*values_read]
            for n, value in values:
                row[n] = value(row[n])
            for n in documents:
                text = row[n]
                document = known.get(text)
                if document is None and text is not None:
                    document = known[text] = orjson.loads(text)
                row[n] = document
            rows.append(make(row))
        return rows

    return decode


@lru_cache(maxsize=64)
def _row(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


def _model_decoder(compiler: Any, values: Sequence[tuple[int, Callable[[Any], Any]]]) -> Decoder:
    found_in = compiler.klass_info
    model: type[Model] = found_in["model"]
    first, last = found_in["select_fields"][0], found_in["select_fields"][-1] + 1
    names = [column.target.attname for column, _, _ in compiler.select[first:last]]
    related = get_related_populators(found_in, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    annotated = [*(compiler.annotation_col_map or {}).items()]

    def decode(found: Rows) -> list[Any]:
        objects = []
        for values_read in found:
            row = [*values_read]
            for n, value in values:
                row[n] = value(row[n])
            made = _made(model, names, row[first:last])
            for populator in related:
                _populate(populator, row, made)
            for name, n in annotated:
                setattr(made, name, row[n])
            objects.append(made)
        return objects

    return decode


def _made(model: type[Model], names: Sequence[str], values: Sequence[Any]) -> Any:
    """As `Model.from_db`, without defaults and signals, which stored rows don't need and which are most of its cost."""
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    made.__dict__.update(zip(names, values, strict=True))
    return made


def _populate(django: Any, row: Sequence[Any], owner: Any) -> None:
    """As Django's RelatedPopulator, for what `select_related` brings."""
    values = django.reorder_for_init(row) if django.reorder_for_init else row[django.cols_start : django.cols_end]
    made = None if values[django.pk_idx] is None else _made(django.model_cls, django.init_list, values)
    for populator in django.related_populators:
        _populate(populator, row, made)
    django.local_setter(owner, made)
    if made is not None:
        django.remote_setter(made, owner)


def _value_decoder(column: Any, converters: Sequence[Callable[..., Any]], connection: Any) -> Callable[[Any], Any]:
    """What converts the driver's value of a column."""
    field = column.output_field
    if isinstance(field, JSONField):
        return lambda value: None if value is None else orjson.loads(value)
    decoder: Callable[[Any], Any] = connection.quick_decoder(field, _django_decoder(column, converters, connection))
    return decoder


def _django_decoder(column: Any, converters: Sequence[Callable[..., Any]], connection: Any) -> Callable[[Any], Any]:
    if len(converters) == 1:
        only = converters[0]
        return lambda value: only(value, column, connection)

    def decode(value: Any) -> Any:
        for convert in converters:
            value = convert(value, column, connection)
        return value

    return decode
