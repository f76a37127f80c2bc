"""The pages that cancel: what comes back, until when, why not; and nothing wider than the narrowest phone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from aftercart.cancellations.models import CancellationReason
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import Order
from tests import builders
from tests.browser.conftest import sign_in
from tests.browser.scenes import Scene
from tests.browser.visits import follow

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2
# What does not fit: not the page alone (a box may hide what sticks out), but every element of it.
WIDER = """() => {
    const limit = document.documentElement.clientWidth + 0.5;
    const wide = [...document.querySelectorAll("main *")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width > 1 && (box.right > limit || box.left < -0.5) && !element.closest(".unseen, option");
    });
    const page = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return [page, ...wide.map((element) => `${element.tagName}.${element.className}`)];
}"""
# As on a machine whose fonts are wider, or for eyes that need larger ones.
WIDE_LETTERS = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("html { font-size: 150% } body, button, select { font-family: monospace !important }");
    document.adoptedStyleSheets = [sheet];
}"""


def with_a_limit(minutes: int = 120) -> None:
    value = {"hour_gap": {"is_active": True, "time": minutes}}
    DynamicSetting.objects.update_or_create(name="EXTRA_CANCEL_RULES", defaults={"value": value})


@pytest.fixture
def endless(scene: Scene) -> Order:
    """An order whose names, reasons and amounts are as long as they get."""
    CancellationReason.objects.filter(pk=1).update(subject=LONG[:100], translations={"tr": LONG[:90]})
    with_a_limit()
    order = builders.an_order(
        scene.customer,
        items=2,
        amount="9999999999.90",
        discount_amount="1111111.11",
        shipping_amount="1111111.01",
        details={
            "payment_option": {"name": LONG, "payment_type": "transfer"},
            "loyaltytransaction_set": [{"amount": "-1234567.89"}],
        },
        item_fields={"price": "1666666666.65", "quantity": 3, "product": {"name": LONG}},
    )
    order.items.filter(pk=order.items.last().pk).update(product={"name": "Cup " * 50})
    return order


@pytest.mark.parametrize("wide_letters", [False, True], ids=["our letters", "wide letters"])
@pytest.mark.parametrize("language", ["en", "tr"])
def test_nothing_is_wider_than_280_px(
    open_page: Any, scene: Scene, endless: Order, language: str, wide_letters: bool
) -> None:
    page = open_page(language=language, width=280)

    def fits() -> None:
        if wide_letters:
            page.evaluate(WIDE_LETTERS)
        assert page.evaluate(WIDER) == [0]

    page.goto(f"/account/orders/{endless.number}/cancel/")
    sign_in(page, scene.customer)
    fits()
    for box in page.locator(".pick > input").all():
        box.check()
    follow(page.locator("button[value=review]"))
    assert page.locator("[aria-invalid]").count() > 0
    fits()
    page.locator("select[name^=reason]").first.select_option("1")
    page.locator("textarea").first.fill(LONG)
    follow(page.locator("button[value=review]"))
    expect(page.locator("#estimate")).to_be_visible()
    fits()


def test_the_confirming_page_says_what_comes_back_and_until_when(open_page: Any, scene: Scene) -> None:
    order = scene.orders["fresh"]
    with_a_limit(minutes=600)
    page = open_page(javascript=False, width=360)
    page.goto(f"/account/orders/{order.number}/cancel/")
    sign_in(page, scene.customer)
    closes = page.locator("time[data-closes-at]")
    last = timezone.localtime(order.created_date + timedelta(hours=10)).isoformat()
    expect(closes).to_have_attribute("data-closes-at", last)
    assert closes.get_attribute("datetime") == closes.get_attribute("data-closes-at")
    page.locator(".pick > input").first.check()
    page.get_by_label("Why do you want to cancel it?").first.select_option("Changed my mind")
    follow(page.get_by_role("button", name="Continue"))
    said = page.locator("section", has=page.locator("#estimate")).inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "349.00" in said
    assert "-TRY 12.94" in said or "TRY -12.94" in said or "TRY -12.94" in said.replace("\N{MINUS SIGN}", "-")
    assert "336.06" in said
    assert "Back to your card" in said
    assert "shared among its items by their price" in said
    assert "Shipping and other charges come back only if" in said
    assert "This is an estimate; the shop works out the final amount." in said
    expect(page.locator("time[data-closes-at]")).to_be_visible()
    assert "the shop decides" in page.locator("p", has=page.locator("time[data-closes-at]")).inner_text()


def test_all_of_it_as_points_says_so(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['fresh'].number}/cancel/")
    sign_in(page, scene.customer)
    page.locator(".pick > input").first.check()
    page.get_by_label("Why do you want to cancel it?").first.select_option("Changed my mind")
    page.get_by_label("Loyalty points instead of money").check()
    follow(page.get_by_role("button", name="Continue"))
    said = page.locator("section", has=page.locator("#estimate")).inner_text()
    assert "As loyalty points" in said
    assert "Back to your card" not in said


def test_what_was_not_paid_gives_nothing_back(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['unpaid'].number}/cancel/")
    sign_in(page, scene.customer)
    page.get_by_label("Why do you want to cancel it?").select_option(index=1)
    follow(page.get_by_role("button", name="Continue"))
    said = page.locator("section", has=page.locator("#estimate"))
    assert "nothing is sent back" in said.inner_text()
    assert said.locator("dl").count() == 0


def test_an_item_that_the_shop_decides_on_says_why(open_page: Any, scene: Scene) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['preparing'].number}/cancel/")
    sign_in(page, scene.customer)
    page.locator(".pick > input").first.check()
    expect(page.get_by_text("The shop is already working on this order, so it decides.").first).to_be_visible()
    assert page.locator("time[data-closes-at]").count() == 0


def test_where_no_requests_are_taken_points_are_not_offered(open_page: Any, scene: Scene) -> None:
    DynamicSetting.objects.create(name="CANCELLATION_FALLBACK", value={"enabled": False})
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{scene.orders['fresh'].number}/cancel/")
    sign_in(page, scene.customer)
    assert page.locator(".pick > input:enabled").count() == 3
    assert page.get_by_label("Loyalty points instead of money").count() == 0


def test_what_is_over_is_not_counted_down(open_page: Any, scene: Scene) -> None:
    with_a_limit(minutes=1)
    order = scene.orders["fresh"]
    assert order.created_date < timezone.now() - timedelta(minutes=1)
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{order.number}/cancel/")
    sign_in(page, scene.customer)
    assert page.locator("time[data-closes-at]").count() == 0
    page.locator(".pick > input").first.check()
    expect(page.get_by_text("The time for cancelling at once is over, so the shop decides.").first).to_be_visible()
