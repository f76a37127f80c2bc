"""No database connection is open while a process forks: a child that opens SQLite then would lose commits silently."""

import subprocess
import sys
from pathlib import Path

import pytest

from aftercart.database.forks import OpenAcrossFork, assert_none_open
from aftercart.database.sqlite.base import DatabaseWrapper
from aftercart.database.threads import still_open
from tests.reliability.servers import ROOT, outer_environment

FORKING = """
import os, sys
import django
django.setup()
from django.db import connection
from aftercart.database.forks import OpenAcrossFork
def ask():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS forked (id int)")
{parent}
if os.fork() == 0:
    try:
        ask()
    except OpenAcrossFork:
        os._exit(3)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def forked(parent: str, folder: Path) -> str:
    environment = {
        **outer_environment(),
        "DEBUG": "1",
        "VAR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/x.sqlite3",
    }
    command = [sys.executable, "-c", FORKING.format(parent=parent)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()


def test_a_child_is_refused_the_file_that_its_parent_had_open(tmp_path: Path) -> None:
    assert forked("ask()", tmp_path) == "3"


@pytest.mark.parametrize("parent", ["", "ask(); connection.close()"])
def test_a_child_of_one_who_had_nothing_open_works(tmp_path: Path, parent: str) -> None:
    assert forked(parent, tmp_path) == "0"


def test_whoever_is_about_to_fork_is_told(tmp_path: Path) -> None:
    wrapper = DatabaseWrapper(settings_of(tmp_path), "own")
    opened = wrapper.get_new_connection(wrapper.get_connection_params())
    with pytest.raises(OpenAcrossFork, match=r"own\.sqlite3"):
        assert_none_open()
    opened.close()
    assert not [name for name in still_open() if "own.sqlite3" in name]


def settings_of(folder: Path) -> dict[str, object]:
    options: dict[str, object] = {}
    return {
        "ENGINE": "aftercart.database.sqlite",
        "NAME": folder / "own.sqlite3",
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
        "TIME_ZONE": None,
        "USER": "",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
    }


def test_the_web_server_asks_before_it_forks(tmp_path: Path) -> None:
    """With something that opens a connection while the service is loaded."""
    code = (
        "import aftercart.serve as serve\n"
        "from django.db import connection\n"
        "serve.load = connection.ensure_connection\n"
        "serve.main()\n"
    )
    environment = {**outer_environment(), "DEBUG": "1", "VAR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/x"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "open across a fork" in done.stderr
