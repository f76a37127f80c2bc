"""The demo's child processes: started, listened to, and ended together."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

GRACE_SECONDS = 10.0
COLOURS = ("\x1b[36m", "\x1b[35m", "\x1b[33m")


class Children:
    """Named processes whose lines appear here as `web     | …`."""

    def __init__(self, *, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []
        self._ready: dict[str, threading.Event] = {}

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], *, ready: str = "") -> None:
        """Start one. `ready`: a text in its output that tells that it works (see `is_ready`)."""
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we end the children in order.
        child = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        colour = COLOURS[len(self._running) % len(COLOURS)]
        self._running[name] = child
        self._ready[name] = threading.Event()
        if not ready:
            self._ready[name].set()
        reader = threading.Thread(target=self._read, args=(name, child, colour, ready), daemon=True)
        reader.start()
        self._readers.append(reader)

    def is_ready(self, name: str) -> bool:
        """Whether its output had the text to wait for."""
        return self._ready[name].is_set()

    def dead(self) -> tuple[str, int] | None:
        """The first one that ended, with its exit code."""
        for name, child in self._running.items():
            code = child.poll()
            if code is not None:
                return name, code
        return None

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to those that are still there after a while."""
        for child in self._running.values():
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
            # Also what a child left behind in its session.
            _signal(child, signal.SIGKILL)
            child.wait()
        for reader in self._readers:
            reader.join(1)

    def _read(self, name: str, child: subprocess.Popen[str], colour: str, ready: str) -> None:
        assert child.stdout is not None
        prefix = f"{name:<7} | "
        if self._out.isatty():
            prefix = f"{colour}{prefix}\x1b[0m"
        for line in child.stdout:
            if ready and ready in line:
                self._ready[name].set()
            if line.strip():
                with self._lock:
                    self._out.write(f"{prefix}{line.rstrip()}\n")
                    self._out.flush()


def _signal(child: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
