"""A browser, the pages on a port, and a customer's furnished account behind them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from omnitron_sandbox import Sandbox
from tests.browser import scenes
from tests.browser.chromium import ARGS, EXECUTABLE
from tests.browser.visits import follow
from tests.conftest import demanded

# Playwright keeps an event loop in this thread; Django would take it for an async caller.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not Path(EXECUTABLE).exists():
        demanded(f"{EXECUTABLE} is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def scene(sandbox: Sandbox, transactional_db: None) -> scenes.Scene:
    """Ada's account, known to the sandbox too."""
    return scenes.furnish(sandbox)


@pytest.fixture
def evening() -> Iterator[None]:
    """The clock of `scenes.EVENING`, here and on the server: what a date's length does to a page is always the same."""
    with time_machine.travel(scenes.EVENING, tick=True):
        yield


@pytest.fixture
def axe() -> Any:
    """What finds where a page cannot be seen, heard or used by everybody.

    Half a megabyte, which `open_page` gives to a browser once and not to every page.
    """
    return Axe("bringAxe()")


@pytest.fixture
def open_page(chromium: Any, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Open a page in a browser of its own: `open_page(language=…, scheme=…, width=…, javascript=…)`."""
    contexts = []

    def make(
        *, language: str = "en", scheme: str = "light", width: int = 1200, javascript: bool = True, **more: Any
    ) -> Any:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            locale={"en": "en-GB", "tr": "tr-TR"}[language],
            java_script_enabled=javascript,
            **more,
        )
        context.set_default_timeout(20_000)
        if "axe" in request.fixturenames:
            context.add_init_script(f"globalThis.bringAxe = () => {{ {AXE_SCRIPT}\n}}")
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def sign_in(page: Any, customer: Any) -> None:
    """Sign in where the page asks for it, and wait for the page that was asked for."""
    page.fill("#email", customer.email)
    page.fill("#password", "secret")
    follow(page.locator("main button[type=submit]"))
