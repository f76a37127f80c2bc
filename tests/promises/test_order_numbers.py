"""Whatever may be an order's number works at every door: JSON, pages, links in mails; and finds no other order."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.customers.models import UserType
from aftercart.duties import tick
from aftercart.mails.models import Mail
from aftercart.mails.rendering import rendered
from aftercart.orders import numbers, signed_number
from aftercart.orders.intake import OrderRefused, take_in
from aftercart.orders.models import Order
from tests import builders
from tests.conftest import SignedIn
from tests.pages.structure import text_of

NUMBERS = [
    "INV/2024/001",
    "A/cancel",
    "A/cancel/cancel",
    "A/address",
    "A/cancellation-options",
    "completed",
    "completed/x",
    "address_change",
    "a//b",
    "/a",
    "a/",
    "a/../b",
    "...",
    "№ 5",
    "#2044",
    "50%",
    "50%25",
    "%2e%2e",
    "a?b=c&d",
    "a;b,c:d@e!$'()*+",
    'a\\b"<i>',
    "=Li4",
    "=1+1",
    "{{ 7 }}",
    "sipariş-Ğ",
    "注文-1",
    "😀",
    "ORD-2024-001234",
    "007",
    "x" * 128,
]


def escaped(number: str) -> str:
    return quote(number, safe="")


@pytest.fixture
def orders(stock: Any, ada: Any) -> dict[str, Any]:
    """One order of each of these numbers, all of them Ada's."""
    return {number: stock(ada, items=1, number=number) for number in NUMBERS}


@pytest.mark.parametrize("fast_routes", [True, False])
def test_every_door_in_json_takes_it(fast_routes: bool, orders: dict[str, Any], ada: Any) -> None:
    at_ada = SignedIn(ada, fast_routes=fast_routes)
    for number, order in orders.items():
        options = at_ada.read(f"/orders/{escaped(number)}/cancellation-options/")
        assert (options.status_code, options.json().get("number")) == (200, number)
        completed = at_ada.read(f"/orders/completed/{signed_number.sign(number)}/")
        assert completed.json()["order"]["number"] == number
        listed = at_ada.read(f"/users/orders/?number={escaped(number)}").json()["results"]
        assert number in [row["number"] for row in listed]
        if fast_routes:
            answer = at_ada.send(f"/orders/{escaped(number)}/cancel/", builders.a_body(order))
            assert answer.status_code == 204, (number, answer.content)
        else:
            body = {"id": number, **builders.a_body(order)}
            answer = at_ada.send("/users/orders/bulk_cancellation_requests/", body)
            assert answer.status_code == 201, (number, answer.content)
    assert set(Order.objects.values_list("status", flat=True)) == {50 if fast_routes else 400}


def test_every_page_takes_it(orders: dict[str, Any], at_ada: Any) -> None:
    for number in orders:
        for name in ("order", "cancel", "change-address", "withdraw"):
            path = reverse(name, args=[number])
            page = at_ada.get(path, headers={"Accept": "text/html"})
            assert page.status_code == 200, (name, path)
            assert f"Order {number}" in text_of(page.content.decode())
        listed = at_ada.get(f"/account/orders/?number={escaped(number)}").content.decode()
        assert f'href="{reverse("order", args=[number])}"' in unescape(listed)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_address_of_a_page_changes_on_its_way(number: str) -> None:
    path = reverse("order", args=[number])
    steps = [unquote(step) for step in path.strip("/").split("/")]
    assert "" not in steps
    assert not {".", ".."} & set(steps)
    assert numbers.from_path(numbers.in_path(number)) == number
    assert re.fullmatch(r"[\w=-]+", numbers.in_token(number), re.ASCII)
    assert numbers.from_token(numbers.in_token(number)) == number


def test_a_mail_leads_to_the_order(orders: dict[str, Any], at_ada: Any) -> None:
    for number in ("INV/2024/001", "a/../b", "#2044", "A/cancel"):
        at_ada.send(f"/orders/{escaped(number)}/cancel/", builders.a_body(orders[number]))
        text = rendered(Mail.objects.get(order=orders[number])).text
        (link,) = re.findall(r"http\S+/account/orders/\S+", text)
        page = at_ada.get(urlsplit(link).path, headers={"Accept": "text/html"})
        assert f"Order {number}" in text_of(page.content.decode())


@pytest.mark.parametrize("number", [".", ".."])
def test_what_no_browser_can_ask_for_is_refused(number: str, ada: Any) -> None:
    wire = builders.as_wire(builders.an_order(ada))
    Order.objects.all().delete()
    with pytest.raises(OrderRefused, match="number: cannot stand in an address"):
        take_in({**wire, "number": number}, now=timezone.now())


# What a person writes


@pytest.fixture
def gul(transactional_db: None) -> Any:
    return builders.a_customer("gul", user_type=UserType.GUEST)


def found(number: str, email: str = "gul@example.com") -> str:
    from django.test import Client

    answer = Client().post(
        "/users/orders/anonymous/", {"number": number, "email": email}, headers={"Accept": "application/json"}
    )
    return answer.json()[0]["number"] if answer.status_code == 200 else ""


@pytest.mark.parametrize(
    ("kept", "typed"), [("#2044", "2044"), ("2044", "#2044"), ("2044", "# 2044"), ("#2044", "#2044")]
)
def test_a_guest_finds_an_order_with_or_without_its_hash(kept: str, typed: str, stock: Any, gul: Any) -> None:
    stock(gul, number=kept)
    assert found(typed) == kept


def test_of_two_the_one_of_exactly_this_number_is_meant_and_never_anothers(stock: Any, gul: Any, eve: Any) -> None:
    stock(gul, number="#2044")
    stock(gul, number="2044")
    stock(eve, number="2045")
    assert (found("2044"), found("#2044"), found("#2045"), found("204")) == ("2044", "#2044", "", "")


@pytest.mark.parametrize(("kept", "typed"), [("#2044", "2044"), ("2044", "#2044")])
def test_a_link_is_mailed_for_it_too(kept: str, typed: str, stock: Any, gul: Any, client: Any) -> None:
    stock(gul, number=kept)
    for page in ("guest", "withdraw-ask"):
        client.post(reverse(page), {"number": typed, "email": "GUL@example.com"})
    tick(KINDS)
    assert Mail.objects.filter(kind="new_link", order__number=kept).count() == 2


def test_a_number_with_blanks_is_found_as_it_is_and_as_pasted_in_groups(stock: Any, ada: Any, at_ada: Any) -> None:
    stock(ada, number="№ 5")
    stock(ada, number="22841111")
    for typed, number in [("№ 5", "№ 5"), ("2284 1111", "22841111"), ("#2284", "22841111")]:
        page = at_ada.get("/account/orders/", {"number": typed}).content.decode()
        assert reverse("order", args=[number]) in page
