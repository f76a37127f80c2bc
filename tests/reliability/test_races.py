"""Cancel races ship, many times: one winner each time, decided by Omnitron, and both sides agree."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from omnitron_sandbox import Problem
from tests.reliability.crowd import cancel_body, post
from tests.reliability.laws import settled

RACES = 500


def test_cancel_against_ship_has_one_winner(running_shop: Any, remote: Any) -> None:
    seed = running_shop.inside("seed", orders=RACES, items=1)
    remote.add_orders(seed["orders"])
    running_shop.start_web(workers=2, LEASE_SECONDS="30")
    running_shop.start_worker(LEASE_SECONDS="30")

    def race(order: Any) -> tuple[int, bool]:
        gate = threading.Barrier(2)
        shipped: list[bool] = []

        def ship() -> None:
            gate.wait()
            try:
                remote.ship(order["number"])
                shipped.append(True)
            except Problem:
                shipped.append(False)

        shipping = threading.Thread(target=ship)
        shipping.start()
        gate.wait()
        status, _ = post(running_shop.url, f"/orders/{order['number']}/cancel/", cancel_body(order), seed)
        shipping.join()
        return status, shipped[0]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(race, seed["orders"]))
    outcomes = Counter(results)
    assert not [outcome for outcome in outcomes if outcome not in {(204, False), (400, True), (200, True)}], outcomes
    wished = {
        item["id"]
        for order, (status, _) in zip(seed["orders"], results, strict=True)
        if status in (200, 204)
        for item in order["orderitem_set"]
    }
    facts = settled(running_shop, remote, wished=wished)
    for order, (status, shipped) in zip(seed["orders"], results, strict=True):
        here = set(facts["orders"][order["number"]]["items"].values())
        there = {int(item["status"]) for item in remote.order(order["number"])["orderitem_set"]}
        assert there == ({500} if shipped else {50})
        assert here == there or (status == 200 and here == {400}), (order["number"], here, there)
