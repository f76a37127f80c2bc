"""A PgBouncer of a test's own: `pgbouncer` on the PATH, or the command that PGBOUNCER names."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.reliability.brokers import Server, a_folder

SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 4
ignore_startup_parameters = options,extra_float_digits
admin_users = pgbouncer
pidfile =
"""


def command() -> str | None:
    return os.environ.get("PGBOUNCER") or shutil.which("pgbouncer")


def version() -> tuple[int, int]:
    """Of the command that is there; (0, 0) for none."""
    name = command()
    if name is None:
        return 0, 0
    told = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextlib.contextmanager
def a_pooler(database: str, *, prepared: int | None = 300) -> Iterator[str]:
    """The URL of the same database by way of a pooler in transaction mode; `prepared`: its max_prepared_statements."""
    name, server = command(), urlsplit(database)
    assert name is not None, "ask version() first"
    with a_folder("postgres") as folder:
        pooler = Server("pgbouncer", "postgres", folder, [name, str(folder / "pgbouncer.ini")])
        text = SETTINGS.format(
            host=server.hostname, port=server.port, user=server.username or "postgres", own=pooler.port
        )
        if prepared is not None and version() >= (1, 21):
            text += f"max_prepared_statements = {prepared}\n"
        (folder / "pgbouncer.ini").write_text(text)
        (folder / "pgbouncer.ini").chmod(0o644)
        pooler.start()
        try:
            yield server._replace(netloc=f"pgbouncer@127.0.0.1:{pooler.port}").geturl()
        finally:
            pooler.stop()
