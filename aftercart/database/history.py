"""`manage.py migrate` leads from release to release: it refuses a database that other code made before it begins."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

WHAT = (
    "This database was made by other code: it has migrations that this release does not know ({some}), and lacks others"
)
ADVICE = "Nothing leads from there to here. Begin with an empty database (the demo: make demo-fresh)."


def foreign(executor: MigrationExecutor) -> list[str]:
    """Applied migrations that this release lacks, if it would apply others: none after a mere downgrade.

    Such a database has different tables under the names of ours: migrating it would stop halfway.
    """
    loader = executor.loader
    unknown = [key for key in loader.applied_migrations if key[0] in loader.migrated_apps]
    unknown = [key for key in unknown if key not in loader.disk_migrations]
    pending = executor.migration_plan(loader.graph.leaf_nodes())
    return [".".join(key) for key in sorted(unknown)] if pending else []


def what(unknown: Sequence[str]) -> str:
    """The sentence."""
    rest = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    return WHAT.format(some=f"{unknown[0]}{rest}")


@checks.register(checks.Tags.database)
def check(databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """An error before anything is migrated."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        unknown = foreign(MigrationExecutor(connections[alias]))
        if unknown:
            found.append(Error(f"{what(unknown)}.", hint=ADVICE, id="database.E001"))
    return found
