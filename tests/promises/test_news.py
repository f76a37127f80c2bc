"""News comes back: what happens at Omnitron reaches our orders, once, in whatever order it is heard."""

from typing import Any

import pytest

from aftercart.cancellations.models import CancellationRequest, EasyReturnShippingCompany
from aftercart.feed.models import FeedCursor, OrderNews
from aftercart.orders.models import OrderEvent
from tests import builders
from tests.acts import as_return, events, hear, statuses, the_plan, the_request

DECIDED_AGAINST = "The shop has decided against it; the order goes on as it was."


# What the warehouse does


def test_a_shipment_reaches_the_order(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    hear()
    assert statuses(order) == [500, 500, 500, 500]
    assert order.tracking_number
    assert all(item.tracking_number for item in order.items.all())
    assert events(order, "status_changed") == 4


def test_a_delivery_reaches_the_order_with_its_date(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    omnitron.deliver(order.number)
    hear()
    assert statuses(order) == [550, 550, 550, 550]
    assert all(item.delivered_date for item in order.items.all())


def test_an_invoice_reaches_the_order(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.invoice(order.number)
    hear()
    order.refresh_from_db()
    assert order.invoice_number
    assert order.invoice_date
    assert all(item.invoice_number == order.invoice_number for item in order.items.all())
    assert events(order, "invoiced") == 1


def test_a_part_that_ships_moves_that_part_alone(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    first = order.items.first()
    omnitron.ship(order.number, items=[first.pk])
    hear()
    assert statuses(order) == [400, 500, 400, 400]


def test_an_order_that_we_do_not_have_is_ignored(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    wire = builders.as_wire(order)
    order.delete()
    omnitron.ship(wire["number"])
    hear()
    assert not OrderNews.objects.exists()


def test_news_changes_no_address_that_was_changed_meanwhile(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    type(order).objects.filter(pk=order.pk).update(shipping_address={"line": "Elsewhere 2"})
    omnitron.ship(order.number)
    hear()
    order.refresh_from_db()
    assert order.shipping_address == {"line": "Elsewhere 2"}


# What the back office does with a cancellation


def test_a_finished_plan_cancels_the_items_and_the_order(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order).status_code == 204
    omnitron.approve_plan(the_plan(omnitron, order))
    hear()
    assert statuses(order) == [100, 100, 100, 100]


def test_a_finished_plan_of_a_part_leaves_the_order_going(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 204
    omnitron.approve_plan(the_plan(omnitron, order))
    hear()
    assert statuses(order) == [400, 100, 400, 400]


def test_a_rejected_plan_gives_items_and_order_their_former_status_back(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, status=350)
    assert at_ada.cancel(order).status_code == 204
    assert statuses(order) == [50, 50, 50, 50]
    omnitron.reject_plan(the_plan(omnitron, order))
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


def test_a_rejected_plan_of_a_part_gives_back_that_part(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=2)).status_code == 204
    omnitron.reject_plan(the_plan(omnitron, order))
    hear()
    assert statuses(order) == [400, 400, 400, 400]
    assert events(order, "cancellation_rejected") == 2


def test_what_shipped_after_its_plan_was_rejected_is_shipped(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    at_ada.cancel(order)
    omnitron.reject_plan(the_plan(omnitron, order))
    omnitron.ship(order.number)
    hear()
    assert statuses(order) == [500, 500, 500, 500]


def test_after_a_rejection_the_customer_may_cancel_anew_and_old_news_does_no_harm(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    at_ada.cancel(order)
    omnitron.reject_plan(the_plan(omnitron, order))
    hear()
    assert at_ada.cancel(order).status_code == 204
    FeedCursor.objects.update(seen={})  # the old rejection is heard again
    hear()
    assert statuses(order) == [50, 50, 50, 50]
    omnitron.approve_plan(the_plan(omnitron, order))
    hear()
    assert statuses(order) == [100, 100, 100, 100]


def test_an_item_in_cancellation_comes_back_by_a_rejection_alone(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    order.items.update(status=50, status_before_cancellation=400)  # Omnitron does not show it yet
    omnitron.invoice(order.number)
    hear()
    assert statuses(order)[1:] == [50, 50, 50]


def test_what_staff_cancel_in_the_panel_is_cancelled_here(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.cancel(order.number)
    hear()
    assert statuses(order) == [50, 50, 50, 50]
    omnitron.approve_plan(the_plan(omnitron, order))
    hear()
    assert statuses(order) == [100, 100, 100, 100]


def test_a_return_that_is_carried_out_is_refunded(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=550)
    assert at_ada.cancel(order, builders.a_body(order, **as_return())).status_code == 200
    hear()
    for request in omnitron.order(order.number)["cancellationrequest_set"]:
        omnitron.approve_plan(omnitron.approve_request(request["pk"])["pk"])
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


def test_an_approved_request_is_followed_step_by_step(omnitron: Any, asked: Any) -> None:
    plan = omnitron.approve_request(the_request(omnitron, asked))["pk"]
    hear()
    assert CancellationRequest.objects.get().status == "approved"
    assert statuses(asked) == [450, 50, 450, 450]
    omnitron.approve_plan(plan)
    hear()
    assert CancellationRequest.objects.get().status == "completed"
    assert statuses(asked) == [450, 100, 450, 450]
    assert events(asked, "request_closed") == 1


def test_a_rejected_request_is_closed_with_a_readable_note(omnitron: Any, asked: Any) -> None:
    omnitron.reject_request(the_request(omnitron, asked))
    hear()
    request = CancellationRequest.objects.get()
    assert (request.status, request.closing_note) == ("rejected", DECIDED_AGAINST)
    assert events(asked, "request_closed") == 1
    hear()
    assert events(asked, "request_closed") == 1


def test_a_request_whose_plan_is_rejected_is_closed_and_its_item_goes_on(omnitron: Any, asked: Any) -> None:
    plan = omnitron.approve_request(the_request(omnitron, asked))["pk"]
    hear()
    omnitron.reject_plan(plan)
    hear()
    request = CancellationRequest.objects.get()
    assert (request.status, request.closing_note) == ("rejected", DECIDED_AGAINST)
    assert statuses(asked) == [450, 450, 450, 450]


def test_a_shipment_closes_an_open_request_to_cancel(omnitron: Any, asked: Any) -> None:
    omnitron.ship(asked.number)
    hear()
    request = CancellationRequest.objects.get()
    assert request.status == "rejected"
    assert "can be returned" in request.closing_note
    assert events(asked, "request_closed") == 1


def test_a_shipment_leaves_an_open_return_alone(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=500)
    at_ada.cancel(order, builders.a_body(order, **as_return()))
    hear()
    omnitron.deliver(order.number)
    hear()
    assert statuses(order) == [550, 550, 550, 550]
    assert {request.status for request in CancellationRequest.objects.all()} == {"waiting"}


def test_a_closed_request_stays_closed_whatever_is_heard(omnitron: Any, asked: Any) -> None:
    CancellationRequest.objects.update(status="completed")
    omnitron.reject_request(the_request(omnitron, asked))
    hear()
    assert CancellationRequest.objects.get().status == "completed"


def test_an_easy_return_brings_its_code_and_carrier(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    carrier = EasyReturnShippingCompany.objects.create(value="yurtici", label="Yurtiçi Kargo")
    order = stock(ada, status=550)
    at_ada.cancel(order, builders.a_body(order, only=1, **as_return()))
    hear()
    pk = the_request(omnitron, order)
    omnitron.give_easy_return(pk)
    hear()
    request = CancellationRequest.objects.get()
    assert (request.easy_return_code, request.easy_return_company) == (f"EASYRETURN{pk}", carrier)
    assert request.status == "waiting"


def test_a_request_whose_handing_over_was_never_confirmed_is_known_again(omnitron: Any, asked: Any) -> None:
    there = the_request(omnitron, asked)
    CancellationRequest.objects.update(omnitron_pk=None, next_attempt_at=None)
    omnitron.approve_request(there)
    hear()
    request = CancellationRequest.objects.get()
    assert (request.omnitron_pk, request.status) == (there, "approved")
