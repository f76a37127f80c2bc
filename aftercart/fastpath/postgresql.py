"""What Django's wrapper around PostgreSQL gains: statements that stay prepared, batches in one round trip, quick rows.

Statements use Django's cursors, one after the other, if something observes them (Django's query log, an
`execute_wrapper`), if nothing may be prepared (`prepare_threshold` of None), and if FASTPATH says so.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import orjson
from django.conf import settings
from django.db import DataError, OperationalError
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    JSONField,
    TextField,
    UUIDField,
)
from psycopg.adapt import Loader
from psycopg.sql import Literal

from aftercart.fastpath.batch import Result, SqlStatement, SqlText
from aftercart.fastpath.statement_cache import NumberedStatement

UNDONE = ("40001", "40P01")  # a serialization failure, a deadlock
# How the first statement of an atomic batch says that it changed no row, so that the others are not run. PostgreSQL has
# no other word than an error, and writes it into its log: so the error says what it is.
NO_NUMBER = "22P02"
NOTHING_CHANGED = "aftercart: all is well, somebody else was first; rows changed: "
# What psycopg writes as it is, once it is what the model says.
PLAIN = (BooleanField, CharField, DateTimeField, ForeignKey, IntegerField, TextField, UUIDField)


def or_fails(text: SqlText) -> str:
    """A statement that changes rows, turned into one that fails if it changes none."""
    told = f"CAST('{NOTHING_CHANGED}' || COUNT(*) AS int)"  # depends on the count, or the planner would try it at once
    return f"WITH changed AS ({text.numbered} RETURNING 1) SELECT CASE COUNT(*) WHEN 0 THEN {told} END FROM changed"  # noqa: S608


class FastPostgreSQL:
    """To be inherited before Django's wrapper, whose connections have a `statement_cache`."""

    queries_logged: bool
    execute_wrappers: list[Any]
    settings_dict: dict[str, Any]
    connection: Any

    def run_statement(self, statement: SqlStatement) -> Result:
        """The result of one statement."""
        return self._results_of([statement])[0]

    def run_batch(self, statements: Sequence[SqlStatement]) -> list[Any]:
        """What some statements give, in one round trip."""
        return [each.read(result) for each, result in zip(statements, self._results_of(statements), strict=True)]

    def _results_of(self, statements: Sequence[SqlStatement]) -> list[Result]:
        numbered = [(each.text.numbered, each.parameters) for each in statements]
        if self.can_prepare(numbered):
            return self.run_prepared(numbered)
        return [each.text.run(self, each.parameters) for each in statements]

    def run_atomic_batch(self, first: SqlStatement, others: Sequence[SqlStatement]) -> bool | None:
        """Run statements as one transaction: whether the first changed a row. None: it cannot be so, and was not."""
        numbered = [(or_fails(first.text), first.parameters)]
        numbered += [(each.text.numbered, each.parameters) for each in others]
        if not self.can_prepare(numbered):
            return None
        try:
            self.run_to_the_end(numbered)
        except DataError as error:
            if _says_nothing_changed(error.__cause__):
                return False
            raise
        return True

    def run_to_the_end(self, numbered: Sequence[NumberedStatement]) -> None:
        """Statements that are a transaction of their own; run once more if PostgreSQL undid it to end a deadlock."""
        try:
            self.run_prepared(numbered)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in UNDONE:
                raise
            self.run_prepared(numbered)  # undone as a whole, in favour of another transaction, which is through by now

    def can_prepare(self, statements: Sequence[NumberedStatement]) -> bool:
        """Whether `run_prepared` may be used, and there is room for these."""
        if (
            self.queries_logged
            or self.execute_wrappers
            or "prepared" not in settings.FASTPATH
            or self.settings_dict["OPTIONS"].get("prepare_threshold") is None
        ):
            return False
        return self.connection is None or self.connection.statement_cache.has_room_for(statements)

    def run_prepared(self, statements: Sequence[NumberedStatement]) -> list[Result]:
        """Run statements that are the same each time, as cursors of Django's would, in one round trip."""
        wrapper: Any = self
        wrapper.close_if_health_check_failed()
        wrapper.ensure_connection()
        wrapper.validate_thread_sharing()
        wrapper.validate_no_broken_transaction()
        with wrapper.wrap_database_errors:
            results: list[Result] = self.connection.statement_cache.run(statements)
        return results

    def constant(self, value: Any) -> str | None:
        """A constant as part of a statement's text; None if it has to be a parameter."""
        return Literal(value).as_string(self.connection) if isinstance(value, str | int | None) else None

    def quick_decoder(self, field: Any, django: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What reads this field's values quicker than `django`, Django's own decoder; that one where nothing does."""
        return django  # the connection's loaders have done it

    def quick_encoder(self, field: Any) -> Callable[[Any], Any] | None:
        """What gets this field's value from a row in the driver's form; None if Django would convert it."""
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            return None
        if isinstance(field, PLAIN):
            return attrgetter(field.attname)
        if type(field) is JSONField:
            return lambda row: _as_json(getattr(row, field.attname))
        return None


def _says_nothing_changed(error: Any) -> bool:
    return getattr(error, "sqlstate", None) == NO_NUMBER and NOTHING_CHANGED in (error.diag.message_primary or "")


def _as_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


class UtcLoader(Loader):
    """Moments as the server writes them in UTC, read at once: Django's own reader takes ten times as long."""

    timezone = UTC  # Django asks the loader for it, and puts its own in the place of one with another

    def load(self, data: Any) -> datetime:
        """The moment; all that PostgreSQL can write of the years that Python knows."""
        return datetime.fromisoformat(str(data, "ascii"))
