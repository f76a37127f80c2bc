"""GET /users/orders/ and /users/orders/{id}/: the account as the published storefront reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import builders

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def numbers(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [order["number"] for order in response.json()["results"]]


def test_the_newest_order_comes_first_and_only_ones_own(omnitron: Any, ada: Any, eve: Any, at_ada: Any) -> None:
    old = builders.an_order(ada, created=NOW - timedelta(days=2))
    new = builders.an_order(ada, created=NOW)
    builders.an_order(eve, created=NOW)
    response = at_ada.read("/users/orders/")
    assert numbers(response) == [new.number, old.number]
    assert {name: response.json()[name] for name in ("count", "next", "previous")} == {
        "count": 2,
        "next": None,
        "previous": None,
    }


def test_the_published_clients_padded_query_is_understood(omnitron: Any, ada: Any, at_ada: Any) -> None:
    """`limit=12+&created_date__gte=2023-01-01+&…`: every value with a blank behind it."""
    inside = builders.an_order(ada, created=datetime(2023, 6, 1, tzinfo=UTC))
    builders.an_order(ada, created=datetime(2022, 6, 1, tzinfo=UTC))
    builders.an_order(ada, created=datetime(2024, 6, 1, tzinfo=UTC))
    query = "?page=1+&limit=12+&created_date__gte=2023-01-01+&created_date__lte=2023-12-31+"
    headers = {"Accept-Language": "undefined", "x-currency": "undefined"}
    assert numbers(at_ada.read("/users/orders/" + query, **headers)) == [inside.number]


def test_both_days_of_a_span_belong_to_it(omnitron: Any, ada: Any, at_ada: Any, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Istanbul"
    evening = builders.an_order(ada, created=datetime(2026, 3, 10, 20, 59, tzinfo=UTC))  # 23:59 there
    builders.an_order(ada, created=datetime(2026, 3, 10, 21, 1, tzinfo=UTC))
    query = "?created_date__gte=2026-03-10&created_date__lte=2026-03-10"
    assert numbers(at_ada.read("/users/orders/" + query)) == [evening.number]


@pytest.mark.parametrize("status", ["550", "550+", "delivered", "550,500"])
def test_orders_are_found_by_status(status: str, omnitron: Any, ada: Any, at_ada: Any) -> None:
    delivered = builders.an_order(ada, status=550)
    builders.an_order(ada, status=400)
    assert numbers(at_ada.read(f"/users/orders/?status={status}")) == [delivered.number]


def test_orders_are_found_by_a_part_of_their_number(omnitron: Any, ada: Any, at_ada: Any) -> None:
    builders.an_order(ada, number="1111")
    builders.an_order(ada, number="2212")
    assert numbers(at_ada.read("/users/orders/?number=221")) == ["2212"]
    assert numbers(at_ada.read("/users/orders/?number=%00221")) == ["2212"]
    assert numbers(at_ada.read("/users/orders/?number=999")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("created_date__gte=yesterday", "created_date__gte"),
        ("created_date__lte=2026-02-30", "created_date__lte"),
        ("created_date__lte=2026-02-30T99:00:00", "created_date__lte"),
        ("status=lost", "status"),
        ("status=400,", "status"),
    ],
)
def test_what_cannot_be_read_is_named(query: str, field: str, omnitron: Any, at_ada: Any) -> None:
    response = at_ada.read(f"/users/orders/?{query}")
    assert response.status_code == 400
    assert set(response.json()) == {field}


def test_pages_lead_to_each_other(omnitron: Any, ada: Any, at_ada: Any) -> None:
    for day in range(5):
        builders.an_order(ada, items=1, created=NOW - timedelta(days=day), number=f"10{day}")
    first = at_ada.read("/users/orders/?limit=2").json()
    assert (first["count"], [order["number"] for order in first["results"]]) == (5, ["100", "101"])
    second = at_ada.read(first["next"]).json()
    assert [order["number"] for order in second["results"]] == ["102", "103"]
    last = at_ada.read(second["next"]).json()
    assert ([order["number"] for order in last["results"]], last["next"]) == (["104"], None)
    assert at_ada.read(last["previous"]).json() == second
    assert at_ada.read("/users/orders/?limit=2&page=9").json()["results"] == []


def test_a_page_of_fifty_orders_takes_six_statements(omnitron: Any, ada: Any, at_ada: Any) -> None:
    for _ in range(55):
        builders.an_order(ada, items=10)
    order = builders.an_order(ada, items=10)
    at_ada.cancel(order)  # Omnitron does not know it, so that requests are made
    at_ada.read("/users/orders/?limit=50")
    with CaptureQueriesContext(connection) as seen:
        response = at_ada.read("/users/orders/?limit=50")
    assert len(response.json()["results"]) == 50
    assert all(len(shown["orderitem_set"]) == 10 for shown in response.json()["results"])
    assert response.json()["results"][0]["orderitem_set"][0]["active_cancellation_request"] is not None
    assert len(seen) <= 6, [query["sql"][:80] for query in seen]


def test_one_order_by_its_id_is_what_the_list_shows(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    listed = at_ada.read("/users/orders/").json()["results"][0]
    assert at_ada.read(f"/users/orders/{order.pk}/").json() == listed


def test_after_a_cancel_the_detail_shows_it(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order).status_code == 204
    shown = at_ada.read(f"/users/orders/{order.pk}/").json()
    assert {item["status"]["value"] for item in shown["orderitem_set"]} == {"50"}
    assert not shown["is_cancellable"]


def test_an_unknown_and_a_foreign_order_are_one_and_the_same_404(stock: Any, ada: Any, eve: Any, at_eve: Any) -> None:
    order = stock(ada)
    foreign, unknown = at_eve.read(f"/users/orders/{order.pk}/"), at_eve.read("/users/orders/999999/")
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert foreign.status_code == 404
    assert at_eve.read(f"/users/orders/{10**30}/").status_code == 404


@pytest.mark.parametrize("path", ["/users/orders/", "/users/orders/1/"])
def test_without_a_session_it_is_401(path: str, omnitron: Any, client: Any) -> None:
    response = client.get(path, headers={"Accept": "application/json"})
    assert response.status_code == 401
    assert response.json()["error_code"] == "not_authenticated"


def test_an_inactive_carrier_is_not_offered(stock: Any, ada: Any, at_ada: Any) -> None:
    from aftercart.cancellations.models import EasyReturnShippingCompany

    companies = [
        EasyReturnShippingCompany.objects.create(value="yurtici", label="Yurtiçi", is_active=True),
        EasyReturnShippingCompany.objects.create(value="aras", label="Aras", is_active=False),
    ]
    offered = [{"pk": c.pk, "shipping_company": {"value": c.value, "label": c.label}} for c in companies]
    order = stock(ada, status=550, item_fields={"easy_return_companies": offered}, created=timezone.now())
    shown = at_ada.read(f"/users/orders/{order.pk}/").json()
    assert {item["available_easy_return_shipping_companies"][0]["pk"] for item in shown["orderitem_set"]} == {
        companies[0].pk
    }
    assert [len(item["available_easy_return_shipping_companies"]) for item in shown["orderitem_set"]] == [1, 1, 1]
