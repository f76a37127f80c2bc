"""A sandbox in a process of its own, spoken to by its control door as a test speaks to the one in its own process."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from omnitron_sandbox.faults import Kind
from tests.reliability.servers import ROOT, free_port


class RemoteSandbox:
    """The verbs of a running sandbox that a drill needs."""

    username = password = "sandbox"
    channel_id = 1

    def __init__(self, port: int, folder: Path | None = None, plan_delay: float = 3) -> None:
        """`folder`: where one that is started here remembers, and logs."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._plan_delay = plan_delay
        self._process: subprocess.Popen[bytes] | None = None
        self._faults: list[dict[str, Any]] = []

    def start(self) -> None:
        """Start it, again with what it remembers and with the faults that it had."""
        assert self._folder is not None
        data = ("--data", str(self._folder / "sandbox.sqlite3"), "--plan-delay", str(self._plan_delay))
        command = [sys.executable, "-m", "omnitron_sandbox", "--port", str(self.port), *data]
        with (self._folder / "sandbox.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + 120
        while not self.answers():
            assert self._process.poll() is None, (self._folder / "sandbox.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        if self._faults:
            self._call("PUT", "/sandbox/faults/", self._faults)

    def kill(self) -> None:
        """End it without mercy."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def add_orders(self, orders: Sequence[Any], *, apart: bool = False) -> None:
        self._call("POST", f"/sandbox/orders/?apart={int(apart)}", orders)

    def order(self, number: str) -> Any:
        return self._call("GET", f"/sandbox/orders/{number}/")

    def break_a_tenth(self) -> None:
        """A tenth of all calls goes wrong, each in one of all the manners that the sandbox knows."""
        kinds = get_args(Kind)
        each = 1 - 0.9 ** (1 / len(kinds))  # the rules are asked one after the other
        self._faults = [{"kind": kind, "probability": each, **_short(kind)} for kind in kinds]
        self._call("PUT", "/sandbox/faults/", self._faults)

    def clear_faults(self) -> None:
        self._faults = []
        self._call("DELETE", "/sandbox/faults/")

    def number_of_calls(self) -> int:
        return int(self._call("GET", "/sandbox/calls/")["count"])

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self._call("GET", "/sandbox/health/"))
        return False

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as response:
            text = response.read()
        return json.loads(text) if text else None


def _short(kind: str) -> dict[str, float]:
    # Longer than a promise's deadline where it should be too long, but not so long that a drill takes hours.
    if kind.startswith("silence"):
        return {"seconds": 3}
    return {"seconds": 0.05} if kind == "drip" else {"seconds": 1} if kind.startswith("latency") else {}


@contextlib.contextmanager
def a_sandbox_process(folder: Path, *, plan_delay: float = 3) -> Iterator[RemoteSandbox]:
    """A running sandbox with nothing in it."""
    remote = RemoteSandbox(free_port(), folder, plan_delay)
    remote.start()
    try:
        yield remote
    finally:
        remote.kill()
