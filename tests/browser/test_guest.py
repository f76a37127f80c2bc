"""An order without an account, in a real browser: asked for, opened by its link, cancelled by request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from aftercart.cancellations.models import CancellationRequest
from aftercart.customers.models import Customer, UserType
from aftercart.mailed_links.links import TO_ORDER
from aftercart.mails.models import Mail
from aftercart.orders.models import Order
from tests.acts import work
from tests.browser import scenes
from tests.browser.looking import LOOKS, assert_looks_right, refusals
from tests.browser.visits import follow, press_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guest(scene: scenes.Scene) -> scenes.Scene:
    """The furnished orders, as a guest's."""
    Customer.objects.filter(pk=scene.customer.pk).update(user_type=UserType.GUEST)
    return scene


def by_link(order: Order, path: str = "") -> str:
    return f"/guest/orders/{TO_ORDER.sign(order)}/{path}"


def choose(page: Any, reason: str) -> None:
    page.locator(".pick > input:enabled").first.check()
    page.locator("select[name^=reason]:visible").first.select_option(reason)


@pytest.mark.parametrize("javascript", [False, True], ids=["without scripts", "with scripts"])
def test_a_guest_asks_for_the_link_and_cancels_by_request_on_a_phone(
    javascript: bool, open_page: Any, guest: scenes.Scene, sandbox: Any, live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    order = guest.orders["fresh"]
    page = open_page(width=360, javascript=javascript)
    page.goto("/account/login/")
    follow(page.get_by_role("link", name="See your order without an account"))
    page.get_by_label("Order number").fill(order.number)
    page.get_by_label("E-mail").fill(guest.customer.email)
    follow(page.get_by_role("button", name="Send me the link"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    expect(page.get_by_text("If there is such an order, we have sent a link")).to_be_visible()
    work()
    page.goto(Mail.objects.get(kind=Mail.Kind.NEW_LINK).data["link"])
    expect(page.get_by_role("heading", level=1)).to_contain_text(order.number)
    assert page.get_by_role("button", name="Print this page").is_visible() is javascript
    follow(page.get_by_role("link", name="Cancel items"))
    follow(page.get_by_role("button", name="Continue"))
    expect(page.get_by_text("Choose at least one item.")).to_be_visible()
    choose(page, "1")
    follow(page.get_by_role("button", name="Continue"))
    expect(page.get_by_text("Without an account, the shop looks at every wish")).to_be_visible()
    follow(page.get_by_role("button", name="No, change something"))
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Yes, send the request"))
    expect(page.get_by_text("The shop has your request for 1 item.")).to_be_visible()
    expect(page.get_by_role("heading", name="Your requests")).to_be_visible()
    page.reload()
    work()
    assert not sandbox.calls(operation="cancel")
    assert CancellationRequest.objects.get().because == "asked"


def test_a_guest_returns_what_was_delivered_with_a_carrier(open_page: Any, guest: scenes.Scene) -> None:
    page = open_page(javascript=False)
    page.goto(by_link(guest.orders["delivered"], "cancel/"))
    choose(page, "5")
    page.locator("select[name^=carrier]").first.select_option("1")
    follow(page.get_by_role("button", name="Continue"))
    expect(page.get_by_text("Carrier: Yurtiçi Kargo")).to_be_visible()
    follow(page.get_by_role("button", name="Yes, ask for the return"))
    expect(page.get_by_role("heading", name="Your requests")).to_be_visible()
    made = CancellationRequest.objects.get()
    assert (made.cancellation_type, made.easy_return_company_id) == ("refund", 1)


@pytest.mark.parametrize("javascript", [False, True], ids=["without scripts", "with scripts"])
def test_a_link_that_is_too_old_brings_a_new_one(javascript: bool, open_page: Any, guest: scenes.Scene) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        old = by_link(guest.orders["fresh"])
    page = open_page(width=360, javascript=javascript)
    page.goto(old)
    follow(page.get_by_role("button", name="Send a new link"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    work()
    assert Mail.objects.get(kind=Mail.Kind.NEW_LINK).to == guest.customer.email


def test_a_guest_withdraws_from_here(open_page: Any, guest: scenes.Scene) -> None:
    page = open_page(width=360, javascript=False)
    page.goto(by_link(guest.orders["fresh"]))
    follow(page.get_by_role("link", name="Withdraw from contract here"))
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


def test_by_keyboard_alone(open_page: Any, guest: scenes.Scene) -> None:
    page = open_page()
    page.goto("/guest/")
    press_until(page, "number")
    page.keyboard.type(guest.orders["fresh"].number)
    press_until(page, "email")
    page.keyboard.type(guest.customer.email)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url("**/guest/asked/")


@pytest.fixture
def pages(guest: scenes.Scene, sandbox: Any) -> dict[str, Callable[[Any], Any]]:
    """Every page of a guest, in every state."""
    scenes.unfold(guest, sandbox)
    orders = guest.orders
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        too_old = by_link(orders["fresh"])

    def at(path: str) -> Callable[[Any], Any]:
        return lambda page: page.goto(path)

    def review(page: Any) -> None:
        follow(page.locator("main button[value=review]"))

    def cancel_errors(page: Any) -> None:
        page.goto(by_link(orders["mixed"], "cancel/"))
        page.locator(".pick > input:enabled").first.check()
        review(page)

    def confirm(page: Any) -> None:
        page.goto(by_link(orders["fresh"], "cancel/"))
        choose(page, "1")
        review(page)

    def ask_errors(page: Any) -> None:
        page.goto("/guest/")
        follow(page.locator("main button"))

    def nothing_but_links(page: Any, name: str) -> None:
        page.goto(by_link(orders[name]))
        assert not page.locator("main a[href^='/account/']").count(), f"{name} leads to an account"

    names = ("fresh", "mixed", "delivered", "answered", "returned", "cancelled", "on its way", "huge", "declined")
    return {
        "ask": at("/guest/"),
        "ask-errors": ask_errors,
        "asked": at("/guest/asked/"),
        **{f"order-{name}": (lambda page, name=name: nothing_but_links(page, name)) for name in names},
        "cancel": at(by_link(orders["mixed"], "cancel/")),
        "cancel-errors": cancel_errors,
        "confirm": confirm,
        "cancel-closed": at(by_link(orders["cancelled"], "cancel/")),
        "link-over": at(too_old),
        "sign-in": at("/account/login/"),
    }


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("evening")
@pytest.mark.parametrize(("language", "scheme", "width"), [*LOOKS, pytest.param("en", "light", 320, id="narrow")])
def test_every_page_in_every_look(
    open_page: Any, pages: dict[str, Any], axe: Any, language: str, scheme: str, width: int
) -> None:
    page = open_page(language=language, scheme=scheme, width=width)
    refused = refusals(page)
    for name, visit in pages.items():
        visit(page)
        assert_looks_right(page, name, language, axe)
    assert not refused
