"""Memory across restarts, and the sandbox as a command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from omnitron_sandbox import running

from .world import Caller, commerce_order, statuses


@pytest.fixture
def sandbox():
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def caller(sandbox):
    with Caller(sandbox) as caller:
        yield caller


@pytest.fixture
def order(sandbox):
    order = commerce_order()
    sandbox.add_orders(order)
    return order


def test_it_remembers_everything_across_a_restart(tmp_path, order):
    data = tmp_path / "sandbox.sqlite3"
    with running(data=data, orders=order) as sandbox:
        caller = Caller(sandbox)
        assert caller.cancel(order["number"]).status_code == 200
        before = sandbox.order(order["number"])
        token = caller.session.headers["Authorization"]
        caller.session.close()
    with running(data=data) as sandbox:
        assert sandbox.order(order["number"]) == before
        assert len(sandbox.calls(operation="cancel", number=order["number"])) == 1
        path = f"{sandbox.url}/api/v1/order_number/{order['number']}/"
        assert requests.get(path, headers={"Authorization": token}, timeout=10).status_code == 200
        sandbox.approve_plan(before["cancellationplan_set"][0]["pk"])
        after = sandbox.order(order["number"])
        assert after["modified_date"] > before["modified_date"]
    with running(data=data, plan_delay=0) as sandbox:
        assert statuses(sandbox, order["number"]) == ("100", ["100"])


def test_an_open_plan_is_finished_by_the_next_start(tmp_path, order):
    data = tmp_path / "sandbox.sqlite3"
    with running(data=data, orders=order) as sandbox:
        sandbox.cancel(order["number"])
    with running(data=data, plan_delay=0) as sandbox:
        sandbox.wait_for_plans()
        assert statuses(sandbox, order["number"]) == ("100", ["100"])


def test_reset_forgets_everything(caller, sandbox, order):
    sandbox.fault(operation="order", kind="html")
    sandbox.reset()
    assert caller.send("GET", "/api/v1/channel/1/orders/").status_code == 401, "tokens too"
    caller.log_in()
    assert caller.get("/api/v1/channel/1/orders/")["count"] == 0
    assert caller.get("/api/v1/channel/1/cancellation_reasons/")["count"] == 8
    assert sandbox.add_orders(order)[order["number"]]["pk"] == 900001


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "omnitron_sandbox", "--port", "0", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.match(r"sandbox: (http://\S+) ", line)
        if found:
            return found[1]
    raise AssertionError("it never said that it is ready")


def test_the_command_survives_a_kill_and_ends_cleanly_on_sigterm(tmp_path, order):
    data = str(tmp_path / "var" / "sandbox.sqlite3")
    with start("--data", data, "--plan-delay", "-1") as process:
        url = ready(process)
        requests.post(f"{url}/sandbox/orders/", json=order, timeout=10)
        requests.post(f"{url}/sandbox/orders/{order['number']}/cancel/", timeout=10)
        process.kill()
    with start("--data", data, "--plan-delay", "0.1") as process:
        url = ready(process)
        deadline = time.monotonic() + 5
        while requests.get(f"{url}/sandbox/orders/{order['number']}/", timeout=10).json()["status"] != "100":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        began = time.monotonic()
        process.terminate()
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - began < 1.5
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_the_command_loads_files_and_says_so_when_it_cannot(tmp_path, order):

    file = tmp_path / "orders.json"
    file.write_text(json.dumps({"results": [order]}))
    with start("--data", str(tmp_path / "a.sqlite3"), "--load", str(file)) as process:
        url = ready(process)
        assert requests.get(f"{url}/sandbox/orders/", timeout=10).json()["count"] == 1
        process.terminate()
    with start("--data", str(tmp_path / "b.sqlite3"), "--load", str(tmp_path / "missing.json")) as process:
        assert process.wait(timeout=10) == 1
        assert process.stderr is not None
        assert "cannot load" in process.stderr.read()


def test_a_taken_port_is_said_plainly(sandbox, tmp_path):
    with start("--data", str(tmp_path / "a.sqlite3"), "--port", str(sandbox.port)) as process:
        assert process.wait(timeout=10) == 1
        assert process.stderr is not None
        said = process.stderr.read()
    assert f"{sandbox.port}: the port is taken" in said
    assert "Traceback" not in said


def test_a_hundred_callers_are_served_at_once(sandbox, order):
    caller = Caller(sandbox)
    headers = dict(caller.session.headers)
    path = f"{sandbox.url}/api/v1/order_number/{order['number']}/"

    def read(_: int) -> int:
        with requests.Session() as session:
            return sum(session.get(path, headers=headers, timeout=20).status_code == 200 for _ in range(3))

    with ThreadPoolExecutor(100) as pool:
        assert sum(pool.map(read, range(100))) == 300
    caller.session.close()
