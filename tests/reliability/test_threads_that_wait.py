"""While Omnitron hangs and more customers cancel than may wait for it, everybody else is answered."""

import http.client
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.reliability.crowd import cancel_body, post

MAY_WAIT = 4  # threads, for Omnitron
DEADLINE = 6.0  # seconds that a cancel waits for it
SOON = DEADLINE / 2  # seconds; an idle machine needs a hundredth of it


def read(shop: Any, seed: Any, path: str) -> float:
    """How many seconds an answer took."""
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=60)
    began = time.monotonic()
    connection.request("GET", path, headers={"Accept": "application/json", "Cookie": seed["cookie"]})
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - began


def slowest_read(shop: Any, remote: Any, *, threads: int, hangs: str | None) -> tuple[float, list[Any]]:
    """Seconds of the slowest read while cancels wait, and the cancels' answers with their seconds."""
    seed = shop.inside("seed", orders=MAY_WAIT + 5)
    remote.add_orders(seed["orders"])
    waits = {"OMNITRON_MAX_CONCURRENT": str(MAY_WAIT), "OMNITRON_TIMEOUT": str(DEADLINE)}
    shop.start_web(threads=threads, **waits)
    seen = f"/account/orders/{seed['orders'][-1]['number']}/"
    read(shop, seed, seen)
    remote.fault(kind="silence_before", seconds=60, **({"operation": hangs} if hangs else {}))
    answers: list[Any] = []

    def cancel(order: Any) -> None:
        began = time.monotonic()
        answer = post(shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed)
        answers.append((time.monotonic() - began, *answer))

    cancelling = [threading.Thread(target=cancel, args=(order,)) for order in seed["orders"][:-1]]
    for thread in cancelling:
        thread.start()
    shop.wait_for_call(remote, hangs or "login")
    slowest = max(read(shop, seed, path) for path in (seen, "/current_user/", "/account/orders/"))
    for thread in cancelling:
        thread.join()
    return slowest, sorted(answers, key=lambda answer: float(answer[0]))


@pytest.mark.parametrize("hangs", [None, "cancel"], ids=["everything hangs", "the cancel hangs"])
def test_reads_are_answered_while_more_cancels_wait_than_may(running_shop: Any, remote: Any, hangs: str | None) -> None:
    slowest, answers = slowest_read(running_shop, remote, threads=MAY_WAIT + 2, hangs=hangs)
    assert slowest < SOON, running_shop.logs()
    # All wishes are kept; those for which there was no place did not wait.
    assert {status for _, status, _ in answers} == {200}, running_shop.logs()
    assert len([seconds for seconds, *_ in answers if seconds > DEADLINE * 0.9]) <= MAY_WAIT
    assert {r["because"] for r in answers[0][2]} == {"omnitron_unreachable"}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_with_no_more_threads_than_may_wait_reads_would_wait_as_well(running_shop: Any, remote: Any) -> None:
    """The control: the test above fails without threads to spare."""
    slowest, _ = slowest_read(running_shop, remote, threads=MAY_WAIT, hangs="cancel")
    assert slowest > SOON
