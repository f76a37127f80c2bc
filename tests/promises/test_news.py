"""News comes back: what happens at Omnitron reaches our orders, once, in whatever order it is heard."""

from typing import Any

import pytest
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationRequest, EasyReturnShippingCompany
from aftercart.duties import tick
from aftercart.feed.models import FeedCursor, OrderNews
from aftercart.feed.polling import begin_to_listen
from aftercart.orders.models import OrderEvent
from tests import builders

DECIDED_AGAINST = "The shop has decided against it; the order goes on as it was."


def hear() -> None:
    """Read every list to its end and learn all that it told."""
    begin_to_listen(now=timezone.now())
    FeedCursor.objects.update(next_attempt_at=timezone.now())
    for _ in range(30):
        tick(KINDS)
        unread = FeedCursor.objects.exclude(since=None).exists()
        if not unread and not OrderNews.objects.filter(next_attempt_at__lte=timezone.now()).exists():
            return
    raise AssertionError("there is no end to the news")


def statuses(order: Any) -> list[int]:
    order.refresh_from_db()
    return [order.status, *order.items.values_list("status", flat=True)]


def events(order: Any, kind: str) -> int:
    return OrderEvent.objects.filter(order=order, kind=kind).count()


def the_plan(shop: Any, order: Any) -> int:
    return shop.order(order.number)["cancellationplan_set"][-1]["pk"]


def the_request(shop: Any, order: Any) -> int:
    return shop.order(order.number)["cancellationrequest_set"][-1]["pk"]


def as_return(**fields: Any) -> dict[str, Any]:
    return {"reason": 4, "cancellation_type": "refund", **fields}


# What the warehouse does


def test_a_shipment_reaches_the_order(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    shop.ship(order.number)
    hear()
    assert statuses(order) == [500, 500, 500, 500]
    assert order.tracking_number
    assert all(item.tracking_number for item in order.items.all())
    assert events(order, "status_changed") == 4


def test_a_delivery_reaches_the_order_with_its_date(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    shop.ship(order.number)
    shop.deliver(order.number)
    hear()
    assert statuses(order) == [550, 550, 550, 550]
    assert all(item.delivered_date for item in order.items.all())


def test_an_invoice_reaches_the_order(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    shop.invoice(order.number)
    hear()
    order.refresh_from_db()
    assert order.invoice_number
    assert order.invoice_date
    assert all(item.invoice_number == order.invoice_number for item in order.items.all())
    assert events(order, "invoiced") == 1


def test_a_part_that_ships_moves_that_part_alone(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    first = order.items.first()
    shop.ship(order.number, items=[first.pk])
    hear()
    assert statuses(order) == [400, 500, 400, 400]


def test_an_order_that_we_do_not_have_is_ignored(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    wire = builders.as_wire(order)
    order.delete()
    shop.ship(wire["number"])
    hear()
    assert not OrderNews.objects.exists()


def test_news_changes_no_address_that_was_changed_meanwhile(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    type(order).objects.filter(pk=order.pk).update(shipping_address={"line": "Elsewhere 2"})
    shop.ship(order.number)
    hear()
    order.refresh_from_db()
    assert order.shipping_address == {"line": "Elsewhere 2"}


# What the back office does with a cancellation


def test_a_finished_plan_cancels_the_items_and_the_order(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order).status_code == 204
    shop.approve_plan(the_plan(shop, order))
    hear()
    assert statuses(order) == [100, 100, 100, 100]


def test_a_finished_plan_of_a_part_leaves_the_order_going(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 204
    shop.approve_plan(the_plan(shop, order))
    hear()
    assert statuses(order) == [400, 100, 400, 400]


def test_a_rejected_plan_gives_items_and_order_their_former_status_back(
    shop: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, status=350)
    assert at_ada.cancel(order).status_code == 204
    assert statuses(order) == [50, 50, 50, 50]
    shop.reject_plan(the_plan(shop, order))
    hear()
    assert statuses(order) == [350, 350, 350, 350]
    assert order.status_before_cancellation is None
    told = OrderEvent.objects.filter(order=order, kind="cancellation_rejected")
    assert [(event.from_status, event.to_status, event.data["note"]) for event in told] == [
        (50, 350, DECIDED_AGAINST)
    ] * 3
    assert OrderNews.objects.get().rejected_plan is None
    hear()
    assert events(order, "cancellation_rejected") == 3


def test_a_rejected_plan_of_a_part_gives_back_that_part(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=2)).status_code == 204
    shop.reject_plan(the_plan(shop, order))
    hear()
    assert statuses(order) == [400, 400, 400, 400]
    assert events(order, "cancellation_rejected") == 2


def test_what_shipped_after_its_plan_was_rejected_is_shipped(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    at_ada.cancel(order)
    shop.reject_plan(the_plan(shop, order))
    shop.ship(order.number)
    hear()
    assert statuses(order) == [500, 500, 500, 500]


def test_after_a_rejection_the_customer_may_cancel_anew_and_old_news_does_no_harm(
    shop: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    at_ada.cancel(order)
    shop.reject_plan(the_plan(shop, order))
    hear()
    assert at_ada.cancel(order).status_code == 204
    FeedCursor.objects.update(seen={})  # the old rejection is heard again
    hear()
    assert statuses(order) == [50, 50, 50, 50]
    shop.approve_plan(the_plan(shop, order))
    hear()
    assert statuses(order) == [100, 100, 100, 100]


def test_an_item_in_cancellation_comes_back_by_a_rejection_alone(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    order.items.update(status=50, status_before_cancellation=400)  # Omnitron does not show it yet
    shop.invoice(order.number)
    hear()
    assert statuses(order)[1:] == [50, 50, 50]


def test_what_staff_cancel_in_the_panel_is_cancelled_here(shop: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    shop.cancel(order.number)
    hear()
    assert statuses(order) == [50, 50, 50, 50]
    shop.approve_plan(the_plan(shop, order))
    hear()
    assert statuses(order) == [100, 100, 100, 100]


def test_a_return_that_is_carried_out_is_refunded(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=550)
    assert at_ada.cancel(order, builders.a_body(order, **as_return())).status_code == 200
    hear()
    for request in shop.order(order.number)["cancellationrequest_set"]:
        shop.approve_plan(shop.approve_request(request["pk"])["pk"])
    hear()
    assert statuses(order) == [600, 600, 600, 600]
    assert {request.status for request in CancellationRequest.objects.all()} == {"completed"}
    assert events(order, "request_closed") == 3


# What becomes of requests


@pytest.fixture
def asked(stock: Any, ada: Any, at_ada: Any) -> Any:
    """An order being prepared, with a request for one of its items that Omnitron has."""
    order = stock(ada, status=450)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 200
    hear()
    return order


def test_an_approved_request_is_followed_step_by_step(shop: Any, asked: Any) -> None:
    plan = shop.approve_request(the_request(shop, asked))["pk"]
    hear()
    assert CancellationRequest.objects.get().status == "approved"
    assert statuses(asked) == [450, 50, 450, 450]
    shop.approve_plan(plan)
    hear()
    assert CancellationRequest.objects.get().status == "completed"
    assert statuses(asked) == [450, 100, 450, 450]
    assert events(asked, "request_closed") == 1


def test_a_rejected_request_is_closed_with_a_readable_note(shop: Any, asked: Any) -> None:
    shop.reject_request(the_request(shop, asked))
    hear()
    request = CancellationRequest.objects.get()
    assert (request.status, request.closing_note) == ("rejected", DECIDED_AGAINST)
    assert events(asked, "request_closed") == 1
    hear()
    assert events(asked, "request_closed") == 1


def test_a_request_whose_plan_is_rejected_is_closed_and_its_item_goes_on(shop: Any, asked: Any) -> None:
    plan = shop.approve_request(the_request(shop, asked))["pk"]
    hear()
    shop.reject_plan(plan)
    hear()
    request = CancellationRequest.objects.get()
    assert (request.status, request.closing_note) == ("rejected", DECIDED_AGAINST)
    assert statuses(asked) == [450, 450, 450, 450]


def test_a_shipment_closes_an_open_request_to_cancel(shop: Any, asked: Any) -> None:
    shop.ship(asked.number)
    hear()
    request = CancellationRequest.objects.get()
    assert request.status == "rejected"
    assert "can be returned" in request.closing_note
    assert events(asked, "request_closed") == 1


def test_a_shipment_leaves_an_open_return_alone(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=500)
    at_ada.cancel(order, builders.a_body(order, **as_return()))
    hear()
    shop.deliver(order.number)
    hear()
    assert statuses(order) == [550, 550, 550, 550]
    assert {request.status for request in CancellationRequest.objects.all()} == {"waiting"}


def test_a_closed_request_stays_closed_whatever_is_heard(shop: Any, asked: Any) -> None:
    CancellationRequest.objects.update(status="completed")
    shop.reject_request(the_request(shop, asked))
    hear()
    assert CancellationRequest.objects.get().status == "completed"


def test_an_easy_return_brings_its_code_and_carrier(shop: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    carrier = EasyReturnShippingCompany.objects.create(value="yurtici", label="Yurtiçi Kargo")
    order = stock(ada, status=550)
    at_ada.cancel(order, builders.a_body(order, only=1, **as_return()))
    hear()
    pk = the_request(shop, order)
    shop.give_easy_return(pk)
    hear()
    request = CancellationRequest.objects.get()
    assert (request.easy_return_code, request.easy_return_company) == (f"EASYRETURN{pk}", carrier)
    assert request.status == "waiting"


def test_a_request_whose_handing_over_was_never_confirmed_is_known_again(shop: Any, asked: Any) -> None:
    there = the_request(shop, asked)
    CancellationRequest.objects.update(omnitron_pk=None, next_attempt_at=None)
    shop.approve_request(there)
    hear()
    request = CancellationRequest.objects.get()
    assert (request.omnitron_pk, request.status) == (there, "approved")
