"""Bad input of every kind: a 4xx in JSON that names the field, never a 500, nothing written."""

from typing import Any

import pytest

from aftercart.address_changes.models import AddressChange
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest, EasyReturnShippingCompany
from aftercart.orders.models import OrderEvent
from tests import builders

ITEM = "cancel_order_items"


def entry(**fields: Any) -> dict[str, Any]:
    return {ITEM: [{"order_item": "ITEM", "reason": "1", "cancellation_type": "cancel", **fields}]}


# Name → (body, path of the field that the answer must name). "ITEM" stands for the order's first item.
CANCEL: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "no items at all": ({}, (ITEM,)),
    "an empty list": ({ITEM: []}, (ITEM,)),
    "items that are no list": ({ITEM: "all"}, (ITEM,)),
    "items that are an object": ({ITEM: {"0": {}}}, (ITEM,)),
    "items that are null": ({ITEM: None}, (ITEM,)),
    "an entry that is no object": ({ITEM: [7]}, (ITEM, 0)),
    "an entry that is null": ({ITEM: [None]}, (ITEM, 0)),
    "an entry that is a list": ({ITEM: [[]]}, (ITEM, 0)),
    "an empty entry": ({ITEM: [{}]}, (ITEM, 0, "order_item")),
    "a missing reason": ({ITEM: [{"order_item": "ITEM"}]}, (ITEM, 0, "reason")),
    "an unknown item": (entry(order_item=999_999), (ITEM, 0, "order_item")),
    "an item of another order": (entry(order_item="OTHER"), (ITEM, 0, "order_item")),
    "another customer's item": (entry(order_item="EVES"), (ITEM, 0, "order_item")),
    "an item that is text": (entry(order_item="abc"), (ITEM, 0, "order_item")),
    "an item that is empty": (entry(order_item=""), (ITEM, 0, "order_item")),
    "an item that is a boolean": (entry(order_item=True), (ITEM, 0, "order_item")),
    "an item that is a list": (entry(order_item=[1]), (ITEM, 0, "order_item")),
    "an item that is an object": (entry(order_item={"id": 1}), (ITEM, 0, "order_item")),
    "an item that is null": (entry(order_item=None), (ITEM, 0, "order_item")),
    "an item with a fraction": (entry(order_item=1.5), (ITEM, 0, "order_item")),
    "a negative item": (entry(order_item=-1), (ITEM, 0, "order_item")),
    "item zero": (entry(order_item=0), (ITEM, 0, "order_item")),
    "an item beyond 64 bits": (entry(order_item=2**63), (ITEM, 0, "order_item")),
    "an item of a thousand digits": (entry(order_item=10**1000), (ITEM, 0, "order_item")),
    "an item of many digits as text": (entry(order_item="9" * 4000), (ITEM, 0, "order_item")),
    "an item with a NUL byte": (entry(order_item="1\0"), (ITEM, 0, "order_item")),
    "the same item twice": ({ITEM: entry()[ITEM] * 2}, (ITEM, 1, "order_item")),
    "an unknown reason": (entry(reason="77"), (ITEM, 0, "reason")),
    "an inactive reason": (entry(reason="2"), (ITEM, 0, "reason")),
    "a reason that is text": (entry(reason="because"), (ITEM, 0, "reason")),
    "a reason that is null": (entry(reason=None), (ITEM, 0, "reason")),
    "a reason that demands a text": (entry(reason="3"), (ITEM, 0, "description")),
    "a reason that demands a text, given blanks": (entry(reason="3", description="  "), (ITEM, 0, "description")),
    "an unknown type": (entry(cancellation_type="destroy"), (ITEM, 0, "cancellation_type")),
    "a type that is null": (entry(cancellation_type=None), (ITEM, 0, "cancellation_type")),
    "a type in capitals": (entry(cancellation_type="CANCEL"), (ITEM, 0, "cancellation_type")),
    "quantity zero": (entry(quantity=0), (ITEM, 0, "quantity")),
    "a negative quantity": (entry(quantity=-1), (ITEM, 0, "quantity")),
    "more than was ordered": (entry(quantity=2), (ITEM, 0, "quantity")),
    "an absurd quantity": (entry(quantity=10**18), (ITEM, 0, "quantity")),
    "a quantity that is text": (entry(quantity="many"), (ITEM, 0, "quantity")),
    "a description that is a number": (entry(description=5), (ITEM, 0, "description")),
    "a description that is null": (entry(description=None), (ITEM, 0, "description")),
    "a description with a NUL byte": (entry(description="a\0b"), (ITEM, 0, "description")),
    "a description that is too long": (entry(description="x" * 1001), (ITEM, 0, "description")),
    "an IBAN that is too long": (entry(iban="D" * 65), (ITEM, 0, "iban")),
    "a holder with a NUL byte": (entry(holder_name="\0"), (ITEM, 0, "holder_name")),
    "a carrier nobody offered": (
        entry(cancellation_type="refund", shipping_company=1),
        (ITEM, 0, "shipping_company"),
    ),
    "an unknown carrier": (entry(cancellation_type="refund", shipping_company=99), (ITEM, 0, "shipping_company")),
    "an inactive carrier": (entry(cancellation_type="refund", shipping_company=2), (ITEM, 0, "shipping_company")),
    "a carrier that is text": (entry(shipping_company="yurtici"), (ITEM, 0, "shipping_company")),
    "a pickup without a carrier": (
        {**entry(cancellation_type="refund"), "pickup_address": "ADDRESS"},
        (ITEM, 0, "shipping_company"),
    ),
    "an unknown pickup address": ({**entry(), "pickup_address": 999_999}, ("pickup_address",)),
    "another customer's pickup address": ({**entry(), "pickup_address": "EVES"}, ("pickup_address",)),
    "a pickup address that is text": ({**entry(), "pickup_address": "home"}, ("pickup_address",)),
    "loyalty money that is text": (
        {**entry(), "fully_refund_as_loyalty_money": "yes"},
        ("fully_refund_as_loyalty_money",),
    ),
    "loyalty money that is null": (
        {**entry(), "fully_refund_as_loyalty_money": None},
        ("fully_refund_as_loyalty_money",),
    ),
    "one bad entry among good ones": (
        {ITEM: [*entry()[ITEM], {"order_item": "x", "reason": 1}]},
        (ITEM, 1, "order_item"),
    ),
    "more entries than any order has": ({ITEM: [{"order_item": n, "reason": 1} for n in range(1, 1002)]}, (ITEM,)),
}
ADDRESS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "nothing": ({}, ("order",)),
    "no address": ({"order": "ORDER"}, ("address",)),
    "an unknown order": ({"order": 999_999, "address": "ADDRESS"}, ("order",)),
    "another customer's order": ({"order": "EVES", "address": "ADDRESS"}, ("order",)),
    "an order number instead of an id": ({"order": "ORD-2024-001234", "address": "ADDRESS"}, ("order",)),
    "an unknown address": ({"order": "ORDER", "address": 999_999}, ("address",)),
    "another customer's address": ({"order": "ORDER", "address": "EVES"}, ("address",)),
    "an address that is an object": ({"order": "ORDER", "address": {"line": "x"}}, ("address",)),
    "an order that is a boolean": ({"order": True, "address": "ADDRESS"}, ("order",)),
    "an order beyond 64 bits": ({"order": 2**64, "address": "ADDRESS"}, ("order",)),
    "a channel that is text": ({"order": "ORDER", "address": "ADDRESS", "channel_id": "web"}, ("channel_id",)),
    "another channel": ({"order": "ORDER", "address": "ADDRESS", "channel_id": 9}, ("channel_id",)),
}
# Bodies that are no JSON object at all: (content type, bytes, status).
RAW: dict[str, tuple[str, bytes, set[int]]] = {
    "nothing": ("application/json", b"", {400}),
    "broken JSON": ("application/json", b'{"cancel_order_items": [', {400}),
    "a list": ("application/json", b"[]", {400}),
    "a number": ("application/json", b"1", {400}),
    "null": ("application/json", b"null", {400}),
    "text": ("application/json", b'"cancel"', {400}),
    "NaN": ("application/json", b'{"cancel_order_items": NaN}', {400}),
    "Infinity": ("application/json", b'{"cancel_order_items": [{"order_item": Infinity}]}', {400}),
    "1e999": ("application/json", b'{"cancel_order_items": [{"order_item": 1e999, "reason": 1}]}', {400}),
    "a field twice": ("application/json", b'{"cancel_order_items": [], "cancel_order_items": []}', {400}),
    "UTF-16": ("application/json", '{"cancel_order_items": []}'.encode("utf-16"), {400}),
    "Latin-1": ("application/json", '{"x": "Ü"}'.encode("latin-1"), {400}),
    "a lone surrogate": (
        "application/json",
        b'{"cancel_order_items": [{"order_item": 1, "reason": 1, "description": "\\ud800"}]}',
        {400},
    ),
    "NUL bytes": ("application/json", b"\0\0\0", {400}),
    "a hundred thousand brackets": ("application/json", b"[" * 100_000, {400}),
    "deeply nested objects": ("application/json", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {400}),
    "two megabytes": ("application/json", b'{"x": "' + b"a" * 2_000_000 + b'"}', {413}),
    "XML": ("application/xml", b"<cancel/>", {415}),
    "a form": ("application/x-www-form-urlencoded", b"cancel_order_items=1", {400}),
    "a broken form": ("multipart/form-data; boundary=x", b"--x\r\nnonsense", {400}),
    "a form without a boundary": ("multipart/form-data", b"x", {400}),
    "another charset": ("application/json; charset=utf-99", b"{}", {400}),
}


@pytest.fixture
def cast(omnitron: Any, stock: Any, ada: Any, eve: Any) -> dict[str, Any]:
    builders.a_reason(pk=2, is_active=False)
    builders.a_reason(pk=3, extra_information_needed=True)
    EasyReturnShippingCompany.objects.create(pk=1, value="a", label="A")
    EasyReturnShippingCompany.objects.create(pk=2, value="b", label="B", is_active=False)
    offered = [{"pk": 2, "shipping_company": {"value": "b", "label": "B"}}]
    order = stock(ada, items=1, item_fields={"easy_return_companies": offered})
    return {
        "order": order,
        "ORDER": order.pk,
        "ITEM": order.items.first().pk,
        "OTHER": stock(ada).items.first().pk,
        "ADDRESS": builders.an_address(ada).pk,
        "eves_order": (eves := stock(eve)),
        "eves_item": eves.items.first().pk,
        "eves_address": builders.an_address(eve).pk,
    }


def filled(value: Any, cast: dict[str, Any], eves: str) -> Any:
    """The body with real ids in the place of their names."""
    if isinstance(value, dict):
        return {key: filled(inner, cast, eves) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, cast, eves) for inner in value]
    if value == "EVES":
        return cast[eves]
    return cast.get(value, value) if isinstance(value, str) else value


def named(body: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        body = body[part]
    return body


def nothing_written(omnitron: Any) -> None:
    assert not CancellationAttempt.objects.exists()
    assert not CancellationRequest.objects.exists()
    assert not AddressChange.objects.exists()
    assert not OrderEvent.objects.exists()
    assert not omnitron.calls()


def is_a_list_of_sentences(found: Any) -> bool:
    messages = found["non_field_errors"] if isinstance(found, dict) else found
    return bool(messages) and all(isinstance(message, str) and message for message in messages)


@pytest.mark.parametrize("name", CANCEL)
def test_a_malformed_cancel_names_the_field(name: str, omnitron: Any, cast: Any, at_ada: Any) -> None:
    body, path = CANCEL[name]
    eves = "eves_address" if path == ("pickup_address",) else "eves_item"
    response = at_ada.cancel(cast["order"], filled(body, cast, eves))
    assert response.status_code == 400, response.content
    assert is_a_list_of_sentences(named(response.json(), path)), response.content
    nothing_written(omnitron)


@pytest.mark.parametrize("name", ADDRESS)
def test_a_malformed_address_change_names_the_field(name: str, omnitron: Any, cast: Any, at_ada: Any) -> None:
    body, path = ADDRESS[name]
    if path == ("order",) and "EVES" in body.values():
        cast["eves"] = cast["eves_order"].pk
    else:
        cast["eves"] = cast["eves_address"]
    response = at_ada.send("/orders/address_change/", filled(body, cast, "eves"))
    assert response.status_code == 400, response.content
    assert is_a_list_of_sentences(named(response.json(), path)), response.content
    nothing_written(omnitron)


@pytest.mark.parametrize("path", ["cancel", "address"])
@pytest.mark.parametrize("name", RAW)
def test_a_body_that_cannot_be_read_is_a_4xx_in_json(
    name: str, path: str, omnitron: Any, cast: Any, at_ada: Any
) -> None:
    content_type, body, statuses = RAW[name]
    url = f"/orders/{cast['order'].number}/cancel/" if path == "cancel" else "/orders/address_change/"
    headers = {**at_ada.headers, "X-CSRFToken": at_ada.token}
    response = at_ada.generic("POST", url, body, content_type=content_type, headers=headers)
    assert response.status_code in statuses, (response.status_code, response.content)
    assert response["Content-Type"] == "application/json"
    assert response.json()
    nothing_written(omnitron)


NUMBERS = [
    "0",
    "999",
    "%00",
    "1%002",
    "../admin",
    "é" * 10,
    "9" * 500,
    "' OR 1=1 --",
    "%F0%9F%98%80",
    "-1",
    "ORD-2024-001234",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_an_order_number_that_is_none_is_404_in_json(number: str, omnitron: Any, cast: Any, at_ada: Any) -> None:
    response = at_ada.send(f"/orders/{number}/cancel/", builders.a_body(cast["order"]))
    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    nothing_written(omnitron)


@pytest.mark.parametrize("signed", [*NUMBERS, "a:b:c", ":::", "x" * 5000, "2284207301612555:1:1"])
def test_a_link_that_is_none_is_404_in_json(signed: str, omnitron: Any, cast: Any, at_ada: Any) -> None:
    response = at_ada.read(f"/orders/completed/{signed}/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"


def test_field_errors_are_turkish_for_a_turkish_reader(omnitron: Any, cast: Any, at_ada: Any) -> None:
    english = at_ada.cancel(cast["order"], {}).json()
    turkish = at_ada.cancel(cast["order"], {}, **{"Accept-Language": "tr"}).json()
    assert english.keys() == turkish.keys()
    assert english != turkish


def test_fields_that_nobody_knows_are_tolerated(omnitron: Any, cast: Any, at_ada: Any) -> None:
    body = builders.a_body(cast["order"])
    body["cancel_order_items"][0]["colour"] = "red"
    assert at_ada.cancel(cast["order"], {**body, "id": "7", "whatever": {}}).status_code == 204
