"""Prepared statements have names that come from their text, and a generation that ends with a change of the database.

*Names.* Behind a pooler that hands one server connection to many clients, and does not know prepared statements, a
name may meet somebody else's statement. A name that is made from the text can only meet the same text.

*Generations.* When a migration widens a column, PostgreSQL refuses every statement that was prepared before: "cached
plan must not change result type". To throw the old ones away is not enough behind a pooler, which recognises them by
their text. So the text changes: from then on a comment stands behind every statement of this process, another one
after each change, and all of its connections prepare anew with the next statement, before they meet the error.
"""

import logging
import secrets
from hashlib import blake2b
from typing import Any

import psycopg
from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg._preparing import Prepare, PrepareManager
from psycopg.pq import TransactionStatus

from aftercart.database.refusals import FORGOTTEN, needs_preparing

logger = logging.getLogger(__name__)


class Generation:
    """The comment behind the statements of this process."""

    def __init__(self) -> None:
        self.comment = ""

    def end(self, comment: str, reason: psycopg.Error) -> None:
        """Begin another one, if the one that the reason was met in has not ended yet."""
        if comment != self.comment:
            return
        self.comment = f" /* {secrets.token_hex(4)} */"
        if reason.sqlstate in FORGOTTEN:
            logger.error(
                "a prepared statement is not where it was prepared (%s): is there a pooler that does not know them? "
                "See docs/scale.md, or run manage.py check --database default",
                reason.sqlstate,
            )
        else:
            logger.info("statements are prepared anew: the database has changed")


generation = Generation()


def name_of(text: bytes) -> str:
    """The same for the same text, in every process."""
    return blake2b(text, digest_size=15).hexdigest()


class TextNames(PrepareManager):
    """psycopg's own prepared statements, under names that say their text; a number tells repeats on a connection."""

    def get(self, query: Any, prepare: bool | None = None) -> tuple[Prepare, bytes]:
        """Whether to prepare, and the name."""
        advice, name = super().get(query, prepare)
        if advice is Prepare.SHOULD:
            name = f"pg3_{name_of(query.query + repr(query.types).encode())}_{self._prepared_idx}".encode()
        return advice, name


class Cursor(ServerBindingCursor, psycopg.Cursor[Any]):
    """Django's cursor; a statement that was refused for its old plan alone is prepared anew, and run again.

    It has not been run, so that changes nothing. Inside a transaction it is too late for that: whoever began it has to
    begin it again.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """psycopg's, once more where that is all that is wrong."""
        comment = generation.comment
        begun = self.connection.pgconn.transaction_status != TransactionStatus.IDLE
        try:
            return super().execute(_commented(query, comment), params, **options)
        except psycopg.Error as reason:
            if not needs_preparing(reason):
                raise
            generation.end(comment, reason)
            if begun:
                raise
        self.connection.begin_anew()  # type: ignore[attr-defined]
        return super().execute(_commented(query, generation.comment), params, prepare=False)


def _commented(query: Any, comment: str) -> Any:
    return query + comment if comment and isinstance(query, str) else query
