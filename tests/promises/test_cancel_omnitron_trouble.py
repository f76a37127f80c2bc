"""A fault of each kind at each step of the exchange: 200 with requests, the right `because`, in time."""

import time
from typing import Any

import pytest

from aftercart import omnitron_client
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.duties import tick
from aftercart.orders.models import OrderEvent
from tests import builders

UNREACHABLE, UNKNOWN, REFUSED = "omnitron_unreachable", "omnitron_outcome_unknown", "omnitron_refused"
SILENT = {"seconds": 20}
# What goes wrong → what the answer says, at the reading of the order and at the cancel itself.
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "reset before anything happens": ({"kind": "reset_before"}, UNREACHABLE, UNKNOWN),
    "reset after it happened": ({"kind": "reset_after"}, UNREACHABLE, UNKNOWN),
    "silence before anything happens": ({"kind": "silence_before", **SILENT}, UNREACHABLE, UNKNOWN),
    "silence after it happened": ({"kind": "silence_after", **SILENT}, UNREACHABLE, UNKNOWN),
    "too slow": ({"kind": "latency", "seconds": 3}, UNREACHABLE, UNKNOWN),
    "half an answer": ({"kind": "half"}, UNREACHABLE, UNKNOWN),
    "an answer drop by drop": ({"kind": "drip"}, UNREACHABLE, UNKNOWN),
    "nonsense": ({"kind": "nonsense"}, UNREACHABLE, UNKNOWN),
    "nonsense after it happened": ({"kind": "nonsense_after"}, UNREACHABLE, UNKNOWN),
    "a page instead of JSON": ({"kind": "html"}, UNREACHABLE, UNKNOWN),
    "a proxy's 502 page": ({"kind": "html_502"}, UNREACHABLE, UNKNOWN),
    "500": ({"kind": "status", "status": 500}, UNREACHABLE, UNKNOWN),
    "503 after it happened": ({"kind": "status_after", "status": 503}, UNREACHABLE, UNKNOWN),
    "406 with a reason": ({"kind": "status", "status": 406}, REFUSED, REFUSED),
    "404 with a reason": ({"kind": "status", "status": 404}, REFUSED, REFUSED),
    "a list where an object is due": ({"kind": "wrong_shape"}, UNREACHABLE, UNKNOWN),
    "a redirect": ({"kind": "redirect"}, UNREACHABLE, UNKNOWN),
}
READING = ["order", "order_items"]


def cases() -> list[Any]:
    found = []
    for name, (fault, at_reading, at_cancel) in FAULTS.items():
        for step in READING:
            found.append(pytest.param(step, fault, at_reading, id=f"{step}: {name}"))
        found.append(pytest.param("cancel", fault, at_cancel, id=f"cancel: {name}"))
    return found


def settle_all() -> None:
    for _ in range(10):
        if not tick(KINDS):
            return


@pytest.mark.parametrize(("step", "fault", "because"), cases())
def test_a_fault_becomes_requests_within_the_deadline(
    step: str, fault: dict[str, Any], because: str, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    # A wrong shape is believed on a page of items alone if it is empty: a list is a page too.
    omnitron.fault(operation=step, times=None, **fault)
    began = time.monotonic()
    response = at_ada.cancel(order)
    took = time.monotonic() - began
    assert response.status_code == 200, response.content
    assert {entry["because"] for entry in response.json()} == {because}
    assert took < omnitron_client.omnitron().timeout + 1.5
    assert all(entry["being_checked"] is (because == UNKNOWN) for entry in response.json())

    omnitron.clear_faults()
    omnitron_client.forget_omnitron()  # a fresh process, whose circuit is closed
    settle_all()
    cancelled = omnitron.order(order.number)["status"] == "50"
    order.refresh_from_db()
    assert (order.status == 50) is cancelled
    wanted = {"completed"} if cancelled else {"waiting"}
    assert {request.status for request in CancellationRequest.objects.all()} == wanted
    assert not CancellationRequest.objects.filter(being_checked=True).exists()
    assert CancellationAttempt.objects.get().state == ("agreed" if cancelled else "fell_back")
    if not cancelled:
        assert len(omnitron.order(order.number)["cancellationrequest_set"]) == 3


def test_omnitron_switched_off_becomes_requests_and_they_arrive_later(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    omnitron.power(False)
    response = at_ada.cancel(order)
    assert response.status_code == 200
    assert response.json()[0]["because"] == UNREACHABLE
    omnitron.power(True)
    omnitron_client.forget_omnitron()
    settle_all()
    there = omnitron.order(order.number)["cancellationrequest_set"]
    ours = CancellationRequest.objects.in_bulk([entry["id"] for entry in response.json()])
    assert sorted(r["remote_id"] for r in there) == sorted(request.remote_id for request in ours.values())


def test_a_token_that_ran_out_is_renewed_once_and_the_cancel_succeeds(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    omnitron.fault(operation="cancel", kind="unauthorized", times=1)
    assert at_ada.cancel(order).status_code == 204


def test_what_omnitron_knows_better_is_judged_and_written(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    response = at_ada.cancel(order)
    assert response.status_code == 400
    assert response.json()["error_code"] == "item_status_not_cancellable"
    order.refresh_from_db()
    assert order.status == 500
    assert order.tracking_number
    assert {item.status for item in order.items.all()} == {500}
    assert CancellationAttempt.objects.get().state == "refused"
    assert not omnitron.calls(operation="cancel")
    assert OrderEvent.objects.filter(order=order, kind="status_changed", actor="omnitron").count() == 4


def test_an_invoice_that_only_omnitron_knew_of_closes_the_direct_way(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    from aftercart.dynamic_settings.models import DynamicSetting

    DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value={"has_invoice": True})
    order = stock(ada)
    omnitron.invoice(order.number)
    response = at_ada.cancel(order)
    assert response.status_code == 200
    assert response.json()[0]["because"] == "order_has_invoice"


def test_an_order_that_omnitron_does_not_have_yet_becomes_requests(omnitron: Any, ada: Any, at_ada: Any) -> None:
    response = at_ada.cancel(builders.an_order(ada))
    assert response.status_code == 200
    assert response.json()[0]["because"] == REFUSED


@pytest.mark.parametrize("kind", ["wrong_order", "fewer_items"])
def test_an_answer_about_something_else_is_not_believed(
    kind: str, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    omnitron.fault(operation="order" if kind == "wrong_order" else "order_items", kind=kind, times=None)
    response = at_ada.cancel(order)
    assert response.status_code == 200
    assert not omnitron.calls(operation="cancel")


def test_a_cancellation_already_open_there_for_these_items_is_settled_as_cancelled(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 204
    rest = builders.a_body(order)
    rest["cancel_order_items"] = rest["cancel_order_items"][1:]
    # The plan of the first item is still open at Omnitron, which takes only one at a time.
    response = at_ada.cancel(order, rest)
    assert response.status_code == 200
    assert {entry["because"] for entry in response.json()} == {REFUSED}


def test_nothing_is_sent_inside_a_transaction(omnitron: Any, stock: Any, ada: Any) -> None:
    from django.db import transaction

    order = stock(ada)
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        omnitron_client.omnitron().order(number=order.number)
