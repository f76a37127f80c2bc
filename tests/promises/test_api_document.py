"""The API document says what is answered: real answers, held against its shapes."""

from typing import Any

import pytest
from django.test import Client
from pydantic import TypeAdapter

from aftercart import response_schemas
from aftercart.account.response_schemas import CancellationOptionsSchema
from aftercart.orders import signed_number
from tests import builders


def fits(shape: Any, response: Any, status: int) -> None:
    assert response.status_code == status, response.content
    TypeAdapter(shape).validate_json(response.content)


def test_requests_are_as_documented(stock: Any, ada: Any, at_ada: Any) -> None:
    fits(list[response_schemas.CancellationRequestSchema], at_ada.cancel(stock(ada, status=450)), 200)


def test_an_easy_return_is_as_documented(stock: Any, ada: Any, at_ada: Any) -> None:
    from aftercart.cancellations.models import EasyReturnShippingCompany

    company = EasyReturnShippingCompany.objects.create(value="a", label="A")
    offered = [{"pk": company.pk, "shipping_company": {"value": "a", "label": "A"}}]
    order = stock(ada, status=550, items=1, item_fields={"easy_return_companies": offered})
    body = builders.a_body(order, reason=4, cancellation_type="refund", shipping_company=company.pk)
    fits(list[response_schemas.CancellationRequestSchema], at_ada.cancel(order, body), 200)


def test_address_changes_are_as_documented(stock: Any, ada: Any, at_ada: Any) -> None:
    body = {"order": stock(ada).pk, "address": builders.an_address(ada).pk}
    fits(response_schemas.AddressChangeSchema, at_ada.send("/orders/address_change/", body), 200)


def test_cancellation_options_are_as_documented(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, amount="110.00", shipping_amount="10.01", details={"payment_option": {"payment_type": "x"}})
    path = f"/orders/{order.number}/cancellation-options/"
    first = order.items.first().pk
    fits(CancellationOptionsSchema, at_ada.read(path), 200)
    fits(CancellationOptionsSchema, at_ada.read(f"{path}?items={first}&as_loyalty=1"), 200)
    fits(response_schemas.FieldErrorsSchema, at_ada.read(f"{path}?items=x"), 400)


def test_refusals_are_as_documented(stock: Any, ada: Any, at_ada: Any) -> None:
    fits(response_schemas.ErrorSchema, at_ada.cancel(stock(ada, status=100)), 400)
    fits(response_schemas.ErrorSchema, at_ada.read("/orders/completed/x/"), 404)
    fits(response_schemas.ErrorSchema, Client().get("/current_user/"), 401)
    fits(response_schemas.FieldErrorsSchema, at_ada.cancel(stock(ada), {}), 400)


def test_sessions_are_as_documented(ada: Any, at_ada: Any) -> None:
    fits(response_schemas.TokenSchema, at_ada.read("/csrf_token/"), 200)
    fits(response_schemas.CustomerSchema, at_ada.read("/current_user/"), 200)
    sign_in = {"email": ada.email, "password": "secret"}
    fits(response_schemas.SignedInSchema, Client().post("/users/login/", sign_in, content_type="application/json"), 200)


def test_completed_orders_are_as_documented(stock: Any, ada: Any, at_ada: Any) -> None:
    path = f"/orders/completed/{signed_number.sign(stock(ada).number)}/"
    fits(response_schemas.CompletedOrderSchema, at_ada.read(path), 200)


PROMISES = {
    "/orders/completed/{signed}/": ("get", {"200", "401", "404"}),
    "/orders/{order_number}/cancel/": ("post", {"200", "204", "400", "401", "403", "404", "409", "422", "503"}),
    "/orders/{order_number}/cancellation-options/": ("get", {"200", "400", "401", "404"}),
    "/orders/{order_number}/withdrawal-options/": ("get", {"200", "400", "401", "404"}),
    "/users/orders/cancellation_reasons/": ("get", {"200"}),
    "/users/orders/bulk_cancellation_requests/": ("post", {"201", "400", "401", "403", "404", "409", "422", "503"}),
    "/users/orders/{order_id}/cancellation_requests/": ("post", {"201", "400", "401", "403", "404", "409", "422"}),
    "/users/orders/cancellation_requests/{request_id}/withdraw/": ("post", {"200", "400", "401", "403", "404"}),
    "/orders/address_change/": ("post", {"200", "400", "401", "403", "409", "422", "503"}),
}


@pytest.mark.parametrize("path", PROMISES)
def test_every_promise_stands_in_the_document_with_its_answers(path: str, transactional_db: None) -> None:
    method, statuses = PROMISES[path]
    document = Client().get("/api/openapi.json").json()
    assert statuses <= set(document["paths"][path][method]["responses"])


def test_the_document_is_readable_as_a_page(transactional_db: None) -> None:
    page = Client().get("/api/docs/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "cdn" not in page.content.decode()
