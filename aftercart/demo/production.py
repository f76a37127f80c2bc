"""The demo as in production: PostgreSQL, Celery on RabbitMQ, several web processes and workers (docs/production.md)."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import kombu
import psycopg
from kombu.exceptions import OperationalError
from psycopg import conninfo

from aftercart.demo.ways import PYTHON, Background, RunMode, fail

LOCAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
LOCAL_RABBITMQ = "amqp://guest:guest@127.0.0.1:5672//"
# A database of the demo's own, whatever DATABASE_URL names: that one may be someone's shop.
DATABASE = "aftercart_demo"
PATIENCE = 3
CELERY = (*PYTHON, "celery", "--quiet", "-A", "aftercart.celery")


def production(var: Path, *, fresh: bool) -> RunMode:
    """Two web processes, two workers of two processes each and a beat, on servers that answer; Problem if not."""
    folder = var / "production"
    folder.mkdir(exist_ok=True)
    # What the sandbox remembers belongs to what the database knows: both begin anew, or neither does.
    known = folder / "sandbox.sqlite3"
    database, is_new = _database(fresh=fresh or not known.exists())
    if is_new:
        known.unlink(missing_ok=True)
    worker = (*CELERY, "worker")
    return RunMode(
        folder=folder,
        web_processes=2,
        environment={"DATABASE_URL": database, "CELERY_BROKER_URL": _broker(), "PYTHONWARNINGS": "ignore"},
        background=(
            Background("worker1", (*worker, "--hostname", "demo1@%h")),
            Background("worker2", (*worker, "--hostname", "demo2@%h")),
            Background("beat", (*CELERY, "beat"), ready=""),
        ),
    )


def _database(*, fresh: bool) -> tuple[str, bool]:
    """The demo's database on the server of DATABASE_URL, or on this machine's, and whether it was made just now."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        server = LOCAL_POSTGRES
    mine = urlsplit(server)._replace(path=f"/{DATABASE}").geturl()
    try:
        with psycopg.connect(server, autocommit=True, connect_timeout=PATIENCE) as connection:
            if fresh:
                connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            is_new = there is None
            if is_new:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as error:
        facts = conninfo.conninfo_to_dict(server)
        place = f"{facts.get('host', 'localhost')}:{facts.get('port', 5432)}"
        reason = str(error).strip().splitlines()[0]
        fail(
            f"PostgreSQL at {place} does not let us make the database {DATABASE}: {reason}\n"
            "demo: start one, or name one: DATABASE_URL=postgresql://user:password@host/postgres"
        )
    return mine, is_new


def _broker() -> str:
    url = os.environ.get("CELERY_BROKER_URL") or LOCAL_RABBITMQ
    with kombu.Connection(url, connect_timeout=PATIENCE) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
        except (OperationalError, OSError) as error:
            place = f"{connection.hostname}:{connection.port or 5672}"
            fail(
                f"RabbitMQ at {place} does not answer: {error}\n"
                "demo: start one, or name one: CELERY_BROKER_URL=amqp://user:password@host:5672//"
            )
    return url
