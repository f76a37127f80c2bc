"""Pieces that were cancelled, given back or withdrawn from cannot be so again, whatever door is asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.orders.intake import take_in
from aftercart.orders.models import Order, OrderItem
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.acts import hear, meanwhile, parts_of, work
from tests.conftest import SignedIn
from tests.omnitron.world import Caller
from tests.promises.reconciling import reconcile, repaired, told
from tests.promises.withdrawing import Consumer

LEFT = "Only {left} of {quantity} are left: the others were cancelled or given back."
KINDS = {"refund": (550, 4), "cancel": (450, 1)}
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def staff(omnitron: Any) -> Any:
    with Caller(omnitron) as caller:
        yield caller


def a_line(stock: Any, customer: Any, *, kind: str = "refund", quantity: int = 5, **fields: Any) -> tuple[Order, Any]:
    """An order of one line of several pieces, of 20.00 each."""
    delivered = timezone.now() - timedelta(days=1) if kind == "refund" else None
    item_fields = {"quantity": quantity, "price": "20.00", "delivered_date": delivered}
    status = fields.pop("status", KINDS[kind][0])
    order = stock(customer, items=1, amount=20 * quantity, status=status, item_fields=item_fields, **fields)
    return order, order.items.get()


def wish(item: Any, kind: str = "refund", **fields: Any) -> dict[str, Any]:
    return {"order_item": item.pk, "reason": str(KINDS[kind][1]), "cancellation_type": kind, **fields}


def ask(at_ada: SignedIn, item: Any, kind: str = "refund", **fields: Any) -> Any:
    return at_ada.cancel(item.order, {"cancel_order_items": [wish(item, kind, **fields)]})


def decide(staff: Caller, item: Any, status: str = "completed") -> None:
    """The request is handed over, staff decide on it (the line goes on), and we hear so."""
    work()
    (waiting,) = CancellationRequest.objects.filter(order_item=item, status="waiting")
    path = f"/api/v1/channel/1/cancellation_requests/{waiting.omnitron_pk}/"
    assert staff.send("PATCH", path, json={"status": status}).status_code == 200
    hear()
    waiting.refresh_from_db()
    assert waiting.status == status
    item.refresh_from_db()


def options(at_ada: SignedIn, item: Any, quantity: int | None = None) -> dict[str, Any]:
    named = f"{item.pk}:{quantity}" if quantity else item.pk
    return at_ada.read(f"/orders/{item.order.number}/cancellation-options/?items={named}").json()


@kinds
def test_what_is_left_is_offered_and_no_more(kind: str, staff: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    _, item = a_line(stock, ada, kind=kind)
    assert ask(at_ada, item, kind, quantity=2).status_code == 200
    decide(staff, item)
    assert (item.returned_quantity, item.quantity_left, item.status) == (2, 3, KINDS[kind][0])
    shown = options(at_ada, item)
    assert (shown["items"][0]["quantity"], shown["items"][0]["quantity_left"]) == (5, 3)
    assert shown["choice"]["cancel_order_items"][0]["quantity"] == 3
    for judged in (shown["choice"], shown["items"][0][kind]):
        assert (judged["way"], judged["estimate"]["amount"]) == ("request", "60.00")
    assert options(at_ada, item, 4) == {"items": [f"{item.pk}:4: " + LEFT.format(left=3, quantity=5)]}
    page = Consumer(ada).see(f"/account/orders/{item.order.number}/cancel/").content.decode()
    assert "How many of 3?" in page
    assert 'max="3"' in page
    assert ask(at_ada, item, kind).json()[0]["quantity"] == 3


@kinds
@pytest.mark.parametrize("door", ["cancel", "cancel, without fast routes", "bulk", "single", "guest"])
def test_more_than_is_left_is_an_error_of_its_field(
    door: str, kind: str, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    who = builders.a_customer("guest", user_type="guest") if door == "guest" else ada
    order, item = a_line(stock, who, kind=kind)
    order.items.update(returned_quantity=1, withdrawn_quantity=1)
    said, body = {"quantity": [LEFT.format(left=3, quantity=5)]}, wish(item, kind, quantity=4)
    if door == "guest":
        carriers = {"shipping_company": 1} if kind == "refund" else {}
        named = {"number": order.number, "email": order.user_email, **carriers}
        answer = at_ada.send("/users/orders/anonymous/cancel/", {**body, **named})
        assert answer.json()["quantity"] == said["quantity"]
    elif door == "single":
        answer = at_ada.send(f"/users/orders/{order.pk}/cancellation_requests/", body)
        assert answer.json() == said
    else:
        customer = SignedIn(ada, fast_routes=door != "cancel, without fast routes")
        path = "/users/orders/bulk_cancellation_requests/" if door == "bulk" else f"/orders/{order.number}/cancel/"
        answer = customer.send(path, {"cancel_order_items": [body]})
        assert answer.json() == {"cancel_order_items": [said]}
    assert answer.status_code == 400
    assert not CancellationAttempt.objects.exists()


@kinds
def test_one_after_the_other_until_nothing_is_left(kind: str, staff: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, item = a_line(stock, ada, kind=kind, quantity=3)
    for left in (2, 1, 0):
        assert ask(at_ada, item, kind, quantity=1).status_code == 200
        decide(staff, item)
        assert item.quantity_left == left
    for quantity in (None, 1, 3):
        answer = ask(at_ada, item, kind, quantity=quantity)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "nothing_left")
        assert answer.json()["refusals"][0]["order_item"] == item.pk
    shown = options(at_ada, item)["choice"]
    assert (shown["way"], shown["estimate"], shown["refusals"][0]["code"]) == ("none", None, "nothing_left")
    (row,) = at_ada.read(f"/users/orders/{order.pk}/").json()["orderitem_set"]
    assert (row["is_cancellable"], row["is_refundable"]) == (False, False)
    page = Consumer(ada).see(f"/account/orders/{order.number}/cancel/").content.decode()
    assert "All of Cup 1 has been cancelled or given back already." in page


@pytest.mark.parametrize("end", ["rejected", "taken back"])
def test_what_was_declined_or_taken_back_is_still_there(
    end: str, staff: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    _, item = a_line(stock, ada)
    made = ask(at_ada, item, quantity=2).json()[0]
    if end == "rejected":
        decide(staff, item, "rejected")
    else:
        assert at_ada.send(f"/users/orders/cancellation_requests/{made['id']}/withdraw/", {}).status_code == 200
        work()
    item.refresh_from_db()
    assert (item.returned_quantity, options(at_ada, item)["choice"]["estimate"]["amount"]) == (0, "100.00")


def test_the_rest_of_a_line_that_could_be_cancelled_at_once_is_asked_for(
    staff: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    """Omnitron's cancel takes whole lines: with pieces of it given back already, the shop is asked for the others."""
    order, item = a_line(stock, ada, kind="cancel", status=400)
    ask(at_ada, item, "cancel", quantity=2)
    decide(staff, item)
    (made,) = ask(at_ada, item, "cancel").json()
    assert (made["quantity"], made["because"]) == (3, "needs_request")
    assert order.items.get().status == 400


def test_an_end_that_is_heard_twice_counts_once(staff: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    _, item = a_line(stock, ada)
    ask(at_ada, item, quantity=2)
    decide(staff, item)
    hear()
    item.refresh_from_db()
    assert item.returned_quantity == 2


def test_a_cancellation_that_omnitron_rejects_leaves_no_count(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, item = a_line(stock, ada, kind="cancel", status=400)
    assert ask(at_ada, item, "cancel").status_code == 204
    omnitron.reject_plan(omnitron.order(order.number)["cancellationplan_set"][0]["pk"])
    hear()
    item.refresh_from_db()
    assert (item.status, item.quantity_left) == (400, 5)
    assert ask(at_ada, item, "cancel").status_code == 204


def test_pieces_that_are_items_of_their_own_at_omnitron_are_counted_there(
    omnitron: Any, staff: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    """Two of three are cancelled by staff; the third can go at once. A rejected plan gives its pieces back."""
    order = builders.an_order(ada, items=1, item_fields={"quantity": 3, "price": "20.00"}, amount="60.00")
    omnitron.add_orders([builders.as_wire(order)], apart=True)
    item = order.items.get()
    keys = [part["pk"] for part in parts_of(omnitron, order)]
    for key, end, left in ((keys[0], "approve", 2), (keys[1], "reject", 2), (keys[1], "approve", 1)):
        omnitron.cancel(order.number, parts=[key])
        hear()
        item.refresh_from_db()
        assert item.quantity_left == (1 if key == keys[1] else 2)
        plan = omnitron.order(order.number)["cancellationplan_set"][-1]["pk"]
        omnitron.approve_plan(plan) if end == "approve" else omnitron.reject_plan(plan)
        hear()
        item.refresh_from_db()
        assert (item.status, item.quantity_left) == (400, left)
    shown = options(at_ada, item)["choice"]
    assert (shown["way"], shown["estimate"]["amount"]) == ("direct", "20.00")
    assert ask(at_ada, item, "cancel", quantity=2).json() == {
        "cancel_order_items": [{"quantity": [LEFT.format(left=1, quantity=3)]}]
    }
    assert ask(at_ada, item, "cancel").status_code == 204
    omnitron.reject_plan(omnitron.order(order.number)["cancellationplan_set"][-1]["pk"])
    hear()
    item.refresh_from_db()
    assert (item.status, item.quantity_left) == (400, 1)


# Withdrawing


def test_what_was_given_back_is_not_withdrawn_from_and_the_other_way_round(
    staff: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order, item = a_line(stock, ada)
    ask(at_ada, item, quantity=2)
    decide(staff, item)
    consumer, path = Consumer(ada), f"/account/orders/{order.number}/withdraw/"
    assert "How many of 3?" in consumer.see(path).content.decode()
    refused = consumer.review(path, **{f"quantity-{item.pk}": ["4"]})
    assert refused.status_code == 400
    assert "Choose a number from 1 to 3." in refused.content.decode()
    assert consumer.withdraw(path, **{f"quantity-{item.pk}": ["2"]}).status_code == 303
    item.refresh_from_db()
    assert (item.returned_quantity, item.withdrawn_quantity, item.quantity_left) == (2, 2, 1)
    assert options(at_ada, item)["items"][0]["quantity_left"] == 1
    work()
    assert Withdrawal.objects.get().state == Withdrawal.State.DONE
    assert CancellationRequest.objects.get(is_withdrawal=True).quantity == 2
    # The pieces of a withdrawal are counted when it is declared, and not again when it is done.
    decide(staff, item)
    assert (item.returned_quantity, item.withdrawn_quantity) == (2, 2)
    assert "How many of" not in consumer.see(path).content.decode()
    assert ask(at_ada, item).json()[0]["quantity"] == 1
    decide(staff, item)
    assert item.quantity_left == 0
    assert "Nothing of this order can be withdrawn from here." in consumer.see(path).content.decode()


def test_a_withdrawal_is_carried_out_for_its_own_pieces(staff: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, item = a_line(stock, ada, kind="cancel", status=400)
    assert Consumer(ada).withdraw(f"/account/orders/{order.number}/withdraw/").status_code == 303
    work()
    item.refresh_from_db()
    assert (item.status, item.withdrawn_quantity, item.quantity_left) == (50, 5, 0)
    assert not CancellationRequest.objects.exists()
    assert Withdrawal.objects.get().state == Withdrawal.State.DONE


# Heard late, or not at all


def test_a_return_of_a_part_that_staff_made_and_completed_between_two_polls_counts(
    staff: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    _, item = a_line(stock, ada)
    for status, returned in (("completed", 2), ("rejected", 2)):
        ask(at_ada, item, quantity=2)
        work()
        path = f"/api/v1/channel/1/cancellation_requests/{CancellationRequest.objects.latest('pk').omnitron_pk}/"
        CancellationRequest.objects.all().delete()  # as if staff had made it: the first that we hear is its end
        assert staff.send("PATCH", path, json={"status": status}).status_code == 200
        hear()
        item.refresh_from_db()
        assert item.returned_quantity == returned
    assert options(at_ada, item)["choice"]["estimate"]["amount"] == "60.00"


def test_reconciliation_finds_pieces_that_nobody_counted(staff: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    """A process of the previous release, still running, completes requests without counting."""
    _, item = a_line(stock, ada)
    ask(at_ada, item, quantity=2)
    decide(staff, item)
    OrderItem.objects.filter(pk=item.pk).update(returned_quantity=0)
    found = ("pieces that came back", "0", "2", "count the pieces that came back")
    assert told(reconcile()[1]) == [found]
    repaired()
    item.refresh_from_db()
    assert item.returned_quantity == 2


# What must hold for every row


@pytest.mark.parametrize("column", ["returned_quantity", "withdrawn_quantity"])
def test_the_database_lets_no_piece_come_back_twice(column: str, stock: Any, ada: Any) -> None:
    _, item = a_line(stock, ada)
    OrderItem.objects.filter(pk=item.pk).update(returned_quantity=2, withdrawn_quantity=2)
    OrderItem.objects.filter(pk=item.pk).update(**{column: 3})
    with pytest.raises(IntegrityError, match="no_piece_comes_back_twice"):
        OrderItem.objects.filter(pk=item.pk).update(**{column: 4})


def test_news_of_more_than_there_was_fills_the_count_and_stops_nothing(
    staff: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    _, item = a_line(stock, ada)
    ask(at_ada, item, quantity=4)
    OrderItem.objects.filter(pk=item.pk).update(returned_quantity=3)
    decide(staff, item)
    assert item.returned_quantity == 5


def test_a_later_file_cannot_make_a_line_smaller_than_what_came_back_of_it(stock: Any, ada: Any) -> None:
    order, item = a_line(stock, ada)
    wire = builders.as_wire(order)
    OrderItem.objects.filter(pk=item.pk).update(returned_quantity=2, withdrawn_quantity=1)
    for said, kept in ((4, 4), (1, 3), (5, 5)):
        wire["orderitem_set"][0]["quantity"] = said
        take_in(wire, now=timezone.now())
        item.refresh_from_db()
        assert (item.quantity, item.quantity_left) == (kept, kept - 3)


def test_facts_that_change_while_a_wish_is_judged_are_judged_again(stock: Any, ada: Any, at_ada: Any) -> None:
    """Pieces come back between looking and claiming: the wish for all of them becomes one for those that are left."""
    order, item = a_line(stock, ada, kind="cancel", status=400)

    rows = OrderItem.objects.filter(pk=item.pk)
    with meanwhile("cancel: judged", lambda: rows.update(returned_quantity=2)):
        (made,) = ask(at_ada, item, "cancel").json()
    assert (made["quantity"], order.items.get().status) == (3, 400)
