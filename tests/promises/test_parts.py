"""One of our items may be several at Omnitron: what is cancelled, shipped or heard of is always all of them."""

import re
from typing import Any

import pytest
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.feed.comparing import differences
from aftercart.feed.reading import read_ours, read_theirs
from aftercart.feed.webhook import order_named_by
from aftercart.orders.models import Order, OrderItemKey
from aftercart.orders.pull import pull
from tests import builders
from tests.acts import at_omnitron, hear, meanwhile, parts_of, statuses

# Cancelling


def test_a_cancel_names_every_part_with_its_reason(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 204
    assert at_omnitron(omnitron, order) == ["50", "50", "50"]
    assert at_omnitron(omnitron, order, 1) == ["400", "400", "400"]
    (plan,) = omnitron.order(order.number)["cancellationplan_set"]
    assert [entry["reason"] for entry in plan["cancellationplanorderitem_set"]] == [1, 1, 1]
    assert statuses(order) == [400, 50, 400]


def test_parts_that_only_a_mapping_knows_are_cancelled_too(omnitron: Any, ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, items=1, item_fields={"quantity": 3})
    wire, own = builders.as_wire(order), order.items.get().pk
    pieces = [{**wire["orderitem_set"][0], "quantity": 1, "id": own + n * 10**6} for n in range(3)]
    taken = omnitron.add_orders([{**wire, "orderitem_set": pieces}])[order.number]["items"]
    for remote, pk in taken.items():
        if int(remote) != own:
            map_there(pk, own)
    assert at_ada.cancel(order).status_code == 204
    assert [item["status"] for item in omnitron.order(order.number)["orderitem_set"]] == ["50", "50", "50"]
    assert len(omnitron.calls(operation="integration_actions")) >= 1


def map_there(pk: int, remote_id: int) -> None:
    """As the platform's client does: one more integration action for a remote id."""
    with omnitron_client.omnitron()._call("integration_actions", None) as call:
        body = {"content_type": "orderitem", "object_id": pk, "remote_id": str(remote_id)}
        call.post("/api/v1/channel/1/integration_actions/", body)


def test_an_order_that_is_one_there_too_is_read_in_the_same_two_exchanges(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    assert at_ada.cancel(order).status_code == 204
    assert [call["operation"] for call in omnitron.calls(number=order.number)] == ["order", "order_items", "cancel"]
    assert not OrderItemKey.objects.exists()


def test_a_part_that_has_left_closes_the_direct_way_for_all(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    omnitron.ship(order.number, parts=[parts_of(omnitron, order)[0]["pk"]])
    response = at_ada.cancel(order, builders.a_body(order, only=1))
    assert (response.status_code, response.json()[0]["because"]) == (200, "item_status_not_cancellable")
    assert at_omnitron(omnitron, order) == ["500", "400", "400"]
    assert not omnitron.calls(operation="cancel")


def test_a_part_that_leaves_between_reading_and_cancelling_stops_the_cancel(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada)
    first = parts_of(omnitron, order)[0]["pk"]
    with meanwhile("cancel: judged again", lambda: omnitron.ship(order.number, parts=[first])):
        response = at_ada.cancel(order, builders.a_body(order, only=1))
    assert (response.status_code, response.json()[0]["because"]) == (200, "omnitron_refused")
    assert at_omnitron(omnitron, order) == ["500", "400", "400"]
    assert statuses(order) == [400, 400, 400]


def test_parts_that_were_replaced_between_reading_and_cancelling_are_judged_and_sent_again(
    omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1)

    def replace() -> None:
        gone = parts_of(omnitron, order)[-1]
        omnitron.store.delete("order_items", gone["pk"])
        omnitron.store.insert(
            "order_items",
            {**{k: v for k, v in gone.items() if k != "pk"}, "_channel": 1, "_order_number": order.number},
        )

    with meanwhile("cancel: judged again", replace):
        assert at_ada.cancel(order).status_code == 204
    assert at_omnitron(omnitron, order) == ["50", "50", "50"]
    assert len(omnitron.calls(operation="cancel")) == 2


# What is heard


def test_one_of_ours_is_further_on_once_all_its_parts_are(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada)
    keys = [part["pk"] for part in parts_of(omnitron, order)]
    omnitron.ship(order.number, parts=keys[:2])
    hear()
    assert statuses(order) == [400, 400, 400]
    assert [part["status"] for part in order.items.first().parts] == [500, 500, 400]
    assert order.items.first().tracking_number
    page = at_ada.get(f"/account/orders/{order.number}/").content.decode()
    assert re.search(r"2 of 3: <span[^>]*>Shipped<", page)
    omnitron.ship(order.number, parts=keys[2:])
    hear()
    assert statuses(order) == [400, 500, 400]
    assert "of 3:" not in at_ada.get(f"/account/orders/{order.number}/").content.decode()
    omnitron.deliver(order.number, parts=keys[:1])
    hear()
    assert (statuses(order), order.items.first().delivered_date) == ([400, 500, 400], None)
    omnitron.deliver(order.number, parts=keys[1:])
    hear()
    assert statuses(order) == [400, 550, 400]
    assert order.items.first().delivered_date


def test_a_part_that_staff_cancel_leaves_the_item_going(omnitron: Any, lines: Any, ada: Any) -> None:
    order = lines(ada)
    keys = [part["pk"] for part in parts_of(omnitron, order)]
    omnitron.cancel(order.number, parts=keys[:1])
    omnitron.approve_plan(omnitron.order(order.number)["cancellationplan_set"][0]["pk"])
    hear()
    assert statuses(order) == [400, 400, 400]
    omnitron.ship(order.number, parts=keys[1:])
    hear()
    assert statuses(order) == [400, 500, 400]


def test_a_rejected_plan_gives_all_parts_back(omnitron: Any, lines: Any, ada: Any, at_ada: Any) -> None:
    order = lines(ada, items=1)
    assert at_ada.cancel(order).status_code == 204
    hear()
    omnitron.reject_plan(omnitron.order(order.number)["cancellationplan_set"][0]["pk"])
    hear()
    assert statuses(order) == [400, 400]
    assert [part["status"] for part in order.items.get().parts] == [400, 400, 400]


def test_every_part_is_known_by_its_key(omnitron: Any, lines: Any, ada: Any) -> None:
    order = lines(ada)
    omnitron.invoice(order.number)
    hear()
    for part in parts_of(omnitron, order, 1):
        assert order_named_by({"order_item": part["pk"]}) == order.pk
    assert OrderItemKey.objects.count() == 6
    hear()
    assert OrderItemKey.objects.count() == 6


def test_reconciliation_compares_parts(omnitron: Any, lines: Any, ada: Any) -> None:
    order = lines(ada)
    hear()
    ours = read_ours(order.pk)
    assert differences(ours, read_theirs(ours)) == []
    omnitron.ship(order.number, parts=[parts_of(omnitron, order)[0]["pk"]])
    ours = read_ours(order.pk)
    found = {difference.what: difference.repair for difference in differences(ours, read_theirs(ours))}
    assert found["parts"] == "take over what Omnitron says"
    assert "status" not in found


def test_a_pull_makes_one_item_of_several(omnitron: Any, lines: Any, ada: Any) -> None:
    order = lines(ada)
    pk, number = order.items.first().pk, order.number
    keys = [part["pk"] for part in parts_of(omnitron, order)]
    order.delete()
    for expected in ("new", "unchanged"):
        pages = list(pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, pause=0))
        assert [str(one.taken.outcome) for page in pages for one in page.orders if one.taken] == [expected]
    item = Order.objects.get(number=number).items.get(pk=pk)
    assert (item.quantity, str(item.price), item.omnitron_pk) == (3, "33.33", keys[0])
    assert [part["pk"] for part in item.parts] == keys
    assert list(item.keys.values_list("omnitron_pk", flat=True)) == keys


# An outcome that nobody heard


@pytest.mark.parametrize("happened", [True, False])
def test_a_cancel_without_an_answer_is_settled_by_all_parts(
    happened: bool, omnitron: Any, lines: Any, ada: Any, at_ada: Any
) -> None:
    order = lines(ada, items=1)
    omnitron.fault(operation="cancel", kind="reset_after" if happened else "reset_before", times=1)
    assert at_ada.cancel(order).status_code == 200
    hear()
    assert CancellationAttempt.objects.get().state == ("agreed" if happened else "fell_back")
    assert statuses(order) == ([50, 50] if happened else [400, 400])
    assert [request.status for request in CancellationRequest.objects.all()] == ["completed" if happened else "waiting"]
