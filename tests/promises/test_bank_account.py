"""The account that a refund shall go to: judged at every door, asked for where it is needed, and never lost."""

import logging
from html import unescape
from typing import Any

import pytest

from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationRequest
from aftercart.duties import tick
from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.acts import work
from tests.conftest import SignedIn
from tests.promises.withdrawing import Consumer

TYPED, IBAN = "tr33 0006 1005 1978 6457 8413 26", "TR330006100519786457841326"
HOLDER = "Ada Yılmaz"
NAMED = {"iban": TYPED, "holder_name": HOLDER}
NO_IBAN = "This is no valid IBAN: please compare its letters and digits with your bank's."
NO_HOLDER = "Enter the name of the account's holder."
BY_TRANSFER = {"payment_option": {"pk": 3, "name": "Bank transfer", "payment_type": "funds_transfer", "slug": "eft"}}
BY_CARD = {"payment_option": {"pk": 1, "name": "Card", "payment_type": "credit_card", "slug": "card"}}
ON_DELIVERY = {"payment_option": {"payment_type": "pay_on_delivery", "slug": "kapida-odeme"}}
ASKED = "This order was not paid by card, so money can only be sent to a bank account."
BULK = "/users/orders/bulk_cancellation_requests/"


def told(omnitron: Any, order: Any) -> list[tuple[str, str]]:
    """The accounts that Omnitron's cancellation has, item by item."""
    plans = omnitron.order(order.number)["cancellationplan_set"]
    return [(e["iban"], e["holder_name"]) for plan in plans for e in plan["cancellationplanorderitem_set"]]


def asked(omnitron: Any, order: Any) -> list[tuple[str, str]]:
    """The accounts that Omnitron's requests have."""
    return [(one["iban"], one["holder_name"]) for one in omnitron.order(order.number)["cancellationrequest_set"]]


# Every door


@pytest.mark.parametrize(
    ("wish", "field", "error"),
    [
        ({**NAMED, "iban": "TR00 HELLO"}, "iban", NO_IBAN),
        ({**NAMED, "iban": "TR340006100519786457841326"}, "iban", NO_IBAN),
        ({**NAMED, "iban": " " * 65}, "iban", "At most 64 characters are allowed."),
        ({"iban": TYPED}, "holder_name", NO_HOLDER),
        ({"iban": TYPED, "holder_name": "  "}, "holder_name", NO_HOLDER),
        ({"iban": TYPED, "holder_name": "x" * 256}, "holder_name", "At most 255 characters are allowed."),
    ],
)
@pytest.mark.parametrize("door", ["cancel", "cancel, without fast routes", "bulk", "single", "guest"])
def test_a_wrong_account_is_an_error_of_its_field(
    door: str, wish: dict[str, str], field: str, error: str, stock: Any, ada: Any
) -> None:
    who = builders.a_customer("guest", user_type="guest") if door == "guest" else ada
    order = stock(who, items=1, details=BY_TRANSFER)
    body = builders.a_body(order, **wish)
    customer = SignedIn(ada, fast_routes=door != "cancel, without fast routes")
    (one,) = body["cancel_order_items"]
    if door == "guest":
        named = {"number": order.number, "email": order.user_email}
        answer = customer.send("/users/orders/anonymous/cancel/", one | named)
    elif door == "single":
        answer = customer.send(f"/users/orders/{order.pk}/cancellation_requests/", one)
    else:
        answer = customer.send(BULK if door == "bulk" else f"/orders/{order.number}/cancel/", body)
    said = answer.json()
    assert (answer.status_code, said.get("cancel_order_items", [said])[0]) == (400, {field: [error]})
    assert not CancellationRequest.objects.exists()


@pytest.mark.parametrize("said", [{}, {"iban": None, "holder_name": None}, {"iban": "", "holder_name": HOLDER}])
def test_nobody_has_to_name_an_account(said: dict[str, Any], omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=1, details=BY_TRANSFER)
    assert at_ada.cancel(order, builders.a_body(order, **said)).status_code == 204
    assert told(omnitron, order) == [(None, None)]


# The ways that it goes


def test_omnitron_s_cancel_carries_it_for_every_item(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=3, details=BY_TRANSFER)
    body = builders.a_body(order, only=2)
    body["cancel_order_items"][0] |= NAMED
    assert at_ada.cancel(order, body).status_code == 204
    assert told(omnitron, order) == [(IBAN, HOLDER), (None, None)]


def test_every_part_of_an_item_carries_it(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, items=1, item_fields={"quantity": 3}, details=BY_TRANSFER)
    omnitron.add_orders([builders.as_wire(order)], apart=True)
    assert at_ada.cancel(order, builders.a_body(order, **NAMED)).status_code == 204
    assert told(omnitron, order) == [(IBAN, HOLDER)] * 3


@pytest.mark.parametrize("status", [400, 450], ids=["Omnitron away", "asked for"])
def test_a_request_keeps_it_in_its_plain_form_and_hands_it_over(
    status: int, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, items=1, status=status, details=BY_TRANSFER)
    omnitron.power(status == 450)
    assert at_ada.cancel(order, builders.a_body(order, **NAMED)).status_code == 200
    omnitron.power(True)
    request = CancellationRequest.objects.get()
    assert (request.iban, request.holder_name) == (IBAN, HOLDER)
    CancellationRequest.objects.update(next_attempt_at=request.created_date)
    tick(KINDS)
    assert asked(omnitron, order) == [(IBAN, HOLDER)]


def test_an_answer_that_never_came_loses_nothing(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=1, details=BY_TRANSFER)
    omnitron.fault(operation="cancel", kind="reset_before", times=1)
    assert at_ada.cancel(order, builders.a_body(order, **NAMED)).status_code == 200
    assert [(one.iban, one.being_checked) for one in CancellationRequest.objects.all()] == [(IBAN, True)]


def test_no_log_tells_an_account(omnitron: Any, stock: Any, ada: Any, at_ada: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    order = stock(ada, items=2, details=BY_TRANSFER)
    refused = {"non_field_errors": f"{IBAN} of {HOLDER}: unknown bank", "error_code": "x"}
    omnitron.fault(operation="cancel", kind="status", status=406, body=refused, times=1)
    omnitron.fault(
        operation="cancellation_request", method="POST", kind="status", status=400, body={"iban": [TYPED]}, times=1
    )
    body = builders.a_body(order, only=1, **NAMED)
    assert at_ada.cancel(order, body).status_code == 200
    tick(KINDS)
    body["cancel_order_items"][0] |= {"order_item": order.items.last().pk, "iban": f"{TYPED}0"}
    assert at_ada.cancel(order, body).status_code == 400
    lines = caplog.text.upper().replace(" ", "")
    assert caplog.records
    assert IBAN not in lines
    assert IBAN not in CancellationRequest.objects.get().last_error.upper().replace(" ", "")


# Our own pages


@pytest.mark.parametrize(
    ("paid", "is_asked"),
    [
        (BY_TRANSFER, True),
        (ON_DELIVERY, False),
        ({"payment_option_slug": "bank-transfer"}, True),
        (BY_CARD, False),
        ({"payment_option": None}, False),
        ({}, False),
    ],
)
def test_a_page_asks_for_it_where_the_money_has_no_way_back(
    paid: dict[str, Any], is_asked: bool, stock: Any, ada: Any
) -> None:
    order = stock(ada, details=paid)
    guest = builders.a_customer("guest", user_type="guest")
    guests = stock(guest, details=paid)
    pages = [
        Consumer(ada).see(f"/account/orders/{order.number}/cancel/"),
        Consumer(ada).see(f"/account/orders/{order.number}/withdraw/"),
        Consumer().see(f"/guest/orders/{TO_ORDER.sign(guests)}/cancel/"),
        Consumer().see(f"/withdrawals/{TO_WITHDRAW.sign(guests)}/"),
    ]
    for page in pages:
        html = page.content.decode()
        assert page.status_code == 200
        assert (ASKED in html, 'name="iban"' in html) == (is_asked, is_asked)


@pytest.mark.parametrize(("status", "amount", "is_asked"), [(550, "100.00", True), (400, "100.00", False)])
def test_what_was_handed_over_on_delivery_needs_an_account_once_it_was(
    status: int, amount: str, is_asked: bool, stock: Any, ada: Any
) -> None:
    order = stock(ada, status=status, amount=amount, details=ON_DELIVERY)
    page = Consumer(ada).see(f"/account/orders/{order.number}/cancel/").content.decode()
    assert ('name="iban"' in page) == is_asked


def test_an_order_that_cost_nothing_needs_no_account(stock: Any, ada: Any) -> None:
    order = stock(ada, amount="0.00", details=BY_TRANSFER, item_fields={"price": "0.00"})
    assert 'name="iban"' not in Consumer(ada).see(f"/account/orders/{order.number}/cancel/").content.decode()


@pytest.mark.parametrize("who", ["account", "guest"])
def test_what_is_typed_on_the_page_arrives(who: str, omnitron: Any, stock: Any, ada: Any) -> None:
    owner = ada if who == "account" else builders.a_customer("guest", user_type="guest")
    order = stock(owner, items=2, details=BY_TRANSFER)
    path = f"/account/orders/{order.number}/cancel/"
    path = path if who == "account" else f"/guest/orders/{TO_ORDER.sign(order)}/cancel/"
    browser = Consumer(ada if who == "account" else None)
    first, second = order.items.all()
    fields = browser.form(browser.see(path), "")
    typed = fields | {"item": [str(first.pk), str(second.pk)], f"reason-{first.pk}": ["1"]}
    wrong = browser.send(path, typed, iban="TR00 HELLO", holder_name="", step="review")
    html = wrong.content.decode()
    assert (wrong.status_code, NO_IBAN in unescape(html), 'value="TR00 HELLO"' in html) == (
        400,
        True,
        True,
    )
    confirm = browser.send(path, typed, **NAMED, step="review")
    assert f"To this account: TR33 0006 1005 1978 6457 8413 26, {HOLDER}" in confirm.content.decode()
    assert browser.send(path, browser.form(confirm, ""), step="confirm").status_code == 303
    tick(KINDS)
    assert (told if who == "account" else asked)(omnitron, order) == [(IBAN, HOLDER)] * 2


@pytest.mark.parametrize("status", [400, 550])
def test_a_withdrawal_carries_it_whatever_becomes_of_it(status: int, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=1, status=status, details=BY_TRANSFER)
    consumer, path = Consumer(ada), f"/account/orders/{order.number}/withdraw/"
    wrong = consumer.review(path, iban=["DE00"])
    assert (wrong.status_code, "This is no valid IBAN" in wrong.content.decode()) == (400, True)
    wrong = consumer.review(path, iban=[TYPED], holder_name=[""])
    assert "Enter the name of the account" in wrong.content.decode()
    assert "TR33 0006 1005" in consumer.review(path, iban=[TYPED], holder_name=[HOLDER]).content.decode()
    done = consumer.withdraw(path, iban=[TYPED], holder_name=[HOLDER])
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.iban, withdrawal.holder_name) == (IBAN, HOLDER)
    page = consumer.see(done.url).content.decode()
    assert "…1326" in page
    assert IBAN not in page
    work()
    assert (told(omnitron, order) or asked(omnitron, order)) == [(IBAN, HOLDER)]


def test_nobody_has_to_name_an_account_to_withdraw(stock: Any, ada: Any) -> None:
    order = stock(ada, items=1, details=BY_TRANSFER)
    assert Consumer(ada).withdraw(f"/account/orders/{order.number}/withdraw/").status_code == 303
