"""The back office: everything an operator needs, nothing by hand that only events may write."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aftercart.address_changes.models import AddressChange
from aftercart.cancellations.models import (
    CancellationAttempt,
    CancellationRequest,
    EasyReturnShippingCompany,
)
from aftercart.cancellations.rules import Wish, WishedItem
from aftercart.customers.models import Customer
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.dynamic_settings.read import read_setting
from aftercart.dynamic_settings.schema import ExtraCancelRules
from aftercart.orders.models import OrderEvent
from tests import builders
from tests.promises.opened import save

pytestmark = pytest.mark.django_db

MODELS = (
    "orders_order",
    "cancellations_cancellationattempt",
    "cancellations_cancellationrequest",
    "cancellations_cancellationreason",
    "cancellations_easyreturnshippingcompany",
    "address_changes_addresschange",
    "customers_customer",
    "dynamic_settings_dynamicsetting",
    "auth_group",
)
WRITTEN_BY_EVENTS = (
    "orders_order",
    "cancellations_cancellationattempt",
    "cancellations_cancellationrequest",
    "address_changes_addresschange",
)


def at(customer: Customer) -> Client:
    client = Client()
    client.force_login(customer, backend="aftercart.customers.sign_in.EmailBackend")
    return client


def listed(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def page(model: str, key: Any) -> str:
    return reverse(f"admin:{model}_change", args=[key])


def an_attempt(order: Any, **fields: Any) -> CancellationAttempt:
    wish = Wish(
        items=tuple(WishedItem(order_item=item.pk, reason=1, description="Çok geç") for item in order.items.all())
    )
    return CancellationAttempt.objects.create(
        **{"order": order, "customer": order.customer, "wish": asdict(wish), "state": "unknown"} | fields
    )


@pytest.fixture
def root() -> Customer:
    return Customer.objects.create_superuser("root@example.com", "secret")


@pytest.fixture
def clerk() -> Customer:
    return builders.a_customer("clerk", is_staff=True)


@pytest.fixture
def dead() -> CancellationAttempt:
    builders.a_reason(pk=1)
    return an_attempt(
        builders.an_order(builders.a_customer("ada")),
        because="omnitron_outcome_unknown",
        is_dead=True,
        attempts=20,
        last_error="OutcomeUnknown: no readable answer",
    )


@pytest.fixture
def keys(dead: CancellationAttempt) -> dict[str, Any]:
    """A row of every kind, and its key by model."""
    order = dead.order
    item = order.items.first()
    carrier = EasyReturnShippingCompany.objects.create(value="kargo", label="Kargo")
    request = CancellationRequest.objects.create(
        order=order,
        order_item=item,
        attempt=dead,
        reason=builders.a_reason(pk=4, cancellation_type="refund"),
        cancellation_type="refund",
        easy_return_company=carrier,
        pickup_address=order.shipping_address,
        because="item_status_not_cancellable",
        iban="TR330006100519786457841326",
        description="<b>Too</b> small",
    )
    change = AddressChange.objects.create(
        order=order,
        customer=order.customer,
        channel_id=1,
        address_id=1,
        old_address=order.shipping_address,
        new_address=order.shipping_address,
        because="omnitron_unreachable",
    )
    OrderEvent.objects.create(order=order, order_item=item, kind="status_changed", from_status=300, to_status=400)
    DynamicSetting(name="EXTRA_CANCEL_RULES", value={"has_invoice": True}).save()
    from django.contrib.auth.models import Group

    return dict(
        zip(
            MODELS,
            (
                order.pk,
                dead.pk,
                request.pk,
                1,
                carrier.pk,
                change.pk,
                order.customer_id,
                "EXTRA_CANCEL_RULES",
                Group.objects.create(name="Clerks").pk,
            ),
            strict=True,
        )
    )


def test_a_superuser_sees_every_list_and_every_page(root: Any, keys: dict[str, Any]) -> None:
    client = at(root)
    assert client.get("/admin/").status_code == 200
    for model, key in keys.items():
        assert client.get(listed(model)).status_code == 200, model
        assert client.get(page(model, key)).status_code == 200, model
        assert client.get(reverse(f"admin:{model}_history", args=[key])).status_code == 200, model


def test_every_page_can_be_read_in_turkish(root: Any, keys: dict[str, Any]) -> None:
    client = at(root)
    for model, key in keys.items():
        assert client.get(listed(model), headers={"Accept-Language": "tr"}).status_code == 200, model
        assert client.get(page(model, key), headers={"Accept-Language": "tr"}).status_code == 200, model


def test_staff_without_permissions_sees_nothing(clerk: Any, keys: dict[str, Any]) -> None:
    client = at(clerk)
    front = client.get("/admin/")
    assert front.status_code == 200
    assert b"Given up" not in front.content
    for model, key in keys.items():
        assert client.get(listed(model)).status_code == 403, model
        assert client.get(page(model, key)).status_code == 403, model


def test_a_permission_opens_its_pages_alone(clerk: Any, keys: dict[str, Any]) -> None:
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = at(clerk)
    assert client.get(listed("orders_order")).status_code == 200
    shown = client.get(page("orders_order", keys["orders_order"])).content.decode()
    assert "Order items" not in shown
    assert "Cancellation attempts" not in shown
    assert client.get(listed("customers_customer")).status_code == 403


@pytest.mark.parametrize("staff", [False, True])
def test_customers_and_strangers_are_asked_to_sign_in(staff: bool, keys: dict[str, Any]) -> None:
    client = Client() if staff else at(builders.a_customer("eve"))
    for path in ("/admin/", *(listed(model) for model in keys)):
        response = client.get(path)
        assert response.status_code == 302, path
        assert response["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/").status_code == 200


def test_staff_signs_in_by_email(root: Any) -> None:
    client = Client()
    form = {"username": "ROOT@example.com", "password": "secret", "next": "/admin/"}
    assert client.post("/admin/login/", form)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_what_events_write_nobody_adds_changes_or_deletes(root: Any, keys: dict[str, Any]) -> None:
    client = at(root)
    for model in WRITTEN_BY_EVENTS:
        assert client.get(reverse(f"admin:{model}_add")).status_code == 403, model
        assert client.post(page(model, keys[model]), {"state": "agreed"}).status_code == 403, model
        assert client.post(reverse(f"admin:{model}_delete", args=[keys[model]]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("by", ["number", "email", "product"])
def test_an_order_is_found_by(by: str, root: Any, dead: Any) -> None:
    wanted = dead.order
    wanted.items.update(product={"name": "Okuma lambası"})
    other = builders.an_order(builders.a_customer("eve"))
    term = {"number": wanted.number, "email": wanted.customer.email, "product": "lamba"}[by]
    shown = at(root).get(listed("orders_order"), {"q": term}).content.decode()
    assert wanted.number in shown
    assert other.number not in shown


def test_the_list_of_orders_takes_the_same_statements_for_ten_as_for_fifty(root: Any) -> None:
    ada = builders.a_customer("ada")
    builders.a_reason(pk=1)
    client = at(root)

    def statements(count: int) -> int:
        for _ in range(count):
            an_attempt(builders.an_order(ada))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(listed("orders_order")).status_code == 200
        return len(queries)

    statements(1)
    assert statements(9) == statements(40)


def test_a_wish_and_a_reason_are_shown_in_words(root: Any, keys: dict[str, Any]) -> None:
    client = at(root)
    attempt = client.get(page(MODELS[1], keys[MODELS[1]])).content.decode()
    for text in ("Cup 1", "Changed my mind", "Çok geç", "Omnitron gave no readable answer", "no readable answer"):
        assert text in attempt
    request = client.get(page(MODELS[2], keys[MODELS[2]])).content.decode()
    assert "Order Item (Cup 1) can&#x27;t be cancelled in this status." in request
    assert "&lt;b&gt;Too&lt;/b&gt; small" in request
    assert "<b>Too" not in request


# --- Trying again -------------------------------------------------------------------------------------------


def retry(client: Client, *rows: Any) -> Any:
    form = {"action": "try_again_now", "_selected_action": [str(row.pk) for row in rows]}
    return client.post(listed("cancellations_cancellationattempt"), form)


def test_a_dead_duty_is_brought_back_from_the_list(root: Any, dead: Any) -> None:
    assert retry(at(root), dead).status_code == 302
    dead.refresh_from_db()
    assert not dead.is_dead
    assert dead.attempts == 0
    assert dead.next_attempt_at <= timezone.now()


def test_a_dead_duty_is_brought_back_from_its_page_by_a_form_only(root: Any, dead: Any) -> None:
    client = at(root)
    path = reverse("admin:cancellations_cancellationattempt_try_this_again", args=[dead.pk])
    assert client.get(path).status_code == 200
    dead.refresh_from_db()
    assert dead.is_dead
    assert client.post(path, {"_form_submitted": "on"})["HX-Redirect"] == page(MODELS[1], dead.pk)
    dead.refresh_from_db()
    assert not dead.is_dead


def test_a_waiting_duty_is_brought_forward(root: Any, dead: Any) -> None:
    CancellationAttempt.objects.update(is_dead=False, next_attempt_at=timezone.now() + timedelta(hours=1))
    retry(at(root), dead)
    dead.refresh_from_db()
    assert dead.next_attempt_at <= timezone.now()


def test_a_duty_that_is_being_done_or_is_done_is_left_alone(root: Any, dead: Any) -> None:
    lease = timezone.now() + timedelta(seconds=30)
    for values in ({"next_attempt_at": lease, "lease_until": lease}, {"next_attempt_at": None, "lease_until": None}):
        CancellationAttempt.objects.update(is_dead=False, **values)
        retry(at(root), dead)
        dead.refresh_from_db()
        assert dead.next_attempt_at == values["next_attempt_at"]
        assert dead.lease_until == values["lease_until"]
        path = reverse("admin:cancellations_cancellationattempt_try_this_again", args=[dead.pk])
        assert at(root).post(path, {"_form_submitted": "on"}).status_code == 403


def test_only_who_may_change_attempts_may_have_them_tried_again(clerk: Any, dead: Any) -> None:
    clerk.user_permissions.add(Permission.objects.get(codename="view_cancellationattempt"))
    retry(at(clerk), dead)
    path = reverse("admin:cancellations_cancellationattempt_try_this_again", args=[dead.pk])
    assert at(clerk).post(path, {"_form_submitted": "on"}).status_code == 403
    dead.refresh_from_db()
    assert dead.is_dead
    clerk.user_permissions.add(Permission.objects.get(codename="change_cancellationattempt"))
    retry(at(clerk), dead)
    dead.refresh_from_db()
    assert not dead.is_dead


def test_the_dead_are_listed_by_their_filter_and_counted_in_front(root: Any, dead: Any) -> None:
    fine = an_attempt(builders.an_order(dead.customer), next_attempt_at=timezone.now() - timedelta(minutes=3))
    client = at(root)
    given_up = client.get(listed(MODELS[1]), {"duty": "given_up"}).content.decode()
    assert dead.order.number in given_up
    assert fine.order.number not in given_up
    figures = client.get("/admin/").context["sections"]["Cancellation attempts"]
    assert [figure["value"] for figure in figures] == [2, 1, 1]
    assert "duty=given_up" in figures[2]["link"]


# --- Dynamic settings ---------------------------------------------------------------------------------------


def test_a_setting_that_is_not_stored_is_listed_with_its_defaults_and_stored_when_saved(root: Any) -> None:
    client = at(root)
    assert "EXTRA_CANCEL_RULES" in client.get(listed(MODELS[7])).content.decode()
    here = page(MODELS[7], "EXTRA_CANCEL_RULES")
    assert "hour_gap" in client.get(here).content.decode()
    assert not DynamicSetting.objects.exists()
    response = save(client, here, {"value": '{"hour_gap": {"is_active": true, "time": 5}}'})
    assert response.status_code == 302
    assert read_setting(ExtraCancelRules).hour_gap.time == 5
    changed = DynamicSetting.history.get()
    assert changed.history_user == root


def test_a_bad_setting_is_refused_with_the_path_of_what_is_wrong(root: Any) -> None:
    here = page(MODELS[7], "EXTRA_CANCEL_RULES")
    for value, said in (
        ('{"hour_gap": {"time": 0}}', "EXTRA_CANCEL_RULES.hour_gap.time: Input should be greater than 0"),
        ('{"hour_gap": ', "line 1 column 14"),
        ("", "EXTRA_CANCEL_RULES: Input should be"),
        ("null", "EXTRA_CANCEL_RULES: Input should be"),
    ):
        response = save(at(root), here, {"value": value})
        assert response.status_code == 200, value
        assert said in response.content.decode(), value
    assert not DynamicSetting.objects.exists()


def test_an_invalid_stored_setting_is_shown_on_three_pages(root: Any) -> None:
    DynamicSetting.objects.bulk_create([DynamicSetting(name="EXTRA_CANCEL_RULES", value={"has_invoce": True})])
    said = "EXTRA_CANCEL_RULES.has_invoce: Extra inputs are not permitted"
    for path in ("/admin/", listed(MODELS[7]), page(MODELS[7], "EXTRA_CANCEL_RULES")):
        assert said in at(root).get(path).content.decode(), path


def test_deleting_a_stored_setting_brings_its_defaults_back(root: Any) -> None:
    DynamicSetting(name="EXTRA_CANCEL_RULES", value={"has_invoice": True}).save()
    path = reverse("admin:dynamic_settings_dynamicsetting_delete", args=["EXTRA_CANCEL_RULES"])
    assert save(at(root), path, {"post": "yes"}).status_code == 302
    assert read_setting(ExtraCancelRules).has_invoice is False
    assert at(root).post(path, {"post": "yes"}).status_code == 403


# --- Customers and reasons ----------------------------------------------------------------------------------


def test_staff_switches_customers_off_but_makes_nobody_staff(clerk: Any, root: Any) -> None:
    for codename in ("view_customer", "change_customer"):
        clerk.user_permissions.add(Permission.objects.get(codename=codename))
    eve = builders.a_customer("eve")
    client = at(clerk)
    assert save(client, page(MODELS[6], eve.pk), {"is_staff": "on", "is_superuser": "on"}).status_code in (200, 302)
    assert client.post(page(MODELS[6], root.pk), {}).status_code == 403
    assert client.post(page(MODELS[6], clerk.pk), {"is_superuser": "on"}).status_code == 403
    eve.refresh_from_db()
    assert (eve.is_active, eve.is_staff, eve.is_superuser) == (False, False, False)


def test_a_superuser_makes_staff(root: Any) -> None:
    eve = builders.a_customer("eve")
    assert save(at(root), page(MODELS[6], eve.pk), {"is_active": "on", "is_staff": "on"}).status_code == 302
    eve.refresh_from_db()
    assert (eve.is_active, eve.is_staff, eve.is_superuser) == (True, True, False)


def test_no_page_shows_a_password_hash(root: Any) -> None:
    eve = builders.a_customer("eve")
    shown = at(root).get(page(MODELS[6], eve.pk)).content.decode()
    assert eve.password not in shown
    assert "password" not in at(root).get(page(MODELS[6], eve.pk)).context["adminform"].form.fields


@pytest.mark.parametrize(
    ("translations", "status"), [('{"tr": "Vazgeçtim"}', 302), ("", 302), ('["tr"]', 200), ('{"xx": "?"}', 200)]
)
def test_a_reasons_translations_are_texts_by_language(translations: str, status: int, root: Any) -> None:
    form = {"subject": "Too late", "cancellation_type": "cancel", "order": 1, "translations": translations}
    assert at(root).post(reverse("admin:cancellations_cancellationreason_add"), form).status_code == status
