"""A process is killed with SIGKILL at each step of a promise; everything is started again: the laws hold."""

import threading
from typing import Any

import pytest

from tests.reliability.crowd import cancel_body, post
from tests.reliability.laws import settled

WEB_STEPS = [
    "cancel: judged",
    "cancel: claimed",
    "cancel: order read",
    "cancel: judged again",
    "cancel: called",
    "cancel: settled",
]
FALLBACK_STEPS = ["cancel: falling back", "cancel: fell back"]
WORKER_STEPS = [
    "settlement: asked",
    "settlement: settling",
    "delivery: looked up",
    "delivery: handed over",
    "delivery: done",
]


def wished(order: Any) -> set[int]:
    return {item["id"] for item in order["orderitem_set"]}


def one_order(shop: Any, remote: Any) -> tuple[Any, Any]:
    seed = shop.inside("seed")
    remote.add_orders(seed["orders"])
    return seed, seed["orders"][0]


@pytest.mark.parametrize("step", WEB_STEPS)
def test_a_web_process_killed_while_cancelling(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    web = running_shop.start_web(KILL_AT=step)
    path = f"/orders/{order['number']}/cancel/"
    status, _ = post(running_shop.url, path, cancel_body(order), seed, timeout=5)
    assert status == 0, "the process was to die before it answered"
    running_shop.kill(web)
    running_shop.start_web()
    running_shop.start_worker()
    if step == "cancel: judged":  # nothing had been promised yet: the customer tries again
        assert post(running_shop.url, path, cancel_body(order), seed)[0] == 204
    settled(running_shop, remote, wished=wished(order))


@pytest.mark.parametrize("step", FALLBACK_STEPS)
def test_a_web_process_killed_while_falling_back(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    remote.fault(operation="cancel", kind="reset_after", times=1)
    web = running_shop.start_web(KILL_AT=step)
    assert post(running_shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed, timeout=5)[0] == 0
    running_shop.kill(web)
    running_shop.start_web()
    running_shop.start_worker()
    facts = settled(running_shop, remote, wished=wished(order))
    assert set(facts["orders"][order["number"]]["items"].values()) == {50}


@pytest.mark.parametrize("step", WORKER_STEPS)
def test_a_worker_killed_while_settling_or_delivering(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    kind = "reset_after" if step.startswith("settlement") else "reset_before"
    remote.fault(operation="cancel", kind=kind, times=1)
    running_shop.start_web()
    status, _ = post(running_shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed)
    assert status == 200
    worker = running_shop.start_worker(KILL_AT=step)
    worker.wait(timeout=20)  # it dies by its own hand at that step
    running_shop.start_worker()
    settled(running_shop, remote, wished=wished(order))


def one_request(shop: Any, remote: Any, order: Any, seed: Any) -> str:
    """A request that Omnitron has; the path that takes it back."""
    worker = shop.start_worker()
    body = {**cancel_body(order), "id": order["id"]}
    assert post(shop.url, "/users/orders/bulk_cancellation_requests/", body, seed)[0] == 201
    facts = shop.until(lambda facts: all(request["omnitron_pk"] for request in facts["requests"]))
    shop.kill(worker)
    return f"/users/orders/cancellation_requests/{facts['requests'][0]['pk']}/withdraw/"


@pytest.mark.parametrize("step", ["withdraw: claiming", "withdraw: claimed"])
def test_a_web_process_killed_while_a_request_is_taken_back(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    web = running_shop.start_web()
    path = one_request(running_shop, remote, order, seed)
    running_shop.kill(web)
    web = running_shop.start_web(KILL_AT=step)
    assert post(running_shop.url, path, {}, seed, timeout=5)[0] == 0
    running_shop.kill(web)
    running_shop.start_web()
    running_shop.start_worker()
    if step == "withdraw: claiming":  # nothing had been promised yet: the customer tries again
        assert post(running_shop.url, path, {}, seed)[0] == 200
    facts = settled(running_shop, remote, wished=wished(order))
    assert sorted(request["status"] for request in facts["requests"]) == ["waiting", "waiting", "withdrawn"]


@pytest.mark.parametrize("step", ["withdraw: told", "withdraw: settling"])
def test_a_worker_killed_while_it_takes_a_request_back(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    running_shop.start_web()
    path = one_request(running_shop, remote, order, seed)
    assert post(running_shop.url, path, {}, seed)[0] == 200
    worker = running_shop.start_worker(KILL_AT=step)
    worker.wait(timeout=20)  # it dies by its own hand at that step
    running_shop.start_worker()
    facts = settled(running_shop, remote, wished=wished(order))
    assert sorted(request["status"] for request in facts["requests"]) == ["waiting", "waiting", "withdrawn"]
    assert len(remote.order(order["number"])["cancellationrequest_set"]) == 2


@pytest.mark.parametrize("step", ["address: claimed", "address: called"])
def test_a_web_process_killed_while_changing_an_address(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    web = running_shop.start_web(KILL_AT=step)
    body = {"order": order["id"], "address": seed["address"]}
    assert post(running_shop.url, "/orders/address_change/", body, seed, timeout=5)[0] == 0
    running_shop.kill(web)
    running_shop.start_web()
    running_shop.start_worker()
    if step == "address: called":
        facts = running_shop.until(lambda facts: facts["changes"][0]["state"] == "submitted")
        assert facts["addresses"][order["number"]] == "Elsewhere 2"
    assert remote.order(order["number"])["shipping_address"]["line"] == (
        "Elsewhere 2" if step == "address: called" else order["shipping_address"]["line"]
    )


def test_a_stop_is_clean(running_shop: Any, remote: Any) -> None:
    """SIGTERM: the request under way is answered, the worker ends by itself."""
    import signal

    seed, order = one_order(running_shop, remote)
    remote.fault(operation="cancel", kind="latency", seconds=1.0, times=1)
    web, worker = running_shop.start_web(), running_shop.start_worker()
    answers: list[Any] = []
    path = f"/orders/{order['number']}/cancel/"
    sending = threading.Thread(target=lambda: answers.append(post(running_shop.url, path, cancel_body(order), seed)))
    sending.start()
    running_shop.wait_for_call(remote, "order_items")
    web.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0
    web.wait(timeout=15)
    sending.join()
    assert answers[0][0] == 204, running_shop.logs()
