"""A PostgreSQL and a RabbitMQ of a test's own, on free ports and in a folder of their own, to be stopped and started.

The machine's own servers are never touched. Both refuse to run as root, so root becomes their users for them.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.servers import free_port

START_SECONDS = 60


def postgres_binaries() -> Path | None:
    """Where initdb and postgres are: on the PATH, or where Debian keeps the newest."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    return Path(found).parent if found else next(iter(folders), None)


def rabbitmq_script() -> Path | None:
    """The script that runs RabbitMQ itself: Debian's command of that name always becomes another user first."""
    debian = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    found = shutil.which("rabbitmq-server")
    return debian if debian.exists() else Path(found) if found else None


def answers(port: int) -> bool:
    """Whether something listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@dataclass
class Server:
    """A server in a folder of its own that a test starts, stops and starts again."""

    name: str
    user: str
    folder: Path
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def _become(self) -> dict[str, int]:
        """The server's user where we are root, nobody else where we are not."""
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam(self.user)
        return {"user": user.pw_uid, "group": user.pw_gid}

    def run(self, *command: str) -> str:
        """Run a command of the server's to its end; returns what it printed."""
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.environment}, capture_output=True, text=True,
            timeout=60, check=False, **self._become(), extra_groups=[] if self._become() else None,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def control(self, *words: str) -> str:
        """A command for a running RabbitMQ, as its operators give it."""
        script = rabbitmq_script()
        assert script is not None
        return self.run(str(script.with_name("rabbitmqctl")), "--quiet", *words)

    def connections(self) -> int:
        """How many connections a running RabbitMQ has."""
        return len(self.control("list_connections", "--no-table-headers", "pid").split())

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        with (self.folder / f"{self.name}.out").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                **self._become(), extra_groups=[] if self._become() else None,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while not answers(self.port):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it, by default as a power failure would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.process.wait(timeout=30)
            self.process = None
        end = time.monotonic() + START_SECONDS
        while answers(self.port):  # its children may take a moment longer
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    def log(self) -> str:
        """The end of what it said."""
        return (self.folder / f"{self.name}.out").read_text()[-3000:]


@contextlib.contextmanager
def a_folder(user: str) -> Iterator[Path]:
    """A folder of this user's."""
    # Not pytest's: the server's user could not enter that one.
    folder = Path(tempfile.mkdtemp(prefix="aftercart-server-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def a_postgres() -> Iterator[Server]:
    """A running PostgreSQL, empty, that trusts everybody on this machine (user `postgres`)."""
    binaries = postgres_binaries()
    assert binaries is not None, "ask postgres_binaries() first"
    with a_folder("postgres") as folder:
        data = folder / "data"
        server = Server("postgres", "postgres", folder, [])
        server.command = [
            str(binaries / "postgres"), "-D", str(data), "-p", str(server.port), "-k", str(folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "fsync=off",
        ]  # fmt: skip
        server.run(str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGINT)


@contextlib.contextmanager
def a_rabbitmq() -> Iterator[Server]:
    """A running RabbitMQ, empty, with its `guest`."""
    script = rabbitmq_script()
    assert script is not None, "ask rabbitmq_script() first"
    with a_folder("rabbitmq") as folder:
        server = Server("rabbitmq", "rabbitmq", folder, [str(script)])
        server.environment = {
            "HOME": str(folder),  # where the Erlang cookie is made
            "RABBITMQ_NODENAME": f"aftercart{server.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(server.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            # The machine's own configuration names the machine's own port.
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        server.start()
        try:
            yield server
        finally:
            server.stop()
