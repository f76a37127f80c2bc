"""Steps of CONTRIBUTING's recipes that could be forgotten without anything else failing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver

from aftercart.cancellations.reasons import STARTER
from aftercart.dynamic_settings.schema import BY_NAME
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.said import ITEM_FIELDS, ORDER_FIELDS
from aftercart.orders.wire import COMPUTED, ItemMessage, OrderMessage
from aftercart.refusals import CANCELLATION
from tests.architecture.source import ROOT, calls_of, modules

SHOWN = "aftercart/account/representation.py"
# Columns that a message fills and that are shown under another name, or not at all.
NOT_SHOWN = {
    "easy_return_companies": "shown as those of them that the merchant works with",
    "delivered_date": "what the period of withdrawal is counted from",
}
# Addresses that no page of ours leads to.
FROM_ELSEWHERE = {
    "handover": "the storefront leads here",
    "omnitron-webhook": "Omnitron calls it",
    "root": "whoever types the shop's name",
}


def shown_by(function: str) -> set[str]:
    """The names that an order's JSON, or an item's, is given in so many words."""
    [found] = [node for node in modules()[SHOWN].body if isinstance(node, ast.FunctionDef) and node.name == function]
    keys = [key for node in ast.walk(found) if isinstance(node, ast.Dict) for key in node.keys]
    return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


@pytest.mark.parametrize(("function", "fields"), [("shown_order", ORDER_FIELDS), ("shown_item", ITEM_FIELDS)])
def test_every_column_that_a_message_fills_is_shown(function: str, fields: list[str]) -> None:
    """It is not in `details` any more: without its line it would be gone from the order."""
    assert set(fields) - shown_by(function) - set(NOT_SHOWN) == set()


@pytest.mark.parametrize(
    ("function", "model", "message"), [("shown_order", Order, OrderMessage), ("shown_item", OrderItem, ItemMessage)]
)
def test_what_is_computed_is_not_kept_when_others_send_it(function: str, model: Any, message: Any) -> None:
    columns = {name for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    read = set(message.model_fields) | {field.alias for field in message.model_fields.values()}
    of_items = {"available_easy_return_shipping_companies"}  # made of what is read as `easy_return_companies`
    assert shown_by(function) - columns - read - of_items - COMPUTED == set()


@pytest.mark.parametrize("code", [code for code, said in CANCELLATION.items() if said.final])
def test_every_rule_has_its_line_in_the_record(code: str) -> None:
    assert f"`{code}`" in (ROOT / "docs/decisions/0001-final-or-fallback.md").read_text()


@pytest.mark.parametrize("name", BY_NAME)
def test_every_dynamic_setting_is_in_the_reference(name: str) -> None:
    assert f"\n| `{name}` |" in (ROOT / "docs/configuration.md").read_text().partition("## Dynamic settings")[2]


@pytest.mark.parametrize("name", sorted({code for code, _ in settings.LANGUAGES} - {settings.LANGUAGE_CODE[:2]}))
def test_every_language_has_its_catalogue(name: str) -> None:
    assert (ROOT / "aftercart/locale" / name / "LC_MESSAGES/django.po").exists()


def test_a_shop_without_reasons_begins_with_some_in_every_language() -> None:
    assert {frozenset(subjects) for _, _, subjects, _ in STARTER} == {frozenset(dict(settings.LANGUAGES))}


def steps() -> Iterator[str]:
    """The named steps of a promise, where the process may die."""
    for tree in modules().values():
        yield from (ast.literal_eval(call.args[0]) for call in calls_of(tree, "reached"))


def test_at_every_named_step_some_test_ends_the_process() -> None:
    tests = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__))
    assert [step for step in steps() if f'"{step}"' not in tests] == []


def pages() -> Iterator[str]:
    """The names of addresses in the URL table; the JSON API's are in one of their own."""
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def test_something_leads_to_every_page() -> None:
    """The crawl in Turkish finds pages by links: one without any would never be looked at."""
    folders = [(ROOT / "aftercart").rglob(ending) for ending in ("*.py", "*.html", "*.txt")]
    texts = "".join(file.read_text() for files in folders for file in files if file.name != "urls.py")
    called = r"""(?:\b(?:url|reverse|reverse_lazy|redirect)\(\s*|\{% url |\b(?:page|then)=)['"]([a-z-]+)['"]"""
    assert set(pages()) - set(re.findall(called, texts)) == set(FROM_ELSEWHERE)


def test_mails_are_written_where_the_map_says() -> None:
    """`notifications.py` tells of a fact, `mailing.py` mails an asked-for link; `mails/` thanks for an order itself."""
    writing = [
        path for path, tree in modules().items() for verb in ("write_mail", "write_mails") if any(calls_of(tree, verb))
    ]
    elsewhere = [path for path in writing if not path.endswith(("/notifications.py", "/mailing.py"))]
    assert [path for path in elsewhere if not path.startswith("aftercart/mails/")] == []
    assert len(set(writing)) > 5
