"""Every page in every state, and how a browser gets there."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils import translation

from aftercart.http_errors import server_error
from aftercart.orders import signed_number
from tests.browser import scenes

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Response


def follow(locator: "Locator") -> "Response":
    """Click on what leads to another page, and wait until that is loaded: a click alone waits for nothing.

    Returns what the server answered.
    """
    with locator.page.expect_navigation() as landed:
        locator.click()
    return landed.value


def press_until(page: Any, wanted: str) -> None:
    """Tab on until the element of this id, or the button of this text, has the focus, and visibly so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("[document.activeElement.id, document.activeElement.innerText]")
        if wanted in focused:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    pytest.fail(f"{wanted} cannot be reached by keyboard")


def visits(scene: scenes.Scene) -> dict[str, Callable[["Page"], Any]]:
    """Page name → how to get there, in an order that makes sense for one browser context."""
    number = {name: order.number for name, order in scene.orders.items()}
    link = signed_number.sign(number["fresh"])
    with mock.patch("time.time", return_value=time.time() - settings.COMPLETED_LINK_MAX_AGE - 60):
        old_link = signed_number.sign(number["fresh"])

    def wrong(page: "Page") -> None:
        page.goto("/account/login/")
        page.fill("#email", "ada@example.com")
        page.fill("#password", "wrong")
        follow(page.locator("main button").last)

    def sign_in(page: "Page") -> None:
        page.fill("#password", "secret")
        follow(page.locator("main button").last)

    def at(path: str) -> Callable[["Page"], Any]:
        return lambda page: page.goto(path)

    def post(page: "Page", name: str = "review") -> None:
        follow(page.locator(f"button[name=step][value={name}]").last)

    def cancel_form(page: "Page") -> None:
        page.goto(f"/account/orders/{number['mixed']}/cancel/")
        for box in page.locator(".pick > input:enabled").all()[1:]:
            box.check()
        page.locator(".estimate__total:not(:empty)").wait_for()

    def choose(page: "Page") -> None:
        page.goto(f"/account/orders/{number['fresh']}/cancel/")
        boxes = page.locator(".pick > input:enabled").all()
        for box in boxes[1:]:
            box.check()
        page.locator("select[name^=reason]").nth(1).select_option("1")
        post(page)

    def return_confirm(page: "Page") -> None:
        page.goto(f"/account/orders/{number['delivered']}/cancel/")
        page.locator(".pick > input:enabled").first.check()
        page.locator("select[name^=reason]:visible").first.select_option("5")
        page.locator("select[name^=carrier]:visible").first.select_option("1")
        page.locator("textarea:visible").first.fill("The handle is broken off.")
        post(page)

    def request_at(name: str, path: str = "") -> Callable[["Page"], Any]:
        return at(f"/account/requests/{scene.requests[name].uuid}/{path}")

    def withdrawal(page: "Page") -> None:
        assert scene.withdrawal is not None, "unfold the scene first"
        page.goto(f"/account/withdrawals/{scene.withdrawal.uuid}/")

    def address_abroad(page: "Page") -> None:
        """A new address whose places are not chosen to the end."""
        page.goto("/account/addresses/new/")
        page.fill("#phone_number", "call me")
        with page.expect_response("**/new/"):
            page.select_option("#country", label="Germany")
        page.locator("#city", has_text="Berlin").wait_for()
        follow(page.locator("main button[value=save]").last)

    def edit(page: "Page") -> None:
        page.goto("/account/addresses/")
        follow(page.locator(".book__one:has-text('Levent') a[href$='/']:not([href*=delete])").last)

    def remove(page: "Page") -> None:
        page.goto("/account/addresses/")
        follow(page.locator(".book__one:has-text('Levent') a[href*=delete]").last)

    def old_form(page: "Page") -> None:
        """A form whose token is gone."""
        page.goto("/account/addresses/new/")
        page.evaluate("document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((field) => field.remove())")
        follow(page.locator("main button[value=save]").last)

    def huge_confirm(page: "Page") -> None:
        page.goto(f"/account/orders/{number['huge']}/cancel/")
        page.locator(".pick > input:enabled").first.check()
        page.locator("select[name^=reason]:visible").first.select_option("1")
        page.locator("textarea:visible").first.fill(scenes.LONG_WORD)
        post(page)

    def newcomer(page: "Page") -> None:
        page.goto("/account/login/")
        page.fill("#email", scene.newcomer.email)
        sign_in(page)

    def broken(page: "Page") -> None:
        """What is shown when nothing else can be."""
        language = page.locator("html").get_attribute("lang") or "en"
        try:
            raise RuntimeError("as if something had broken")
        except RuntimeError:
            with translation.override(language):
                answer: Any = server_error(RequestFactory().get("/", headers={"accept": "text/html"}))
        html = answer.content.decode()
        page.route("**/account/broken/", lambda route: route.fulfill(content_type="text/html", body=html))
        page.goto("/account/broken/")

    def address_confirm(page: "Page") -> None:
        page.goto(f"/account/orders/{number['fresh']}/address/")
        page.get_by_text("Lindenstraße").click()
        post(page)

    return {
        "sign-in-from-link": at(f"/orders/completed/{link}/"),
        "sign-in-wrong": wrong,
        "signed-in": sign_in,
        "orders": at("/account/orders/"),
        "orders-2": at("/account/orders/?page=2"),
        "orders-found": at("/account/orders/?state=closed&time=6-months"),
        "orders-none-found": at("/account/orders/?number=4711"),
        "completed": at(f"/orders/completed/{link}/"),
        "link-expired": at(f"/orders/completed/{old_link}/"),
        "order-fresh": at(f"/account/orders/{number['fresh']}/"),
        "order-mixed": at(f"/account/orders/{number['mixed']}/"),
        "order-checked": at(f"/account/orders/{number['checked']}/"),
        "order-declined": at(f"/account/orders/{number['declined']}/"),
        "order-delivered": at(f"/account/orders/{number['delivered']}/"),
        "order-cancelled": at(f"/account/orders/{number['cancelled']}/"),
        "order-answered": at(f"/account/orders/{number['answered']}/"),
        "order-returned": at(f"/account/orders/{number['returned']}/"),
        "order-on-its-way": at(f"/account/orders/{number['on its way']}/"),
        "order-huge": at(f"/account/orders/{number['huge']}/"),
        "cancel-huge": huge_confirm,
        "order-abroad": at(f"/account/orders/{number['abroad']}/"),
        "cancel": cancel_form,
        "cancel-errors": post,
        "cancel-confirm": choose,
        "cancel-closed": at(f"/account/orders/{number['cancelled']}/cancel/"),
        "return": at(f"/account/orders/{number['delivered']}/cancel/"),
        "return-confirm": return_confirm,
        "withdraw": at(f"/account/orders/{number['mixed']}/withdraw/"),
        "withdraw-confirm": post,
        "withdraw-closed": at(f"/account/orders/{number['cancelled']}/withdraw/"),
        "withdrawal": withdrawal,
        "withdraw-ask": at("/withdraw/"),
        "withdraw-asked": at("/withdraw/asked/"),
        "address": at(f"/account/orders/{number['fresh']}/address/"),
        "address-confirm": address_confirm,
        "address-closed": at(f"/account/orders/{number['delivered']}/address/"),
        "addresses": at("/account/addresses/"),
        "address-new": at("/account/addresses/new/"),
        "address-errors": address_abroad,
        "address-edit": edit,
        "address-delete": remove,
        "request-waits": request_at("waits"),
        "request-checked": request_at("checked"),
        "request-waiting-approval": request_at("waiting_approval"),
        "request-confirmed": request_at("confirmed"),
        "request-approved": request_at("approved"),
        "request-completed": request_at("completed"),
        "request-declined": request_at("rejected"),
        "request-being-taken-back": request_at("withdrawing"),
        "request-taken-back": request_at("withdrawn"),
        "request-take-back": request_at("waits", "take-back/"),
        "request-too-late": request_at("rejected", "take-back/"),
        "form-too-old": old_form,
        "not-found": at("/account/orders/1/"),
        "sign-out": at("/users/logout/"),
        "signed-out": lambda page: follow(page.locator("main button").last),
        "orders-empty": newcomer,
        "addresses-empty": at("/account/addresses/"),
        "broken": broken,
    }
