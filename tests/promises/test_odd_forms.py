"""Every form of every page, with values that no browser sends: an answer that can be acted on, on either database."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from aftercart import urls
from aftercart.cancellations.models import CancellationRequest, EasyReturnShippingCompany
from aftercart.customers.models import Customer
from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.withdrawals.models import Withdrawal
from tests import builders

HTML = {"Accept": "text/html"}
# What no person reads: no form, or another's door.
NO_PAGES = {"theme", "omnitron-webhook", "root"}
ODD = {
    "NUL": "a\0b",
    "too long": "x" * 5_000,
    "too long an e-mail": "x" * 300 + "@example.com",
    "many digits": "9" * 400,
    "beyond 64 bits": str(2**64),
    "below zero": "-1",
    "a fraction": "1.5",
    "a list": "[1]",
    "an object": "{}",
    "half a character": "\ud800",
    "another script's digits": "١٢",
    "spaces": "   ",
    "markup": '<script>alert("x")</script>{{ 7 }}',
}


class Forms(HTMLParser):
    """The forms of a page: method, address, names with their values."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self.found.append(((said.get("method") or "get").lower(), said.get("action") or "", {}))
        elif tag in ("input", "select", "textarea", "button") and said.get("name") and self.found:
            self.found[-1][2].setdefault(said["name"] or "", said.get("value") or "")


@pytest.fixture
def pages(stock: Any, ada: Any, at_ada: Any) -> dict[str, str]:
    """Every page's address by its name, with something behind it."""
    EasyReturnShippingCompany.objects.create(pk=1, value="a", label="A")
    order = stock(ada, status=450, item_fields={"quantity": 3})
    at_ada.cancel(order, builders.a_body(order, only=1))
    returned = stock(ada, status=550, item_fields={"easy_return_companies": [{"pk": 1}], "quantity": 3})
    withdrawal = Withdrawal.objects.create(
        order=returned, declaration=uuid4(), how="account", name="Ada", contact="ada@example.com", statement="All."
    )
    address, request = builders.an_address(ada), CancellationRequest.objects.get()
    arguments: dict[str, list[Any]] = {
        "number": [returned.number],
        "pk": [address.pk],
        "request": [request.uuid],
        "withdrawal": [withdrawal.uuid],
        "guest": [TO_ORDER.sign(returned)],
        "withdrawing": [TO_WITHDRAW.sign(returned)],
    }
    tried = [[], *arguments.values(), [*arguments["withdrawing"], withdrawal.uuid]]
    special = {"request": arguments["request"], "take-back": arguments["request"], "withdrawal": [withdrawal.uuid]}
    special |= {"withdraw-by-link": arguments["withdrawing"]}
    special |= dict.fromkeys(("guest-order", "guest-cancel", "guest-new-link"), arguments["guest"])
    found = {}
    for name in names_of_pages():
        for args in [special[name]] if name in special else tried:
            try:
                found[name] = reverse(name, args=args)
            except NoReverseMatch:
                continue
            break
        else:
            raise AssertionError(f"{name} is a page that this test cannot open")
    return found


def names_of_pages() -> list[str]:
    named = [pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern) and pattern.name]
    return [name for name in named if name not in NO_PAGES]


def forms_of(client: Client, path: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    page = client.get(path, headers=HTML)
    assert page.status_code < 500, path
    for method, action, fields in Forms(page.content.decode()).found:
        yield method, action or path, fields


def send(client: Client, method: str, path: str, fields: dict[str, str]) -> Any:
    encoded = urlencode(fields, errors="surrogatepass")
    if method == "get":
        return client.get(f"{path.partition('?')[0]}?{encoded}", headers=HTML)
    return client.post(path, encoded, content_type="application/x-www-form-urlencoded", headers=HTML)


def tries(fields: dict[str, str]) -> Iterator[dict[str, str]]:
    """The form with everything odd at once, and with each field odd alone."""
    own = {name for name in fields if name != "csrfmiddlewaretoken"}
    if not own:  # a button alone, which would do what it says
        return
    for value in ODD.values():
        yield fields | dict.fromkeys(own, value)
        if "step" in own:
            yield fields | dict.fromkeys(own - {"step"}, value)
    for name in own:
        for variant in ("NUL", "too long", "beyond 64 bits", "half a character"):
            yield fields | {name: ODD[variant]}


def test_no_form_of_any_page_breaks(pages: dict[str, str], at_ada: Any, settings: Any) -> None:
    settings.GUEST_LINKS_PER_ADDRESS = settings.SIGN_IN_TRIES_PER_NETWORK = 10_000
    seen, broken = set(), []
    for client in (at_ada, Client(raise_request_exception=False)):
        for path in pages.values():
            for method, action, fields in forms_of(client, path):
                mark = (client is at_ada, method, action, tuple(sorted(fields)))
                if mark in seen:
                    continue
                seen.add(mark)
                for odd in tries(fields):
                    status = send(client, method, action, odd).status_code
                    if status >= 500:
                        broken.append((method, action, status, odd))
    assert not broken
    assert len(seen) > 12


@pytest.mark.parametrize("email", ["x" * 300 + "@example.com", "ada\0@example.com"])
@pytest.mark.parametrize("path", ["/account/login/", "/admin/login/"])
def test_an_e_mail_that_is_none_is_said_at_its_field(path: str, email: str, transactional_db: None) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post(path, {"email": email, "username": email, "password": "x"}, headers=HTML)
    if path.startswith("/admin/"):
        assert answer.status_code == 200
    else:
        assert answer.status_code == 400
        assert "Enter an e-mail address, as in name@example.com." in answer.content.decode()
    assert not Customer.objects.exists()
