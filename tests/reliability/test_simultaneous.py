"""Two hundred identical cancels at once, from several processes, on both databases."""

from collections import Counter
from typing import Any

import pytest

from tests.reliability.crowd import all_at_once, cancel_body

CROWD = 200


def storm(shop: Any, remote: Any, *, crowd: int = CROWD, workers: int = 3) -> tuple[Counter[int], Any, str]:
    seed = shop.inside("seed")
    order = seed["orders"][0]
    remote.add_orders([order])
    shop.start_web(workers=workers)
    path = f"/orders/{order['number']}/cancel/"
    answers = all_at_once(shop.url, [(path, cancel_body(order))] * crowd, seed)
    return Counter(status for status, _ in answers), shop.inside("facts"), order["number"]


def test_of_two_hundred_identical_cancels_one_wins(running_shop: Any, remote: Any) -> None:
    answers, facts, number = storm(running_shop, remote)
    assert answers == {204: 1, 400: CROWD - 1}, running_shop.logs()
    assert len(remote.calls(operation="cancel", number=number)) == 1
    assert [attempt["state"] for attempt in facts["attempts"]] == ["agreed"]
    assert set(facts["orders"][number]["items"].values()) == {50}
    cancelled = [event for event in facts["events"] if event["kind"] == "cancelled_directly"]
    assert len(cancelled) == 3
    assert facts["requests"] == []


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_without_the_constraint_more_than_one_gets_through(running_shop: Any, remote: Any) -> None:
    """The control: the test above fails once its guard is taken away.

    On PostgreSQL alone: on SQLite the IMMEDIATE transaction of the claim is a second guard, which stays.
    """
    running_shop.inside("take_away", constraint="one_open_attempt_per_order")
    # While the first cancel is under way, the order still looks whole: the gap that the constraint closes, widened.
    remote.fault(operation="cancel", kind="latency", seconds=2)
    _, facts, number = storm(running_shop, remote, crowd=20)
    assert len(facts["attempts"]) > 1
    assert len(remote.calls(operation="cancel", number=number)) > 1


def test_overlapping_sets_of_items_are_never_cancelled_twice(running_shop: Any, remote: Any) -> None:
    seed = running_shop.inside("seed", items=4)
    order = seed["orders"][0]
    remote.add_orders([order])
    running_shop.start_web(workers=3)
    path = f"/orders/{order['number']}/cancel/"
    wishes = [(path, cancel_body(order, items)) for items in ([0, 1], [1, 2], [2, 3], [3, 0], [0], [2])] * 10
    answers = all_at_once(running_shop.url, wishes, seed)
    facts = running_shop.inside("facts")
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) <= {200, 204, 400}, running_shop.logs()
    assert statuses[204] >= 1
    active = Counter(r["order_item_id"] for r in facts["requests"] if r["status"] == "waiting")
    assert all(count == 1 for count in active.values())
    waiting = {int(pk) for pk, status in facts["orders"][order["number"]]["items"].items() if status == 50}
    assert not waiting & set(active), "no item is both cancelled and asked for"
