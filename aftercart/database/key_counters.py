"""After rows came in with keys of their own, the database counts on from the highest one."""

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model


def align(*models: type[Model]) -> None:
    """Let keys that are handed out next be free; inside the caller's transaction, where there is one.

    SQLite does so by itself; PostgreSQL would hand out a taken key to the next row that is made here.
    """
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)
