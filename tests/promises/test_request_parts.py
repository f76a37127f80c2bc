"""A request about an item that is several at Omnitron: one there for each part, and one thing for whoever asked."""

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest, RequestPart
from aftercart.duties import tick
from aftercart.feed.comparing import differences
from aftercart.feed.reading import read_ours, read_theirs
from tests import builders
from tests.acts import at_omnitron, hear, meanwhile, parts_of, statuses


def requests_there(omnitron: Any, order: Any) -> list[Any]:
    return list(omnitron.order(order.number)["cancellationrequest_set"])


@pytest.fixture
def asked(lines: Any, ada: Any, at_ada: Any) -> Any:
    """An order of one line of three that is being prepared, and a request for all of it that Omnitron has."""
    order = lines(ada, items=1, status=450)
    response = at_ada.cancel(order)
    assert (response.status_code, len(response.json()), response.json()[0]["quantity"]) == (200, 1, 3)
    hear()
    return order


def the_request() -> CancellationRequest:
    return CancellationRequest.objects.get()


def test_a_request_for_a_line_names_each_of_its_parts_once(omnitron: Any, asked: Any) -> None:
    there = requests_there(omnitron, asked)
    assert [request["order_item"] for request in there] == [part["pk"] for part in parts_of(omnitron, asked)]
    assert len({request["remote_id"] for request in there}) == 3
    assert (the_request().omnitron_pk, the_request().next_attempt_at) == (there[0]["id"], None)
    ours = read_ours(asked.pk)
    assert differences(ours, read_theirs(ours)) == []


def test_a_request_for_two_of_three_names_two_parts(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada, items=1, status=450)
    assert at_ada.cancel(order, builders.a_body(order, quantity=2)).status_code == 200
    hear()
    assert len(requests_there(omnitron, order)) == 2
    assert the_request().quantity == 2


def test_what_a_request_promises_is_about_the_pieces_that_have_not_left(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1, status=450)
    whole = at_ada.read(f"/orders/{order.number}/cancellation-options/").json()["items"][0]["cancel"]["estimate"]
    omnitron.ship(order.number, parts=[parts_of(omnitron, order)[0]["pk"]])
    hear()
    (item,) = at_ada.read(f"/orders/{order.number}/cancellation-options/").json()["items"]
    promised = Decimal(item["cancel"]["estimate"]["parts"][0]["amount"])
    assert promised == 2 * order.items.get().price < Decimal(whole["parts"][0]["amount"])
    assert at_ada.cancel(order).status_code == 200
    hear()
    assert len(requests_there(omnitron, order)) == 2


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_hand_over_that_nobody_heard_the_end_of_asks_for_each_part_once(
    kind: str, omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1, status=450)
    assert at_ada.cancel(order).status_code == 200
    omnitron.fault(operation="cancellation_request", kind=kind, times=2)
    for minutes in range(6):
        tick(KINDS, now=timezone.now() + timezone.timedelta(minutes=minutes))
    assert len(requests_there(omnitron, order)) == 3
    assert set(RequestPart.objects.values_list("omnitron_pk", flat=True)) == {
        request["id"] for request in requests_there(omnitron, order)
    }


def test_a_part_that_leaves_before_it_is_asked_for_is_not_asked_for(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1, status=450)
    hear()
    assert at_ada.cancel(order).status_code == 200
    omnitron.ship(order.number, parts=[parts_of(omnitron, order)[0]["pk"]])
    hear()
    assert [request["order_item"] for request in requests_there(omnitron, order)] == [
        part["pk"] for part in parts_of(omnitron, order)[1:]
    ]
    assert (the_request().status, the_request().quantity) == ("waiting", 2)


def test_a_request_is_as_far_as_the_least_of_its_parts(omnitron: Any, asked: Any) -> None:
    for nth, request in enumerate(requests_there(omnitron, asked), 1):
        plan = omnitron.approve_request(request["id"])["pk"]
        hear()
        assert the_request().status == ("approved" if nth == 3 else "waiting")
        omnitron.approve_plan(plan)
        hear()
        assert the_request().status == ("completed" if nth == 3 else "waiting")
        assert statuses(asked)[1] == (100 if nth == 3 else 450)
    assert the_request().quantity == 3


def test_what_is_agreed_to_in_part_is_carried_out_in_part(omnitron: Any, asked: Any) -> None:
    first, *others = requests_there(omnitron, asked)
    omnitron.approve_plan(omnitron.approve_request(first["id"])["pk"])
    for request in others:
        omnitron.reject_request(request["id"])
    hear()
    assert (the_request().status, the_request().quantity) == ("completed", 1)
    assert statuses(asked)[1] == 450
    assert [part["status"] for part in asked.items.get().parts] == [100, 450, 450]


def test_the_rest_that_leaves_does_not_decline_a_request_for_what_stays(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1, status=450)
    at_ada.cancel(order, builders.a_body(order, quantity=1))
    hear()
    (request,) = requests_there(omnitron, order)
    plan = omnitron.approve_request(request["id"])["pk"]
    omnitron.ship(order.number, parts=[part["pk"] for part in parts_of(omnitron, order)[1:]])
    hear()
    assert (statuses(order)[1], the_request().status) == (500, "approved")
    omnitron.approve_plan(plan)
    hear()
    assert the_request().status == "completed"


def take_back(at_ada: Any) -> Any:
    return at_ada.send(f"/users/orders/cancellation_requests/{the_request().pk}/withdraw/", {})


def test_taking_it_back_takes_every_part_back(omnitron: Any, asked: Any, at_ada: Any) -> None:
    assert take_back(at_ada).status_code == 200
    hear()
    assert the_request().status == "withdrawn"
    assert requests_there(omnitron, asked) == []


def test_what_was_agreed_to_meanwhile_is_all_that_goes_on(omnitron: Any, asked: Any, at_ada: Any) -> None:
    first = requests_there(omnitron, asked)[0]
    assert take_back(at_ada).status_code == 200
    plan = omnitron.approve_request(first["id"])["pk"]
    hear()
    assert (the_request().status, the_request().quantity) == ("approved", 1)
    assert [request["id"] for request in requests_there(omnitron, asked)] == [first["id"]]
    omnitron.approve_plan(plan)
    hear()
    assert the_request().status == "completed"


def test_requests_of_staff_for_parts_of_one_item_are_one_of_ours(omnitron: Any, lines: Any, ada: Any) -> None:
    order = lines(ada, items=1, status=450)
    omnitron.invoice(order.number)
    hear()
    gateway = omnitron_client.omnitron()
    for part in parts_of(omnitron, order)[:2]:
        gateway.create_cancellation_request(
            remote_id="", order_item=part["pk"], reason=1, description="", cancellation_type="cancel"
        )
    for _ in range(2):
        call_command("reconcile", "--repair", stdout=StringIO())
    assert (the_request().because, the_request().quantity) == ("made_at_omnitron", 2)
    omnitron.approve_request(requests_there(omnitron, order)[0]["id"])
    call_command("reconcile", "--repair", stdout=StringIO())
    assert the_request().status == "waiting"


def test_an_unknown_outcome_of_which_some_happened_asks_for_the_rest(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1)
    hear()
    keys = [part["pk"] for part in parts_of(omnitron, order)]
    omnitron.fault(operation="cancel", kind="reset_before", times=1)
    with meanwhile("cancel: called", lambda: omnitron.cancel(order.number, parts=keys[:2])):
        assert at_ada.cancel(order).status_code == 200
    hear()
    assert CancellationAttempt.objects.get().state == "fell_back"
    assert (the_request().status, the_request().quantity) == ("waiting", 1)
    assert [request["order_item"] for request in requests_there(omnitron, order)] == keys[2:]
    assert at_omnitron(omnitron, order) == ["50", "50", "400"]
