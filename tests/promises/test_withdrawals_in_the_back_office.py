"""Withdrawals in the back office: found, understood, tried again, closed by hand; never written or declined."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftercart.customers.models import Customer
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.withdrawals.models import Withdrawal
from tests.acts import work
from tests.promises.withdrawing import Consumer

LISTED = "admin:withdrawals_withdrawal_changelist"


@pytest.fixture
def root(transactional_db: None) -> Client:
    client = Client()
    customer = Customer.objects.create_superuser("root@example.com", "secret")
    client.force_login(customer, backend="aftercart.customers.sign_in.EmailBackend")
    return client


@pytest.fixture
def refused(stock: Any, ada: Any) -> Withdrawal:
    """A withdrawal that the rules of requests would not carry out."""
    DynamicSetting(name="CANCELLATION_FALLBACK", value={"enabled": False}).save()
    order = stock(ada, status=550, item_fields={"delivered_date": timezone.now() - timedelta(days=1)})
    Consumer(ada).withdraw(f"/account/orders/{order.number}/withdraw/")
    work()
    return Withdrawal.objects.get()


@pytest.mark.parametrize("language", ["en", "tr"])
def test_what_needs_someone_is_in_front_and_explained(language: str, root: Client, refused: Withdrawal) -> None:
    asking = {"Accept-Language": language}
    sections = root.get("/admin/", headers=asking).context["sections"]
    figures = [figure for listed in sections.values() for figure in listed if "withdrawals" in figure["link"]]
    assert [figure["value"] for figure in figures] == [1, 0, 1]
    for query in ({}, {"state": "needs_back_office"}, {"duty": "given_up"}, {"is_open": "1"}):
        assert refused.order.number in root.get(reverse(LISTED), query, headers=asking).content.decode(), query
    assert refused.order.number not in root.get(reverse(LISTED), {"is_open": "0"}).content.decode()
    page = root.get(reverse("admin:withdrawals_withdrawal_change", args=[refused.pk]), headers=asking)
    for text in (refused.statement, "ada@example.com", "Cup 1", str(refused.uuid)):
        assert text in page.content.decode(), text
    order = root.get(reverse("admin:orders_order_change", args=[refused.order_id]), headers=asking).content.decode()
    assert reverse("admin:withdrawals_withdrawal_change", args=[refused.pk]) in order


def test_it_is_tried_again_by_hand(root: Client, refused: Withdrawal) -> None:
    DynamicSetting.objects.all().delete()
    root.post(reverse(LISTED), {"action": "try_again_now", "_selected_action": [str(refused.pk)]})
    work()
    refused.refresh_from_db()
    assert (refused.state, refused.is_dead) == ("done", False)


def test_it_is_closed_by_hand_once_someone_has_seen_to_it(root: Client, refused: Withdrawal) -> None:
    form = {"action": "seen_to", "_selected_action": [str(refused.pk)]}
    said = root.post(reverse(LISTED), form, follow=True).content.decode()
    assert "1 withdrawal is closed." in said
    refused.refresh_from_db()
    assert (refused.state, refused.is_dead) == ("done", False)
    assert refused.closed_date is not None
    assert refused.reasons, "why it needed someone stays to be read"
    assert "None of these waits for the back office." in root.post(reverse(LISTED), form, follow=True).content.decode()


def test_nobody_writes_changes_or_deletes_one(root: Client, refused: Withdrawal) -> None:
    assert root.get(reverse("admin:withdrawals_withdrawal_add")).status_code == 403
    for page in ("change", "delete"):
        path = reverse(f"admin:withdrawals_withdrawal_{page}", args=[refused.pk])
        assert root.post(path, {"state": "done", "post": "yes"}).status_code == 403
    refused.refresh_from_db()
    assert refused.state == "needs_back_office"
