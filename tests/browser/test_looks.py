"""A shop's own name, logo, colour, help and templates."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client

from aftercart import http_errors
from aftercart.account.access import customer_page
from aftercart.errors import TryLater
from tests import builders
from tests.merchants import put_first

HTML = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
def at_ada(ada: Any) -> Client:
    client = Client(headers=HTML)
    client.force_login(ada, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    return client


def test_without_a_logo_the_name_stands_there(at_ada: Client, settings: Any) -> None:
    settings.SHOP_NAME = "Cups & Saucers"
    html = at_ada.get("/account/orders/").content.decode()
    assert "top__logo" not in html
    assert "Cups &amp; Saucers" in html


def test_a_logo_is_called_as_the_shop_is(at_ada: Client, settings: Any) -> None:
    settings.SHOP_NAME, settings.SHOP_LOGO_URL = "Cups", "https://example.com/logo.svg"
    html = at_ada.get("/account/orders/").content.decode()
    assert '<img class="top__logo" src="https://example.com/logo.svg" alt="Cups"' in html


def test_the_shops_colour_comes_as_a_stylesheet_of_its_own(at_ada: Client, settings: Any) -> None:
    settings.SHOP_ACCENT = "#6d28d9"
    page = at_ada.get("/account/orders/")
    assert '<link rel="stylesheet" href="/account/theme.css?6d28d9">' in page.content.decode()
    assert "style=" not in page.content.decode()
    css = Client().get("/account/theme.css?6d28d9")
    assert css.headers["Content-Type"].startswith("text/css")
    assert "immutable" in css.headers["Cache-Control"]
    assert "--accent: #6d28d9;" in css.content.decode()
    assert "prefers-color-scheme: dark" in css.content.decode()


def test_without_a_colour_there_is_no_stylesheet_for_it(at_ada: Client) -> None:
    assert "theme.css" not in at_ada.get("/account/orders/").content.decode()
    assert Client().get("/account/theme.css").content == b""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHOP_ACCENT", "red"),
        ("SHOP_ACCENT", "#12345"),
        ("SHOP_ACCENT", "#123456; } body { display: none"),
        ("SHOP_LOGO_URL", "http://example.com/logo.png"),
        ("SHOP_LOGO_URL", "//example.com/logo.png"),
        ("SHOP_SUPPORT_URL", "javascript:alert(1)"),
    ],
)
def test_a_look_that_no_page_could_show_is_refused_at_the_start(name: str, value: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DEBUG": "1", "VAR": str(tmp_path), name: value}
    done = subprocess.run(
        [sys.executable, "-c", "import aftercart.settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name}" in done.stderr


def test_one_block_of_a_template_can_be_replaced(ada: Any, at_ada: Client, settings: Any, tmp_path: Path) -> None:
    """A template that extends the one of the same name, in a folder of TEMPLATE_DIRS."""
    order = builders.an_order(ada)
    before = at_ada.get(f"/account/orders/{order.number}/").content.decode()
    (tmp_path / "order.html").write_text('{% extends "order.html" %}{% block head %}<meta name="cups">{% endblock %}')
    put_first(settings, tmp_path)
    after = at_ada.get(f"/account/orders/{order.number}/").content.decode()
    assert '<meta name="cups">' in after
    assert plain(after.replace('<meta name="cups">', "")) == plain(before)


def plain(html: str) -> list[str]:
    """The page without what is new in every answer."""
    return [line.strip() for line in html.splitlines() if line.strip() and "csrfmiddlewaretoken" not in line]


@pytest.mark.parametrize("path", ["/account/orders/1/", "/account/nothing/", "/account/addresses/1/"])
def test_whoever_is_lost_is_told_where_to_go_and_where_help_is(at_ada: Client, settings: Any, path: str) -> None:
    settings.SHOP_SUPPORT_URL, settings.SHOP_SUPPORT_EMAIL = "https://example.com/help", "help@example.com"
    response = at_ada.get(path)
    assert response.status_code == 404
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    assert "Check the link, or look into your orders." in main
    assert 'href="https://example.com/help"' in main
    assert 'href="mailto:help@example.com"' in main
    assert 'href="/account/orders/"' in main


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [(RuntimeError("a secret"), 500, "Something went wrong on our side."), (OperationalError("gone"), 503, "busy")],
)
def test_the_page_of_a_breakdown_needs_no_database(rf: Any, settings: Any, error: Any, status: int, said: str) -> None:
    settings.SHOP_SUPPORT_EMAIL = "help@example.com"
    try:
        raise error
    except type(error):
        response: Any = http_errors.server_error(rf.get("/account/orders/", headers=HTML))
    html = response.content.decode()
    assert response.status_code == status
    assert said in html
    assert "reload this page" in html
    assert "mailto:help@example.com" in html
    assert "a secret" not in html


def test_a_template_that_is_broken_itself_is_still_answered(rf: Any, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.html").write_text("{% nonsense %}")
    put_first(settings, tmp_path)
    response: Any = http_errors.server_error(rf.get("/account/orders/", headers=HTML))
    assert response.status_code == 500
    assert "Something went wrong on our side." in response.content.decode()


@pytest.mark.parametrize(
    ("zone", "language", "written"),
    [
        ("Europe/Istanbul", "en", "24 September 2026, 00:30"),
        ("Europe/Istanbul", "tr", "24 Eylül 2026, 00:30"),
        ("Europe/London", "en", "23 September 2026, 22:30"),
        ("Asia/Kolkata", "tr", "24 Eylül 2026, 03:00"),
    ],
)
def test_moments_are_written_as_people_there_write_them(
    ada: Any, at_ada: Client, settings: Any, zone: str, language: str, written: str
) -> None:
    settings.TIME_ZONE = zone
    order = builders.an_order(ada, created=datetime(2026, 9, 23, 21, 30, tzinfo=UTC))
    for path in ("", f"{order.number}/"):
        html = at_ada.get(f"/account/orders/{path}", headers={"accept-language": language}).content.decode()
        assert written in html


def test_what_cannot_be_done_now_says_when_to_come_back(ada: Any, rf: Any) -> None:
    @customer_page
    def busy(_request: Any) -> Any:
        raise TryLater("unsettled", "We are still checking how this cancellation ended.", seconds=7)

    request = rf.get("/", headers=HTML)
    request.user, request._messages = ada, []
    response: Any = busy(request)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
    html = response.content.decode()
    assert "We are still checking how this cancellation ended." in html
    assert "look into your order" in html
