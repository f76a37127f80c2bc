"""Every page in every look: nothing that axe calls serious, nothing wider than its screen, no raw code."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from aftercart.omnitron.sandbox import Sandbox
from tests.browser import scenes
from tests.browser.conftest import sign_in
from tests.browser.visits import visits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("evening")]
LOOKS = [
    pytest.param("en", "light", 1200, id="english-light-desktop"),
    pytest.param("en", "dark", 360, id="english-dark-phone"),
    pytest.param("tr", "dark", 1200, id="turkish-dark-desktop"),
    pytest.param("tr", "light", 360, id="turkish-light-phone"),
]
RAW_CODE = re.compile(r"omnitron|\b[a-z]+_[a-z_]+\b", re.ASCII)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_every_page(
    open_page: Any, scene: scenes.Scene, sandbox: Sandbox, language: str, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    scenes.unfold(scene, sandbox)
    page = open_page(language=language, scheme=scheme, width=width)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for name, visit in visits(scene).items():
        visit(page)
        assert page.locator("html").get_attribute("lang") == language
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        found = RAW_CODE.findall(page.locator("main").inner_text())
        assert not found, f"{name} shows {found}"
        violations = axe.run(page).response["violations"]
        grave = [
            f"{violation['id']}: {[node['html'] for node in violation['nodes']][:3]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
        ]
        assert not grave, f"{name}: {grave}"
    refused = [text for text in complaints if "Content Security Policy" in text]
    assert not refused


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_prints_without_its_buttons_in_black_on_white(open_page: Any, scene: scenes.Scene, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(scheme=scheme)
    page.goto(f"/account/orders/{scene.orders['fresh'].number}/")
    page.fill("#email", scene.customer.email)
    page.fill("#password", "secret")
    page.click("main button[type=submit]")
    page.emulate_media(media="print")
    assert page.get_by_role("link", name="Cancel items").count() == 0
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    assert not [v for v in axe.run(page).response["violations"] if v["id"] == "color-contrast"]


@pytest.mark.parametrize("accent", ["#ffcc00", "#0a0a0a", "#e91e63"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shops_colour_can_be_read_on_its_pages(
    open_page: Any, scene: scenes.Scene, sandbox: Sandbox, settings: Any, accent: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    settings.SHOP_ACCENT, settings.SHOP_LOGO_URL = accent, "/static/aftercart/icon.svg"
    scenes.unfold(scene, sandbox)
    page = open_page(scheme=scheme, width=360)
    page.goto(f"/account/orders/{scene.orders['mixed'].number}/")
    sign_in(page, scene.customer)
    page.wait_for_url("**/account/orders/**")
    assert page.locator(".top__logo").bounding_box()["height"] == 40
    for path in (f"orders/{scene.orders['fresh'].number}/address/", "orders/?state=open", "addresses/new/"):
        page.goto(f"/account/{path}")
        grave = [v["id"] for v in axe.run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert not grave, f"{path}: {grave}"
