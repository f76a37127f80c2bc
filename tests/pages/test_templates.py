"""The pages' templates: a merchant's own in front of ours, translated sentences, and no silence about faults."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.test import Client
from jinja2 import UndefinedError

from aftercart.command_line.management.commands.makemessages import page_sentences
from tests import builders
from tests.merchants import put_first


@pytest.fixture
def at_ada(ada: Any) -> Client:
    client = Client(headers={"accept": "text/html", "accept-language": "en"})
    client.force_login(ada, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    return client


def write(folder: Path, name: str, source: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(source)


def test_one_in_front_of_another_changes_what_that_has_left(
    ada: Any, at_ada: Client, settings: Any, tmp_path: Path
) -> None:
    builders.an_order(ada, number="17")
    for n, block in enumerate(["footer", "header"]):
        source = f'{{% extends "base.html" %}}{{% block {block} %}}{n}: {{{{ super() }}}}{{% endblock %}}'
        write(tmp_path / str(n), "base.html", source)
        put_first(settings, tmp_path / str(n))
    html = at_ada.get("/account/orders/17/").content.decode()
    assert html.index("1: ") < html.index('<header class="top">') < html.index("0: ") < html.index("<footer")


def test_the_block_of_a_listed_order_knows_which_one_it_is(
    ada: Any, at_ada: Client, settings: Any, tmp_path: Path
) -> None:
    for number in ("17", "18"):
        builders.an_order(ada, number=number)
    source = '{% extends "orders.html" %}{% block listed_order %}[{{ order.number }}]{% endblock %}'
    write(tmp_path, "orders.html", source)
    put_first(settings, tmp_path)
    html = at_ada.get("/account/orders/").content.decode()
    assert "[17]" in html
    assert "[18]" in html


def test_a_part_that_pages_call_can_be_replaced(ada: Any, at_ada: Client, settings: Any, tmp_path: Path) -> None:
    builders.an_order(ada, number="17")
    write(tmp_path, "parts/status.html", "{% macro status(code) %}<b>status {{ code }}</b>{% endmacro %}")
    put_first(settings, tmp_path)
    assert "<b>status 400</b>" in at_ada.get("/account/orders/17/").content.decode()


def test_a_name_that_nothing_has_is_an_error(at_ada: Client, settings: Any, tmp_path: Path) -> None:
    write(tmp_path, "orders.html", '{% extends "orders.html" %}{% block footer %}{{ shop_nmae }}{% endblock %}')
    put_first(settings, tmp_path)
    with pytest.raises(UndefinedError, match="shop_nmae"):
        at_ada.get("/account/orders/")


def test_a_template_in_djangos_language_is_named_with_the_way_over(settings: Any, tmp_path: Path) -> None:
    write(tmp_path, "mails/frame.html", "{% load i18n %}")
    write(tmp_path, "orders.html", '{% extends "orders.html" %}\n{% load i18n %}')
    write(tmp_path, "order.html", '{% extends "order.html" %}{% block footer %}Cups{% endblock %}')
    assert run_checks(tags=["templates"]) == []
    put_first(settings, tmp_path)
    (found,) = run_checks(tags=["templates"])
    assert found.msg == f"{tmp_path / 'orders.html'}, line 2: Encountered unknown tag 'load'."
    assert "docs/pages.md" in str(found.hint)


def test_no_template_outside_of_the_folders_is_read(settings: Any, tmp_path: Path, at_ada: Client) -> None:
    write(tmp_path, "secret.html", "a secret")
    write(tmp_path, "own/orders.html", '{% include "../secret.html" %}')
    put_first(settings, tmp_path / "own")
    at_ada.raise_request_exception = False
    assert "a secret" not in at_ada.get("/account/orders/").content.decode()


def test_whoever_asks_for_messages_gets_those_of_a_page() -> None:
    source = (
        """{{ _("One") }} {{ _('<b class="x">%(n)s</b>', n=1) }} {{ ngettext("a", "b", n) }} {{ pgettext("c", "d") }}"""
    )
    found = [("_", ("One",)), ("_", ('<b class="x">%(n)s</b>',)), ("ngettext", ("a", "b")), ("pgettext", ("c", "d"))]
    assert page_sentences(source) == found
