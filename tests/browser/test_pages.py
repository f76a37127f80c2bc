"""What the pages promise that needs no browser to be seen."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from tests import builders
from tests.pages.structure import listed_orders, text_of

HTML = {"accept": "text/html"}


@pytest.fixture
def at_ada(ada: Any) -> Client:
    client = Client(enforce_csrf_checks=True, headers=HTML)
    client.force_login(ada, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.mark.parametrize(
    "path",
    [
        "orders/",
        "orders/1/",
        "orders/1/cancel/",
        "orders/1/address/",
        "addresses/",
        "addresses/new/",
        "addresses/1/",
        "addresses/1/delete/",
        "requests/3f0c6f8e-6b0e-4a53-a8a3-0f2f1d0f3c11/",
        "requests/3f0c6f8e-6b0e-4a53-a8a3-0f2f1d0f3c11/take-back/",
    ],
)
def test_without_a_session_a_page_leads_to_the_sign_in_and_back(db: None, path: str) -> None:
    response = Client(headers=HTML).get(f"/account/{path}")
    assert response.status_code == 302
    assert response.headers["Location"] == f"/account/login/?next=/account/{path}"


@pytest.mark.parametrize("path", ["", "cancel/", "address/"])
def test_pages_of_an_order_are_kept_by_no_cache_and_no_search_engine(ada: Any, at_ada: Client, path: str) -> None:
    order = builders.an_order(ada)
    response = at_ada.get(f"/account/orders/{order.number}/{path}")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store, private"
    assert response.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("number", ["A/1", "5 % ?#&", "ü-ı", "cancel"])
def test_whatever_an_order_is_numbered_its_pages_are_found(ada: Any, at_ada: Client, number: str) -> None:
    builders.an_order(ada, number=number)
    assert listed_orders(at_ada.get("/account/orders/").content.decode()) == [number]
    for page in ("order", "cancel", "change-address"):
        response = at_ada.get(reverse(page, args=[number]))
        assert response.status_code == 200
        assert f"Order {number}" in text_of(response.content.decode())


def test_a_form_without_its_token_changes_nothing(ada: Any, at_ada: Client) -> None:
    order = builders.an_order(ada)
    response = at_ada.post(f"/account/orders/{order.number}/cancel/", {"step": "confirm"})
    assert response.status_code == 403
    assert "This form has become too old." in response.content.decode()


def test_only_links_that_lead_to_another_page_are_links(ada: Any, at_ada: Client) -> None:
    bad = "javascript:alert(1)"
    order = builders.an_order(
        ada,
        tracking_url=bad,
        invoice_number="A1",
        details={"e_archive_url": bad},
        item_fields={"tracking_url": bad, "product": {"name": "<script>Cup</script>", "image": "//evil.example/a.png"}},
    )
    html = at_ada.get(f"/account/orders/{order.number}/").content.decode()
    assert "javascript:" not in html
    assert "<script>" not in html
    assert "evil.example" not in html
    assert "&lt;script&gt;Cup" in html


def test_too_many_wrong_passwords_are_told_to_wait(ada: Any) -> None:
    client = Client(headers=HTML)
    codes = [
        client.post("/account/login/", {"email": ada.email, "password": "wrong"}).status_code
        for _ in range(django_settings.LOGIN_FAILURE_LIMIT)
    ]
    response = client.post("/account/login/", {"email": ada.email, "password": "secret"})
    assert codes[0] == 400
    assert response.status_code == 429
    assert "Too many attempts to sign in." in response.content.decode()
    assert response.headers["Retry-After"]


def test_a_foreign_item_in_the_form_is_refused(ada: Any, at_ada: Client, eve: Any) -> None:
    order, foreign = builders.an_order(ada), builders.an_order(eve)
    client = Client(headers=HTML)
    client.force_login(ada, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    data = {"item": [foreign.items.first().pk], "step": "confirm"}
    response = client.post(f"/account/orders/{order.number}/cancel/", data)
    assert response.status_code == 400
    assert "This item does not belong to the order." in response.content.decode()


def test_an_order_of_a_thousand_items_costs_no_more_statements(
    ada: Any, at_ada: Client, django_assert_max_num_queries: Any
) -> None:
    order = builders.an_order(ada, items=1000)
    for path in ("", "cancel/", "address/"):
        with django_assert_max_num_queries(8):
            assert at_ada.get(f"/account/orders/{order.number}/{path}").status_code == 200


@pytest.mark.parametrize(
    ("language", "currency", "written"),
    [
        ("en", "try", "TRY\N{NO-BREAK SPACE}1,349.00"),
        ("en", "eur", "€1,349.00"),
        ("tr", "try", "1.349,00\N{NO-BREAK SPACE}TL"),
        ("tr", "eur", "€1.349,00"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(
    ada: Any, at_ada: Client, language: str, currency: str, written: str
) -> None:
    order = builders.an_order(ada, amount="1349.00", currency=currency)
    html = at_ada.get(f"/account/orders/{order.number}/", headers={"accept-language": language}).content.decode()
    assert written in html
