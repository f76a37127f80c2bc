"""Tables that must name everything of a kind: whoever adds one more is told here what else it needs."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import reverse

from aftercart.account.progress import PROGRESS
from aftercart.account.words import HEADLINES
from aftercart.back_office.duties import DutyAdmin
from aftercart.back_office.navigation import NAVIGATION
from aftercart.background.kinds import KINDS
from aftercart.duties import Duty
from aftercart.dynamic_settings.schema import CONFIRM_WITHDRAWAL, WITHDRAW_HERE
from aftercart.mails.models import MailKind
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.said import ITEM_FIELDS, ORDER_FIELDS
from aftercart.orders.wire import ItemMessage, OrderMessage
from aftercart.statuses import LABELS, Status
from omnitron_sandbox.rules import STATUS_NAMES
from tests.speed.usual.wire import LABELS as USUAL_LABELS

MAILS = Path(__file__).parents[2] / "aftercart" / "templates" / "mails"

# Duties that have no page: nobody at the shop can do anything about one of their rows. The front page counts those
# that were given up.
WITHOUT_A_PAGE = {
    "background.Cleaning": "one row, which deletes what is over",
    "idempotency.IdempotencyKey": "an expired key is deleted",
    "mailed_links.AskedLink": "what somebody typed is nobody's to read, and is forgotten once it is mailed",
    "sign_in.AskedSignIn": "what somebody typed is nobody's to read, and is forgotten once it is mailed",
    "sign_in.UsedToken": "a used token is deleted once it has expired",
    "throttling.Tries": "tries are deleted once their window is over",
}
# Models that have neither a page nor a tab on their owner's page.
WITHOUT_ADMIN = WITHOUT_A_PAGE | {
    "cancellations.RequestPart": "shown as its request",
    "customers.Session": "a session opens an account; nobody looks into it",
    "orders.OrderItemKey": "finds an item; the item's page says what it is at Omnitron",
    "orders.PullPosition": "how far a pull has come; the pull prints it",
    "withdrawals.WithdrawnItem": "shown as its withdrawal",
}


# Columns of orders and items that are read in a way of their own, or that we write ourselves.
OURS = {
    *(
        "id",
        "number",
        "order",
        "parent",
        "customer",
        "channel_id",
        "status",
        "details",
        "version_date",
        "modified_date",
    ),
    *("omnitron_pk", "omnitron_modified", "parts"),  # what it is at Omnitron
    *("status_before_cancellation", "returned_quantity", "withdrawn_quantity", "removed_date"),
}


def models() -> Iterator[Any]:
    """The project's own models; not history tables, which the pages of what they remember show."""
    for model in apps.get_models():
        if model.__module__.startswith("aftercart.") and not model.__name__.startswith("Historical"):
            yield model


def named(found: Collection[Any]) -> set[str]:
    return {model._meta.label for model in found}


@pytest.mark.parametrize(
    ("model", "fields", "message"), [(Order, ORDER_FIELDS, OrderMessage), (OrderItem, ITEM_FIELDS, ItemMessage)]
)
def test_every_column_of_an_order_is_filled_by_its_message_or_by_us(model: Any, fields: Any, message: Any) -> None:
    """Where it is in neither, the column stays empty and its value in `details`, where nobody reads it any more."""
    columns = {field.name for field in model._meta.concrete_fields}
    assert columns - OURS == set(fields)
    assert set(fields) <= set(message.model_fields)


def test_every_status_has_a_headline() -> None:
    assert set(HEADLINES) == set(Status)


def test_every_status_has_its_place_on_the_line_of_progress() -> None:
    assert set(PROGRESS) == set(Status)
    assert all(0 <= now < len(labels) for labels, now in PROGRESS.values())


def test_everybody_else_who_lists_the_statuses_has_all_of_them() -> None:
    """The stand-in for Omnitron, which is no part of the service, and the bench's usual view."""
    assert {str(int(status)): status.wire_name for status in Status} == STATUS_NAMES
    assert {int(status): label for status, label in LABELS.items()} == USUAL_LABELS


def test_the_way_to_withdraw_has_its_words_in_every_language() -> None:
    """The law says which; a merchant may set others."""
    languages = {code for code, _ in settings.LANGUAGES}
    assert set(WITHDRAW_HERE) == set(CONFIRM_WITHDRAWAL) == languages


def test_every_kind_of_mail_has_its_two_templates_and_there_is_no_other() -> None:
    expected = {f"{kind}.{ending}" for kind in MailKind for ending in ("html", "txt")}
    assert {file.name for file in MAILS.iterdir() if file.is_file()} == expected | {"frame.html", "frame.txt"}


def test_somebody_does_every_duty() -> None:
    assert named({kind.model for kind in KINDS}) == named([model for model in models() if issubclass(model, Duty)])


def test_every_duty_has_its_page_or_a_reason_why_not() -> None:
    duties = [model for model in models() if issubclass(model, Duty)]
    pages = {model for model, page in admin.site._registry.items() if isinstance(page, DutyAdmin)}
    assert named([model for model in duties if model not in pages]) == set(WITHOUT_A_PAGE)


def test_every_model_is_in_the_back_office_or_has_a_reason_why_not() -> None:
    pages = admin.site._registry
    tabs = {tab.model for page in pages.values() for tab in page.inlines}
    assert named([model for model in models() if model not in pages and model not in tabs]) == set(WITHOUT_ADMIN)


def test_every_page_of_the_back_office_is_in_its_navigation() -> None:
    sections: Any = NAVIGATION
    found = {str(line["link"]) for section in sections for line in section["items"]}
    pages = {model._meta for model in admin.site._registry}
    assert {reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") for meta in pages} <= found
