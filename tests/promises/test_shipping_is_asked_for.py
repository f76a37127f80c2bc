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


def plans(shop: Any, order: Order) -> list[tuple[bool, str]]:
    return [
        (plan["is_cargo_refund"], plan["refund_amount"]) for plan in shop.order(order.number)["cancellationplan_set"]
    ]


def body_of(order: Order, which: int) -> dict[str, Any]:
    body = builders.a_body(order)
    return {**body, "cancel_order_items": [body["cancel_order_items"][which]]}


def approve(shop: Any, order: Order) -> None:
    for plan in shop.order(order.number)["cancellationplan_set"]:
        if plan["status"] == "waiting":
            shop.approve_plan(plan["pk"])


def test_all_at_once(shop: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    assert at_ada.cancel(order).status_code == 204
    assert plans(shop, order) == [(True, "86.66")]


def test_in_steps_it_is_asked_for_with_the_last_one(shop: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    assert at_ada.cancel(order, body_of(order, 0)).status_code == 204
    approve(shop, order)
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(shop, order) == [(False, "33.33"), (True, "53.33")]


def test_a_part_of_an_order_asks_for_none(shop: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    assert at_ada.cancel(order, body_of(order, 0)).status_code == 204
    assert plans(shop, order) == [(False, "33.33")]


@pytest.mark.parametrize("delivered", [False, True], ids=["on its way", "delivered and given back"])
def test_once_anything_has_left_the_shop_none_is_asked_for(
    delivered: bool, shop: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, **FIELDS)
    first, _ = order.items.order_by("pk").values_list("pk", flat=True)
    shop.ship(order.number, items=[first])
    if delivered:
        shop.deliver(order.number, items=[first])
        shop.cancel(order.number, items=[first])
        approve(shop, order)
    before = len(plans(shop, order))
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(shop, order)[before:] == [(False, "33.33")]


def test_what_the_shop_itself_cancelled_meanwhile_counts(shop: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    first = order.items.order_by("pk").first()
    shop.cancel(order.number, items=[first.pk])
    approve(shop, order)
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(shop, order)[-1] == (True, "53.33")


def test_an_item_that_was_shipped_before_its_cancellation_is_remembered(
    shop: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, **FIELDS)
    first = order.items.order_by("pk").first()
    shop.cancel(order.number, items=[first.pk])
    approve(shop, order)
    OrderItem.objects.filter(pk=first.pk).update(status=100, status_before_cancellation=500)
    assert at_ada.cancel(order, body_of(order, 1)).status_code == 204
    assert plans(shop, order)[-1] == (False, "33.33")


def test_an_answer_that_was_lost_has_asked_for_it_too(shop: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada, **FIELDS)
    shop.fault(operation="cancel", kind="reset_after", times=1)
    assert at_ada.cancel(order).status_code == 200
    assert plans(shop, order) == [(True, "86.66")]


def test_the_last_request_that_the_shop_agrees_to_sends_it_back(
    shop: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, **FIELDS)
    body = {**builders.a_body(order), "id": str(order.pk)}
    assert at_ada.send("/users/orders/bulk_cancellation_requests/", body).status_code == 201
    requests = CancellationRequest.objects.filter(order=order)
    tick(KINDS, now=requests.first().created_date)
    for pk in requests.order_by("pk").values_list("omnitron_pk", flat=True):
        shop.approve_request(pk)
        approve(shop, order)
    assert plans(shop, order) == [(False, "33.33"), (True, "53.33")]
