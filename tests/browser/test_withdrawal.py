"""Withdrawing from a contract, in a real browser: by account and by link, on a phone, with scripts and without."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from aftercart.cancellations.models import CancellationRequest
from aftercart.mailed_links.links import TO_WITHDRAW
from aftercart.mails.models import Mail
from aftercart.orders.models import Order, OrderItem
from aftercart.withdrawals.models import Withdrawal
from tests.acts import work
from tests.browser.conftest import sign_in
from tests.browser.looking import LOOKS, assert_looks_right, refusals
from tests.browser.scenes import Scene
from tests.browser.visits import follow, press_until

pytestmark = pytest.mark.django_db(transaction=True)


def by_link(order: Order) -> str:
    return f"/withdrawals/{TO_WITHDRAW.sign(order)}/"


@pytest.mark.parametrize("javascript", [False, True], ids=["without scripts", "with scripts"])
def test_an_owner_withdraws_on_a_phone(javascript: bool, open_page: Any, scene: Scene, sandbox: Any) -> None:
    order = scene.orders["fresh"]
    page = open_page(width=360, javascript=javascript)
    page.goto(f"/account/orders/{order.number}/")
    sign_in(page, scene.customer)
    follow(page.get_by_role("link", name="Withdraw from contract here"))
    assert page.get_by_label("Your name").input_value() == "Ada Example"
    assert page.get_by_label("E-mail for the acknowledgement").input_value() == scene.customer.email
    assert all(box.is_checked() for box in page.locator(".pick > input").all())
    page.locator(".pick > input").nth(1).uncheck()
    page.get_by_label("E-mail for the acknowledgement").fill("ada@home.example")
    follow(page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm withdrawal")
    expect(page.get_by_text("ada@home.example")).to_be_visible()
    assert not Withdrawal.objects.exists()
    follow(page.get_by_role("button", name="Change something"))
    assert not page.locator(".pick > input").nth(1).is_checked()
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Confirm withdrawal"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your withdrawal has been received")
    expect(page.get_by_text("UTC+03:00")).to_be_visible()
    assert page.get_by_role("button", name="Print this page").is_visible() is javascript
    page.reload()
    work()
    assert Withdrawal.objects.get().contact == "ada@home.example"
    assert sorted(order.items.values_list("status", flat=True)) == [50, 50, 400]
    assert len(sandbox.calls(operation="cancel")) == 1
    follow(page.get_by_role("link", name="See the order"))
    expect(page.get_by_text("You have withdrawn from the contract:")).to_be_visible()
    expect(page.get_by_role("link", name="Withdraw from contract here")).to_be_visible()


def test_a_double_click_withdraws_once(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto(by_link(scene.orders["unpaid"]))
    follow(page.get_by_role("button", name="Continue"))
    page.get_by_role("button", name="Confirm withdrawal").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your withdrawal has been received")
    page.reload()
    assert Withdrawal.objects.count() == 1


def test_by_keyboard_alone(open_page: Any, scene: Scene) -> None:
    page = open_page()
    page.goto(by_link(scene.orders["unpaid"]))
    press_until(page, "name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Ada Lovelace")
    press_until(page, "Continue")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Ada Lovelace")
    press_until(page, "Confirm withdrawal")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Your withdrawal has been received")
    assert Withdrawal.objects.get().name == "Ada Lovelace"


@pytest.mark.parametrize("javascript", [False, True], ids=["without scripts", "with scripts"])
def test_a_guest_asks_for_a_link_and_returns_what_was_delivered(
    javascript: bool, open_page: Any, scene: Scene, live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    order = scene.orders["delivered"]
    page = open_page(width=360, javascript=javascript)
    page.goto("/account/login/")
    follow(page.get_by_role("link", name="Withdraw from contract here"))
    page.get_by_label("Order number").fill(order.number)
    page.get_by_label("E-mail").fill(scene.customer.email)
    follow(page.get_by_role("button", name="Send me the link"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    work()
    page.goto(Mail.objects.get(kind=Mail.Kind.NEW_LINK).data["link"])
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Confirm withdrawal"))
    expect(page.get_by_text("Send back what you have received within 14 days from that moment.")).to_be_visible()
    work()
    assert set(CancellationRequest.objects.values_list("cancellation_type", flat=True)) == {"refund"}
    assert Withdrawal.objects.get().how == "link"


def test_in_turkish(open_page: Any, scene: Scene) -> None:
    page = open_page(language="tr", width=360, javascript=False)
    page.goto(by_link(scene.orders["unpaid"]))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sözleşmeden burada cayın")
    follow(page.locator("main button[value=review]"))
    follow(page.get_by_role("button", name="Caymayı onayla"))
    page.wait_for_selector(".rows")
    assert Withdrawal.objects.count() == 1


@pytest.fixture
def pages(scene: Scene) -> Iterator[dict[str, Callable[[Any], Any]]]:
    """Every page of this function, in every state, for whoever has no account; the account's are the same ones."""
    fresh, mixed, old = scene.orders["fresh"], scene.orders["mixed"], scene.orders["returned"]
    OrderItem.objects.filter(order=old).update(status=550, delivered_date=timezone.now() - timedelta(days=40))
    with time_machine.travel(timezone.now() - timedelta(days=61)):
        too_old = by_link(fresh)

    def at(path: str) -> Callable[[Any], Any]:
        return lambda page: page.goto(path)

    def press(value: str) -> Callable[[Any], Any]:
        return lambda page: follow(page.locator(f"main button[value={value}]"))

    def empty(page: Any) -> None:
        page.goto(by_link(mixed))
        page.fill("#name", "")
        page.fill("#contact", "ada@home")  # good enough for the browser's own check, and not for us
        for box in page.locator(".pick > input:enabled").all():
            box.uncheck()
        press("review")(page)
        page.wait_for_selector(".field__error")

    def empty_ask(page: Any) -> None:
        page.goto("/withdraw/")
        follow(page.locator("main button"))
        page.wait_for_selector(".field__error")

    def asked(page: Any) -> None:
        page.goto("/withdraw/")
        page.fill("#number", "1")
        page.fill("#email", "nobody@example.com")
        follow(page.locator("main button"))

    return {
        "declare": at(by_link(mixed)),
        "declare-errors": empty,
        "declare-again": at(by_link(fresh)),
        "confirm": press("review"),
        "acknowledged": press("confirm"),
        "acknowledged-needs-the-shop": lambda page: (
            Withdrawal.objects.update(state="needs_back_office"),
            page.reload(),
        ),
        "withdrawn": at(by_link(fresh)),
        "over": at(by_link(old)),
        "link-over": at(too_old),
        "ask": at("/withdraw/"),
        "ask-errors": empty_ask,
        "asked": asked,
    }


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_every_page_in_every_look(
    open_page: Any, pages: dict[str, Any], axe: Any, language: str, scheme: str, width: int
) -> None:
    page = open_page(language=language, scheme=scheme, width=width)
    refused = refusals(page)
    for name, visit in pages.items():
        visit(page)
        assert_looks_right(page, name, language, axe)
    assert not refused
