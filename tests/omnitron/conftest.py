"""`wire` is a scripted Omnitron on a real socket; `connect` makes clients of it and closes them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aftercart.omnitron import Deadline, Omnitron
from tests.omnitron.wire import Wire, page


@pytest.fixture
def wire() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., Omnitron]]:
    clients = []

    def make(server: Wire | str, *, signed_in: bool = False, **options: Any) -> Omnitron:
        url = server if isinstance(server, str) else server.url
        settings = {"username": "ada", "password": "secret", "channel_id": 1, "timeout": 10} | options
        client = Omnitron(url=url, **settings)
        clients.append(client)
        if signed_in:  # so that a short timeout is the operation's alone
            assert isinstance(server, Wire)
            server.answer("/products/", page())
            client.products(pks=[1], deadline=Deadline.after(10))
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the pauses of the circuit and of refused logins pass at once."""
    passed = 0.0

    def pass_(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    for module in ("circuit", "session"):
        monkeypatch.setattr(f"aftercart.omnitron.http.{module}.monotonic", lambda: time.monotonic() + passed)
    return pass_
