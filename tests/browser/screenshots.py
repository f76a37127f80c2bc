"""Pictures of every page in every state: `python -m tests.browser.screenshots OUTDIR [name ...]`.

Wide and narrow, light and dark, English and Turkish; some on paper, and some in a shop's own colour. Needs nothing
running: it brings its own database, server and sandbox.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps an event loop in this thread

import django

django.setup()

import time_machine  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test.testcases import LiveServerThread  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from aftercart import omnitron_client  # noqa: E402
from omnitron_sandbox import running  # noqa: E402
from tests.browser import scenes  # noqa: E402
from tests.browser.chromium import ARGS, EXECUTABLE  # noqa: E402
from tests.browser.visits import visits  # noqa: E402

SIZES = {"desktop": (1200, 900), "phone": (360, 740)}
# What every browser does first.
FIRST = ("sign-in-wrong", "signed-in")
ON_PAPER = ("order-mixed", "request-approved")
IN_COLOUR = ("orders", "order-fresh", "address", "not-found")
COLOURS = {"violet": "#6d28d9", "yellow": "#ffcc00"}


def main(folder: Path, only: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    evening = time_machine.travel(scenes.EVENING, tick=True)
    with evening, running() as sandbox, served() as address, sync_playwright() as playwright:
        settings.OMNITRON_URL, settings.OMNITRON_CHANNEL_ID = sandbox.url, sandbox.channel_id
        settings.OMNITRON_USERNAME, settings.OMNITRON_PASSWORD = sandbox.username, sandbox.password
        omnitron_client.forget_omnitron()
        scene = scenes.furnish(sandbox)
        scenes.unfold(scene, sandbox)
        chromium = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGS)

        def look(size: str, scheme: str, language: str, names: Any, suffix: str = "", media: str = "screen") -> None:
            width, height = SIZES[size]
            context = chromium.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                locale={"en": "en-GB", "tr": "tr-TR"}[language],
                timezone_id="Europe/Istanbul",
            )
            context.clock.set_system_time(scenes.EVENING)
            page = context.new_page()
            for name, visit in visits(scene).items():
                if only and name not in {*FIRST, *only}:
                    continue
                visit(page)
                if name in names and (not only or name in only):
                    page.emulate_media(media=media)
                    file = folder / f"{name}-{size}-{scheme}-{language}{suffix}.png"
                    page.screenshot(path=file, full_page=True)
                    page.emulate_media(media="screen")
            context.close()

        for size, scheme, language in product(SIZES, ("light", "dark"), ("en", "tr")):
            look(size, scheme, language, visits(scene))
        look("desktop", "light", "tr", ON_PAPER, "-print", "print")
        settings.SHOP_LOGO_URL = "/static/aftercart/icon.svg"
        settings.SHOP_SUPPORT_URL, settings.SHOP_SUPPORT_EMAIL = "https://example.com/help", "help@example.com"
        for (name, colour), scheme in product(COLOURS.items(), ("light", "dark")):
            settings.SHOP_ACCENT = colour
            look("phone", scheme, "en", IN_COLOUR, f"-{name}")
        chromium.close()


@contextmanager
def served() -> Iterator[str]:
    """The pages and their static files on a free port."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
