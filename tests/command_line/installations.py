"""An installation as a merchant makes one: `aftercart` in a folder, with nothing of this process's environment."""

import contextlib
import json
import os
import pty
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.servers import ROOT

CLEAN = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}


@dataclass
class Installation:
    folder: Path
    omnitron: str

    def run(self, *words: str, code: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "aftercart", *words],
            cwd=self.folder,
            env={**CLEAN, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def init(self, *more: str, code: int = 0, **environment: str) -> str:
        flags = ("--site-url", "https://orders.shop.example", "--omnitron-url", self.omnitron)
        flags += ("--omnitron-username", "sandbox", "--admin-email", "boss@example.com")
        return self.run("init", *flags, *more, code=code, OMNITRON_PASSWORD="sandbox", **environment)

    def findings(self, *, code: int) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for finding in json.loads(self.run("check", "--json", code=code)):
            found.setdefault(finding["about"], []).append(finding)
        return found

    def answer(self, verb: str, *answers: str, **environment: str) -> str:
        """A verb that asks, at a terminal where these answers are typed; returns what stood there."""
        ours, theirs = pty.openpty()
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        done = subprocess.run(
            [sys.executable, "-m", "aftercart", verb],
            cwd=self.folder,
            env={**CLEAN, "PYTHONPATH": str(ROOT), **environment},
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        os.close(ours)
        os.close(theirs)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def serving(self, port: int) -> Iterator[None]:
        """The web server, until the block ends."""
        log = self.folder / "web.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "aftercart", "serve", "--port", str(port), "--workers", "1"],
                cwd=self.folder,
                env={**CLEAN, "PYTHONPATH": str(ROOT)},
                stdout=out,
                stderr=out,
            )
        try:
            end = time.monotonic() + 60
            while not _answers(f"http://127.0.0.1:{port}/health/"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
        return True
    return False
