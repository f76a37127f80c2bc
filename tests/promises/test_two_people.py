"""Two people, one row: every page and list of the back office tells the second, and stores nothing of theirs."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.forms import ModelForm
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aftercart.address_changes.models import AddressChange
from aftercart.cancellations.models import (
    CancellationAttempt,
    CancellationReason,
    CancellationRequest,
    EasyReturnShippingCompany,
)
from aftercart.customers.models import City, Country, Customer, District, LoyaltyTransaction, Township
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.feed.models import FeedCursor, OrderNews, ReconciliationReport, WebhookEvent
from aftercart.integration.models import IntegrationToken
from aftercart.mails.models import Mail
from aftercart.orders.models import Order
from aftercart.orders.unread import UnreadRow
from aftercart.row_versions import VersionedAdmin
from aftercart.sign_in.models import ExternalIdentity
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.promises.opened import form_of, hidden_in, save

pytestmark = pytest.mark.django_db
TOLD = "Somebody changed this after you opened it"
DONE_NOTHING = "was changed after you opened it; nothing was done"


_people = itertools.count(1)


def somebody() -> Customer:
    return builders.a_customer(f"somebody{next(_people)}")


def order() -> Order:
    return builders.an_order(somebody())


def a_request(**fields: Any) -> CancellationRequest:
    mine = order()
    return CancellationRequest.objects.create(
        order=mine, order_item=mine.items.first(), reason=builders.a_reason(), cancellation_type="cancel", **fields
    )


def an_address_change(**fields: Any) -> AddressChange:
    mine, address = order(), {"line": "x"}
    known = {
        "customer": mine.customer,
        "channel_id": 1,
        "address_id": 1,
        "old_address": address,
        "new_address": address,
    }
    return AddressChange.objects.create(order=mine, **known, **fields)


DEAD: dict[str, Any] = {"is_dead": True}
# How to make a row of each kind that the back office shows, and what somebody else changes of it meanwhile.
ROWS: dict[Any, tuple[Callable[[], Any], dict[str, Any]]] = {
    DynamicSetting: (
        lambda: DynamicSetting.objects.create(name="ADDRESS_DISTRICT_REQUIRED", value=False),
        {"value": True},
    ),
    CancellationReason: (builders.a_reason, {"subject": "Another"}),
    EasyReturnShippingCompany: (
        lambda: EasyReturnShippingCompany.objects.create(value="kargo", label="Kargo"),
        {"label": "Another"},
    ),
    Customer: (somebody, {"is_active": False}),
    Group: (lambda: Group.objects.create(name="Clerks"), {"name": "Others"}),
    LoyaltyTransaction: (
        lambda: LoyaltyTransaction.objects.create(customer=somebody(), amount="1.00"),
        {"amount": "2.00"},
    ),
    IntegrationToken: (
        lambda: IntegrationToken.make(name="Shop", scopes=[], expires_date=None, now=timezone.now())[0],
        {"name": "Another"},
    ),
    Country: (lambda: Country.objects.create(name="France", code="FR"), {"name": "La France"}),
    City: (lambda: City.objects.create(name="Bursa", country=builders.the_places().city.country), {"name": "Ankara"}),
    Township: (lambda: Township.objects.create(name="Şişli", city=builders.the_places().city), {"name": "Fatih"}),
    District: (
        lambda: District.objects.create(
            name="Göztepe", city=(moda := builders.the_places()).city, township=moda.township
        ),
        {"name": "Fenerbahçe"},
    ),
    ExternalIdentity: (
        lambda: ExternalIdentity.objects.create(customer=somebody(), issuer="https://id.example", subject="x"),
        {"subject": "y"},
    ),
    Order: (order, {"status": 450}),
    Mail: (lambda: Mail.objects.create(kind="cancelled", about="x", to="a@example.com", **DEAD), {"is_dead": False}),
    CancellationAttempt: (
        lambda: CancellationAttempt.objects.create(
            order=(mine := order()), customer=mine.customer, wish={"items": []}, state="unknown", **DEAD
        ),
        {"is_dead": False},
    ),
    CancellationRequest: (lambda: a_request(**DEAD), {"is_dead": False}),
    AddressChange: (lambda: an_address_change(**DEAD), {"is_dead": False}),
    FeedCursor: (lambda: FeedCursor.objects.update_or_create(name="orders", defaults=DEAD)[0], {"is_dead": False}),
    UnreadRow: (lambda: UnreadRow.objects.create(of_list="orders", key="1", **DEAD), {"is_dead": False}),
    OrderNews: (lambda: OrderNews.objects.create(order=order(), **DEAD), {"is_dead": False}),
    WebhookEvent: (
        lambda: WebhookEvent.objects.create(event_type="x", received_date=timezone.now()),
        {"event_type": "y"},
    ),
    ReconciliationReport: (lambda: ReconciliationReport.objects.create(**DEAD), {"is_dead": False}),
    Withdrawal: (
        lambda: Withdrawal.objects.create(
            order=order(), declaration="0" * 32, state="needs_back_office", name="Ada", **DEAD
        ),
        {"state": "done", "is_dead": False},
    ),
}


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(
        Customer.objects.create_superuser("root@example.com", "secret"),
        backend="aftercart.customers.sign_in.EmailBackend",
    )
    return client


@pytest.fixture
def asking() -> Any:
    request = RequestFactory().get("/")
    request.user = Customer.objects.create_superuser("chief@example.com", "secret")
    return request


def url(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def stored(row: Any) -> dict[str, Any]:
    return type(row).objects.filter(pk=row.pk).values().get()


def change(row: Any, fields: dict[str, Any]) -> dict[str, Any]:
    assert type(row).objects.filter(pk=row.pk).update(**fields)
    return stored(row)


def registered(may: str, asking: Any) -> list[tuple[Any, Any, dict[str, Any]]]:
    """A row of each kind that somebody may do this to, its page, and what another changes of it."""
    found = []
    for model, page in admin.site._registry.items():
        assert model in ROWS, f"{model.__name__} has a page in the back office: say here how to make a row of it"
        make, changed = ROWS[model]
        row = make()
        if getattr(page, f"has_{may}_permission")(asking, row):
            found.append((row, page, changed))
    return found


def test_no_page_of_the_back_office_is_without_the_rule(asking: Any) -> None:
    for model, page in admin.site._registry.items():
        assert isinstance(page, VersionedAdmin), f"{model.__name__}: its page must be a VersionedAdmin"
        assert not page.list_editable, f"{model.__name__}: fields that a list edits carry no version yet"
        # Buttons of other kinds must compare what was seen by themselves, as these do, or change nothing.
        buttons = {*getattr(page, "actions_detail", ()), *getattr(page, "actions_list", ())} - {
            "try_this_again",
            "examples",
        }
        buttons |= {*getattr(page, "actions_row", ()), *getattr(page, "actions_submit_line", ())}
        assert not buttons, f"{model.__name__}: {buttons} carry no version yet"
        for inline in page.get_inline_instances(asking):
            assert not inline.has_change_permission(asking), f"{model.__name__}: rows beneath carry no version yet"
            assert not inline.has_delete_permission(asking)


def test_whoever_saves_what_changed_since_he_opened_it_is_told(root: Client, asking: Any) -> None:
    rows = registered("change", asking)
    assert {type(row) for row, _, _ in rows} >= {DynamicSetting, CancellationReason, Customer, Group}
    for row, _page, changed in rows:
        path = url(type(row), "change", row.pk)
        opened = form_of(root.get(path))
        before = change(row, changed)
        answer = root.post(path, opened)
        html = answer.content.decode()
        assert answer.status_code == 200, row
        assert TOLD in html, row
        assert "Stored now" in html
        assert stored(row) == before, row
        # The page that told them carries the new version: saving it again is their decision.
        assert root.post(path, {**opened, **hidden_in(html)}).status_code == 302, row


def test_whoever_saves_what_nobody_changed_is_not_told(root: Client, asking: Any) -> None:
    for row, _page, _changed in registered("change", asking):
        path = url(type(row), "change", row.pk)
        assert root.post(path, form_of(root.get(path))).status_code == 302, row


def test_a_form_without_its_version_stores_nothing(root: Client, asking: Any) -> None:
    for row, _page, _changed in registered("change", asking):
        before, path = stored(row), url(type(row), "change", row.pk)
        opened = {name: value for name, value in form_of(root.get(path)).items() if "opened" not in name}
        assert root.post(path, opened).status_code == 200, row
        assert stored(row) == before


def test_whoever_deletes_what_changed_since_he_was_asked_is_told(root: Client, asking: Any) -> None:
    rows = registered("delete", asking)
    assert {type(row) for row, _, _ in rows} >= {DynamicSetting, CancellationReason, Group}
    for row, _page, changed in rows:
        path = url(type(row), "delete", row.pk)
        opened = hidden_in(root.get(path).content.decode())
        change(row, changed)
        answer = root.post(path, {**opened, "post": "yes"}, follow=True)
        assert DONE_NOTHING in answer.content.decode(), row
        assert stored(row)
        opened = hidden_in(answer.content.decode())
        assert root.post(path, {**opened, "post": "yes"}).status_code == 302
        assert not type(row).objects.filter(pk=row.pk).exists(), row


def test_whoever_acts_on_what_changed_since_his_list_is_told(root: Client, asking: Any) -> None:
    acted = set()
    for row, page, changed in registered("view", asking):
        path = url(type(row), "changelist")
        names = list(page.get_actions(asking))
        html = root.get(path).content.decode()
        opened = hidden_in(html)
        if names and "action-select" in html:
            assert f"opened_version-{row.pk}" in opened, row
        before = change(row, changed)
        for name in names:
            form = {**opened, "action": name, "_selected_action": [str(row.pk)], "post": "yes"}
            if f"opened_version-{row.pk}" not in opened:
                continue  # a list of its own, without boxes to choose rows by
            said = root.post(path, form, follow=True).content.decode()
            assert DONE_NOTHING in said, (row, name)
            assert stored(row) == before, (row, name)
            acted.add((type(row), name))
    assert {(Withdrawal, "seen_to"), (CancellationAttempt, "try_again_now"), (Group, "delete_selected")} <= acted


def test_whoever_tries_a_duty_again_from_a_page_that_is_old_is_told(root: Client, asking: Any) -> None:
    tried = 0
    for row, page, changed in registered("view", asking):
        if not getattr(page, "actions_detail", ()):
            continue
        html = root.get(url(type(row), "change", row.pk)).content.decode()
        assert 'hx-include="[name=opened_version]"' in html, "the dialog is asked for with the version of the page"
        version = hidden_in(html)["opened_version"][0]
        before = change(row, changed | {"next_attempt_at": timezone.now()})
        path = f"{url(type(row), 'try_this_again', row.pk)}?opened_version={version}"
        root.post(path, {"_form_submitted": "on"})
        assert DONE_NOTHING in root.get(url(type(row), "change", row.pk)).content.decode(), row
        assert stored(row) == before
        tried += 1
    assert tried


def test_of_two_who_store_a_setting_that_had_only_its_default_the_second_is_told(root: Client, client: Client) -> None:
    path = url(DynamicSetting, "change", "ADDRESS_DISTRICT_REQUIRED")
    first, second = form_of(root.get(path)), form_of(root.get(path))
    assert root.post(path, {**first, "value": "true"}).status_code == 302
    html = root.post(path, {**second, "value": "false"}).content.decode()
    assert TOLD in html
    assert DynamicSetting.objects.get().value is True
    assert root.post(path, {**second, **hidden_in(html), "value": "false"}).status_code == 302
    assert DynamicSetting.objects.get().value is False


def test_an_earlier_value_is_brought_back_over_what_was_seen_alone(root: Client) -> None:
    path = url(DynamicSetting, "change", "ADDRESS_DISTRICT_REQUIRED")
    for value in ("true", "false"):
        save(root, path, {"value": value})
    setting = DynamicSetting.objects.get()
    oldest = setting.history.earliest("history_date")
    there = url(DynamicSetting, "simple_history", setting.pk, oldest.history_id)
    opened = form_of(root.get(there))
    setting.value = False
    change(setting, {"value": "other"})
    assert TOLD in root.post(there, opened).content.decode()
    change(setting, {"value": False})
    assert root.post(there, opened).status_code == 302
    assert DynamicSetting.objects.get().value is True


def test_groups_of_a_customer_are_a_part_of_the_version(root: Client) -> None:
    eve, group = builders.a_customer("eve"), Group.objects.create(name="Clerks")
    path = url(Customer, "change", eve.pk)
    opened = form_of(root.get(path))
    eve.groups.add(group)
    html = root.post(path, opened).content.decode()
    assert TOLD in html
    assert "Clerks" in html
    assert list(eve.groups.all()) == [group]


def test_what_a_page_does_not_show_is_only_said_to_have_changed(root: Client) -> None:
    eve = builders.a_customer("eve")
    path = url(Customer, "change", eve.pk)
    opened = form_of(root.get(path))
    eve.set_password("another")
    eve.save()
    html = root.post(path, opened).content.decode()
    assert TOLD in html
    assert eve.password not in html


def test_signing_in_is_no_change_of_a_customer(root: Client) -> None:
    eve = builders.a_customer("eve")
    path = url(Customer, "change", eve.pk)
    opened = form_of(root.get(path))
    Customer.objects.filter(pk=eve.pk).update(last_login=timezone.now())
    assert root.post(path, opened).status_code == 302


def test_a_list_costs_no_statement_more_for_its_versions(root: Client) -> None:
    counts = []
    for count in (1, 5):
        for _ in range(count):
            builders.a_reason()
        with CaptureQueriesContext(connection) as seen:
            root.get(url(CancellationReason, "changelist"))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_forms_are_still_those_of_their_pages(root: Client) -> None:
    form = root.get(url(CancellationReason, "change", builders.a_reason().pk)).context["adminform"].form
    assert isinstance(form, ModelForm)
    assert "opened_version" not in form.fields
