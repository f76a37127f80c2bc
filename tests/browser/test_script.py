"""What the script adds: the time that is left, what comes back, nothing twice. And nothing breaks without it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import Order
from tests.browser.conftest import sign_in
from tests.browser.scenes import Scene
from tests.browser.visits import follow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def half_an_hour_left(scene: Scene) -> Order:
    """An order that can be cancelled directly for half an hour from now."""
    DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value={"hour_gap": {"is_active": True, "time": 60}})
    order = scene.orders["fresh"]
    Order.objects.filter(pk=order.pk).update(created_date=timezone.now() - timedelta(minutes=30))
    return order


@pytest.mark.parametrize(("language", "left"), [("en", "minutes"), ("tr", "dakika")])
def test_the_order_says_how_long_it_can_be_cancelled(
    open_page: Any, scene: Scene, half_an_hour_left: Order, language: str, left: str
) -> None:
    page = open_page(language=language)
    page.clock.install()
    page.goto(f"/account/orders/{half_an_hour_left.number}/")
    sign_in(page, scene.customer)
    closes = page.locator("[data-closes-at]")
    expect(closes).to_contain_text(left)
    before = closes.inner_text()
    page.clock.run_for(61_000)
    expect(closes).not_to_have_text(before)
    page.clock.run_for(30 * 60_000)
    expect(closes).not_to_contain_text(left)


def test_without_the_script_the_moment_itself_stands_there(
    open_page: Any, scene: Scene, half_an_hour_left: Order
) -> None:
    page = open_page(javascript=False)
    page.goto(f"/account/orders/{half_an_hour_left.number}/")
    sign_in(page, scene.customer)
    half_an_hour_left.refresh_from_db()
    until = timezone.localtime(half_an_hour_left.created_date + timedelta(minutes=60))
    expect(page.locator("[data-closes-at]")).to_contain_text(f"{until:%H:%M}")


def test_what_comes_back_moves_while_items_are_chosen(open_page: Any, scene: Scene) -> None:
    page = open_page()
    page.goto(f"/account/orders/{scene.orders['preparing'].number}/cancel/")
    sign_in(page, scene.customer)
    total = page.locator(".estimate__total")
    expect(total).to_be_hidden()
    boxes = page.locator(".pick > input:enabled")
    boxes.first.check()
    expect(total).to_contain_text("349.00")
    first = total.inner_text()
    boxes.nth(1).check()
    expect(total).not_to_have_text(first)
    assert total.get_attribute("role") == "status"
    boxes.first.uncheck()
    boxes.nth(1).uncheck()
    expect(total).to_be_hidden()


def test_where_the_estimate_cannot_be_had_the_form_still_works(open_page: Any, scene: Scene) -> None:
    page = open_page()
    page.route("**/cancellation-options/**", lambda route: route.abort())
    page.goto(f"/account/orders/{scene.orders['preparing'].number}/cancel/")
    sign_in(page, scene.customer)
    page.locator(".pick > input:enabled").first.check()
    page.locator("select[name^=reason]:visible").first.select_option("1")
    expect(page.locator(".estimate__total")).to_be_hidden()
    follow(page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancel this item?")


def test_a_form_is_sent_once_and_says_so(open_page: Any, scene: Scene) -> None:
    page = open_page()
    page.goto("/account/addresses/")
    sign_in(page, scene.customer)
    follow(page.get_by_role("link", name="Remove Mum"))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    button = page.locator("main button[type=submit]")
    # Both clicks before the answer can come.
    said = button.evaluate("(button) => { button.click(); button.click(); return button.outerHTML; }")
    assert "One moment…" in said
    assert 'aria-disabled="true"' in said
    expect(page.get_by_role("status")).to_contain_text("no longer in your address book")
    assert len(sent) == 1


def test_where_the_script_is_blocked_every_step_is_there(open_page: Any, scene: Scene) -> None:
    page = open_page()
    page.route("**/*.js", lambda route: route.abort())
    page.goto("/account/addresses/new/")
    sign_in(page, scene.customer)
    expect(page.get_by_role("button", name="Show the townships")).to_be_visible()
    expect(page.get_by_role("button", name="Print this page")).to_have_count(0)


def test_scripts_come_from_here_alone(client: Any, db: None) -> None:
    policy = client.get("/account/login/").headers["Content-Security-Policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert rules["script-src"] == ["'self'"]
    assert "style-src" not in rules, "what is not said is as default-src"
    assert rules["default-src"] == ["'self'"]
