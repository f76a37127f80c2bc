"""Who is measured: servers started as their makers say, each in a session of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.servers import ROOT, free_port
from tests.speed.clocks import Meter, group, proportional_kb

WORKERS, THREADS = 2, 16
HERE = Path(__file__).parent


@dataclass
class Subject:
    """A running server."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    meter: Meter

    def memory_mb(self) -> list[float]:
        """Proportional memory of each process of the server."""
        return [proportional_kb(pid) / 1024 for pid in group(self.process.pid)]

    def stop(self) -> None:
        self.meter.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class House:
    """What all servers share: a database, a sandbox, a folder."""

    folder: Path
    database: str
    sandbox: int
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The product's own settings, as docs/production.md wants them."""
        inherited = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "TMPDIR", "LD_LIBRARY_PATH")
        return {
            **{name: os.environ[name] for name in inherited if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "aftercart.settings",
            "AFTERCART_SETTINGS": "",
            "ALLOW_SQLITE": "1",
            "DATABASE_URL": self.database,
            "VAR": str(self.folder),
            "SECRET_KEY": "only for measuring",
            "ALLOWED_HOSTS": "127.0.0.1",
            "COOKIES_SECURE": "0",
            "OMNITRON_URL": f"http://127.0.0.1:{self.sandbox}/",
            "OMNITRON_USERNAME": "sandbox",
            "OMNITRON_PASSWORD": "sandbox",
            "EMAIL_URL": "smtp://127.0.0.1:9/",
            "DEFAULT_FROM_EMAIL": "shop@example.com",
            "SITE_URL": "http://127.0.0.1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
            **self.settings,
        }

    def run(self, *arguments: str, python: str = sys.executable, **settings: str) -> str:
        """Run a Python command with the product's settings; what it printed."""
        done = subprocess.run(
            [python, *arguments],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-3000:]}")
        return done.stdout

    def start(
        self, name: str, command: list[str], *, port: int, cwd: Path = ROOT, probe: bytes = b"", **settings: str
    ) -> Subject:
        """Start a server and wait until its port listens."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**self.environment, "PGAPPNAME": name, **settings},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        subject = Subject(name, process, port, log, Meter(process.pid, name=name, database=self.database))
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return subject
            time.sleep(0.1)
        subject.stop()
        raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')[-3000:]}")

    def granian(
        self, name: str, *command: str, workers: int = WORKERS, threads: int = THREADS, **settings: str
    ) -> Subject:
        """A WSGI application on granian."""
        port = free_port()
        served = [sys.executable, "-m", *command, "--host", "127.0.0.1", "--port", str(port), "--backlog", "1024"]
        served += ["--workers", str(workers), "--blocking-threads", str(threads)]
        return self.start(name, served, port=port, **settings)

    def product(
        self, name: str = "product", *, workers: int = WORKERS, threads: int = THREADS, **settings: str
    ) -> Subject:
        """As docs/production.md starts the web processes."""
        told = {"MALLOC_ARENA_MAX": "2", **settings}
        return self.granian(name, "aftercart.serve", workers=workers, threads=threads, **told)

    def floor(self, **settings: str) -> Subject:
        return self.granian(
            "floor", "granian", "tests.speed.floor:application", "--interface", "wsgi", "--no-ws", **settings
        )

    def usual(self, python: str) -> Subject:
        """gunicorn with threads, as most such services run."""
        port = free_port()
        command = [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
        command += ["--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "60", "usual.wsgi"]
        return self.start("usual", command, port=port, cwd=HERE, DJANGO_SETTINGS_MODULE="usual.settings", PYTHONPATH="")


def venv(folder: Path, lock: Path) -> str:
    """The Python of an environment of its own with what a lock file names; made once."""
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists() or done.read_text() != lock.read_text():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(lock)]
        subprocess.run(install, check=True, capture_output=True, text=True)
        done.write_text(lock.read_text())
    return str(python)
