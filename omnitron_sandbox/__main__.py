"""`python -m omnitron_sandbox`: the sandbox as a command."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import threading
from typing import TextIO

from .problems import Problem
from .running import PASSWORD, USERNAME, Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. 1 when it cannot start."""
    options = _parse(arguments)
    try:
        sandbox = Sandbox(
            host=options.host,
            port=options.port,
            data=options.data,
            plan_delay=options.plan_delay,
            username=options.username,
            password=options.password,
            channel_id=options.channel_id,
            mails=options.mails,
        )
    except OSError as error:
        why = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror
        _say(f"sandbox: cannot listen on {options.host}:{options.port}: {why}", to=sys.stderr)
        return 1
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        for path in options.load:
            _say(f"sandbox: {sandbox.load(path)} orders from {path}")
        sandbox.start()
    except (OSError, ValueError, Problem) as error:
        _say(f"sandbox: cannot load: {error}", to=sys.stderr)
        sandbox.start()
        sandbox.stop()
        return 1
    _say(
        f"sandbox: {sandbox.url} stands in for Omnitron (user {options.username}, channel"
        f" {options.channel_id}, data {options.data})"
    )
    stopping.wait()
    sandbox.stop()
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m omnitron_sandbox", description="A stand-in for Omnitron.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data", default="var/sandbox.sqlite3", help="the SQLite file it remembers in")
    parser.add_argument("--load", nargs="+", default=[], metavar="FILE", help="orders (JSON) to take in")
    parser.add_argument("--plan-delay", type=float, default=3, help="seconds until a plan finishes; -1: by hand only")
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--channel-id", type=int, default=1)
    parser.add_argument("--mails", help="the folder that the shop's mails are written to, to be read at /mails/")
    return parser.parse_args(arguments)


def _say(text: str, *, to: TextIO | None = None) -> None:
    stream = to or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
