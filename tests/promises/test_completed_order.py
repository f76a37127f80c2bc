"""GET /orders/completed/{signed}/: session, ownership and a fresh signature, or one and the same 404."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart.orders import signed_number
from tests import builders

JSON = {"Accept": "application/json"}


def link(order: Any) -> str:
    return f"/orders/completed/{signed_number.sign(order.number)}/"


def test_the_owner_reads_the_order_as_json(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    response = at_ada.get(link(order) + "?format=json")
    assert response.status_code == 200
    body = response.json()
    assert body.keys() == {"campaigns", "order"}
    shown = body["order"]
    assert shown["number"] == order.number
    assert shown["status"] == {"value": "400", "label": "Approved"}
    assert shown["amount"] == "100.00"
    assert [item["price"] for item in shown["orderitem_set"]] == ["33.33"] * 3
    assert shown["is_cancellable"] is True
    assert shown["created_date"].endswith("Z")
    assert response["Cache-Control"] == "no-store, private"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("query", ["?format=json", "?json", ""])
def test_json_comes_by_format_or_by_accept(query: str, stock: Any, ada: Any, at_ada: Any) -> None:
    headers = {} if query else JSON
    response = at_ada.get(link(stock(ada)) + query, headers=headers)
    assert response["Content-Type"] == "application/json"


def test_every_field_of_the_published_example_is_there(stock: Any, ada: Any, at_ada: Any) -> None:
    example = Path(__file__).parents[1] / "data" / "wire" / "completed_order.json"
    published = json.loads(example.read_text())["order"]
    shown = at_ada.read(link(stock(ada)), **JSON).json()["order"]
    assert set(published) <= set(shown)
    assert set(published["orderitem_set"][0]) <= set(shown["orderitem_set"][0])
    assert set(published["orderitem_set"][0]["product"]) <= set(shown["orderitem_set"][0]["product"])
    assert set(published["shipping_address"]) <= set(shown["shipping_address"])
    assert set(published["shipping_address"]["user"]) <= set(shown["shipping_address"]["user"])


def not_found(client: Any, path: str) -> bytes:
    response = client.read(path)
    assert response.status_code == 404, response.content
    return response.content


def test_foreign_unknown_forged_and_expired_links_get_one_and_the_same_404(
    stock: Any, ada: Any, eve: Any, at_ada: Any, at_eve: Any
) -> None:
    order = stock(ada)
    fresh = link(order)
    other_salt = f"/orders/completed/{signing.TimestampSigner(salt='other').sign(order.number)}/"
    answers = {
        not_found(at_eve, fresh),
        not_found(at_eve, f"/orders/completed/{signed_number.sign('999')}/"),
        not_found(at_ada, fresh[:-2] + "x/"),
        not_found(at_ada, f"/orders/completed/{order.number}/"),
        not_found(at_ada, other_salt),
        not_found(at_ada, "/orders/completed/%00/"),
        not_found(at_ada, f"/orders/completed/{signed_number.sign('1' * 500)}/"),
    }
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        answers.add(not_found(builders_client(ada), fresh))
    assert len(answers) == 1


def builders_client(customer: Any) -> Any:
    from tests.conftest import SignedIn

    return SignedIn(customer)


def test_a_link_lives_for_24_hours(stock: Any, ada: Any) -> None:
    order = stock(ada)
    path = link(order)
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert builders_client(ada).read(path).status_code == 200


def test_the_lifetime_is_a_setting(stock: Any, ada: Any, settings: Any) -> None:
    settings.COMPLETED_LINK_MAX_AGE = 60
    path = link(stock(ada))
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert builders_client(ada).read(path).status_code == 404


def test_a_link_signed_with_a_former_key_still_works(stock: Any, ada: Any, settings: Any) -> None:
    path = link(stock(ada))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert builders_client(ada).read(path).status_code == 200


def test_without_a_session_json_is_401(stock: Any, ada: Any) -> None:
    response = Client().get(link(stock(ada)), headers=JSON)
    assert response.status_code == 401
    assert response.json()["error_code"] == "not_authenticated"


def test_without_a_session_the_page_is_401_with_a_form_that_returns_here(stock: Any, ada: Any) -> None:
    path = link(stock(ada))
    response = Client().get(path, headers={"Accept": "text/html"})
    assert response.status_code == 401
    assert 'type="password"' in response.content.decode()
    assert path in response.content.decode()


def test_the_owner_of_an_expired_link_is_led_to_the_order(stock: Any, ada: Any) -> None:
    order = stock(ada)
    path = link(order)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        response = builders_client(ada).get(path, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert f"/account/orders/{order.number}/" in response.content.decode()


def test_a_token_has_no_character_that_a_proxy_would_change(ada: Any) -> None:
    for number in ("2284207301612555", "12,3", "İ/ 5", "=a"):
        assert re.fullmatch(r"[\w:=-]+", signed_number.sign(number), re.ASCII)
        assert signed_number.read(signed_number.sign(number)) == number


def test_reading_changes_nothing_and_burns_no_token(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    path = link(order)
    assert at_ada.read(path).content == at_ada.read(path).content
    Client().get(path)
    assert at_ada.read(path).status_code == 200


@pytest.mark.fastpath
@pytest.mark.parametrize("items", [1, 10, 100])
def test_the_completed_order_takes_two_statements_whatever_its_size(
    items: int, stock: Any, ada: Any, at_ada: Any
) -> None:
    path = link(stock(ada, items=items))
    at_ada.read(path)  # statements are compiled once per process
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.read(path).status_code == 200
    assert len(seen) == 2, [query["sql"] for query in seen]


def test_after_a_cancel_the_order_shows_it_at_once(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    at_ada.cancel(order, builders.a_body(order, only=1))
    items = at_ada.read(link(order)).json()["order"]["orderitem_set"]
    assert items[0]["status"]["value"] == "50"
    assert [item["is_cancellable"] for item in items] == [False, True, True]


def test_after_a_fallback_the_active_request_is_shown(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=450, items=1)
    at_ada.cancel(order)
    item = at_ada.read(link(order)).json()["order"]["orderitem_set"][0]
    assert item["active_cancellation_request"]["cancellation_type"]["value"] == "cancel"
    assert item["is_cancellable"] is False


@pytest.mark.parametrize(
    ("status", "cancellable", "refundable"),
    [
        (400, True, False),
        (450, True, False),
        (500, False, True),
        (550, False, True),
        (50, False, False),
        (100, False, False),
        (600, False, False),
    ],
)
def test_the_flags_are_what_a_post_would_answer(
    status: int, cancellable: bool, refundable: bool, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, status=status, items=1)
    item = at_ada.read(link(order)).json()["order"]["orderitem_set"][0]
    assert (item["is_cancellable"], item["is_refundable"]) == (cancellable, refundable)
    assert (at_ada.cancel(order).status_code in (200, 204)) is cancellable


def test_customer_text_is_escaped_on_the_page(stock: Any, ada: Any, at_ada: Any) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    order = stock(ada, item_fields={"product": {"name": evil, "absolute_url": "/x/"}})
    page = at_ada.get(link(order), headers={"Accept": "text/html"}).content.decode()
    assert evil not in page
    assert "&lt;script&gt;alert(1)" in page
