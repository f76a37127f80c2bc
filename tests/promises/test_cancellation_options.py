"""GET /orders/{number}/cancellation-options/: can I, until when, why not, what comes back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart.cancellations.models import EasyReturnShippingCompany
from tests import builders
from tests.acts import set_rules


def options(client: Any, order: Any, query: str = "", **headers: Any) -> Any:
    response = client.read(f"/orders/{order.number}/cancellation-options/{query}", **headers)
    assert response.status_code == 200, response.content
    return response.json()


def said(option: Any) -> tuple[str, list[str], list[str]]:
    codes = [[entry["code"] for entry in option[name]] for name in ("refusals", "because")]
    return option["way"], codes[0], codes[1]


def test_an_approved_order_is_cancelled_directly_and_not_given_back(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, items=2)
    found = options(at_ada, order)
    ids = [item.pk for item in order.items.all()]
    assert said(found["cancel"]) == ("direct", [], [])
    assert found["cancel"]["order_items"] == ids
    assert said(found["refund"]) == ("none", ["item_status_not_cancellable"] * 2, [])
    assert found["refund"]["order_items"] == ids
    assert found["refund"]["estimate"] is None
    assert [said(item["cancel"])[0] for item in found["items"]] == ["direct", "direct"]
    assert found["choice"] is None


def test_a_request_says_because_of_what(omnitron: Any, ada: Any, at_ada: Any) -> None:
    set_rules(has_invoice=True)
    found = options(at_ada, builders.an_order(ada, status=450, invoice_number="A1"))
    assert said(found["cancel"]) == (
        "request",
        [],
        ["order_status_not_cancellable", "order_has_invoice", "item_status_not_cancellable"],
    )
    assert found["cancel"]["because"][1]["message"] == "The invoice has been issued already, so the shop decides."
    assert found["cancel"]["closes_at"] is None


def test_the_whole_is_what_is_possible_together(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada)
    first, second, third = order.items.all()
    order.items.filter(pk=first.pk).update(status=100)
    order.items.filter(pk=third.pk).update(status=450)
    found = options(at_ada, order)
    assert [said(item["cancel"])[0] for item in found["items"]] == ["none", "direct", "request"]
    assert found["cancel"]["order_items"] == [second.pk, third.pk]
    assert said(found["cancel"]) == ("request", [], ["item_status_not_cancellable"])


def test_the_direct_way_says_when_it_closes_and_what_is_left_then(omnitron: Any, ada: Any, at_ada: Any) -> None:
    set_rules(hour_gap={"is_active": True, "time": 60})
    created = timezone.now() - timedelta(minutes=20)
    order = builders.an_order(ada, created=created)
    found = options(at_ada, order)["cancel"]
    assert datetime.fromisoformat(found["closes_at"]) == created + timedelta(minutes=60)
    assert 2390 <= found["seconds_left"] <= 2400
    assert found["afterwards"] == "request"
    set_rules("CANCELLATION_FALLBACK", enabled=False)
    assert options(at_ada, order)["items"][0]["cancel"]["afterwards"] == "none"
    set_rules()
    found = options(at_ada, order)["cancel"]
    assert (found["closes_at"], found["seconds_left"], found["afterwards"]) == (None, None, None)


def test_what_comes_back_is_said_by_part_route_and_rule(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(
        ada,
        items=2,
        amount="89.90",
        discount_amount="10.00",
        shipping_amount="29.90",
        item_fields={"price": "35.00"},
        details={
            "payment_option": {"payment_type": "credit_card", "name": "Card"},
            "loyaltytransaction_set": [{"amount": "-20.00"}, {"amount": "not one"}],
        },
    )
    found = options(at_ada, order)
    whole = found["cancel"]["estimate"]
    assert (whole["amount"], whole["text"]) == ("89.90", "TRY\N{NO-BREAK SPACE}89.90")
    assert [(part["code"], part["amount"]) for part in whole["parts"]] == [
        ("items", "70.00"),
        ("discount", "-10.00"),
        ("shipping", "29.90"),
    ]
    assert [(route["code"], route["amount"]) for route in whole["routes"]] == [("card", "69.90"), ("loyalty", "20.00")]
    assert [rule["code"] for rule in whole["rules"]] == ["discount", "shipping_back", "loyalty_share", "estimate"]
    one = found["items"][0]["cancel"]["estimate"]
    assert [(part["code"], part["amount"]) for part in one["parts"]] == [("items", "35.00"), ("discount", "-5.00")]
    assert "shipping_stays" in [rule["code"] for rule in one["rules"]]


def test_an_unpaid_order_gives_nothing_back(omnitron: Any, ada: Any, at_ada: Any) -> None:
    found = options(at_ada, builders.an_order(ada, status=300))["cancel"]["estimate"]
    assert (found["amount"], found["parts"], found["routes"]) == ("0.00", [], [])
    assert [rule["code"] for rule in found["rules"]] == ["nothing_paid"]


def test_a_choice_is_judged_and_estimated_exactly(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, items=2, amount="120.00", item_fields={"quantity": 3, "price": "20.00"})
    first, second = order.items.all()
    found = options(at_ada, order, f"?items={first.pk},%20{second.pk}:2%20")["choice"]
    assert found["cancel_order_items"] == [
        {"order_item": first.pk, "cancellation_type": "cancel", "quantity": 3},
        {"order_item": second.pk, "cancellation_type": "cancel", "quantity": 2},
    ]
    assert said(found) == ("request", [], ["needs_request"])
    assert found["estimate"]["amount"] == "100.00"
    assert said(options(at_ada, order, f"?items={first.pk}")["choice"])[0] == "direct"


def test_loyalty_points_are_judged_and_estimated_as_such(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, amount="99.99")
    found = options(at_ada, order, f"?items={order.items.first().pk}&as_loyalty=1")
    assert found["choice"]["as_loyalty"] is True
    assert said(found["choice"]) == ("request", [], ["needs_request"])
    assert [(r["code"], r["amount"]) for r in found["choice"]["estimate"]["routes"]] == [("loyalty", "33.33")]
    assert said(found["cancel"])[0] == "request"
    assert found["loyalty_money"] == {"possible": True, "refusals": []}
    set_rules("CANCELLATION_FALLBACK", enabled=False)
    found = options(at_ada, order)
    assert said(found["cancel"])[0] == "direct"
    assert not found["loyalty_money"]["possible"]
    assert [refusal["code"] for refusal in found["loyalty_money"]["refusals"]] == ["needs_request"]


NONSENSE = {
    "no id": "x",
    "empty parts": ",",
    "half a pair": "1:",
    "three numbers": "1:2:3",
    "zero": "0",
    "below zero": "-1",
    "other digits": "١",
    "beyond every id": "9" * 30,
    "NUL": "1%00",
    "foreign": "{foreign}",
    "twice": "{own},{own}",
    "too many": "{own}:2",
    "none of it": "{own}:0",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_choice_that_makes_no_sense_is_a_field_error(
    name: str, omnitron: Any, ada: Any, eve: Any, at_ada: Any
) -> None:
    order, foreign = builders.an_order(ada), builders.an_order(eve)
    text = NONSENSE[name].format(own=order.items.first().pk, foreign=foreign.items.first().pk)
    response = at_ada.read(f"/orders/{order.number}/cancellation-options/?items={text}")
    assert response.status_code == 400, response.content
    assert response.json().keys() == {"items"}
    assert at_ada.read(f"/orders/{order.number}/cancellation-options/?as_loyalty=perhaps").json().keys() == {
        "as_loyalty"
    }


def test_reasons_and_carriers_are_those_that_can_be_chosen(omnitron: Any, ada: Any, at_ada: Any) -> None:
    builders.a_reason(pk=2, subject="Late", translations={"tr": "Geç"}, extra_information_needed=True)
    builders.a_reason(pk=3, is_active=False)
    offered = []
    for name in ("a", "b"):
        company = EasyReturnShippingCompany.objects.create(value=name, label=name.upper(), is_active=name == "a")
        offered.append({"pk": company.pk, "shipping_company": {"value": name, "label": name.upper()}})
    order = builders.an_order(ada, status=550, items=1, item_fields={"easy_return_companies": offered})
    found = options(at_ada, order, **{"Accept-Language": "tr"})
    assert found["items"][0]["available_easy_return_shipping_companies"] == offered[:1]
    assert [reason["id"] for reason in found["reasons"]] == [1, 2, 4]
    assert found["reasons"][1] == {
        "id": 2,
        "cancellation_type": "cancel",
        "subject": "Geç",
        "extra_information_needed": True,
    }


def test_only_the_owner_is_answered(omnitron: Any, ada: Any, at_ada: Any, at_eve: Any) -> None:
    path = f"/orders/{builders.an_order(ada).number}/cancellation-options/"
    nobody = Client().get(path)
    assert (nobody.status_code, nobody.json()["error_code"]) == (401, "not_authenticated")
    foreign, unknown = at_eve.read(path), at_eve.read("/orders/1/cancellation-options/")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    assert at_ada.read(path).headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("items", [1, 40])
def test_statements_do_not_grow_with_the_items(items: int, omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, items=items)
    first = order.items.first().pk
    with CaptureQueriesContext(connection) as seen:
        options(at_ada, order, f"?items={first}")
    statements = [query["sql"] for query in seen if not query["sql"].startswith(("BEGIN", "COMMIT"))]
    # The session; the order; its items; the carriers; the reasons.
    assert len(statements) == 4, "\n".join(sql[:150] for sql in statements)
