"""After rows came in with their own keys, the database has to count on from the highest one."""

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model


def align(*models: type[Model]) -> None:
    """Make sure that the next generated keys are free; inside the caller's transaction, if there is one.

    SQLite does so by itself; PostgreSQL would give a taken key to the next row that is created here.
    """
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)
