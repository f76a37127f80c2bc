"""Every reliability test runs on SQLite and on PostgreSQL, where a PostgreSQL answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercart.omnitron.sandbox import Sandbox, running
from tests.conftest import demanded
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


@pytest.fixture
def running_shop(backend: str, remote: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    """A migrated service with nothing started yet."""
    # A test machine may be slow; what a promise's own deadline does is tested where it is the subject.
    with a_shop(backend, tmp_path, remote, OMNITRON_TIMEOUT="10") as shop:
        yield shop
