"""Every reliability test runs on SQLite and on PostgreSQL, where a PostgreSQL answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler

from aftercart.database.postgresql.generations import generation
from omnitron_sandbox import Sandbox, running
from tests.conftest import demanded
from tests.reliability.brokers import Server, a_rabbitmq, rabbitmq_script
from tests.reliability.servers import Shop, a_shop, postgres_url


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: Any) -> str:
    if request.param == "postgres" and postgres_url() is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    return str(request.param)


@pytest.fixture
def remote() -> Iterator[Sandbox]:
    """A sandbox of the test's own."""
    with running(plan_delay=-1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    """A RabbitMQ of the module's own."""
    if rabbitmq_script() is None:
        demanded("RabbitMQ is not installed")
    with a_rabbitmq() as server:
        yield server


@pytest.fixture
def running_shop(backend: str, remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    """A migrated service with nothing started yet."""
    # A test machine may be slow; what a promise's own deadline does is tested where it is the subject.
    with a_shop(backend, tmp_path, remote, OMNITRON_TIMEOUT="10") as shop:
        yield shop


@pytest.fixture
def connection(django_db_blocker: Any, monkeypatch: Any) -> Iterator[Any]:
    """A connection to PostgreSQL as production keeps it, of this test's own."""
    url = postgres_url()
    if url is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    monkeypatch.setattr(generation, "comment", "")  # another test may have changed a table
    facts = psycopg.conninfo.conninfo_to_dict(str(url))
    database = {
        "ENGINE": "aftercart.database.postgresql",
        "NAME": facts.get("dbname", "postgres"),
        "USER": facts.get("user", ""),
        "PASSWORD": facts.get("password", ""),
        "HOST": facts.get("host", ""),
        "PORT": facts.get("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 1},
        "TIME_ZONE": settings.DATABASES["default"].get("TIME_ZONE"),
    }
    made = ConnectionHandler({"default": {}, "own": database})["own"]
    made.health_check_enabled = True
    connections["own"] = made
    with django_db_blocker.unblock():  # it is not the tests' database that is spoken to
        yield made
        made.close()
    del connections["own"]
