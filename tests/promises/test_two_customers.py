"""Two customers: each door refuses the other's things with the very answer for what does not exist."""

from typing import Any

from django.test import Client

from aftercart.orders import signed_number
from tests import builders


def same(answers: list[Any]) -> None:
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1, [a.content for a in answers]
    assert answers[0].status_code in (400, 404)


def test_a_foreign_order_is_completed_for_its_owner_alone(stock: Any, ada: Any, at_ada: Any, at_eve: Any) -> None:
    order = stock(ada)
    path = f"/orders/completed/{signed_number.sign(order.number)}/"
    assert at_ada.read(path).status_code == 200
    same([at_eve.read(path), at_eve.read(f"/orders/completed/{signed_number.sign('404')}/")])


def test_a_foreign_order_cannot_be_cancelled(omnitron: Any, stock: Any, ada: Any, at_eve: Any) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    same([at_eve.cancel(order, body), at_eve.send("/orders/404/cancel/", body)])
    assert not omnitron.calls()


def test_a_foreign_item_is_an_unknown_item(stock: Any, ada: Any, eve: Any, at_eve: Any) -> None:
    own, foreign = stock(eve), stock(ada)
    unknown = {"cancel_order_items": [{"order_item": 10**9, "reason": 1}]}
    same([at_eve.cancel(own, builders.a_body(foreign, only=1)), at_eve.cancel(own, unknown)])


def test_a_foreign_pickup_address_is_an_unknown_one(stock: Any, ada: Any, eve: Any, at_eve: Any) -> None:
    own, foreign = stock(eve), builders.an_address(ada)
    body = builders.a_body(own)
    same(
        [
            at_eve.cancel(own, {**body, "pickup_address": foreign.pk}),
            at_eve.cancel(own, {**body, "pickup_address": 10**9}),
        ]
    )


def test_foreign_orders_and_addresses_do_not_exist_for_a_change(stock: Any, ada: Any, eve: Any, at_eve: Any) -> None:
    own, foreign = stock(eve), stock(ada)
    mine, theirs = builders.an_address(eve), builders.an_address(ada)
    path = "/orders/address_change/"
    same(
        [
            at_eve.send(path, {"order": foreign.pk, "address": mine.pk}),
            at_eve.send(path, {"order": 10**9, "address": mine.pk}),
        ]
    )
    same(
        [
            at_eve.send(path, {"order": own.pk, "address": theirs.pk}),
            at_eve.send(path, {"order": own.pk, "address": 10**9}),
        ]
    )


def test_pages_of_a_foreign_order_are_pages_of_no_order(stock: Any, ada: Any, at_ada: Any, at_eve: Any) -> None:
    order = stock(ada)
    for path in ("", "cancel/", "address/"):
        url = f"/account/orders/{order.number}/{path}"
        assert at_ada.get(url, headers={"Accept": "text/html"}).status_code == 200
        foreign = at_eve.get(url, headers={"Accept": "text/html"})
        unknown = at_eve.get(f"/account/orders/404/{path}", headers={"Accept": "text/html"})
        assert foreign.status_code == unknown.status_code == 404
        assert order.number not in foreign.content.decode().replace(url, "")


def test_without_a_session_every_door_is_401_in_json(stock: Any, ada: Any) -> None:
    order = stock(ada)
    client = Client(enforce_csrf_checks=True)
    headers = {"Accept": "application/json"}
    assert client.get(f"/orders/completed/{signed_number.sign(order.number)}/", headers=headers).status_code == 401
    for path in (f"/orders/{order.number}/cancel/", "/orders/404/cancel/", "/orders/address_change/"):
        response = client.post(path, {}, content_type="application/json", headers=headers)
        assert response.status_code == 401
        assert response.json()["error_code"] == "not_authenticated"
