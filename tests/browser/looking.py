"""How every page is looked at, and what it never shows, however it is looked at."""

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKS = [
    pytest.param("en", "light", 1200, id="english-light-desktop"),
    pytest.param("en", "dark", 360, id="english-dark-phone"),
    pytest.param("tr", "dark", 1200, id="turkish-dark-desktop"),
    pytest.param("tr", "light", 360, id="turkish-light-phone"),
]
RAW_CODE = re.compile(r"omnitron|\b[a-z]+_[a-z_]+\b", re.ASCII)


def assert_looks_right(page: "Page", name: str, language: str, axe: Any) -> None:
    """A loaded page is in its reader's language, no wider than the screen, without raw codes, and axe lets it pass."""
    assert page.locator("html").get_attribute("lang") == language, name
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"
    found = RAW_CODE.findall(page.locator("main").inner_text())
    assert not found, f"{name} shows {found}"
    violations = grave(page, axe)
    assert not violations, f"{name}: {violations}"


def grave(page: "Page", axe: Any) -> list[str]:
    """What axe calls serious or worse, with the first elements that it says so of."""
    return [
        f"{violation['id']}: {[node['html'] for node in violation['nodes']][:3]}"
        for violation in axe.run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def refusals(page: "Page") -> list[str]:
    """A list that fills, from now on, with what the pages' own Content-Security-Policy keeps from them."""
    heard: list[str] = []

    def hear(message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            heard.append(message.text)

    page.on("console", hear)
    return heard
