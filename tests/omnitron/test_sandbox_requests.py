"""Cancellation requests and address changes: docs/contract.md, section D."""

from __future__ import annotations

import pytest

from omnitron_sandbox import Problem, running

from .world import Caller, assert_refused, commerce_order, statuses


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


def test_a_request_waits_and_is_found_by_its_remote_id(caller, order):
    made = caller.ask(order["number"], remote_id="r-1", description="changed my mind")
    assert (made.status_code, made.json()["status"]) == (201, "waiting")
    names = "id order_item reason description cancellation_type status iban holder_name easy_return quantity"
    names += " fully_refund_as_loyalty_money uuid created_date modified_date attributes"
    assert set(names.split()) <= set(made.json())
    (action,) = caller.get(
        "/api/v1/channel/1/integration_actions/",
        content_type_name="cancellationrequest",
        remote_id__exact="r-1",
    )["results"]
    assert action["object_id"] == made.json()["id"]
    listed = caller.get("/api/v1/channel/1/cancellation_requests/", status="waiting", remote_id="r-1")
    assert listed["results"] == [made.json()]


def test_one_remote_id_makes_one_request(caller, sandbox):
    sandbox.add_orders(commerce_order(51, items=2))
    assert caller.ask("51", remote_id="r-1").status_code == 201
    again = caller.ask("51", index=1, remote_id="r-1")
    assert again.status_code == 400
    assert "already exists" in again.json()["remote_id"][0]


def test_one_item_has_one_active_request(caller, sandbox, order):
    pk = caller.ask(order["number"], remote_id="a").json()["id"]
    assert_refused(caller.ask(order["number"], remote_id="b"), "cancellation_request_100_1")
    assert caller.send("POST", f"/api/v1/channel/1/cancellation_requests/{pk}/reject/").json()["status"] == "rejected"
    assert caller.ask(order["number"], remote_id="b").status_code == 201
    answer = caller.send("PATCH", f"/api/v1/channel/1/cancellation_requests/{pk}/", json={"status": "waiting"})
    assert_refused(answer, "cancellation_request_100_1")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order_item": 363}, "order_item"),
        ({"order_item": None}, "order_item"),
        ({"reason": 77}, "reason"),
        ({"cancellation_type": "swap"}, "cancellation_type"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 2}, "quantity"),
        ({"fully_refund_as_loyalty_money": "yes"}, "fully_refund_as_loyalty_money"),
    ],
)
def test_a_malformed_request_is_a_400_with_the_fields_name(caller, order, change, field):
    answer = caller.ask(order["number"], **change)
    assert (answer.status_code, type(answer.json()[field])) == (400, list)


def test_a_request_can_be_changed_and_deleted(caller, order):
    made = caller.ask(order["number"], remote_id="r", iban="TR1", holder_name="Ada").json()
    path = f"/api/v1/channel/1/cancellation_requests/{made['id']}/"
    assert (made["iban"], made["holder_name"]) == ("TR1", "Ada")
    assert caller.send("PATCH", path, json={"description": "new"}).json()["description"] == "new"
    body = {
        "order_item": made["order_item"],
        "reason": 2,
        "cancellation_type": "cancel",
        "status": "confirmed",
    }
    assert caller.send("PUT", path, json=body).json()["status"] == "confirmed"
    assert caller.send("PUT", path, json={"reason": 1}).status_code == 400
    assert caller.get("/api/v1/channel/1/cancellation_requests/updates/")["count"] == 1
    gone = caller.send("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert caller.send("GET", path).status_code == 404
    assert caller.ask(order["number"], remote_id="r").status_code == 201


def test_an_approved_request_becomes_a_plan_and_completes_with_it(caller, sandbox, order):
    pk = caller.ask(order["number"]).json()["id"]
    plan = sandbox.approve_request(pk)
    path = f"/api/v1/channel/1/cancellation_requests/{pk}/"
    assert (caller.get(path)["status"], statuses(sandbox, order["number"])) == ("approved", ("50", ["50"]))
    assert caller.send("DELETE", path).status_code == 406
    sandbox.approve_plan(plan["pk"])
    assert (caller.get(path)["status"], statuses(sandbox, order["number"])) == ("completed", ("100", ["100"]))


def test_a_request_for_some_pieces_is_paid_for_those_and_the_rest_goes_on(caller, sandbox):
    order = commerce_order(53, items=1) | {"amount": "31.00", "discount_amount": "0.00", "shipping_amount": "1.00"}
    order["orderitem_set"][0] |= {"quantity": 3, "price": "10.00"}
    sandbox.add_orders(order)
    for pieces, money, after in ((2, "20.00", "400"), (1, "11.00", "100")):
        pk = caller.ask("53", quantity=pieces, remote_id=f"for {pieces}").json()["id"]
        plan = sandbox.approve_request(pk)
        assert plan["refund_amount"] == money
        assert sandbox.order("53")["orderitem_set"][0]["status"] == ("400" if pieces == 2 else "50")
        with pytest.raises(Problem):
            sandbox.ship("53")
        sandbox.approve_plan(plan["pk"])
        assert caller.get(f"/api/v1/channel/1/cancellation_requests/{pk}/")["status"] == "completed"
        assert sandbox.order("53")["orderitem_set"][0]["status"] == after
    assert sandbox.order("53")["refund_amount"] == "31.00"


def test_a_rejected_plan_for_some_pieces_changes_nothing(caller, sandbox):
    order = commerce_order(54, items=1)
    order["orderitem_set"][0] |= {"quantity": 3}
    sandbox.add_orders(order)
    plan = sandbox.approve_request(caller.ask("54", quantity=2).json()["id"])
    sandbox.reject_plan(plan["pk"])
    assert statuses(sandbox, "54") == ("400", ["400"])
    assert [item["status"] for item in sandbox.ship("54")["orderitem_set"]] == ["500"]


def test_a_direct_cancel_closes_the_items_request(caller, sandbox, order):
    pk = caller.ask(order["number"]).json()["id"]
    caller.cancel(order["number"])
    path = f"/api/v1/channel/1/cancellation_requests/{pk}/"
    assert caller.get(path)["status"] == "approved"
    sandbox.approve_plan(sandbox.order(order["number"])["cancellationplan_set"][0]["pk"])
    assert caller.get(path)["status"] == "completed"


def test_a_refund_request_gets_its_easy_return_code(caller, sandbox, order):
    sandbox.ship(order["number"])
    made = caller.ask(order["number"], cancellation_type="refund", reason=4).json()
    assert made["easy_return"] is None
    given = sandbox.give_easy_return(made["id"])["easy_return"]
    assert (given["shipping_company"], given["status"]) == ("yurtici", "active")
    assert given["code"].startswith("EASYRETURN")
    assert caller.get(f"/api/v1/channel/1/cancellation_requests/{made['id']}/")["easy_return"] == given


def test_an_address_change_reaches_the_orders_own_copy(caller, sandbox, order):
    answer = caller.move(order)
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    found = sandbox.order(order["number"])
    assert found["shipping_address"]["line"] == "New street 2"
    assert found["shipping_address"]["remote_id"] == "777"
    assert found["shipping_address"]["city"]["name"] == "ADANA", "known from the former address"
    assert found["billing_address"]["line"] == "Test street 1"


def test_an_address_change_while_preparing_waits_for_approval(caller, sandbox):
    order = commerce_order(61, status="450")
    sandbox.add_orders(order)
    made = caller.move(order).json()
    assert made["status"] == "waiting_approval"
    assert sandbox.order("61")["shipping_address"]["line"] == "Test street 1"
    assert caller.move(order).json() == made, "the same wish again is the same change"
    other = caller.move(order, address={**made["address"], "line": "Elsewhere 3"})
    assert_refused(other, "order_address_changing_100_1")
    sandbox.approve_address_change(made["pk"])
    assert sandbox.order("61")["shipping_address"]["line"] == "New street 2"


def test_a_rejected_address_change_leaves_the_order_as_it_was(caller, sandbox):
    order = commerce_order(62, status="450")
    sandbox.add_orders(order)
    sandbox.reject_address_change(caller.move(order).json()["pk"])
    assert sandbox.order("62")["shipping_address"]["line"] == "Test street 1"
    with pytest.raises(Problem):
        sandbox.approve_address_change(sandbox.order("62")["orderaddresschange_set"][0]["pk"])


def test_a_shipped_or_cancelled_orders_address_is_old(caller, sandbox):
    shipped, waiting, cancelled = (commerce_order(number) for number in (63, 64, 65))
    sandbox.add_orders([shipped, waiting, cancelled])
    sandbox.ship("63")
    sandbox.cancel("64")
    sandbox.cancel("65")
    sandbox.approve_plan(sandbox.order("65")["cancellationplan_set"][0]["pk"])
    for order in (shipped, waiting, cancelled):
        assert_refused(caller.move(order), "order_100_3")
        assert sandbox.order(order["number"])["shipping_address"]["line"] == "Test street 1"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order": 900001}, "order"),
        ({"channel_id": 2}, "channel_id"),
        ({"channel_id": None}, "channel_id"),
        ({"address": {}}, "address"),
        ({"order_address_types": []}, "order_address_types"),
        ({"order_address_types": ["home"]}, "order_address_types"),
    ],
)
def test_a_malformed_address_change_is_a_400_with_the_fields_name(caller, order, change, field):
    answer = caller.move(order, **change)
    assert answer.status_code == 400
    assert field in answer.json()
