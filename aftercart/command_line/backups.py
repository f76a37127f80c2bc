"""Backup and restore of the database that is set: SQLite's own copy, and PostgreSQL's own programs.

Everything that is true stands in the database, so one file is all of it. The password of PostgreSQL goes by the
environment, never by the process list.
"""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection


class BackupFailed(Exception):
    """It was not made, or not restored; the text says why and what to do."""


def back_up(file: Path) -> None:
    """A consistent copy of the database as it is now, while the service runs. Raises BackupFailed."""
    if file.exists():
        raise BackupFailed(f"{file} is there already; a backup overwrites nothing.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.touch(mode=0o600)
    try:
        if connection.vendor == "sqlite":
            with sqlite3.connect(str(connection.settings_dict["NAME"])) as ours, sqlite3.connect(unfinished) as copy:
                ours.backup(copy)
            copy.close()
            ours.close()
        else:
            _run("pg_dump", "--format=custom", "--no-owner", f"--file={unfinished}", _database())
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(file: Path) -> None:
    """The backup into the database that is set, which must be empty. Raises BackupFailed."""
    if not file.is_file():
        raise BackupFailed(f"There is no file {file}.")
    if connection.introspection.table_names():
        raise BackupFailed("The database is not empty: make a new one, and let DATABASE_URL name it.")
    if connection.vendor == "sqlite":
        connection.close()
        name = Path(str(connection.settings_dict["NAME"]))
        for beside in (name, name.with_name(f"{name.name}-wal"), name.with_name(f"{name.name}-shm")):
            beside.unlink(missing_ok=True)
        shutil.copyfile(file, name)
        name.chmod(0o600)
    else:
        _run(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={_database()}", str(file)
        )


def _database() -> str:
    return f"dbname={connection.settings_dict['NAME']}"


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupFailed(f"{program} is missing (Debian: apt install postgresql-client).")
    facts: dict[str, Any] = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    login = {name: str(facts[key]) for name, key in names.items() if facts.get(key)}
    if host := facts.get("OPTIONS", {}).get("host"):
        login["PGHOST"] = str(host)
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own program)
        [program, *arguments], env={**os.environ, **login}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(done.stderr.strip() or f"{program} ended with {done.returncode}")
