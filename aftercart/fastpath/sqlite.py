"""What Django's wrapper around SQLite gains: quick moments and decimals. There are no network round trips to save."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db.models import DateTimeField, DecimalField

from aftercart.fastpath.batch import Result, SqlStatement

# Decimals of a column. They come as floats, and are made exact in several steps; prices and tax rates repeat.
REMEMBERED = 512


class FastSQLite:
    """To be inherited before Django's wrapper."""

    def run_statement(self, statement: SqlStatement) -> Result:
        """The result of one statement."""
        return statement.text.run(self, statement.parameters)

    def run_batch(self, statements: Sequence[SqlStatement]) -> list[Any]:
        """What some statements give, one after the other."""
        return [each.read(self.run_statement(each)) for each in statements]

    def run_atomic_batch(self, first: SqlStatement, others: Sequence[SqlStatement]) -> bool | None:
        """None: a transaction is needed."""
        return None

    def constant(self, value: Any) -> str | None:
        """None: SQLite binds its parameters without being asked twice."""
        return None

    def quick_decoder(self, field: Any, django: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What reads this field's values quicker than `django`, Django's own decoder; that one where nothing does."""
        if isinstance(field, DateTimeField):
            # The driver has read it, but for the zone, which is always this one.
            return lambda value: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        if isinstance(field, DecimalField):
            return lru_cache(maxsize=REMEMBERED)(django)
        return django

    def quick_encoder(self, field: Any) -> Callable[[Any], Any] | None:
        """None: Django takes a row's values as this driver needs them."""
        return None
