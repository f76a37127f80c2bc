"""A cancellation on its fast route is answered as on the ordinary way, and what changes meanwhile is judged again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.orders.models import Order, OrderItem
from tests import builders
from tests.acts import meanwhile
from tests.conftest import SignedIn

# What differs between any two wishes.
OWN = {"id", "uuid", "order_item", "created_date", "message", "non_field_errors"}
# What the ordinary way adds for pages, and the length, which differs with the numbers in it.
OF_A_PAGE = {"Content-Security-Policy", "Content-Length"}


@pytest.fixture
def ordinary(at_ada: SignedIn) -> SignedIn:
    """Ada's browser, for which there are no fast routes."""
    plain = SignedIn(None, fast_routes=False)
    plain.cookies, plain.token = at_ada.cookies, at_ada.token
    return plain


def without_own(value: Any) -> Any:
    if isinstance(value, list):
        return [without_own(each) for each in value]
    if isinstance(value, dict):
        return {key: without_own(each) for key, each in value.items() if key not in OWN}
    return value


OUTCOMES: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "cancelled": ({}, {}, 204),
    "asked for instead": ({"invoice_number": "I-1", "status": 450}, {}, 200),
    "refused": ({"status": 100}, {}, 400),
    "an unknown reason": ({}, {"reason": "99"}, 400),
    "an unknown item": ({}, {"order_item": 10**9}, 400),
    "not an item at all": ({}, {"order_item": "x"}, 400),
}


@pytest.mark.fastpath
@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize(("fields", "wished", "status"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_every_way_gives_the_same_answer(
    fields: dict[str, Any],
    wished: dict[str, Any],
    status: int,
    language: str,
    stock: Callable[..., Order],
    ada: Any,
    at_ada: SignedIn,
    ordinary: SignedIn,
    settings: Any,
) -> None:
    answers = []
    as_shipped = settings.FASTPATH
    for browser, layers in ((at_ada, as_shipped), (ordinary, as_shipped), (ordinary, frozenset())):
        settings.FASTPATH = layers
        order = stock(ada)
        Order.objects.filter(pk=order.pk).update(**fields)
        body = builders.a_body(order, only=1)
        body["cancel_order_items"][0] |= wished
        answers.append(browser.cancel(order, body, **{"Accept-Language": language}))
    assert [answer.status_code for answer in answers] == [status] * 3
    said = [{k: v for k, v in answer.items() if k not in OF_A_PAGE} for answer in answers]
    assert said == said[:1] * 3
    if status != 204:
        bodies = [without_own(answer.json()) for answer in answers]
        assert bodies == bodies[:1] * 3


def asked(order: Order, browser: SignedIn, **changes: Any) -> Any:
    """What the fast route says to a cancellation that differs so from an ordinary one."""
    from aftercart.wsgi import application

    factory = RequestFactory()
    factory.cookies = browser.cookies
    body = json.dumps(builders.a_body(order)).encode()
    environ = factory.generic("POST", f"/orders/{order.number}/cancel/", body, "application/json").META
    environ = {**environ, "HTTP_X_CSRFTOKEN": browser.token, **changes}
    answer = application.answer(environ)
    if answer is None and "CONTENT_LENGTH" in environ:
        assert environ["wsgi.input"].read() == body, "whoever comes next has nothing to read"
    return answer


@pytest.mark.fastpath
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"HTTP_COOKIE": ""}, id="no session"),
        pytest.param({"HTTP_X_CSRFTOKEN": ""}, id="no CSRF token"),
        pytest.param({"HTTP_X_CSRFTOKEN": "x" * 32}, id="another CSRF token"),
        pytest.param({"HTTP_IDEMPOTENCY_KEY": "k"}, id="an idempotency key"),
        pytest.param({"CONTENT_TYPE": "application/x-www-form-urlencoded"}, id="a form"),
        pytest.param({"CONTENT_TYPE": "application/jsonx"}, id="what only begins like JSON"),
        pytest.param({"CONTENT_TYPE": "application/json, text/html"}, id="two kinds at once"),
        pytest.param({"HTTP_HOST": "a b"}, id="no host of ours"),
        pytest.param({"CONTENT_LENGTH": "99999999"}, id="too long"),
        pytest.param({"PATH_INFO": "/orders/a/b/cancel/"}, id="another path"),
        pytest.param({"PATH_INFO": "/orders//cancel/"}, id="no number"),
        pytest.param({"PATH_INFO": "/orders/999/cancel/"}, id="no order"),
        pytest.param({"PATH_INFO": "/orders/\0/cancel/"}, id="not a number"),
    ],
)
def test_it_steps_aside_in_any_doubt(changes: dict[str, str], stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada)
    if changes.get("CONTENT_LENGTH"):  # the length is not believed, and nothing is read
        changes = {**changes, "wsgi.input": None}  # type: ignore[dict-item]
        from aftercart.wsgi import application

        assert application.answer({**RequestFactory().post("/orders/1/cancel/").META, **changes}) is None
    else:
        assert asked(order, at_ada, **changes) is None
    assert not CancellationAttempt.objects.exists()
    assert asked(order, at_ada).status == 204


@pytest.mark.fastpath
def test_another_customers_order_is_left_to_the_ordinary_way(stock: Any, ada: Any, at_eve: SignedIn) -> None:
    order = stock(ada)
    assert asked(order, at_eve) is None
    assert at_eve.cancel(order).status_code == 404


def test_who_is_faster_between_judging_and_claiming_wins(omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn) -> None:
    order = stock(ada)
    other = SignedIn(ada)
    with meanwhile("cancel: judged", lambda: other.cancel(order)):
        late = at_ada.cancel(order)
    assert late.status_code == 400
    assert late.json()["error_code"] == "cancellation_in_progress"
    assert len(omnitron.calls(operation="cancel", number=order.number)) == 1
    assert [attempt.state for attempt in CancellationAttempt.objects.all()] == ["agreed"]
    assert not order.events.filter(kind="cancellation_unfinished").exists()


def test_a_part_cancelled_between_judging_and_claiming_is_judged_again(
    omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, items=2)
    other, body = SignedIn(ada), builders.a_body(order)
    first = {**body, "cancel_order_items": body["cancel_order_items"][:1]}
    with meanwhile("cancel: judged", lambda: other.cancel(order, first)):
        assert at_ada.cancel(order, body).status_code == 400
    assert sorted(order.items.values_list("status", flat=True)) == [50, 400]


def test_an_item_that_ships_between_judging_and_claiming_is_not_cancelled(
    omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada, items=1)
    with meanwhile("cancel: judged", lambda: OrderItem.objects.filter(order=order).update(status=500)):
        assert at_ada.cancel(order).status_code == 400
    assert not omnitron.calls(operation="cancel", number=order.number)
    assert not CancellationRequest.objects.exists()


def test_settled_by_somebody_else_meanwhile_is_answered_as_it_ended(
    omnitron: Any, stock: Any, ada: Any, at_ada: SignedIn
) -> None:
    order = stock(ada)
    closing = CancellationAttempt.objects.filter(order=order)
    with meanwhile("cancel: called", lambda: closing.update(state="agreed", next_attempt_at=None)):
        assert at_ada.cancel(order).status_code == 204
    # Whoever came second has written nothing: neither the items nor the events are theirs.
    assert set(order.items.values_list("status", flat=True)) == {400}
    assert not order.events.filter(kind="cancelled_directly").exists()
