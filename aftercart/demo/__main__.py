"""`python -m aftercart.demo`: the shop, its background worker and the sandbox, with orders in them. Ctrl-C ends all.

Environment: `PORT` (8000), `SANDBOX_PORT` (8001), `VAR` (./var). `--fresh` forgets what was done before.
`--production` runs it on PostgreSQL and RabbitMQ: see `production.py`.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from aftercart.demo.children import Children
from aftercart.demo.sandbox import SandboxDoor, answers
from aftercart.demo.ways import PYTHON, Problem, RunMode, embedded, fail

# What an operator's shell may have set for a real service must not reach the demo, nor the demo that service.
FOREIGN = (
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "COOKIES_SECURE",
    "DJANGO_SETTINGS_MODULE",
    "MAILS",
)
FILES = ("aftercart.sqlite3", "sandbox.sqlite3")
ORDERS, SUMMARY, JAR = "demo-orders.jsonl", "demo.json", "demo-cookies.txt"
MAILS = "mails"
CHANNEL = 1
START_SECONDS = 60.0


class Stopped(Exception):
    """Someone asked us to stop."""


def main() -> int:
    """Run until stopped. 0 when asked to stop, 1 when something does not work."""
    arguments = ArgumentParser(prog="python -m aftercart.demo", description=__doc__)
    arguments.add_argument("--fresh", action="store_true", help="forget what was done in the demo before")
    arguments.add_argument("--production", action="store_true", help="PostgreSQL, RabbitMQ and several processes")
    options = arguments.parse_args()
    try:
        port, sandbox_port = _port("PORT", 8000), _port("SANDBOX_PORT", 8001)
        if port == sandbox_port:
            fail(f"PORT and SANDBOX_PORT are both {port}; they need one each.")
        for name, number in (("PORT", port), ("SANDBOX_PORT", sandbox_port)):
            _check_free(name, number)
        var = Path(os.environ.get("VAR") or "var").resolve()
        var.mkdir(parents=True, exist_ok=True)
        lock = _alone_in(var)
        (var / SUMMARY).unlink(missing_ok=True)  # of a demo that was killed: its links are no longer fresh
        way = _way(var, production=options.production, fresh=options.fresh)
        if options.fresh:
            _forget(way.folder)
    except Problem as problem:
        _say(f"demo: {problem}")
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    children = Children()
    try:
        _run(children, way, var=var, port=port, sandbox_port=sandbox_port)
    except Stopped:
        _say("demo: stopping")
    except Problem as problem:
        _say(f"demo: {problem}")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        (var / SUMMARY).unlink(missing_ok=True)  # what it says is true only while we run
        children.stop()
        lock.close()
    return 0


def _alone_in(var: Path) -> TextIO:
    """A lock that ends with the process: two demos on one folder would each take the other's orders away."""
    lock = (var / "demo.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        other = f"VAR={var}-2 PORT=8010 SANDBOX_PORT=8011 make demo"
        fail(f"another demo runs on {var}. End it first, or give this one a folder and ports: {other}")
    return lock


def _way(var: Path, *, production: bool, fresh: bool) -> RunMode:
    if not production:
        return embedded(var)
    from aftercart.demo import production as there  # embedded, Celery need not even be installed

    return there.production(var, fresh=fresh)


def _run(children: Children, way: RunMode, *, var: Path, port: int, sandbox_port: int) -> None:
    started = time.monotonic()
    web, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    _set_environment(way, web, sandbox)
    data, mails = str(way.folder / "sandbox.sqlite3"), str(way.folder / MAILS)
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    children.start(
        "sandbox",
        [*PYTHON, "omnitron_sandbox", "--port", str(sandbox_port), "--data", data, "--mails", mails],
        env,
    )

    import django

    django.setup()
    from django.utils import timezone

    from aftercart.demo import load, summary

    _migrate()
    server = ["aftercart.serve", "--host", "127.0.0.1", "--port", str(port)]
    server += ["--workers", str(way.web_processes), "--blocking-threads", "32", "--log-level", "error"]
    log = ["--access-log", "--access-log-fmt", "%(method)s %(path)s %(status)d %(dt_ms).0fms"]
    children.start("web", [*PYTHON, *server, *log], env)
    now = timezone.now()
    orders = way.folder / ORDERS
    if not load.is_loaded():
        with _step("loading the orders"):
            orders.unlink(missing_ok=True)  # of another database: its times would be long past
            load.write_orders(orders, now=now)
            load.load_shop(orders, now=now)
    load.write_orders(orders, now=now)
    _wait(children, "sandbox", lambda: answers(sandbox_port, "/sandbox/health/"))
    load.load_sandbox(orders, SandboxDoor(sandbox_port))
    for one in way.background:
        children.start(one.name, one.command, env, ready=one.ready)
    _wait(children, "web", lambda: answers(port, "/csrf_token/"))
    for one in way.background:
        _wait(children, one.name, lambda name=one.name: children.is_ready(name))  # type: ignore[misc]
    demo = summary.demo_json(web=web, sandbox=sandbox, channel_id=CHANNEL, login=("sandbox", "sandbox"))
    summary.write(var / SUMMARY, demo)
    _say(summary.for_people(demo, jar=var / JAR, mails=Path(mails)))
    _say(f"demo: ready after {time.monotonic() - started:.1f} s")
    while True:
        _check_alive(children)
        time.sleep(0.2)


def _set_environment(way: RunMode, web: str, sandbox: str) -> None:
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "aftercart.settings",
        "AFTERCART_SETTINGS": "",
        "ALLOW_SQLITE": "1",
        "FRONT_PAGE": "1",
        # As in service, but for the cookies: a browser on this machine speaks plain HTTP.
        "DEBUG": "0",
        "SECRET_KEY": _secret_key(way.folder),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "COOKIES_SECURE": "0",
        "STATIC_FROM_SOURCE": "1",
        "VAR": str(way.folder),
        "POLL_SECONDS": "2",
        "SITE_URL": web,
        "EMAIL_URL": f"filemail://{way.folder / MAILS}",
        "DEFAULT_FROM_EMAIL": "shop@example.com",
        "OMNITRON_URL": f"{sandbox}/",
        "OMNITRON_USERNAME": "sandbox",
        "OMNITRON_PASSWORD": "sandbox",
        "OMNITRON_CHANNEL_ID": str(CHANNEL),
        **way.environment,
    }


def _secret_key(var: Path) -> str:
    """A key of this demo's own, kept so that a second start leaves its visitors signed in."""
    kept = var / "secret-key"
    if not kept.exists():
        kept.write_text(secrets.token_urlsafe(50))
        kept.chmod(0o600)
    return kept.read_text()


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from aftercart.database import history

    executor = MigrationExecutor(connection)
    if unknown := history.foreign(executor):
        fail(f"{history.what(unknown)}. {history.ADVICE}")
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with _step("preparing the database"):
            call_command("migrate", verbosity=0, skip_checks=True)


def _forget(var: Path) -> None:
    for name in FILES:
        for suffix in ("", "-wal", "-shm"):
            (var / f"{name}{suffix}").unlink(missing_ok=True)
    for name in (ORDERS, SUMMARY, JAR):
        (var / name).unlink(missing_ok=True)
    shutil.rmtree(var / MAILS, ignore_errors=True)


def _wait(children: Children, name: str, works: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not works():
        _check_alive(children)
        if time.monotonic() > deadline:
            raise Problem(f"{name} does not answer after {START_SECONDS:.0f} s; its own lines say why")
        time.sleep(0.05)


def _check_alive(children: Children) -> None:
    dead = children.dead()
    if dead is not None:
        raise Problem(f"{dead[0]} ended by itself (exit code {dead[1]}); stopping the rest")


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        fail(f"{name}={text} is not a port: 1 to 65535.")
    return int(text)


def _check_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = "is taken" if not isinstance(error, PermissionError) else "needs more rights than yours"
            other = port + 1000 if port < 60000 else port - 1000
            fail(f"port {port} {why}. Choose another one: {name}={other} make demo")


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


@contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    _say(f"demo: {what}: {time.monotonic() - started:.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
