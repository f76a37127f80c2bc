"""Cancel, plans, and the race with the warehouse: docs/contract.md, sections D and E."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from omnitron_sandbox import Problem, running

from .world import ROOTS, Caller, assert_refused, commerce_order, statuses


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


@pytest.mark.parametrize("root", ROOTS)
def test_a_cancel_makes_a_waiting_plan_and_status_50(caller, sandbox, order, root):
    answer = caller.cancel(order["number"], root=root)
    assert answer.status_code == 200
    assert (answer.json()["number"], answer.json()["status"]) == (order["number"], "50")
    assert statuses(sandbox, order["number"]) == ("50", ["50"])
    (plan,) = caller.get("/api/v1/channel/1/cancellation_plans/inserts_or_updates/", order_number=order["number"])[
        "results"
    ]
    assert (plan["status"], plan["plan_type"], plan["refund_amount"]) == ("waiting", "cancel", "1349.00")
    sandbox.approve_plan(plan["pk"])
    assert statuses(sandbox, order["number"]) == ("100", ["100"])


def test_a_rejected_plan_gives_the_former_status_back(caller, sandbox):
    sandbox.add_orders(commerce_order(31, items=2, status="350"))
    caller.cancel("31")
    sandbox.reject_plan(sandbox.order("31")["cancellationplan_set"][0]["pk"])
    assert statuses(sandbox, "31") == ("350", ["350", "350"])
    assert caller.cancel("31").status_code == 200, "and it may be tried again"


def test_untouched_items_stay_as_they_were(caller, sandbox):
    sandbox.add_orders(commerce_order(32, items=3))
    before = sandbox.order("32")["orderitem_set"]
    pk = before[1]["pk"]
    caller.cancel("32", cancel_items=[pk], reasons={str(pk): 2})
    assert statuses(sandbox, "32") == ("50", ["400", "50", "400"])
    sandbox.approve_plan(sandbox.order("32")["cancellationplan_set"][0]["pk"])
    after = sandbox.order("32")
    assert (after["status"], after["orderitem_set"][1]["status"]) == ("400", "100")
    assert [after["orderitem_set"][0], after["orderitem_set"][2]] == [before[0], before[2]]


def test_delivered_items_are_refunded(caller, sandbox, order):
    sandbox.ship(order["number"])
    sandbox.deliver(order["number"])
    assert caller.cancel(order["number"], reason=4).status_code == 200
    plan = sandbox.order(order["number"])["cancellationplan_set"][0]
    assert plan["plan_type"] == "refund"
    sandbox.approve_plan(plan["pk"])
    assert statuses(sandbox, order["number"]) == ("600", ["600"])


def test_is_all_takes_everything_that_is_left(caller, sandbox):
    sandbox.add_orders(commerce_order(33, items=2))
    assert caller.cancel("33", is_all=True, cancel_items=[]).status_code == 200
    assert statuses(sandbox, "33") == ("50", ["50", "50"])


def test_a_second_cancel_is_refused_while_one_is_open(caller, order):
    assert caller.cancel(order["number"]).status_code == 200
    assert_refused(caller.cancel(order["number"]), "OrderCancelMoreThenOne")


@pytest.mark.parametrize(
    "change",
    [
        {"is_all": True},
        {"is_cargo_refund": True, "cancel_items": []},
        {"is_all": True, "is_cargo_refund": True},
    ],
)
def test_overlapping_parameters_are_refused(caller, sandbox, order, change):
    assert_refused(caller.cancel(order["number"], **change), "OrderCancelOverlappingParameter")
    assert statuses(sandbox, order["number"]) == ("400", ["400"])


def test_an_item_without_a_reason_is_refused(caller, sandbox, order):
    assert_refused(caller.cancel(order["number"], reasons={}), "OrderCancelMissingReason")
    assert sandbox.order(order["number"])["cancellationplan_set"] == []


def test_a_card_order_without_its_purchase_is_refused(caller, sandbox):
    sandbox.add_orders(commerce_order(34) | {"transaction_set": []})
    assert_refused(caller.cancel("34"), "OrderCancelPurchaseTransactionNotFound")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cancel_items": [363]}, "cancel_items"),
        ({"cancel_items": "363"}, "cancel_items"),
        ({"cancel_items": [True]}, "cancel_items"),
        ({"cancel_items": []}, "cancel_items"),
        ({"cancel_items": [7000001, 7000001]}, "cancel_items"),
        ({"reasons": {"7000001": 99}}, "reasons"),
        ({"reasons": [1]}, "reasons"),
        ({"forced_refund_amount": 10}, "forced_refund_amount"),
        ({"order": 1}, "order"),
        ({"is_all": "yes"}, "is_all"),
    ],
)
def test_a_malformed_cancel_is_a_400_with_the_fields_name(caller, sandbox, order, change, field):
    answer = caller.cancel(order["number"], **change)
    assert answer.status_code == 400
    assert isinstance(answer.json()[field], list)
    assert statuses(sandbox, order["number"]) == ("400", ["400"])


def test_what_left_the_house_or_is_cancelled_cannot_be_cancelled(caller, sandbox):
    sandbox.add_orders([commerce_order(35), commerce_order(36)])
    sandbox.ship("35")
    assert_refused(caller.cancel("35"), "OrderItemStatus")
    caller.cancel("36")
    sandbox.approve_plan(sandbox.order("36")["cancellationplan_set"][0]["pk"])
    assert_refused(caller.cancel("36"), "OrderItemStatus")
    assert_refused(caller.cancel("36", is_all=True, cancel_items=[]), "OrderItemStatus")


def test_cancel_and_return_do_not_mix(caller, sandbox):
    order = commerce_order(37, items=2)
    sandbox.add_orders(order)
    first = [order["orderitem_set"][0]["id"]]
    sandbox.ship("37", items=first)
    sandbox.deliver("37", items=first)
    assert_refused(caller.cancel("37"), "OrderCancelMixedTypes")


def test_a_plan_finishes_by_itself_after_the_delay(order):
    with running(plan_delay=0.2, orders=order) as sandbox:
        sandbox.cancel(order["number"])
        assert statuses(sandbox, order["number"]) == ("50", ["50"])
        sandbox.wait_for_plans()
        assert statuses(sandbox, order["number"]) == ("100", ["100"])


def test_a_finished_plan_does_not_move_again(caller, sandbox, order):
    caller.cancel(order["number"])
    pk = sandbox.order(order["number"])["cancellationplan_set"][0]["pk"]
    assert caller.send("POST", f"/api/v1/channel/1/cancellation_plans/{pk}/create_payment_plan/").status_code == 200
    sandbox.approve_plan(pk)
    for decide in (sandbox.reject_plan, sandbox.approve_plan):
        with pytest.raises(Problem, match="OrderUpdateCancelStatus"):
            decide(pk)


def test_ship_against_cancel_has_one_winner_each_time(sandbox):
    """Over HTTP, from two threads: never shipped and cancelled, never neither."""
    numbers = [str(4000 + index) for index in range(25)]
    sandbox.add_orders([commerce_order(int(number)) for number in numbers])
    caller, warehouse = Caller(sandbox), requests.Session()
    start = threading.Barrier(2)

    def cancel(number: str) -> int:
        start.wait()
        return caller.cancel(number).status_code

    def ship(number: str) -> int:
        start.wait()
        return warehouse.post(f"{sandbox.url}/sandbox/orders/{number}/ship/", timeout=10).status_code

    with ThreadPoolExecutor(2) as pool:
        for number in numbers:
            ends = [pool.submit(cancel, number), pool.submit(ship, number)]
            answers = [end.result() for end in ends]
            assert sorted(answers) == [200, 406]
            expected = "50" if answers[0] == 200 else "500"
            assert statuses(sandbox, number) == (expected, [expected])
    caller.session.close()
    warehouse.close()


def test_many_cancels_at_once_make_one_plan(sandbox, order):
    callers = [Caller(sandbox) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda caller: caller.cancel(order["number"]).status_code, callers))
    assert sorted(answers) == [200] + [406] * 7
    assert len(sandbox.order(order["number"])["cancellationplan_set"]) == 1
    for caller in callers:
        caller.session.close()


def test_ship_deliver_and_invoice_write_what_the_customer_will_see(sandbox, order):
    shipped = sandbox.ship(order["number"])
    assert shipped["tracking_number"] == shipped["orderitem_set"][0]["tracking_number"] != None  # noqa: E711
    delivered = sandbox.deliver(order["number"])
    assert delivered["orderitem_set"][0]["delivered_date"]
    invoiced = sandbox.invoice(order["number"])
    assert invoiced["invoice_number"] == invoiced["orderitem_set"][0]["invoice_number"]
    assert invoiced["status"] == "550"
    with pytest.raises(Problem):
        sandbox.ship(order["number"])


def test_an_order_leaves_in_two_parcels(sandbox):
    order = commerce_order(71, items=2)
    sandbox.add_orders(order)
    sandbox.ship("71", items=[order["orderitem_set"][0]["id"]])
    assert statuses(sandbox, "71") == ("400", ["500", "400"])
    sandbox.ship("71")
    assert statuses(sandbox, "71") == ("500", ["500", "500"])
    assert len({item["tracking_number"] for item in sandbox.order("71")["orderitem_set"]}) == 2
    with pytest.raises(Problem, match="remote id"):
        sandbox.deliver("71", items=["nobody"])


def test_what_is_being_cancelled_does_not_ship_and_the_rest_may(sandbox):
    order = commerce_order(72, items=2)
    sandbox.add_orders(order)
    first = [order["orderitem_set"][0]["id"]]
    sandbox.cancel("72", items=first)
    with pytest.raises(Problem, match="cancellation_waiting"):
        sandbox.ship("72", items=first)
    sandbox.ship("72")
    assert statuses(sandbox, "72") == ("50", ["50", "500"])
    sandbox.approve_plan(sandbox.order("72")["cancellationplan_set"][0]["pk"])
    assert statuses(sandbox, "72") == ("500", ["100", "500"])


def test_an_item_is_updated_as_the_published_client_does(caller, sandbox, order):
    pk = sandbox.order(order["number"])["orderitem_set"][0]["pk"]
    path = f"/api/v1/channel/1/order_items/{pk}/"
    changed = caller.send("PATCH", path, json={"status": 550, "invoice_number": "xyz", "tracking_number": "T1"})
    assert changed.json()["status"] == "550"
    assert (changed.json()["invoice_number"], changed.json()["extra_field"]["id"]) == (
        "xyz", order["orderitem_set"][0]["id"],
    )  # fmt: skip
    assert statuses(sandbox, order["number"]) == ("550", ["550"])
    assert caller.send("PATCH", path, json={"status": "nonsense"}).status_code == 400
    for status in ("50", "100", "400"):
        assert caller.send("PATCH", path, json={"status": status}).status_code == 406
