"""Each fault: what the caller sees, and whether the cancel happened all the same."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
import requests

from omnitron_sandbox import Problem, running
from omnitron_sandbox.faults import KINDS

from .world import Caller, commerce_order, statuses

NUMBER = "2284207301612555"


@pytest.fixture
def sandbox():
    with running(orders=[commerce_order(), commerce_order(2284207301612556, items=2)]) as sandbox:
        yield sandbox


@pytest.fixture
def caller(sandbox):
    with Caller(sandbox) as caller:
        yield caller


def happened(sandbox) -> bool:
    """Whether exactly one cancel call arrived, and if it took effect."""
    assert len(sandbox.calls(operation="cancel", number=NUMBER)) == 1
    status, items = statuses(sandbox, NUMBER)
    assert (status, items) in [("50", ["50"]), ("400", ["400"])]
    return status == "50"


def test_every_kind_is_proven_here():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []


@pytest.mark.parametrize(
    ("fault", "status", "effect"),
    [
        ({"kind": "status", "status": 503}, 503, False),
        ({"kind": "status", "status": 400, "body": {"cancel_items": ["no"]}}, 400, False),
        ({"kind": "status_after", "status": 500}, 500, True),
        ({"kind": "html_502"}, 502, False),
        ({"kind": "redirect"}, 302, False),
        ({"kind": "unauthorized"}, 401, False),
    ],
)
def test_an_answer_with_another_status(sandbox, caller, fault, status, effect):
    sandbox.fault(operation="cancel", times=1, **fault)
    order = sandbox.order(NUMBER)
    pk = order["orderitem_set"][0]["pk"]
    body = {"cancel_items": [pk], "reasons": {str(pk): 1}}
    path = f"/api/v1/channel/1/orders/{order['pk']}/cancel/"
    answer = caller.send("POST", path, json=body, allow_redirects=False)
    assert answer.status_code == status
    if "body" in fault:
        assert answer.json() == fault["body"]
    assert happened(sandbox) is effect
    (call,) = sandbox.calls(operation="cancel")
    assert (call["status_sent"], call["fault"]) == (status, fault["kind"])


def test_after_unauthorized_only_a_new_login_helps(sandbox, caller):
    sandbox.fault(operation="cancel", kind="unauthorized", times=1)
    assert caller.cancel(NUMBER).status_code == 401
    assert caller.cancel(NUMBER).status_code == 401, "the old token is worthless"
    caller.log_in()
    assert caller.cancel(NUMBER).status_code == 200


@pytest.mark.parametrize(("kind", "effect"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_is_a_reset(sandbox, caller, kind, effect):
    sandbox.fault(operation="cancel", kind=kind, times=1)
    with pytest.raises(requests.ConnectionError) as raised:
        caller.cancel(NUMBER)
    assert "ConnectionResetError" in repr(raised.value)
    assert happened(sandbox) is effect
    assert sandbox.calls(operation="cancel")[0]["status_sent"] is None


@pytest.mark.parametrize(("kind", "effect"), [("silence_before", False), ("silence_after", True)])
def test_silence_holds_the_connection_without_an_answer(sandbox, caller, kind, effect):
    sandbox.fault(operation="cancel", kind=kind, times=1)
    with pytest.raises(requests.Timeout):
        _cancel_within(caller, 0.3)
    assert happened(sandbox) is effect


def test_silence_ends_the_connection_after_its_seconds(sandbox, caller):
    sandbox.fault(operation="cancel", kind="silence_before", times=1, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        caller.cancel(NUMBER)


def test_latency_is_late_and_the_effect_comes_with_it(sandbox, caller):
    sandbox.fault(operation="cancel", kind="latency", times=1, seconds=0.3)
    began = time.monotonic()
    assert caller.cancel(NUMBER).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_who_leaves_during_latency_is_cancelled_nevertheless(sandbox, caller):
    sandbox.fault(operation="cancel", kind="latency", times=1, seconds=5)
    with pytest.raises(requests.Timeout):
        _cancel_within(caller, 0.2)
    deadline = time.monotonic() + 2
    while not happened(sandbox):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_with_latency_after_the_effect_is_there_while_the_caller_waits(sandbox, caller):
    sandbox.fault(operation="cancel", kind="latency_after", times=1, seconds=5)
    with pytest.raises(requests.Timeout):
        _cancel_within(caller, 0.3)
    assert happened(sandbox)


def test_half_promises_more_than_it_sends(sandbox, caller):
    sandbox.fault(operation="cancel", kind="half", times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.cancel(NUMBER)
    assert happened(sandbox)


def test_a_drip_comes_byte_by_byte(sandbox, caller):
    sandbox.fault(operation="cancel", kind="drip", times=1)
    order = sandbox.order(NUMBER)
    pk = order["orderitem_set"][0]["pk"]
    body = {"cancel_items": [pk], "reasons": {str(pk): 1}}
    path = f"/api/v1/channel/1/orders/{order['pk']}/cancel/"
    with caller.send("POST", path, json=body, stream=True) as answer:
        assert answer.status_code == 200
        began = time.monotonic()
        assert len(answer.raw.read(3)) == 3
        assert 0.3 < time.monotonic() - began < 5
    assert happened(sandbox)


@pytest.mark.parametrize(("kind", "effect"), [("nonsense", False), ("nonsense_after", True), ("html", False)])
def test_a_200_that_is_no_json(sandbox, caller, kind, effect):
    sandbox.fault(operation="cancel", kind=kind, times=1)
    answer = caller.cancel(NUMBER)
    assert answer.status_code == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answer.content)
    assert ("text/html" in answer.headers["Content-Type"]) is (kind == "html")
    assert happened(sandbox) is effect


@pytest.mark.parametrize(("shape", "seen"), [("list", ["unexpected"]), ("null", None)])
def test_a_wrong_shape_is_json_all_the_same(sandbox, caller, shape, seen):
    sandbox.fault(operation="cancel", kind="wrong_shape", shape=shape, times=1)
    assert caller.cancel(NUMBER).json() == seen
    assert happened(sandbox)


@pytest.mark.parametrize("others", [True, False])
def test_the_wrong_order_has_another_number(others):
    orders = [commerce_order(), commerce_order(77)] if others else [commerce_order()]
    with running(orders=orders) as sandbox, Caller(sandbox) as caller:
        sandbox.fault(operation="order", kind="wrong_order")
        found = caller.get("/api/v1/channel/1/orders/", number=NUMBER)["results"]
        assert found
        assert found[0]["number"] != NUMBER
        assert caller.get(f"/api/v1/order_number/{NUMBER}/")["number"] != NUMBER
        sandbox.fault(operation="order_items", kind="wrong_order")
        pk = sandbox.order(NUMBER)["pk"]
        items = caller.get("/api/v1/channel/1/order_items/", order=pk)["results"]
        assert [item["order"] for item in items if item["order"] == pk] == []


def test_fewer_items_are_one_less(sandbox, caller):
    sandbox.fault(operation="order_items", kind="fewer_items")
    order = sandbox.order("2284207301612556")
    page = caller.get("/api/v1/channel/1/order_items/", order=order["pk"])
    assert (page["count"], len(page["results"])) == (1, 1)


def test_a_fault_meets_its_operation_only(sandbox, caller):
    sandbox.fault(operation="cancel", kind="status", status=500)
    assert caller.get("/api/v1/channel/1/orders/")["count"] == 2
    assert caller.ask(NUMBER).status_code == 201
    assert caller.cancel(NUMBER).status_code == 500


def test_a_fault_can_meet_one_order_only(sandbox, caller):
    sandbox.fault(kind="status", status=500, order_number=NUMBER)
    assert caller.cancel(NUMBER).status_code == 500
    assert caller.move(commerce_order()).status_code == 500
    assert caller.ask(NUMBER).status_code == 500
    assert caller.cancel("2284207301612556").status_code == 200


def test_times_and_after_count_calls(sandbox, caller):
    sandbox.fault(operation="order", kind="status", status=503, after=1, times=2)
    seen = [caller.send("GET", "/api/v1/channel/1/orders/").status_code for _ in range(5)]
    assert seen == [200, 503, 503, 200, 200]
    assert sandbox.faults.shown() == []


def test_times_is_exact_among_many_callers(sandbox, caller):
    sandbox.fault(operation="order", kind="status", status=503, times=7)
    with ThreadPoolExecutor(10) as pool:
        path = "/api/v1/channel/1/orders/"
        seen = list(pool.map(lambda _: caller.send("GET", path).status_code, range(40)))
    assert seen.count(503) == 7


def test_probability_is_between_never_and_always(sandbox, caller):
    sandbox.fault(operation="order", kind="status", status=503, probability=0)
    assert caller.send("GET", "/api/v1/channel/1/orders/").status_code == 200
    sandbox.fault(operation="order", kind="status", status=503, probability=1)
    assert caller.send("GET", "/api/v1/channel/1/orders/").status_code == 503


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "rain"},
        {"kind": "html", "operation": "dance"},
        {"kind": "html", "times": 0},
        {"kind": "html", "x": 1},
        {},
    ],
)
def test_a_rule_that_is_none_is_refused(sandbox, rule):
    with pytest.raises(Problem):
        sandbox.fault(**rule)
    assert sandbox.faults.shown() == []


def test_a_login_can_fail_too(sandbox):
    sandbox.fault(operation="login", kind="status", status=500, times=1)
    body = {"username": sandbox.username, "password": sandbox.password}
    path = f"{sandbox.url}/api/v1/auth/login/"
    assert requests.post(path, json=body, timeout=10).status_code == 500
    assert requests.post(path, json=body, timeout=10).status_code == 200


def test_power_off_resets_all_of_the_api_and_leaves_the_control_door(sandbox, caller):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as idle:
        token = caller.session.headers["Authorization"]
        idle.sendall(f"GET /api/v1/active_user/ HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode())
        assert idle.recv(65536).startswith(b"HTTP/1.1 200")
        off = requests.put(f"{sandbox.url}/sandbox/power/", json={"on": False}, timeout=10)
        assert off.json() == {"on": False}
        with pytest.raises(ConnectionResetError):
            idle.recv(1)
    with pytest.raises(requests.ConnectionError):
        caller.cancel(NUMBER)
    assert sandbox.calls(operation="cancel") == []
    requests.put(f"{sandbox.url}/sandbox/power/", json={"on": True}, timeout=10)
    assert caller.cancel(NUMBER).status_code == 200


def test_power_off_cuts_a_call_that_is_waiting(sandbox, caller):
    sandbox.fault(operation="cancel", kind="silence_before", seconds=20)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(caller.cancel, NUMBER)
        while not sandbox.calls(operation="cancel"):
            time.sleep(0.01)
        began = time.monotonic()
        sandbox.power(False)
        assert isinstance(call.exception(timeout=5), requests.ConnectionError)
        assert time.monotonic() - began < 1


def test_shutdown_waits_for_no_fault():
    with ThreadPoolExecutor(3) as pool:
        with running(orders=commerce_order()) as sandbox, Caller(sandbox) as caller:
            order = sandbox.order(NUMBER)
            sandbox.fault(operation="order", kind="silence_before", seconds=60, times=1)
            sandbox.fault(operation="order", kind="latency", seconds=60, times=1)
            sandbox.fault(operation="order", kind="drip", seconds=10, times=1)
            path = f"/api/v1/channel/1/orders/{order['pk']}/"
            calls = [pool.submit(caller.send, "GET", path, timeout=30) for _ in range(3)]
            while len(sandbox.calls(operation="order")) < 3:
                time.sleep(0.01)
            began = time.monotonic()
        assert time.monotonic() - began < 1
        assert all(call.exception(timeout=5) for call in calls)


def _cancel_within(caller: Caller, seconds: float) -> None:
    order = caller.sandbox.order(NUMBER)
    pk = order["orderitem_set"][0]["pk"]
    body = {"cancel_items": [pk], "reasons": {str(pk): 1}}
    path = f"/api/v1/channel/1/orders/{order['pk']}/cancel/"
    caller.send("POST", path, json=body, timeout=seconds)
