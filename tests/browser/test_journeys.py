"""What a customer does, in a real browser: without JavaScript, and by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from aftercart.address_changes.models import AddressChange
from aftercart.cancellations.models import CancellationRequest
from aftercart.orders import signed_number
from aftercart.statuses import Status
from omnitron_sandbox import Sandbox
from tests.browser.conftest import sign_in
from tests.browser.scenes import Scene
from tests.browser.visits import follow, press_until

pytestmark = pytest.mark.django_db(transaction=True)


def statuses(scene: Scene, name: str) -> list[int]:
    return list(scene.orders[name].items.values_list("status", flat=True))


def test_cancelling_two_items_without_javascript(open_page: Any, scene: Scene, sandbox: Sandbox) -> None:
    order = scene.orders["fresh"]
    page = open_page(javascript=False, width=360)
    page.goto(f"/account/orders/{order.number}/")
    sign_in(page, scene.customer)
    assert page.url.endswith(f"/account/orders/{order.number}/")
    follow(page.get_by_role("link", name="Cancel items"))
    boxes = page.get_by_role("checkbox", name="Stoneware cup").all()
    boxes[0].check()
    page.locator(".pick > input").nth(2).check()
    page.get_by_label("Why do you want to cancel it?").first.select_option("Changed my mind")
    follow(page.get_by_role("button", name="Continue"))
    assert page.get_by_role("heading", level=1).inner_text() == "Cancel these 2 items?"
    assert sandbox.calls(operation="cancel") == []
    follow(page.get_by_role("button", name="Yes, cancel"))

    message = page.get_by_role("status").inner_text()
    assert "2 items is on its way to the shop" in message
    assert "Credit card" in message
    assert page.get_by_text("Cancellation in progress").count() == 1
    assert statuses(scene, "fresh") == [Status.CANCELLATION_WAITING, Status.APPROVED, Status.CANCELLATION_WAITING]
    page.reload()
    assert len(sandbox.calls(operation="cancel")) == 1


def test_cancelling_by_keyboard_alone(open_page: Any, scene: Scene) -> None:
    order = scene.orders["unpaid"]
    page = open_page()
    page.goto(f"/account/orders/{order.number}/cancel/")
    press_until(page, "email")
    page.keyboard.type(scene.customer.email)
    page.keyboard.press("Tab")
    page.keyboard.type("secret")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    item = order.items.get().pk
    press_until(page, f"item-{item}")
    assert page.evaluate("document.activeElement.checked"), "the only item that can be chosen is chosen already"
    press_until(page, f"reason-{item}")
    page.keyboard.press("ArrowDown")
    press_until(page, "Continue")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Cancel this item?")
    press_until(page, "Yes, cancel")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("text=No payment has arrived yet")
    assert statuses(scene, "unpaid") == [Status.CANCELLATION_WAITING]


def test_a_wish_that_needs_the_shop_says_why(open_page: Any, scene: Scene) -> None:
    order = scene.orders["delivered"]
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{order.number}/cancel/")
    sign_in(page, scene.customer)
    page.locator(".pick > input").first.check()
    page.get_by_label("Why do you want to return it?").first.select_option("Damaged")
    page.get_by_label("How does it come back?").first.select_option("Yurtiçi Kargo")
    page.get_by_label("Where the carrier collects returns").select_option(index=1)
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Yes, ask for the return"))
    assert "The shop looks at every return" in page.get_by_role("status").inner_text()
    request = CancellationRequest.objects.get()
    assert (request.cancellation_type, request.easy_return_company_id, request.quantity) == ("refund", 1, 1)
    assert request.pickup_address is not None


def test_omnitron_away_becomes_a_request_that_is_explained(open_page: Any, scene: Scene, sandbox: Sandbox) -> None:
    sandbox.power(False)
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['unpaid'].number}/cancel/")
    sign_in(page, scene.customer)
    page.get_by_label("Why do you want to cancel it?").select_option(index=1)
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Yes, cancel"))
    assert "could not be reached just now" in page.get_by_role("status").inner_text()
    expect(page.get_by_text("Waiting for the shop").first).to_be_visible()
    assert "omnitron" not in page.content().lower()


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['mixed'].number}/cancel/")
    sign_in(page, scene.customer)
    follow(page.get_by_role("button", name="Continue"))
    assert page.get_by_role("alert").inner_text() == "Choose at least one item."
    tea = page.locator(".pick", has_text="Quantity: 3")
    tea.locator("> input").check()
    tea.get_by_label("How many").fill("2")
    follow(page.get_by_role("button", name="Continue"))
    reason = tea.locator("select").first
    assert reason.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{reason.get_attribute('aria-describedby')}").inner_text() == "Choose a reason."
    assert tea.get_by_label("How many").input_value() == "2"
    reason.select_option(label="Other (please explain below)")
    follow(page.get_by_role("button", name="Continue"))
    assert "needs an explanation" in tea.inner_text()
    tea.locator("textarea").fill("<b>Too much & too late</b>")
    follow(page.get_by_role("button", name="Continue"))
    assert page.get_by_role("heading", level=1).inner_text() == "Cancel these 2 items?"
    expect(page.get_by_text("<b>Too much & too late</b>")).to_be_visible()
    follow(page.get_by_role("button", name="No, change something"))
    assert tea.locator("textarea").input_value() == "<b>Too much & too late</b>"


def test_what_became_impossible_meanwhile_is_refused_with_its_sentence(open_page: Any, scene: Scene) -> None:
    order = scene.orders["unpaid"]
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{order.number}/cancel/")
    sign_in(page, scene.customer)
    page.get_by_label("Why do you want to cancel it?").select_option(index=1)
    follow(page.get_by_role("button", name="Continue"))
    order.items.update(status=Status.CANCELED)
    type(order).objects.filter(pk=order.pk).update(status=Status.CANCELED)
    answer = follow(page.get_by_role("button", name="Yes, cancel"))
    assert answer.status == 400
    assert "Order already cancelled!" in page.get_by_role("alert").inner_text()


def test_changing_the_address_without_javascript(open_page: Any, scene: Scene) -> None:
    order = scene.orders["fresh"]
    page = open_page(javascript=False, width=360)
    page.goto(f"/account/orders/{order.number}/")
    sign_in(page, scene.customer)
    follow(page.get_by_role("link", name="Change the delivery address"))
    assert page.locator("input[type=radio]:disabled").count() == 1, "the order goes there already"
    page.get_by_label("Work").check()
    follow(page.get_by_role("button", name="Continue"))
    expect(page.locator(".card--chosen").get_by_text("Levent Plaza")).to_be_visible()
    assert AddressChange.objects.count() == 0
    follow(page.get_by_role("button", name="Yes, change the address"))
    assert page.get_by_role("status").inner_text() == "Your order goes to the new address."
    expect(page.get_by_text("Levent Plaza")).to_be_visible()
    order.refresh_from_db()
    assert order.shipping_address["line"].startswith("Levent Plaza")


def test_an_address_abroad_waits_for_the_shop(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['fresh'].number}/address/")
    sign_in(page, scene.customer)
    page.get_by_label("Mum").check()
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Yes, change the address"))
    expect(page.get_by_text("Waiting for the shop's approval:")).to_be_visible()
    assert page.get_by_role("link", name="Change the delivery address").count() == 0


def test_an_address_change_that_did_not_arrive_is_not_claimed(open_page: Any, scene: Scene, sandbox: Sandbox) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['fresh'].number}/address/")
    sign_in(page, scene.customer)
    page.get_by_label("Work").check()
    follow(page.get_by_role("button", name="Continue"))
    sandbox.power(False)
    answer = follow(page.get_by_role("button", name="Yes, change the address"))
    assert answer.status == 503
    assert "Nothing was changed" in page.get_by_role("alert").inner_text()


def test_the_completed_link_asks_to_sign_in_and_then_shows_the_order(open_page: Any, scene: Scene) -> None:
    order = scene.orders["fresh"]
    link = f"/orders/completed/{signed_number.sign(order.number)}/"
    page = open_page(javascript=False)
    answer = page.goto(link)
    assert answer.status == 401
    sign_in(page, scene.customer)
    assert page.url.endswith(link)
    assert page.get_by_role("heading", level=1).inner_text() == "Thank you for your order"
    # Its forms work in spite of the link's Referrer-Policy.
    follow(page.get_by_role("button", name="Türkçe"))
    assert page.get_by_role("heading", level=1).inner_text() == "Siparişiniz için teşekkürler"
    assert page.locator("html").get_attribute("lang") == "tr"
    expect(page.get_by_text("1.349,00 TL")).to_be_visible()
    follow(page.get_by_role("button", name="Çıkış yap"))
    expect(page.get_by_text("Çıkış yaptınız")).to_be_visible()


def test_a_wrong_password_is_said_beside_the_field(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto("/account/login/?next=https://example.com/")
    page.fill("#email", scene.customer.email)
    page.fill("#password", "wrong")
    follow(page.locator("main button[type=submit]"))
    assert page.locator("#password-error").inner_text() == "The e-mail or the password is not right."
    assert page.locator("#password").get_attribute("aria-describedby") == "password-error"
    assert page.locator("#email").input_value() == scene.customer.email
    sign_in(page, scene.customer)
    assert page.url.endswith("/account/orders/"), "never to another site"


def test_eve_finds_nothing_of_adas(open_page: Any, scene: Scene, eve: Any) -> None:
    page = open_page()
    page.goto("/account/login/")
    sign_in(page, eve)
    expect(page.get_by_text("You have no orders yet.")).to_be_visible()
    for path in ("", "cancel/", "address/"):
        answer = page.goto(f"/account/orders/{scene.orders['fresh'].number}/{path}")
        assert answer.status == 404
        assert "Stoneware cup" not in page.content()
