"""The Idempotency-Key header: the first answer again, and never a second effect."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.idempotency.models import IdempotencyKey
from tests import builders
from tests.promises.repeating import ADDRESS_CHANGE, KEY, a_running_key, same_again

# --- the same answer ----------------------------------------------------------------------------------------


def test_a_repeated_cancel_is_204_and_reaches_omnitron_once(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert same_again(lambda: at_ada.cancel(order, **KEY), 204).content == b""
    assert len(omnitron.calls(operation="cancel", number=order.number)) == 1
    assert CancellationAttempt.objects.count() == 1


def test_a_repeated_fallback_lists_the_same_requests(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=450)
    first = same_again(lambda: at_ada.cancel(order, **KEY), 200)
    assert len(first.json()) == CancellationRequest.objects.count() == 3


def test_a_repeated_refusal_is_the_first_refusal_even_if_it_would_be_allowed_now(
    stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, status=100)
    body = builders.a_body(order)
    first = at_ada.cancel(order, body, **KEY)
    assert (first.status_code, first.json()["error_code"]) == (400, "order_already_cancelled")
    order.items.update(status=400)
    type(order).objects.filter(pk=order.pk).update(status=400)
    second = at_ada.cancel(order, body, **KEY)
    assert (second.status_code, second.content) == (400, first.content)
    assert second["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    "body", [{}, {"cancel_order_items": []}, {"cancel_order_items": [{"order_item": 1, "reason": 9}]}]
)
def test_repeated_field_errors_are_the_same(body: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    same_again(lambda: at_ada.cancel(order, body, **KEY), 400)


def test_a_repeated_address_change_is_the_same_change(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada)
    same_again(lambda: at_ada.send(ADDRESS_CHANGE, {"order": order.pk, "address": address.pk}, **KEY), 200)
    assert len(omnitron.calls(operation="address_change")) == 1


def test_the_quoted_and_the_bare_form_are_one_key(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    forms = iter(['"a \\"key\\" \\\\1"', 'a "key" \\1'])
    same_again(lambda: at_ada.cancel(order, **{"Idempotency-Key": next(forms)}), 204)


def test_another_key_meets_the_rules(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, **KEY).status_code == 204
    second = at_ada.cancel(order, **{"Idempotency-Key": "another"})
    assert (second.status_code, second.json()["error_code"]) == (400, "cancellation_in_progress")


# --- 409, 422, 400, 401, 403 --------------------------------------------------------------------------------


def test_while_the_first_is_running_a_repeat_is_409_with_retry_after(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    running = a_running_key(ada, order, body, lease=timedelta(seconds=30))
    repeat = at_ada.cancel(order, body, **{"Idempotency-Key": running.key})
    assert repeat.status_code == 409
    assert int(repeat["Retry-After"]) >= 1
    assert repeat.json() == {
        "error_code": "idempotency_key_in_use",
        "non_field_errors": "The first request with this Idempotency-Key is still running. "
        "Please ask again in a moment.",
        "refusals": [],
    }


def test_another_body_under_the_same_key_is_422_and_changes_nothing(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=1), **KEY).status_code == 204
    other = at_ada.cancel(order, builders.a_body(order), **KEY)
    assert (other.status_code, other.json()["error_code"]) == (422, "idempotency_key_reused")
    assert [item.status for item in order.items.order_by("pk")] == [50, 400, 400]
    assert len(omnitron.calls(operation="cancel")) == 1


def test_another_path_under_the_same_key_is_422(stock: Any, ada: Any, at_ada: Any) -> None:
    first, second = stock(ada), stock(ada)
    body = builders.a_body(first)
    assert at_ada.cancel(first, body, **KEY).status_code == 204
    assert at_ada.cancel(second, body, **KEY).status_code == 422
    assert at_ada.send(ADDRESS_CHANGE, body, **KEY).status_code == 422


@pytest.mark.parametrize(
    "key",
    ["", "  ", '""', "k" * 256, f'"{"k" * 256}"', "tab\tinside", "bell\x07", "ş", "é", '"open', '"a","b"', '"a\\b"'],
)
def test_a_malformed_key_is_a_field_error_and_changes_nothing(key: str, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    answer = at_ada.cancel(order, **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert list(answer.json()) == ["Idempotency-Key"]
    assert len(answer.json()["Idempotency-Key"]) == 1
    assert not CancellationAttempt.objects.exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["k", "k" * 255, f'"{"k" * 255}"', "~ !"])
def test_a_key_has_one_to_255_printable_characters(key: str, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    same_again(lambda: at_ada.cancel(order, **{"Idempotency-Key": key}), 204)


def test_another_customers_key_is_another_key(
    omnitron: Any, stock: Any, ada: Any, eve: Any, at_ada: Any, at_eve: Any
) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    assert at_ada.cancel(order, body, **KEY).status_code == 204
    theirs = at_eve.cancel(order, body, **KEY)
    assert theirs.status_code == 404
    assert "Idempotency-Replayed" not in theirs
    assert at_eve.cancel(stock(eve), **{"Idempotency-Key": "eves"}).status_code == 204


def test_a_stored_answer_is_for_nobody_without_session_or_csrf_token(
    stock: Any, ada: Any, at_ada: Any, client: Any
) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    assert at_ada.cancel(order, body, **KEY).status_code == 204
    path = f"/orders/{order.number}/cancel/"
    json = {"content_type": "application/json"}
    assert client.post(path, body, headers=KEY, **json).status_code == 401
    assert at_ada.post(path, body, headers=KEY, **json).status_code == 403
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize(("signed_in", "status"), [(False, 401), (True, 403)])
def test_who_is_not_let_in_leaves_no_key(
    signed_in: bool, status: int, stock: Any, ada: Any, at_ada: Any, client: Any
) -> None:
    order = stock(ada)
    asker = at_ada if signed_in else client
    path = f"/orders/{order.number}/cancel/"
    answer = asker.post(path, builders.a_body(order), content_type="application/json", headers=KEY)
    assert answer.status_code == status
    assert not IdempotencyKey.objects.exists()
    assert at_ada.cancel(order, **KEY).status_code == 204


# --- without the header, and in the document ----------------------------------------------------------------


def test_without_the_header_no_statement_touches_keys(stock: Any, ada: Any, at_ada: Any) -> None:
    order, other, address = stock(ada), stock(ada), builders.an_address(ada)
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.cancel(order).status_code == 204
        assert at_ada.send(ADDRESS_CHANGE, {"order": other.pk, "address": address.pk}).status_code == 200
    assert not [query["sql"] for query in seen if "idempotency" in query["sql"]]


def test_a_key_costs_two_writes_and_a_replay_no_more_than_a_look(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    with CaptureQueriesContext(connection) as first:
        at_ada.cancel(order, body, **KEY)
    with CaptureQueriesContext(connection) as second:
        at_ada.cancel(order, body, **KEY)
    assert sum("idempotency" in query["sql"] for query in first) == 2
    assert sum("idempotency" in query["sql"] for query in second) == 2
    assert not [query for query in second if '"orders_' in query["sql"]]


@pytest.mark.parametrize("path", ["/orders/{order_number}/cancel/", ADDRESS_CHANGE])
def test_the_api_document_shows_the_header(path: str, db: None, client: Any) -> None:
    operation = client.get("/api/openapi.json").json()["paths"][path]["post"]
    (header,) = [one for one in operation["parameters"] if one["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", False)
    assert {"409", "422"} <= set(operation["responses"])
