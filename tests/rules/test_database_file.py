"""The SQLite file is its owner's alone, whatever the umask, and whoever made it before."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db.utils import ConnectionHandler


def opened(path: Path) -> None:
    """Write something by a connection of its own."""
    database = {
        "ENGINE": "aftercart.database.sqlite",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
        "TIME_ZONE": settings.DATABASES["default"].get("TIME_ZONE"),
    }
    connection = ConnectionHandler({"default": database})["default"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS t (a)")
        for file in path.parent.iterdir():
            assert not stat.S_IMODE(file.stat().st_mode) & 0o007, file
    connection.close()


@pytest.fixture
def _open_to_all(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(0)
    try:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]  # a database of this test's own
            yield
    finally:
        os.umask(before)


@pytest.mark.usefixtures("_open_to_all")
def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    opened(tmp_path / "new.sqlite3")
    assert stat.S_IMODE((tmp_path / "new.sqlite3").stat().st_mode) == 0o600


@pytest.mark.usefixtures("_open_to_all")
def test_a_file_that_all_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    path.touch(0o666)
    opened(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
