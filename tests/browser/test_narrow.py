"""No page is wider than its screen, whatever font a machine has, whatever is written on it."""

from typing import Any

import pytest

from omnitron_sandbox import Sandbox
from tests.browser import scenes
from tests.browser.visits import visits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("evening")]

# Wider than any font that a phone would choose: what fits in it fits in all of them.
WIDEST = '* { font-family: "DejaVu Sans Mono", monospace !important; letter-spacing: 0.05em !important; }'
WIDTHS = (280, 320, 360)
# What reaches beyond the right edge and is to be seen, innermost last.
BEYOND = """() => {
  const width = document.documentElement.clientWidth;
  const beyond = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.right > width + 0.5 && !element.closest(".unseen, .skip");
  });
  const wide = document.documentElement.scrollWidth - width;
  return [wide, beyond.slice(-3).map((e) => `${e.tagName}.${e.className}: ${e.innerText.slice(0, 50)}`)];
}"""


@pytest.mark.timeout(600)
def test_nothing_is_wider_than_the_screen(open_page: Any, scene: scenes.Scene, sandbox: Sandbox, settings: Any) -> None:
    settings.SHOP_NAME = scenes.LONG_WORD
    settings.SHOP_SUPPORT_EMAIL = f"{scenes.LONG_WORD.lower()[:60]}@example.com"
    settings.SHOP_SUPPORT_URL = "https://example.com/help"
    scenes.unfold(scene, sandbox)
    page = open_page(language="tr", width=360, bypass_csp=True)
    wide: list[str] = []
    for name, visit in visits(scene).items():
        visit(page)
        page.add_style_tag(content=WIDEST)
        for details in page.locator("details").all():
            details.evaluate("(element) => { element.open = true; }")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 740})
            pixels, beyond = page.evaluate(BEYOND)
            if pixels > 0 or beyond:
                wide.append(f"{name} is {pixels} px too wide for {width}: {beyond}")
    assert not wide, "\n".join(wide)
