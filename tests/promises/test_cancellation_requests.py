"""The storefront's requests: asking the shop for one item or for several, without trying the direct way."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic import TypeAdapter

from aftercart.background.kinds import KINDS
from aftercart.cancellations.actions import request_cancellation
from aftercart.cancellations.models import (
    CancellationAttempt,
    CancellationReason,
    CancellationRequest,
    EasyReturnShippingCompany,
)
from aftercart.cancellations.rules import Wish, WishedItem
from aftercart.duties import tick
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import Order, OrderEvent
from aftercart.response_schemas import CancellationRequestSchema, PageSchema
from tests import builders
from tests.acts import statements

BULK = "/users/orders/bulk_cancellation_requests/"
UNDEFINED = {"Accept-Language": "undefined", "x-currency": "undefined", "X-Requested-With": "XMLHttpRequest"}


def bulk(order: Any, *, named: Any = None, **fields: Any) -> dict[str, Any]:
    return {**builders.a_body(order, **fields), "id": str(order.pk) if named is None else named}


def single(order: Any, **fields: Any) -> dict[str, Any]:
    item = order.items.first()
    return {"order_item": item.pk, "reason": "1", "cancellation_type": "cancel", "description": ""} | fields


def single_path(order: Any) -> str:
    return f"/users/orders/{order.pk}/cancellation_requests/"


# Several at once


def test_several_items_become_requests_though_the_direct_way_is_open(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    response = at_ada.send(BULK, bulk(order), **UNDEFINED)
    assert response.status_code == 201, response.content
    TypeAdapter(list[CancellationRequestSchema]).validate_json(response.content)
    entries = response.json()
    assert [entry["order_item"] for entry in entries] == [item.pk for item in order.items.all()]
    assert {entry["because"] for entry in entries} == {"asked"}
    assert {entry["status"]["value"] for entry in entries} == {"waiting"}
    assert {entry["reason"] for entry in entries} == {1}
    assert CancellationAttempt.objects.get().state == "fell_back"
    assert not omnitron.calls()
    while tick(KINDS):
        pass
    assert not omnitron.calls(operation="cancel")
    assert len(omnitron.order(order.number)["cancellationrequest_set"]) == 3
    assert OrderEvent.objects.filter(order=order, kind="requested").count() == 3


NAMES: dict[str, Callable[[Any], Any]] = {
    "its id as text": lambda order: str(order.pk),
    "its id": lambda order: order.pk,
    "its number": lambda order: order.number,
    "its number, padded": lambda order: f" {order.number} ",
    "nothing": lambda order: None,
    "a blank": lambda order: "",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_found_by(name: str, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = {**builders.a_body(order, only=1), "id": NAMES[name](order)}
    response = at_ada.send(BULK, body)
    assert response.status_code == 201, response.content
    assert CancellationRequest.objects.get().order == order


def test_without_an_id_the_first_item_tells(stock: Any, ada: Any, at_ada: Any) -> None:
    stock(ada)
    order = stock(ada)
    assert at_ada.send(BULK, builders.a_body(order)).status_code == 201
    assert {request.order_id for request in CancellationRequest.objects.all()} == {order.pk}


@pytest.mark.parametrize("chosen", ["by number", "by id"])
def test_where_an_id_is_also_another_orders_number_the_first_item_decides(
    chosen: str, stock: Any, ada: Any, at_ada: Any
) -> None:
    by_id = stock(ada)
    by_number = stock(ada, number=str(by_id.pk))
    order = by_id if chosen == "by id" else by_number
    assert at_ada.send(BULK, bulk(order, named=str(by_id.pk))).status_code == 201
    assert {request.order_id for request in CancellationRequest.objects.all()} == {order.pk}


def test_where_the_item_is_of_neither_the_id_counts(stock: Any, ada: Any, at_ada: Any) -> None:
    by_id = stock(ada)
    stock(ada, number=str(by_id.pk))
    response = at_ada.send(BULK, bulk(stock(ada), named=str(by_id.pk)))
    assert response.status_code == 400
    assert response.json()["cancel_order_items"][0] == {"order_item": ["This item does not belong to the order."]}


@pytest.mark.parametrize("named", ["0", "99999999999999999999999", "no such number", "n" * 128, "undefined", -1])
def test_an_order_that_does_not_exist_is_404(named: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    response = at_ada.send(BULK, bulk(stock(ada), named=named))
    assert (response.status_code, response.json()["error_code"]) == (404, "not_found")
    assert not CancellationAttempt.objects.exists()


@pytest.mark.parametrize("named", [True, 1.5, [], {}, "a\0b", "n" * 129])
def test_what_can_be_no_orders_name_is_a_field_error(named: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    response = at_ada.send(BULK, bulk(stock(ada), named=named))
    assert response.status_code == 400
    assert list(response.json()) == ["id"]
    assert not CancellationAttempt.objects.exists()


# One alone


@pytest.mark.parametrize("as_text", [False, True], ids=["ids as numbers", "ids as text"])
def test_one_item_becomes_one_request(as_text: bool, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    item = order.items.first()
    body = single(order, order_item=str(item.pk) if as_text else item.pk, reason="1" if as_text else 1)
    response = at_ada.send(single_path(order), {**body, "order_id": str(order.pk) if as_text else order.pk})
    assert response.status_code == 201, response.content
    TypeAdapter(CancellationRequestSchema).validate_json(response.content)
    assert (response.json()["order_item"], response.json()["because"]) == (item.pk, "asked")
    assert CancellationRequest.objects.count() == 1


def test_a_form_is_read_as_well(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    form = {name: str(value) for name, value in single(order).items()}
    headers = {**at_ada.headers, "X-CSRFToken": at_ada.token}
    assert at_ada.post(single_path(order), form, headers=headers).status_code == 201


def test_the_errors_of_a_single_request_have_no_list_around_them(stock: Any, ada: Any, at_ada: Any) -> None:
    order, other = stock(ada), stock(ada)
    wrong = {
        "reason": {"reason": "99"},
        "order_item": {"order_item": other.items.first().pk},
        "quantity": {"quantity": 7},
        "order_id": {"order_id": other.pk},
        "cancellation_type": {"cancellation_type": "swap"},
        "pickup_address": {"pickup_address": 10**9},
    }
    for field, change in wrong.items():
        response = at_ada.send(single_path(order), single(order, **change))
        assert response.status_code == 400, field
        assert list(response.json()) == [field]
        assert len(response.json()[field]) == 1
    assert not CancellationAttempt.objects.exists()


@pytest.mark.parametrize("key", ["0", "no", "1e3", "9" * 19, "9" * 40])
def test_a_path_that_names_no_order_is_404(key: str, stock: Any, ada: Any, at_ada: Any) -> None:
    path = f"/users/orders/{key}/cancellation_requests/"
    assert at_ada.send(path, single(stock(ada))).status_code == 404
    assert at_ada.read(path).status_code == 404


def test_in_the_path_only_the_id_counts(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    path = f"/users/orders/{order.number}/cancellation_requests/"
    assert at_ada.send(path, single(order)).status_code == 404


def test_an_easy_return_keeps_its_carrier(stock: Any, ada: Any, at_ada: Any) -> None:
    company = EasyReturnShippingCompany.objects.create(value="yurtici", label="Yurtiçi Kargo")
    offered = [{"pk": company.pk, "shipping_company": {"value": "yurtici", "label": "Yurtiçi Kargo"}}]
    order = stock(ada, status=550, items=1, item_fields={"easy_return_companies": offered})
    body = single(order, reason=4, cancellation_type="refund", shipping_company=str(company.pk))
    assert at_ada.send(single_path(order), body).json()["easy_return"]["shipping_company"]["value"] == "yurtici"
    company.is_active = False
    company.save()
    CancellationRequest.objects.all().delete()
    assert list(at_ada.send(single_path(order), body).json()) == ["shipping_company"]


# What is refused


REFUSED = {
    "a cancelled order": ({"status": 100}, {}, "order_already_cancelled"),
    "an item in cancellation": ({"status": 400, "item_status": 50}, {}, "cancellation_in_progress"),
    "a cancel of what has shipped": ({"status": 500}, {}, "item_status_not_cancellable"),
    "a return of what has not": ({"status": 400}, {"cancellation_type": "refund"}, "item_status_not_cancellable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_posted_four_times_leaves_no_record(name: str, stock: Any, ada: Any, at_ada: Any) -> None:
    fields, wish, code = REFUSED[name]
    order = stock(ada, **fields)
    for path, body in ((BULK, bulk(order, **wish)), (single_path(order), single(order, **wish))):
        answers = [at_ada.send(path, body) for _ in range(4)]
        assert {answer.status_code for answer in answers} == {400}
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["error_code"] == code
    assert not CancellationAttempt.objects.exists()
    assert not CancellationRequest.objects.exists()
    assert not OrderEvent.objects.filter(order=order).exists()


def test_an_active_request_is_cancellation_request_100_1(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.send(single_path(order), single(order)).status_code == 201
    for path, body in ((BULK, bulk(order)), (single_path(order), single(order))):
        again = at_ada.send(path, body)
        assert (again.status_code, again.json()["error_code"]) == (400, "cancellation_request_100_1")
        assert again.json()["non_field_errors"] == "Order cancellation already in progress."
        assert [refusal["order_item"] for refusal in again.json()["refusals"]] == [order.items.first().pk]
    assert CancellationRequest.objects.count() == 1


def test_what_only_closes_the_direct_way_does_not_matter(stock: Any, ada: Any, at_ada: Any) -> None:
    DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value={"has_invoice": True})
    assert at_ada.send(BULK, bulk(stock(ada, status=450, invoice_number="A1"))).status_code == 201


def test_what_the_merchant_made_final_is_final_here_too(stock: Any, ada: Any, at_ada: Any) -> None:
    DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value={"has_invoice": True})
    final = ["order_already_cancelled", "cancellation_in_progress", "cancellation_request_100_1", "order_has_invoice"]
    DynamicSetting.objects.create(name="CANCELLATION_FALLBACK", value={"final": final})
    response = at_ada.send(BULK, bulk(stock(ada, status=450, invoice_number="A1")))
    assert response.status_code == 400
    assert [refusal["code"] for refusal in response.json()["refusals"]] == ["order_has_invoice"]


@pytest.mark.parametrize(("status", "code"), [(400, "needs_request"), (450, "order_status_not_cancellable")])
def test_a_shop_that_takes_no_requests_takes_none(status: int, code: str, stock: Any, ada: Any, at_ada: Any) -> None:
    DynamicSetting.objects.create(name="CANCELLATION_FALLBACK", value={"enabled": False})
    response = at_ada.send(BULK, bulk(stock(ada, status=status)))
    assert (response.status_code, response.json()["error_code"]) == (400, code)
    assert not CancellationRequest.objects.exists()


def test_an_open_attempt_stands_in_the_way(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    CancellationAttempt.objects.create(order=order, customer=ada)
    response = at_ada.send(BULK, bulk(order))
    assert (response.status_code, response.json()["error_code"]) == (400, "cancellation_in_progress")


def test_a_reason_that_needs_words_gets_them_or_is_refused(stock: Any, ada: Any, at_ada: Any) -> None:
    CancellationReason.objects.filter(pk=1).update(extra_information_needed=True)
    order = stock(ada)
    assert list(at_ada.send(single_path(order), single(order)).json()) == ["description"]
    assert at_ada.send(single_path(order), single(order, description="It is blue")).status_code == 201


# Whose it is


def test_a_foreign_order_is_no_order_at_any_door(stock: Any, ada: Any, eve: Any, at_eve: Any) -> None:
    order, own = stock(ada), stock(eve)
    doors = itertools.chain(
        [(BULK, bulk(order)), (BULK, bulk(order, named="404"))],
        [(single_path(order), single(order)), ("/users/orders/404/cancellation_requests/", single(order))],
    )
    answers = [at_eve.send(path, body) for path, body in doors]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    unnamed = [at_eve.send(BULK, builders.a_body(order, only=1))]
    unnamed.append(at_eve.send(BULK, {"cancel_order_items": [{"order_item": 10**9, "reason": "1"}]}))
    unnamed.append(at_eve.send(BULK, bulk(order, only=1, named=str(own.pk))))
    assert len({(answer.status_code, answer.content) for answer in unnamed}) == 1
    assert unnamed[0].json()["cancel_order_items"][0] == {"order_item": ["This item does not belong to the order."]}
    assert not CancellationAttempt.objects.exists()
    assert [at_eve.read(path).status_code for path in (single_path(order), single_path(own))] == [404, 200]


def test_eves_order_of_that_number_is_not_found_for_adas_id(stock: Any, ada: Any, eve: Any, at_ada: Any) -> None:
    order = stock(ada)
    stock(eve, number=str(order.pk))
    assert at_ada.send(BULK, bulk(order)).status_code == 201


def test_without_a_session_401_and_without_a_token_403(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    doors = (
        (BULK, bulk(order)),
        (single_path(order), single(order)),
        ("/users/orders/cancellation_requests/1/withdraw/", {}),
    )
    for path, body in doors:
        nobody = Client(enforce_csrf_checks=True).post(path, body, content_type="application/json")
        assert (nobody.status_code, nobody.json()["error_code"]) == (401, "not_authenticated")
        forged = at_ada.post(path, body, content_type="application/json", headers=at_ada.headers)
        assert (forged.status_code, forged.json()["error_code"]) == (403, "csrf_failed")
    assert Client().get(single_path(order)).status_code == 401


# Reading them


def test_the_requests_of_an_order_are_listed_latest_first(stock: Any, ada: Any, at_ada: Any) -> None:
    order, other = stock(ada), stock(ada)
    first = at_ada.send(single_path(order), single(order)).json()
    second = at_ada.send(single_path(order), single(order, order_item=order.items.last().pk)).json()
    at_ada.send(BULK, bulk(other))
    response = at_ada.read(f"{single_path(order)}?limit=12+")
    TypeAdapter(PageSchema[CancellationRequestSchema]).validate_json(response.content)
    assert response.json()["count"] == 2
    assert response.json()["results"] == [second, first]


def test_an_order_without_requests_has_an_empty_page(stock: Any, ada: Any, at_ada: Any) -> None:
    assert at_ada.read(single_path(stock(ada))).json()["results"] == []


# Repeats, by key and by hand


def test_a_repeat_under_the_same_key_gets_the_same_requests(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = bulk(order)
    answers = [at_ada.send(BULK, body, **{"Idempotency-Key": "one wish"}) for _ in range(4)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert "Idempotency-Replayed" not in answers[0]
    assert CancellationRequest.objects.count() == 3


def test_a_guests_order_that_was_found_otherwise_goes_by_the_same_verb(stock: Any) -> None:
    guest = builders.a_customer("guest", user_type="guest")
    order = stock(guest)
    found = Order.objects.filter(number=order.number, user_email="guest@example.com")
    wish = Wish((WishedItem(order.items.first().pk, 1),))
    (made,) = request_cancellation(customer=guest, orders=found, wish=wish, now=timezone.now())
    assert (made.status, made.because) == ("waiting", "asked")


# What it costs


@pytest.mark.parametrize("items", [3, 50])
def test_asking_takes_at_most_ten_statements(items: int, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=items)
    body = bulk(order)
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.send(BULK, body).status_code == 201
    assert len(statements(seen)) <= 10, "\n".join(sql[:150] for sql in statements(seen))
    with CaptureQueriesContext(connection) as seen:
        assert len(at_ada.read(single_path(order)).json()["results"]) == items
    assert len(statements(seen)) <= 2, "\n".join(sql[:150] for sql in statements(seen))
