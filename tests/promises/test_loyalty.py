"""The loyalty account: what was earned and spent, and what it adds up to."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pydantic import TypeAdapter

from aftercart.customers.models import Customer, LoyaltyTransaction
from aftercart.customers.response_schemas import BalanceSchema, LoyaltyTransactionSchema
from aftercart.response_schemas import PageSchema
from tests.storefront import Storefront

BALANCE, ACCOUNT = "/account/loyalty-account-balance/", "/account/loyalty/"


@pytest.fixture
def front(ada: Any) -> Storefront:
    return Storefront(ada)


def an_entry(customer: Customer, amount: str, order_number: str = "") -> LoyaltyTransaction:
    return LoyaltyTransaction.objects.create(customer=customer, amount=Decimal(amount), order_number=order_number)


def test_an_empty_account_has_nothing(front: Storefront) -> None:
    assert front.read(BALANCE).json() == {"balance": "0.00"}
    assert front.read(ACCOUNT).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_the_balance_is_the_sum_of_one_s_own_entries_to_the_cent(front: Storefront, ada: Any, eve: Any) -> None:
    for amount in ("10.10", "20.20", "0.30", "-5.05"):
        an_entry(ada, amount)
    an_entry(eve, "1000.00")
    response = front.read(BALANCE)
    TypeAdapter(BalanceSchema).validate_json(response.content)
    assert response.json() == {"balance": "25.55"}


def test_entries_come_the_newest_first_with_their_order(front: Storefront, ada: Any, eve: Any) -> None:
    an_entry(eve, "7.00", "5")
    an_entry(ada, "12.50", "2284207301612555")
    an_entry(ada, "-2.50")
    response = front.read(f"{ACCOUNT}?page=1+&limit=10+")
    TypeAdapter(PageSchema[LoyaltyTransactionSchema]).validate_json(response.content)
    entries = response.json()["results"]
    assert [entry["amount"] for entry in entries] == ["-2.50", "12.50"]
    assert [entry["transaction"]["order"] for entry in entries] == [None, "2284207301612555"]
    assert all(entry["transaction"]["created_date"] == entry["created_date"] for entry in entries)


@pytest.mark.parametrize("path", [BALANCE, ACCOUNT])
def test_an_account_needs_a_session_and_costs_two_statements(path: str, front: Storefront, ada: Any) -> None:
    assert Client().get(path).status_code == 401
    for length in (3, 9):
        for _ in range(length):
            an_entry(ada, "1.00")
        with CaptureQueriesContext(connection) as seen:
            assert front.read(f"{path}?limit=50").status_code == 200
        assert len(seen) == 2


def test_an_entry_of_nothing_is_refused_by_the_database(ada: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        an_entry(ada, "0.00")


def test_staff_adds_an_entry_and_nobody_changes_one(ada: Any) -> None:
    root = Customer.objects.create_superuser("root@example.com", "secret")
    office = Client()
    office.force_login(root, backend="aftercart.customers.sign_in.EmailBackend")
    add = reverse("admin:customers_loyaltytransaction_add")
    assert office.get(add).status_code == 200
    office.post(add, {"customer": ada.pk, "amount": "15.00", "order_number": "1"})
    entry = LoyaltyTransaction.objects.get()
    assert (entry.customer, entry.amount) == (ada, Decimal("15.00"))
    page = reverse("admin:customers_loyaltytransaction_change", args=[entry.pk])
    assert office.get(page).status_code == 200
    assert office.post(page, {"amount": "1"}).status_code == 403
    assert office.get(reverse("admin:customers_loyaltytransaction_delete", args=[entry.pk])).status_code == 403
    assert office.get(reverse("admin:customers_loyaltytransaction_changelist")).status_code == 200
    of_ada = office.get(reverse("admin:customers_customer_change", args=[ada.pk]))
    assert "15.00" in of_ada.content.decode()
