"""Where each piece of a line is an item of its own at Omnitron, some of them are cancelled at once."""

from typing import Any

import pytest

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.mails.models import Mail
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.acts import at_omnitron, hear, meanwhile, parts_of, statuses
from tests.promises.withdrawing import Consumer


def some(order: Any, quantity: int) -> dict[str, Any]:
    return builders.a_body(order, only=1, quantity=quantity)


def left(order: Any) -> int:
    return int(order.items.first().quantity_left)


def test_some_pieces_are_cancelled_and_the_rest_goes_on(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    assert at_ada.cancel(order, some(order, 2)).status_code == 204
    assert at_omnitron(omnitron, order) == ["50", "50", "400"]
    assert (statuses(order), left(order)) == ([400, 400, 400], 1)
    (event,) = order.events.filter(kind="cancelled_directly")
    assert (event.data["quantity"], event.to_status) == (2, None)
    assert [item["quantity"] for mail in Mail.objects.all() for item in mail.data["items"]] == [2]
    page = at_ada.get(f"/account/orders/{order.number}/")
    assert "2 of 3" in page.content.decode()
    hear()
    assert (statuses(order), left(order)) == ([400, 400, 400], 1)


def test_one_piece_after_the_other_until_the_order_is_cancelled(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1)
    for nth in range(1, 4):
        assert at_ada.cancel(order, some(order, 1)).status_code == 204
        assert at_omnitron(omnitron, order).count("100") == nth - 1
        omnitron.approve_plan(omnitron.order(order.number)["cancellationplan_set"][-1]["pk"])
        hear()
        if nth < 3:
            assert (statuses(order), left(order)) == ([400, 400], 3 - nth)
            assert at_ada.cancel(order, some(order, 4 - nth)).status_code == 400
    assert statuses(order) == [100, 100]
    assert at_omnitron(omnitron, order) == ["100", "100", "100"]


def test_all_that_is_left_is_meant_without_a_number(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada, items=1)
    at_ada.cancel(order, some(order, 1))
    omnitron.approve_plan(omnitron.order(order.number)["cancellationplan_set"][-1]["pk"])
    hear()
    assert at_ada.cancel(order).status_code == 204
    assert at_omnitron(omnitron, order) == ["100", "50", "50"]
    assert statuses(order) == [50, 50]


def test_pieces_that_have_left_are_not_chosen(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    omnitron.ship(order.number, parts=[parts_of(omnitron, order)[0]["pk"]])
    assert at_ada.cancel(order, some(order, 2)).status_code == 204
    assert at_omnitron(omnitron, order) == ["500", "50", "50"]
    hear()
    assert (statuses(order), left(order)) == ([400, 500, 400], 1)


def test_another_piece_does_where_one_leaves_meanwhile(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    first = parts_of(omnitron, order)[0]["pk"]
    with meanwhile("cancel: judged again", lambda: omnitron.ship(order.number, parts=[first])):
        assert at_ada.cancel(order, some(order, 1)).status_code == 204
    assert sorted(at_omnitron(omnitron, order)) == ["400", "50", "500"]


def test_a_rejected_plan_offers_the_pieces_again(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    at_ada.cancel(order, some(order, 2))
    hear()
    omnitron.reject_plan(omnitron.order(order.number)["cancellationplan_set"][-1]["pk"])
    hear()
    assert (statuses(order), left(order)) == ([400, 400, 400], 3)


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_an_unknown_outcome_of_some_pieces_is_settled_by_those(
    known: bool, happened: bool, omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1)
    if known:
        omnitron.invoice(order.number)
        hear()
    omnitron.fault(operation="cancel", kind="reset_after" if happened else "reset_before", times=1)
    assert at_ada.cancel(order, some(order, 2)).status_code == 200
    hear()
    request = CancellationRequest.objects.get()
    assert CancellationAttempt.objects.get().state == ("agreed" if happened else "fell_back")
    assert (request.status, request.quantity) == ("completed" if happened else "waiting", 2)
    assert at_omnitron(omnitron, order).count("50") == (2 if happened else 0)
    assert len(omnitron.order(order.number)["cancellationrequest_set"]) == (0 if happened else 2)
    assert left(order) == (1 if happened else 3)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("quantity", [2, 3])
def test_a_list_that_lacks_a_piece_cancels_nothing(
    known: bool, quantity: int, omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1)
    if known:
        omnitron.invoice(order.number)
        hear()
    omnitron.fault(operation="order_items", kind="fewer_items", times=1)
    response = at_ada.cancel(order, some(order, quantity))
    assert (response.status_code, response.json()[0]["because"]) == (200, "omnitron_refused")
    assert not omnitron.calls(operation="cancel")


def test_the_options_say_that_some_pieces_go_directly(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    omnitron.invoice(order.number)
    hear()
    pk = order.items.first().pk
    read = at_ada.read(f"/orders/{order.number}/cancellation-options/?items={pk}:2").json()
    assert read["choice"]["way"] == "direct"


def test_a_line_that_is_one_there_still_asks_for_a_part_of_it(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=1, item_fields={"quantity": 3})
    response = at_ada.cancel(order, some(order, 2))
    assert (response.status_code, response.json()[0]["because"]) == (200, "needs_request")
    assert not omnitron.calls(operation="cancel")


def test_a_withdrawal_takes_what_has_not_left_and_leaves_the_rest_to_the_shop(
    omnitron: Any, lines: Any, ada: Any
) -> None:
    order = lines(ada, items=1)
    omnitron.ship(order.number, parts=[parts_of(omnitron, order)[0]["pk"]])
    hear()
    assert Consumer(ada).withdraw(f"/account/orders/{order.number}/withdraw/").status_code == 303
    hear()
    assert at_omnitron(omnitron, order) == ["500", "50", "50"]
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.state, withdrawal.reasons) == ("needs_back_office", ["pieces_went_apart"])
