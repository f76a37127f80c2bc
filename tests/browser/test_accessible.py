"""Every page in every look: nothing that axe calls serious, nothing wider than its screen, no raw code."""

from typing import Any

import pytest
from playwright.sync_api import expect

from omnitron_sandbox import Sandbox
from tests.browser import scenes
from tests.browser.conftest import sign_in
from tests.browser.looking import LOOKS, assert_looks_right, grave, refusals
from tests.browser.visits import visits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("evening")]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_every_page(
    open_page: Any, scene: scenes.Scene, sandbox: Sandbox, axe: Any, language: str, scheme: str, width: int
) -> None:
    scenes.unfold(scene, sandbox)
    page = open_page(language=language, scheme=scheme, width=width)
    refused = refusals(page)
    for name, visit in visits(scene).items():
        visit(page)
        assert_looks_right(page, name, language, axe)
    assert not refused


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_prints_without_its_buttons_in_black_on_white(
    open_page: Any, scene: scenes.Scene, axe: Any, scheme: str
) -> None:
    page = open_page(scheme=scheme)
    page.goto(f"/account/orders/{scene.orders['fresh'].number}/")
    sign_in(page, scene.customer)
    page.emulate_media(media="print")
    assert page.get_by_role("link", name="Cancel items").count() == 0
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    assert not [v for v in axe.run(page).response["violations"] if v["id"] == "color-contrast"]


@pytest.mark.parametrize("accent", ["#ffcc00", "#0a0a0a", "#e91e63"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shops_colour_can_be_read_on_its_pages(
    open_page: Any, scene: scenes.Scene, sandbox: Sandbox, settings: Any, axe: Any, accent: str, scheme: str
) -> None:
    settings.SHOP_ACCENT, settings.SHOP_LOGO_URL = accent, "/static/aftercart/icon.svg"
    scenes.unfold(scene, sandbox)
    page = open_page(scheme=scheme, width=360)
    page.goto(f"/account/orders/{scene.orders['mixed'].number}/")
    sign_in(page, scene.customer)
    assert page.locator(".top__logo").bounding_box()["height"] == 40
    for path in (f"orders/{scene.orders['fresh'].number}/address/", "orders/?state=open", "addresses/new/"):
        page.goto(f"/account/{path}")
        violations = grave(page, axe)
        assert not violations, f"{path}: {violations}"
