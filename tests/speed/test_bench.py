"""The bench's parts work: floor and product do the same, and what is counted is what happened. Nothing is timed."""

import http.server
import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import demanded
from tests.reliability.servers import postgres_url
from tests.speed import clocks, picture, report, scenes
from tests.speed.agreement import Disagreement, same_answers, same_rows
from tests.speed.counting import CountingProxy
from tests.speed.findings import PROMISES, Findings, kept
from tests.speed.ground import a_ground
from tests.speed.load import drive, request
from tests.speed.turns import Cost, ratio


@pytest.fixture
def postgres() -> str:
    url = postgres_url()
    if url is None:
        demanded("no PostgreSQL answers (DATABASE_URL, or 127.0.0.1:5432)")
    return str(url)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the clocks are Linux's")
@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_floor_and_product_answer_the_same_bytes_and_write_the_same_rows(
    backend: str, tmp_path: Path, request: Any
) -> None:
    if backend == "postgres":
        request.getfixturevalue("postgres")
    with a_ground(backend, tmp_path, orders=20, cancels=3) as ground:
        ours = ground.subjects["product"] = ground.house.product()
        floor = ground.subjects["floor"] = ground.house.floor()
        assert "equal byte for byte" in scenes.agree(ground, floor, ours)
        asked = ground.some("ordinary", 1)[0]
        path, customer = scenes.COMPLETED.format(**asked), ground.customer(asked)
        stranger = {**customer, "cookie": "sessionid=nobody"}
        with pytest.raises(Disagreement):  # a pair of answers that nobody should take for a measured one
            same_answers(ours.port, floor.port, [(path, stranger)])
        with pytest.raises(Disagreement):
            same_rows(ground.house.database, ground.some("list", 1)[0]["number"], ground.fresh()["number"])
        ours.meter.start()
        drive(ours.port, ground.gets("ordinary", scenes.COMPLETED, 20))
        app, database = ours.meter.stop()
        assert app > 0
        assert (database > 0) == (backend == "postgres")
        assert sum(ours.memory_mb()) > 10


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the clocks are Linux's")
def test_how_often_a_request_waits_for_postgresql_and_how_much_it_answers(postgres: str, tmp_path: Path) -> None:
    with a_ground("postgres", tmp_path, orders=20, cancels=4) as ground:
        proxy = CountingProxy(ground.house.database)
        ours = ground.subjects["product"] = ground.house.product(workers=1, threads=1, DATABASE_URL=proxy.url)

        def cost(requests: list[bytes]) -> tuple[int, int, int]:
            """Statements, round trips and bytes of the last of some requests: the first ones prepare."""
            drive(ours.port, requests[:-1], connections=1)
            before = proxy.count, proxy.round_trips
            done = drive(ours.port, requests[-1:], connections=1)
            return proxy.count - before[0], proxy.round_trips - before[1], done.body_bytes

        for path in (scenes.COMPLETED, scenes.DETAIL):
            statements, round_trips, size = cost(ground.gets("ordinary", path, 3))
            assert (statements, round_trips) == (2, 1)
            assert size < 9_000
        # Session, order, items and reasons; attempt and facts; everything that settles.
        assert cost(ground.cancels(3)) == (10, 3, 0)
        proxy.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the clocks are Linux's")
@pytest.mark.parametrize(
    ("layers", "statements_taken", "waits"),
    [("rows,compiled,prepared,routes", 2, 2), ("rows,compiled,routes", 2, 2), ("off", 3, 3)],
    ids=["no batches", "no prepared-statement cache", "no fast path"],
)
def test_what_is_turned_off_of_the_fast_path_is_off(
    layers: str, statements_taken: int, waits: int, postgres: str, tmp_path: Path
) -> None:
    with a_ground("postgres", tmp_path, orders=20) as ground:
        proxy = CountingProxy(ground.house.database)
        settings = {"DATABASE_URL": proxy.url, "FASTPATH": layers}
        ours = ground.subjects["product"] = ground.house.product(workers=1, threads=1, **settings)
        drive(ours.port, ground.gets("ordinary", scenes.COMPLETED, 5), connections=1)
        before = proxy.count, proxy.round_trips
        drive(ours.port, ground.gets("ordinary", scenes.COMPLETED, 1), connections=1)
        assert (proxy.count - before[0], proxy.round_trips - before[1]) == (statements_taken, waits)
        proxy.close()


class Door(http.server.BaseHTTPRequestHandler):
    """Answers with the path, and 204 to a POST."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def door() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_load_generator_sends_each_request_once_and_counts_what_came(door: int) -> None:
    requests = [request("GET", f"/{n:03}", "a=b") for n in range(50)]
    requests += [request("POST", "/", "a=b", token="t", body=b"{}") for _ in range(10)]
    done = drive(door, requests, connections=4)
    assert done.statuses == {200: 50, 204: 10}
    assert done.body_bytes == 50 * len("/000")
    assert len(done.milliseconds) == 60
    assert done.percentile(0.5) <= done.percentile(0.99) <= max(done.milliseconds)


def test_a_rate_is_kept_and_waiting_counts_from_the_moment_a_request_was_due(door: int) -> None:
    done = drive(door, [request("GET", "/1", "a=b")], connections=2, rate=50, seconds=0.4)
    assert done.statuses == {200: 20}
    assert done.seconds >= 0.38


def test_saturation_ends_when_its_time_is_over(door: int) -> None:
    done = drive(door, [request("GET", "/1", "a=b")], connections=3, seconds=0.2)
    assert sum(done.statuses.values()) == len(done.milliseconds) > 3


def test_the_proxy_counts_what_is_executed(postgres: str) -> None:
    proxy = CountingProxy(postgres)
    with psycopg.connect(proxy.url, autocommit=True, prepare_threshold=0) as connection:
        before = proxy.count
        for _ in range(3):
            connection.execute("SELECT %s", (1,))
        with connection.transaction():  # BEGIN and COMMIT are statements, too
            connection.execute("SELECT 1", prepare=False)
        assert proxy.count - before == 6
    proxy.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the clocks are Linux's")
def test_a_process_has_its_cpu_its_group_and_its_memory_read() -> None:
    busy = "import sys\nfor n in range(10**6): n * n\nprint('done', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert clocks.cpu_ns(process.pid) > 1_000_000
        assert clocks.group(process.pid) == [process.pid]
        assert clocks.proportional_kb(process.pid) > 1000
    assert clocks.cpu_ns(process.pid) == 0
    assert clocks.group(os.getpid()) == [] or os.getpid() in clocks.group(os.getpid())


def test_ratios_are_taken_within_one_round() -> None:
    # In the second round a neighbour was busy: both cost ten times as much.
    assert ratio([2.0, 20.0, 2.2], [1.0, 10.0, 1.0]) == 2.0


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("completed/floor", 1.9, "aim"),
        ("completed/floor", 2.5, "must"),
        ("completed/floor", 2.6, "missed"),
        ("usual/completed", 18, "aim"),
        ("usual/completed", 12, "must"),
        ("usual/completed", 11, "missed"),
        ("embedded/writers", 0.6, "aim"),
        ("embedded/writers", 0.2, "missed"),
    ],
)
def test_a_figure_is_held_against_must_and_aim(key: str, value: float, verdict: str) -> None:
    assert kept(key, value) == verdict


class APlace:
    backend, orders = "postgres", 1000


def test_the_report_names_every_promise_and_the_picture_is_one() -> None:
    findings = Findings()
    costs = {"product": Cost([1.0, 1.2], [0.3, 0.3], 7900), "floor <by hand>": Cost([0.5, 0.6], [0.2, 0.2], 7900)}
    findings.cost("completed order", APlace(), costs, {"product": 2.0})
    findings.promise("completed/floor", 1.86)
    text = report.tables(findings, command="make bench", seconds=60)
    assert all(sentence in text for _, sentence, *_ in PROMISES)
    assert text.count("not measured") == len(PROMISES) - 1
    assert "| 1.86 | aim kept |" in text
    drawn = ET.fromstring(picture.drawn(findings))
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}rect")) == 2 + 4
