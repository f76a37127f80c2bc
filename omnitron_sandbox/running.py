"""The sandbox inside this process: for tests, and for the embedded start of the service."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .api import Api
from .control import Control
from .server import Server
from .store import Store

USERNAME = "sandbox"
PASSWORD = "sandbox"  # noqa: S105 - public on purpose, a stand-in guards nothing


class Sandbox(Control):
    """A running sandbox: its address, its login, and every verb of the control door."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data: str | Path | None = None,
        plan_delay: float = -1,
        username: str = USERNAME,
        password: str = PASSWORD,
        channel_id: int = 1,
        mails: str | Path | None = None,
    ) -> None:
        self.username = username
        self.password = password
        self._folder = tempfile.mkdtemp(prefix="sandbox-") if data is None else None
        path = Path(self._folder, "sandbox.sqlite3") if self._folder else Path(str(data))
        path.parent.mkdir(parents=True, exist_ok=True)
        store = Store(str(path))
        try:
            super().__init__(store, channel_id=channel_id, plan_delay=plan_delay)
            self.mails = Path(mails) if mails else None
            api = Api(store, username=username, password=password, channel_id=channel_id)
            self._server = Server((host, port), control=self, api=api)
        except BaseException:
            store.close()
            self._remove_folder()
            raise
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://{self._server.server_name}:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        self.start_clock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all connections, close the file; a temporary one is removed."""
        self.stop_clock()
        self._server.stop()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.store.close()
        self._remove_folder()

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def running(
    *,
    port: int = 0,
    data: str | Path | None = None,
    plan_delay: float = -1,
    orders: Any = (),
    **options: Any,
) -> Iterator[Sandbox]:
    """A sandbox on a free port for the length of a `with`. `orders` are taken in at once."""
    sandbox = Sandbox(port=port, data=data, plan_delay=plan_delay, **options)
    sandbox.start()
    try:
        if orders:
            sandbox.add_orders(orders)
        yield sandbox
    finally:
        sandbox.stop()
