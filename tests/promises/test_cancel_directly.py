"""POST /orders/{number}/cancel/: the direct way."""

from typing import Any

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.orders.models import OrderEvent
from tests import builders
from tests.acts import item_statuses

ANSWERS = "status_code"


def test_cancelling_every_item_is_204_and_reaches_omnitron(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    response = at_ada.cancel(order)
    assert response.status_code == 204, response.content
    assert response.content == b""
    order.refresh_from_db()
    assert order.status == 50
    assert item_statuses(order) == [50, 50, 50]
    there = omnitron.order(order.number)
    assert [item["status"] for item in there["orderitem_set"]] == ["50", "50", "50"]
    assert len(omnitron.calls(operation="cancel", number=order.number)) == 1
    assert CancellationAttempt.objects.get().state == "agreed"
    assert not CancellationRequest.objects.exists()


def test_untouched_items_stay_exactly_as_they_were(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    before = list(order.items.values())
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 204
    order.refresh_from_db()
    assert order.status == 400
    assert item_statuses(order) == [50, 400, 400]
    untouched = {name: value for name, value in before[2].items() if name != "omnitron_pk"}
    after = order.items.values().get(pk=untouched["id"])
    assert {name: value for name, value in after.items() if name not in ("omnitron_pk", "modified_date")} == {
        name: value for name, value in untouched.items() if name != "modified_date"
    }
    assert [item["status"] for item in omnitron.order(order.number)["orderitem_set"]] == ["50", "400", "400"]


def test_every_changed_item_has_its_event(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    at_ada.cancel(order, builders.a_body(order, only=2))
    events = OrderEvent.objects.filter(order=order, kind="cancelled_directly")
    assert [(e.from_status, e.to_status, e.actor) for e in events] == [(400, 50, "ada@example.com")] * 2
