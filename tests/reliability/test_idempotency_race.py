"""Fifty requests with one Idempotency-Key at the same moment, and a process that dies under one."""

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.reliability.crowd import cancel_body

CROWD = 50
LEASE = 3  # tests/reliability/settings.py


@dataclass(frozen=True, slots=True)
class Told:
    """What a client was told; status 0 where the connection broke."""

    status: int
    body: bytes = b""
    replayed: bool = False

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["error_code"]) if self.body else ""


def post(url: str, path: str, body: Any, seed: Any, key: str) -> Told:
    """One POST under a key."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Cookie": seed["cookie"],
        "X-CSRFToken": seed["token"],
        "Idempotency-Key": key,
    }
    try:
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        return Told(response.status, response.read(), response.headers["Idempotency-Replayed"] == "true")
    except (OSError, http.client.HTTPException):
        return Told(0)
    finally:
        connection.close()


def crowd(shop: Any, path: str, body: Any, seed: Any, key: str) -> list[Told]:
    """CROWD clients send one and the same request at the same moment."""
    gate = threading.Barrier(CROWD)

    def send(_: int) -> Told:
        gate.wait()
        return post(shop.url, path, body, seed, key)

    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(send, range(CROWD)))


@pytest.fixture
def wish(running_shop: Any, remote: Any) -> Any:
    """A seed, and the path and body of a cancellation of everything."""
    seed = running_shop.inside("seed")
    order = seed["orders"][0]
    remote.add_orders([order])
    remote.fault(operation="order", kind="latency", seconds=0.2)  # time for the others to meet the running one
    return seed, f"/orders/{order['number']}/cancel/", cancel_body(order)


def effects(shop: Any, remote: Any) -> tuple[int, list[str], int]:
    """Cancels sent, how the attempts ended, items cancelled here."""
    facts = shop.inside("facts")
    cancelled = [event for event in facts["events"] if event["kind"] == "cancelled_directly"]
    return len(remote.calls(operation="cancel")), [a["state"] for a in facts["attempts"]], len(cancelled)


def test_of_fifty_with_one_key_one_runs_and_all_are_told_it(running_shop: Any, remote: Any, wish: Any) -> None:
    seed, path, body = wish
    running_shop.start_web(workers=3)
    told = crowd(running_shop, path, body, seed, "one")
    ran = [answer for answer in told if not answer.replayed and answer.status != 409]
    assert ran == [Told(204)], (Counter(told), running_shop.logs())
    others = [answer for answer in told if answer.replayed or answer.status == 409]
    assert len(others) == CROWD - 1
    assert {answer.code or answer.status for answer in others} <= {"idempotency_key_in_use", 204}
    assert "idempotency_key_in_use" in {answer.code for answer in others}, "nobody met the running one"
    assert effects(running_shop, remote) == (1, ["agreed"], 3)
    assert set(crowd(running_shop, path, body, seed, "one")) == {Told(204, replayed=True)}
    assert effects(running_shop, remote) == (1, ["agreed"], 3)


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_without_the_constraint_every_one_of_them_runs(running_shop: Any, remote: Any, wish: Any) -> None:
    """The control: without the key's guard all run. The cancellation's own still lets one through."""
    seed, path, body = wish
    with psycopg.connect(running_shop.database, autocommit=True) as connection:
        connection.execute("ALTER TABLE idempotency_idempotencykey DROP CONSTRAINT one_key_per_customer")
    running_shop.start_web(workers=3)
    told = crowd(running_shop, path, body, seed, "one")
    assert Counter((answer.status, answer.replayed) for answer in told) == {(204, False): 1, (400, False): CROWD - 1}
    assert effects(running_shop, remote) == (1, ["agreed"], 3)


def test_a_key_whose_process_was_killed_is_taken_over_by_one_of_fifty(
    running_shop: Any, remote: Any, wish: Any
) -> None:
    seed, path, body = wish
    remote.clear_faults()
    remote.fault(operation="order", kind="latency", seconds=1.5)
    web = running_shop.start_web()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, running_shop.url, path, body, seed, "one")
        time.sleep(0.7)
        running_shop.kill(web)
        died = time.monotonic()
        assert first.result().status == 0
    remote.clear_faults()
    running_shop.start_web(workers=3)
    if time.monotonic() - died < LEASE - 1:
        assert post(running_shop.url, path, body, seed, "one").code == "idempotency_key_in_use"
    time.sleep(max(0.0, LEASE + 0.2 - (time.monotonic() - died)))
    told = crowd(running_shop, path, body, seed, "one")
    # The dead process left an open attempt, for settlement. That is told, and not kept: it will not stay so.
    codes = {answer.code for answer in told}
    assert "cancellation_in_progress" in codes, running_shop.logs()
    assert codes <= {"cancellation_in_progress", "idempotency_key_in_use"}
    assert not any(answer.replayed for answer in told)
    assert effects(running_shop, remote) == (0, ["open"], 0)
    running_shop.start_worker()
    until = time.monotonic() + 20
    while (settled := effects(running_shop, remote))[1] == ["open"]:
        assert time.monotonic() < until, running_shop.logs()
        time.sleep(0.2)
    # The customer's wish is in their account by now; the key goes on telling what is true when it is asked.
    again = post(running_shop.url, path, body, seed, "one")
    assert (again.status, again.replayed) == (200, False), "the requests that settlement made of the wish"
    repeats = crowd(running_shop, path, body, seed, "one")
    assert {(answer.status, answer.replayed) for answer in repeats} == {(200, True)}
    assert effects(running_shop, remote)[0] == settled[0] == 0, "it died before anything was sent"
