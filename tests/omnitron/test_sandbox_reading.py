"""Login, orders in and out, pages, filters: as docs/contract.md, section D, has them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from omnitron_sandbox import Problem, running

from .world import Caller, commerce_order, enum, statuses


@pytest.fixture
def sandbox():
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def caller(sandbox):
    with Caller(sandbox) as caller:
        yield caller


@pytest.fixture
def order(sandbox):
    order = commerce_order()
    sandbox.add_orders(order)
    return order


def test_a_wrong_password_is_a_400_in_json(sandbox):
    body = {"username": sandbox.username, "password": "wrong"}
    answer = requests.post(f"{sandbox.url}/api/v1/auth/login/", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["non_field_errors"]


@pytest.mark.parametrize("root", ["v1", "i1"])
def test_a_login_at_either_root_gives_a_token(sandbox, root):
    body = {"username": sandbox.username, "password": sandbox.password}
    answer = requests.post(f"{sandbox.url}/api/{root}/auth/login/", json=body, timeout=10)
    assert re.fullmatch("[0-9a-f]{40}", answer.json()["key"])


@pytest.mark.parametrize("header", [None, "Token", "Token wrong", "Bearer wrong"])
def test_without_a_good_token_it_is_401_in_json(sandbox, header):
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{sandbox.url}/api/v1/channel/1/orders/", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert set(answer.json()) == {"detail", "code"}


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v2/orders/", "/api/v1/nonsense/", "/api/v1/channel/1/orders/1/2/3/", "/api/v1/orders/5/"],
)
def test_what_is_not_there_is_404_in_json(caller, path):
    answer = caller.send("GET", path)
    assert answer.status_code == 404
    assert answer.json()["detail"]


def test_a_wrong_verb_and_a_broken_body_are_answered_in_json(caller, order):
    assert caller.send("PATCH", "/api/v1/channel/1/orders/").status_code == 405
    pk = caller.sandbox.order(order["number"])["pk"]
    answer = caller.send("POST", f"/api/v1/orders/{pk}/cancel/", data=b"{")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_an_order_is_found_by_its_number_in_all_the_ways_of_the_contract(caller, order):
    number = order["number"]
    listed = caller.get("/api/v1/channel/1/orders/", number=number)
    assert set(listed) == {"count", "next", "previous", "results"}
    (found,) = listed["results"]
    assert caller.get(f"/api/v1/order_number/{number}/") == found
    assert caller.get(f"/api/i1/orders/{number}") == found
    assert caller.get(f"/api/v1/channel/1/orders/{found['pk']}/") == found


def test_an_order_has_the_fields_of_the_contract(caller, order):
    found = caller.get(f"/api/v1/order_number/{order['number']}/")
    names = (
        "pk number channel status date_placed customer shipping_address billing_address currency"
        " amount shipping_amount shipping_tax_rate discount_amount net_shipping_amount extra_field"
        " delivery_type cargo_company tracking_number carrier_shipping_code remote_addr has_gift_box"
        " gift_box_note client_type language_code notes delivery_range shipping_option_slug"
        " payment_option payment_option_slug bin_number installment installment_count"
        " installment_interest_amount transaction_set invoice_number invoice_date e_archive_url"
        " is_send segment external_status modified_date"
    )
    assert set(names.split()) <= set(found)
    assert not [name for name in found if name.startswith("_")]
    assert (found["status"], found["currency"], found["channel"]) == ("400", "try", 1)
    assert found["has_gift_box"] is False, "a boolean even where commerce is silent"
    assert {"pk", "email", "first_name", "last_name", "user_type"} <= set(found["customer"])
    assert {"id", "name", "code"} <= set(found["shipping_address"]["country"])


def test_omnitrons_pks_are_not_commerces_ids_and_both_ways_lead_between_them(caller, order):
    found = caller.get(f"/api/v1/order_number/{order['number']}/")
    item = caller.get("/api/v1/channel/1/order_items/", order=found["pk"], sort="id")["results"][0]
    assert found["pk"] >= 900001
    assert item["pk"] >= 7000001
    assert found["extra_field"]["id"] == order["id"]
    assert item["extra_field"]["id"] == order["orderitem_set"][0]["id"]
    for name, remote_id, pk in (
        ("order", order["id"], found["pk"]),
        ("orderitem", order["orderitem_set"][0]["id"], item["pk"]),
    ):
        actions = caller.get(
            "/api/v1/channel/1/integration_actions/",
            channel=1,
            content_type_name=name,
            remote_id__exact=remote_id,
        )["results"]
        assert [(action["object_id"], action["remote_id"]) for action in actions] == [(pk, str(remote_id))]
        assert actions[0]["content_type"]["model"] == name


def test_an_items_product_is_found_by_its_pk(caller, order):
    item = caller.sandbox.order(order["number"])["orderitem_set"][0]
    (product,) = caller.get("/api/v1/channel/1/products/", pk__in=item["product"])["results"]
    assert {"pk", "sku", "base_code", "name", "productimage_set", "attributes", "absolute_url"} <= set(product)
    assert product["pk"] != order["orderitem_set"][0]["product"]["pk"]
    assert product["attributes"] == {"size": "M"}


def test_another_channel_sees_nothing_of_it(caller, order):
    pk = caller.sandbox.order(order["number"])["pk"]
    assert caller.get("/api/v1/channel/2/orders/", number=order["number"])["count"] == 0
    assert caller.send("GET", f"/api/v1/channel/2/orders/{pk}/").status_code == 404
    assert caller.send("POST", f"/api/v1/channel/2/orders/{pk}/cancel/", json={}).status_code == 404


def test_everything_about_an_order_comes_at_once(caller, order):
    pk = caller.sandbox.order(order["number"])["pk"]
    found = caller.get(f"/api/i1/orders_integration/{pk}/detailed_integration/")
    assert len(found["orderitem_set"]) == 1
    assert found["cancellationplan_set"] == []


def test_lists_come_in_pages_of_ten(caller, sandbox):
    sandbox.add_orders([commerce_order(1000 + index) for index in range(23)])
    first = caller.get("/api/v1/channel/1/orders/")
    assert (first["count"], len(first["results"]), first["previous"]) == (23, 10, None)
    second = caller.session.get(first["next"], timeout=10).json()
    assert second["previous"]
    third = caller.get("/api/v1/channel/1/orders/", page=3)
    assert (len(third["results"]), third["next"]) == (3, None)
    pks = [entry["pk"] for page in (first, second, third) for entry in page["results"]]
    assert pks == sorted(set(pks))
    assert caller.send("GET", "/api/v1/channel/1/orders/?page=4").status_code == 404
    assert caller.send("GET", "/api/v1/channel/1/orders/?page=x").status_code == 404
    assert len(caller.get("/api/v1/channel/1/orders/", limit=50)["results"]) == 23


def test_filters_are_djangos(caller, sandbox):
    sandbox.add_orders([commerce_order(1000 + index, items=2) for index in range(4)])
    sandbox.ship("1002")
    orders = caller.get("/api/v1/channel/1/orders/")["results"]
    pks = [entry["pk"] for entry in orders]

    def numbers(**query: Any) -> list[str]:
        return [entry["number"] for entry in caller.get("/api/v1/channel/1/orders/", **query)["results"]]

    assert numbers(pk__in=f"{pks[0]},{pks[3]}") == ["1000", "1003"]
    assert numbers(status="500") == ["1002"]
    assert numbers(sort="-id") == ["1003", "1002", "1001", "1000"]
    assert numbers(modified_date__gte=orders[2]["modified_date"]) == ["1002"]
    assert numbers(sort="-modified_date", limit=1) == ["1002"]
    assert numbers(number__in="1000,1001", status__in="400") == ["1000", "1001"]
    assert numbers(extra_field__id=1003) == ["1003"]
    assert numbers(tracking_number__isnull="false") == ["1002"]
    assert numbers(no_such_filter="x") == ["1000", "1001", "1002", "1003"]
    items = caller.get("/api/v1/channel/1/order_items/", order=pks[1])["results"]
    assert [entry["order"] for entry in items] == [pks[1]] * 2


@pytest.mark.parametrize("query", ["pk=x", "modified_date__gte=yesterday", "pk__in=1,b", "tracking_number__isnull=7"])
def test_a_filter_of_the_wrong_type_is_a_400(caller, query):
    answer = caller.send("GET", f"/api/v1/channel/1/orders/?{query}")
    assert answer.status_code == 400
    assert answer.json()[query.split("=")[0]]


@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", '"', "\x00", "a') UNION SELECT 1,2 --"])
def test_filter_values_are_values_and_nothing_else(caller, order, text):
    assert caller.get("/api/v1/channel/1/orders/", number=text)["count"] == 0
    assert caller.get("/api/v1/channel/1/orders/", sort=text)["count"] == 1


def test_reasons_of_both_types_are_there(caller):
    reasons = caller.get("/api/v1/channel/1/cancellation_reasons/")["results"]
    assert [(reason["pk"], reason["cancellation_type"]) for reason in reasons[:6]] == [
        (1, "cancel"), (2, "cancel"), (3, "cancel"), (4, "refund"), (5, "refund"), (6, "refund"),
    ]  # fmt: skip
    assert caller.get("/api/v1/channel/1/cancellation_reasons/4/")["subject"] == "Does not fit"
    refunds = caller.get("/api/v1/channel/1/cancellation_reasons/", cancellation_type="refund", is_active=True)
    assert refunds["count"] == 3


def test_an_address_that_exists_names_its_hash(caller):
    body = {
        "first_name": "Ada",
        "last_name": "L",
        "phone_number": "0",
        "line": "A street",
        "country": 1,
        "city": 1,
    }
    created = caller.send("POST", "/api/v1/channel/1/addresses/", json=body)
    again = caller.send("POST", "/api/v1/channel/1/addresses/", json=body)
    assert (created.status_code, again.status_code) == (201, 400)
    name, hash_data = again.json()["non_field_errors"].split()[0].split(":")
    assert name == "hash_data"
    (found,) = caller.get("/api/v1/channel/1/addresses/", hash_data=hash_data)["results"]
    assert found["pk"] == created.json()["pk"]


def test_updates_are_what_changed_and_was_not_acknowledged(caller, sandbox, order):
    path = "/api/v1/channel/1/orders/updates/"
    assert caller.get(path)["count"] == 0
    sandbox.ship(order["number"])
    (changed,) = caller.get(path)["results"]
    batch = caller.send("POST", "/api/v1/channel/1/batch_requests/", json={"channel": 1}).json()
    seen = {"pk": changed["pk"], "version_date": changed["modified_date"], "content_type": "order"}
    body = {"status": "commit", "content_type": "order", "objects": [seen]}
    answer = caller.send("PATCH", f"/api/v1/channel/1/batch_requests/{batch['pk']}/", json=body)
    assert answer.json()["status"] == "commit"
    assert caller.get(path)["count"] == 0


def test_modified_dates_only_grow_and_follow_every_change(caller, sandbox, order):
    seen = []
    for change in (sandbox.invoice, sandbox.ship, sandbox.deliver):
        change(order["number"])
        found = sandbox.order(order["number"])
        seen += [found["orderitem_set"][0]["modified_date"], found["modified_date"]]
    assert seen == sorted(set(seen))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", stamp) for stamp in seen)


def test_the_same_order_again_changes_nothing(sandbox, order):
    first = sandbox.add_orders(order)
    sandbox.ship(order["number"])
    assert sandbox.add_orders({"results": [order]}) == first == sandbox.add_orders({"order": order, "campaigns": []})
    assert statuses(sandbox, order["number"]) == ("500", ["500"])
    assert first[order["number"]]["items"] == {
        str(order["orderitem_set"][0]["id"]): sandbox.order(order["number"])["orderitem_set"][0]["pk"]
    }


@pytest.mark.parametrize(
    "change",
    [
        {"number": ""},
        {"orderitem_set": []},
        {"id": None},
        {"status": enum("nonsense")},
        {"created_date": "x"},
    ],
)
def test_an_order_that_is_none_is_refused_and_leaves_nothing(sandbox, change):
    good = commerce_order(5)
    with pytest.raises(Problem):
        sandbox.add_orders([good, commerce_order(6) | change])
    assert sandbox.orders()[0] == 0


def test_two_orders_cannot_share_a_remote_id(sandbox, order):
    with pytest.raises(Problem, match="remote id"):
        sandbox.add_orders(commerce_order(7) | {"id": order["id"]})
