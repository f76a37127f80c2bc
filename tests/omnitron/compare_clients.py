"""Our HTTP client beside libcurl (pycurl) and httpcore: what a call costs, and what each holds of our promises.

    python -m venv clients
    clients/bin/pip install -r requirements.lock && clients/bin/pip install pycurl httpcore urllib3
    clients/bin/python -m tests.omnitron.compare_clients

Figures and conclusions: docs/decisions/0014. As root it also asks a name server that never answers.
"""

import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import httpcore
import pycurl

from tests.omnitron import wire as w
from tests.omnitron.measure_client import ROUNDS, milliseconds, serve
from tests.omnitron.other_clients import CLIENTS, Client

BODY = b'{"order": 7, "cancel_items": [71, 72], "reasons": {"71": 1, "72": 1}, "forced_refund_amount": null}'
UNSENT, SENT = "nothing left", "may have left"


# What a call costs


@contextlib.contextmanager
def server_process() -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        serve(listener)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        listener.close()


def costs() -> None:
    with server_process() as url:
        calls: dict[str, Callable[[], object]] = {}
        for name, make in CLIENTS.items():
            client = make(url)
            calls[f"GET   {name}"] = lambda client=client: client.ask("GET", "/orders/?number=N1&page=1", None, 10.0)
            calls[f"POST  {name}"] = lambda client=client: client.ask("POST", "/orders/7/cancel/", BODY, 10.0)
        rounds = [{name: milliseconds(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    for name in sorted(calls):
        print(f"  {statistics.median(one[name] for one in rounds):.3f} ms  {name}")


# What it holds


def ended(client: Client, path: str = "/", *, seconds: float = 0.3) -> str:
    """How a POST ended: what, when, and whether anything left."""
    started = time.monotonic()
    try:
        what = str(client.ask("POST", path, BODY, seconds))
    except Exception as error:  # noqa: BLE001 (each library has its own)
        what = f"{type(error).__name__}: {error}"[:60]
    return f"{time.monotonic() - started:5.2f} s, {SENT if client.left else UNSENT}: {what}"


def deadlines(make: Callable[..., Client]) -> None:
    """All with a deadline of 0.3 seconds."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    with w.refusing_port() as port:
        print("  a refused connection   ", ended(make(f"http://127.0.0.1:{port}")))
    with w.full_backlog() as port:
        print("  no connection          ", ended(make(f"http://127.0.0.1:{port}")))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        print("  an endless handshake   ", ended(make(f"https://127.0.0.1:{silent.getsockname()[1]}", w.PEM)))
    for what, behaviour in {
        "headers drip by drip   ": w.drip(head, b"X-Slow: " + b"y" * 90),
        "a body drip by drip    ": w.drip(head + b"Content-Length: 90\r\n\r\n{", b" " * 90),
        "no answer              ": w.silence,
        "a hang-up after reading": w.hang_up,
        "a head that breaks off ": w.raw(b"HTTP/1.1 204 No Content\r\n"),
    }.items():
        server = w.Wire()
        server.answer("/", behaviour)
        print(f"  {what}", ended(make(server.url)))
        server.stop()


def repeats(make: Callable[..., Client]) -> None:
    """A kept connection ends after a cancel was read: how often is the cancel read?"""
    for what, end in {"hang-up": w.hang_up, "reset": w.reset}.items():
        server = w.Wire()
        server.answer("/", w.json({}), end, w.json({}))
        client = make(server.url)
        client.ask("GET", "/first", None, 5.0)
        said = ended(client, "/cancel", seconds=5.0)
        print(f"  kept, {what} after reading: read {len(server.asked('/cancel'))} times; {said}")
        server.stop()


def lost_name(make: Callable[..., Client]) -> None:
    """A name server that never answers, in a mount namespace of our own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.53", 53))
        print("  a name never looked up ", ended(make("http://oms.example.com:1")))


def main() -> None:
    if sys.argv[1:] and sys.argv[1] in CLIENTS:
        lost_name(CLIENTS[sys.argv[1]])
        os._exit(0)  # a lookup may still hold a thread
    print(sys.version.split()[0], pycurl.version, f"httpcore/{httpcore.__version__}")
    print("CPU of this process for each call, answers from another process")
    costs()
    for name, make in CLIENTS.items():
        print(name)
        deadlines(make)
        repeats(make)
        if os.geteuid() == 0:
            with tempfile.NamedTemporaryFile("w", suffix=".conf") as names:
                names.write("nameserver 127.0.0.53\noptions timeout:3 attempts:1\n")
                names.flush()
                command = f'mount --bind {names.name} /etc/resolv.conf && exec "$0" -m {__spec__.name} "$1"'
                subprocess.run(["unshare", "--mount", "sh", "-c", command, sys.executable, name], check=False)


if __name__ == "__main__":
    main()
