"""What the two databases have under different names."""

from typing import Any

from django.db.models import Subquery


class IdsOf(Subquery):
    """The ids that a queryset finds, as text with commas."""

    template = "(SELECT GROUP_CONCAT(id) FROM (%(subquery)s) AS found)"

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """PostgreSQL's name for it."""
        template = "(SELECT STRING_AGG(id::text, ',') FROM (%(subquery)s) AS found)"
        return self.as_sql(compiler, connection, template=template)
