"""Reading dynamic settings: once per request, those that it needs together, and never an exception."""

import json
import logging
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import pydantic
from django.db.models import Subquery, TextField
from django.db.models.functions import Cast

from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.dynamic_settings.schema import ORDER_RULES, SCHEMAS, DynamicSettingSchema, validated

logger = logging.getLogger(__name__)
Schema = TypeVar("Schema", bound=DynamicSettingSchema)


class DynamicSettings:
    """Some of the dynamic settings, as they are at one moment."""

    __slots__ = ("_asked", "_stored", "_typed")

    def __init__(self, stored: dict[str, Any], asked: Iterable[type[DynamicSettingSchema]] = SCHEMAS) -> None:
        self._stored = stored
        self._asked = frozenset(schema.name for schema in asked)
        self._typed: dict[str, DynamicSettingSchema] = {}

    def get(self, schema: type[Schema]) -> Schema:
        """The typed setting; its defaults where nothing is stored or what is stored no longer validates."""
        assert schema.name in self._asked, f"{schema.name} was not read: its defaults would be a guess"
        if schema.name not in self._stored:
            return cast("Schema", _defaults(schema))
        if schema.name not in self._typed:
            try:
                self._typed[schema.name] = validated(schema.name, self._stored[schema.name])
            except pydantic.ValidationError as error:  # said again at each use, until somebody puts it right
                logger.error("%s is not valid, its defaults apply: %s", schema.name, error)
                return cast("Schema", _defaults(schema))
        return cast("Schema", self._typed[schema.name])

    def has(self, schema: type[DynamicSettingSchema]) -> bool:
        """Whether this setting was read."""
        return schema.name in self._asked


@cache
def _defaults(schema: type[DynamicSettingSchema]) -> DynamicSettingSchema:
    return schema()  # frozen: one is enough


def read_settings(*schemas: type[DynamicSettingSchema]) -> DynamicSettings:
    """These dynamic settings, or all, in one statement."""
    rows = DynamicSetting.objects.filter(name__in=[schema.name for schema in schemas or SCHEMAS])
    return DynamicSettings(dict(rows.values_list("name", "value")), schemas or SCHEMAS)


def read_setting(schema: type[Schema]) -> Schema:
    """One dynamic setting, in one statement."""
    return read_settings(schema).get(schema)


def annotations(*schemas: type[DynamicSettingSchema]) -> dict[str, Subquery]:
    """Annotations that bring settings along with a statement that runs anyway; see `from_row`.

    Those that are asked for, by default the rules of an order: each is a look-up more for the statement.
    """
    return {
        _column(schema): Subquery(
            DynamicSetting.objects.filter(name=schema.name).values(text=Cast("value", TextField()))[:1]
        )
        for schema in schemas or ORDER_RULES
    }


def from_row(row: Any) -> DynamicSettings:
    """The settings that `annotations` brought along with this row, be it a model or a tuple."""
    return _of_texts(tuple(getattr(row, column, _NOT_ASKED) for column in _COLUMNS))


@lru_cache(maxsize=64)
def _of_texts(texts: tuple[Any, ...]) -> DynamicSettings:
    # The rows of one page bring the same texts along, and so does nearly every request.
    asked = {schema: text for schema, text in zip(SCHEMAS, texts, strict=True) if text is not _NOT_ASKED}
    return DynamicSettings({schema.name: json.loads(text) for schema, text in asked.items() if text}, asked)


_NOT_ASKED = object()


def _column(schema: type[DynamicSettingSchema]) -> str:
    return f"setting_{schema.name.lower()}"


_COLUMNS = [_column(schema) for schema in SCHEMAS]
