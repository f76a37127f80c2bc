"""Withdrawals from real processes: killed at each step, and declared by a crowd. Nothing lost, nothing twice."""

import http.client
import threading
import uuid
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

CROWD = 40


def declare(shop: Any, seed: Any, order: Any, *, declaration: str = "") -> int:
    """Step two of a declaration about the whole order; the status, 0 where the connection broke."""
    fields = [
        ("step", "confirm"),
        ("declaration", declaration or str(uuid.uuid4())),
        ("name", "Ada Example"),
        ("contact", "ada@example.com"),
        ("csrfmiddlewaretoken", seed["token"]),
        *(("item", item["id"]) for item in order["orderitem_set"]),
    ]
    headers = {
        "Accept": "text/html",
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": seed["cookie"],
    }
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=60)
    try:
        connection.request("POST", f"/account/orders/{order['number']}/withdraw/", urlencode(fields), headers)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def one_order(shop: Any, remote: Any) -> tuple[Any, Any]:
    seed = shop.inside("seed")
    remote.add_orders(seed["orders"])
    return seed, seed["orders"][0]


def carried_out(shop: Any, remote: Any, order: Any) -> None:
    """One withdrawal, carried out, by one cancel at Omnitron, acknowledged once."""
    facts = shop.until(lambda facts: facts["withdrawals"] and facts["withdrawals"][0]["state"] == "done", seconds=60)
    assert len(facts["withdrawals"]) == 1
    assert facts["withdrawals"][0]["acknowledged"] == 1
    assert [event["kind"] for event in facts["events"]].count("withdrawn") == 3
    assert set(facts["orders"][order["number"]]["items"].values()) == {50}
    assert len(remote.calls(operation="cancel", number=order["number"])) == 1


@pytest.mark.parametrize("step", ["withdrawal: recording", "withdrawal: recorded"])
def test_a_web_process_killed_while_it_records(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    web = running_shop.start_web(KILL_AT=step)
    form = str(uuid.uuid4())
    assert declare(running_shop, seed, order, declaration=form) == 0, "the process was to die before it answered"
    running_shop.kill(web)
    running_shop.start_web()
    running_shop.start_worker()
    assert declare(running_shop, seed, order, declaration=form) == 303, "the reload of who saw nothing"
    carried_out(running_shop, remote, order)


@pytest.mark.parametrize(
    "step", ["withdrawal: asking", "cancel: called", "withdrawal: asked", "withdrawal: carried out"]
)
def test_a_worker_killed_while_it_carries_out(step: str, running_shop: Any, remote: Any) -> None:
    seed, order = one_order(running_shop, remote)
    running_shop.start_web()
    assert declare(running_shop, seed, order) == 303
    running_shop.start_worker(KILL_AT=step).wait(timeout=60)  # it dies by its own hand at that step
    running_shop.start_worker()
    carried_out(running_shop, remote, order)


def storm(shop: Any, remote: Any, **environment: str) -> tuple[set[int], Any, Any]:
    """The same from many windows at once: each has filled in a form of its own."""
    seed, order = one_order(shop, remote)
    shop.start_web(workers=3, **environment)
    gate, answers = threading.Barrier(CROWD), [0] * CROWD

    def send(index: int) -> None:
        gate.wait()
        answers[index] = declare(shop, seed, order)

    threads = [threading.Thread(target=send, args=(index,)) for index in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return set(answers), shop.inside("facts"), order


def test_of_many_windows_one_withdraws_and_all_are_told_the_same(running_shop: Any, remote: Any) -> None:
    answers, facts, order = storm(running_shop, remote)
    assert answers == {303}, running_shop.logs()
    assert len(facts["withdrawals"]) == 1
    running_shop.start_worker()
    carried_out(running_shop, remote, order)


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_without_the_constraint_more_than_one_gets_through(running_shop: Any, remote: Any) -> None:
    """The control, on PostgreSQL: SQLite's IMMEDIATE transactions are a second guard."""
    running_shop.inside("drop", table="withdrawals_withdrawnitem", constraint="each_piece_is_withdrawn_from_once")
    # Whoever has written stays before the commit until the others have read: the gap that the constraint closes.
    _, facts, _ = storm(running_shop, remote, PAUSE_AT="withdrawal: recording")
    assert len(facts["withdrawals"]) > 1
