"""The shipping that is promised is asked for: with the step that ends an order of which nothing has left the shop."""

from typing import Any

import pytest

from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationRequest
from aftercart.duties import tick
from aftercart.orders.models import Order, OrderItem
from tests import builders
from tests.conftest import SignedIn

FIELDS = {"items": 2, "amount": "86.66", "shipping_amount": "20.00"}


def plans(omnitron: Any, order: Order) -> list[tuple[bool, str]]:
    return [
        (plan["is_cargo_refund"], plan["refund_amount"])
        for plan in omnitron.order(order.number)["cancellationplan_set"]
    ]


def body_of(order: Order, which: int) -> dict[str, Any]:
    body = builders.a_body(order)
    return {**body, "cancel_order_items": [body["cancel_order_items"][which]]}


def approve(omnitron: Any, order: Order) -> None:
    for plan in omnitron.order(order.number)["cancellationplan_set"]:
        if plan["status"] == "waiting":
            omnitron.approve_plan(plan["pk"])


def test_all_at_once(omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    assert at_ada.cancel(order).status_code == 204
    assert plans(omnitron, order) == [(True, "86.66")]


def test_in_steps_it_is_asked_for_with_the_last_one(omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    assert at_ada.cancel(order, body_of(order, 0)).status_code == 204
    approve(omnitron, order)
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(omnitron, order) == [(False, "33.33"), (True, "53.33")]


def test_a_part_of_an_order_asks_for_none(omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    assert at_ada.cancel(order, body_of(order, 0)).status_code == 204
    assert plans(omnitron, order) == [(False, "33.33")]


@pytest.mark.parametrize("delivered", [False, True], ids=["on its way", "delivered and given back"])
def test_once_anything_has_left_the_shop_none_is_asked_for(
    delivered: bool, omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, **FIELDS)
    first, _ = order.items.order_by("pk").values_list("pk", flat=True)
    omnitron.ship(order.number, items=[first])
    if delivered:
        omnitron.deliver(order.number, items=[first])
        omnitron.cancel(order.number, items=[first])
        approve(omnitron, order)
    before = len(plans(omnitron, order))
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(omnitron, order)[before:] == [(False, "33.33")]


def test_what_the_shop_itself_cancelled_meanwhile_counts(omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    first = order.items.order_by("pk").first()
    omnitron.cancel(order.number, items=[first.pk])
    approve(omnitron, order)
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(omnitron, order)[-1] == (True, "53.33")


def test_an_item_that_was_shipped_before_its_cancellation_is_remembered(
    omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, **FIELDS)
    first = order.items.order_by("pk").first()
    omnitron.cancel(order.number, items=[first.pk])
    approve(omnitron, order)
    OrderItem.objects.filter(pk=first.pk).update(status=100, status_before_cancellation=500)
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(omnitron, order)[-1] == (False, "33.33")


def test_an_answer_that_was_lost_has_asked_for_it_too(omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    omnitron.fault(operation="cancel", kind="reset_after", times=1)
    assert at_ada.cancel(order).status_code == 200
    assert plans(omnitron, order) == [(True, "86.66")]


def test_the_last_request_that_the_shop_agrees_to_sends_it_back(
    omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, **FIELDS)
    body = {**builders.a_body(order), "id": str(order.pk)}
    assert at_ada.send("/users/orders/bulk_cancellation_requests/", body).status_code == 201
    requests = CancellationRequest.objects.filter(order=order)
    tick(KINDS, now=requests.first().created_date)
    for pk in requests.order_by("pk").values_list("omnitron_pk", flat=True):
        omnitron.approve_request(pk)
        approve(omnitron, order)
    assert plans(omnitron, order) == [(False, "33.33"), (True, "53.33")]
