"""Who migrates a database that another line of code made is told so, and what to do, before anything is done to it."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db.migrations.recorder import MigrationRecorder

from aftercart.command_line import installation
from aftercart.demo import __main__ as demo
from aftercart.demo.ways import Problem

SAID = r"migrations that this release does not know \(orders\.0002_of_another_branch and 1 more\).*make demo-fresh"


@pytest.fixture
def applied(db: None) -> Any:
    """What the database says of itself: besides our migrations, two of other code's."""
    rows = MigrationRecorder.Migration.objects
    for number in (2, 3):
        rows.create(app="orders", name=f"000{number}_of_another_branch")
    return rows


@pytest.fixture
def of_other_code(applied: Any) -> None:
    applied.filter(app="mails").delete()


def test_migrate_says_so(of_other_code: None) -> None:
    with pytest.raises(SystemCheckError, match=f"(?s){SAID}"):
        call_command("migrate", verbosity=0, skip_checks=False)


def test_the_demo_says_so(of_other_code: None) -> None:
    with pytest.raises(Problem, match=SAID):
        demo._migrate()


def test_the_check_of_an_installation_says_so(of_other_code: None) -> None:
    (found,) = [finding for finding in installation.database() if finding.level == "error"]
    assert "does not know" in found.what
    assert "empty database" in found.advice


def test_a_release_that_was_gone_back_to_has_nothing_to_do(applied: Any) -> None:
    call_command("migrate", verbosity=0, skip_checks=False)
    assert not [finding for finding in installation.database() if finding.level == "error"]
