"""Where the CPU of a direct cancel goes: phase by phase in one process, without a web server, on PostgreSQL.

Beside it what the same journeys cost with nothing to say, a statement and an HTTP request that are as small as can be;
and the first phase once more in a loop, with no other process's work between one time and the next.
"""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from tests.reliability.servers import ROOT
from tests.speed.clocks import cpu_ns
from tests.speed.findings import Findings
from tests.speed.ground import Ground, wish

WARM_UP, MEASURED = 100, 300
PHASES = {
    "cancel: judged": "body, session, order and items; judged",
    "cancel: claimed": "claimed, and the facts compared (a commit)",
    "cancel: order read": "the order and its items read at Omnitron",
    "cancel: called": "judged again; cancelled at Omnitron",
    "cancel: settled": "settled: attempt, items, events, mail (a commit)",
}
ANSWERED = "answered"


def measure(ground: Ground, findings: Findings, tell: Callable[[str], None]) -> None:
    """Medians of each phase, in a process of its own with the product's settings."""
    asked = [ground.fresh() for _ in range(WARM_UP + MEASURED)]
    customers = [ground.customer(one) for one in asked]
    requests = [
        {**customer, "number": one["number"], "wish": wish(one)} for one, customer in zip(asked, customers, strict=True)
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.speed.phases"],
        cwd=ROOT,
        env=ground.house.environment,
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    findings.phases += json.loads(done.stdout)
    tell("phases of a cancel")


def main() -> None:
    """Requests in on stdin; out a list of [phase, milliseconds of the app, of the database]."""
    from aftercart import failpoints, serve
    from aftercart.wsgi import application

    serve.load()
    marks: list[tuple[str, int, int]] = []

    def mark(step: str) -> None:
        from django.db import connection

        pid = connection.connection.info.backend_pid if connection.connection else 0
        marks.append((step, time.thread_time_ns(), cpu_ns(pid)))

    failpoints.hook = mark
    found: dict[str, list[tuple[int, int]]] = {}
    requests = json.load(sys.stdin)
    for number, request in enumerate(requests):
        del marks[:]
        mark("")
        application(_environ(request), lambda status, _headers: _expect(status, "204"))
        mark(ANSWERED)
        if number >= WARM_UP:
            for phase, app, database in _phases(marks):
                found.setdefault(phase, []).append((app, database))
    rows = [(phase, _ms(app for app, _ in each), _ms(db for _, db in each)) for phase, each in found.items()]
    failpoints.hook = None

    def refused() -> None:
        application(_environ(requests[-1]), lambda status, _headers: _expect(status, "400"))

    json.dump([*rows, *_journeys(refused)], sys.stdout)


def _environ(request: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(request["wish"]).encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/orders/{request['number']}/cancel/",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT": "application/json",
        "HTTP_COOKIE": request["cookie"],
        "HTTP_X_CSRFTOKEN": request["token"],
        "HTTP_X_REQUESTED_WITH": "XMLHttpRequest",
    }


def _expect(status: str, code: str) -> None:
    assert status.startswith(code), status


def _phases(marks: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """From one named phase's end to the next one's; steps without a name belong to the phase they are in."""
    _, app, database = marks[0]
    for step, app_then, database_then in marks[1:]:
        name = PHASES.get(step, step if step == ANSWERED else None)
        if name is not None:
            yield name, app_then - app, database_then - database
            app, database = app_then, database_then


def _journeys(refused: Callable[[], None]) -> Iterator[tuple[str, float, float]]:
    import http.client

    from django.conf import settings
    from django.db import connection

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    omnitron = http.client.HTTPConnection(urlsplit(settings.OMNITRON_URL).netloc, timeout=10)
    omnitron.connect()
    shortest = b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    def ask() -> None:
        omnitron.sock.sendall(shortest)
        assert omnitron.sock.recv(65_536)

    journeys = {
        "one round trip to PostgreSQL, of SELECT 1": lambda: connection.run_prepared([("SELECT 1", [])]),
        "one HTTP request of Omnitron's shortest answer": ask,
        "the first phase in a loop, with its answer: a cancelled order's refusal": refused,
    }
    for name, journey in journeys.items():
        spent = []
        for _ in range(WARM_UP + MEASURED):
            app, database = time.thread_time_ns(), cpu_ns(pid)
            journey()
            spent.append((time.thread_time_ns() - app, cpu_ns(pid) - database))
        yield name, _ms(app for app, _ in spent[WARM_UP:]), _ms(database for _, database in spent[WARM_UP:])


def _ms(nanoseconds: Iterator[int]) -> float:
    return median(nanoseconds) / 1e6


if __name__ == "__main__":
    main()
