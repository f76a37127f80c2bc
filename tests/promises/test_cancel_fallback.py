"""POST /orders/{number}/cancel/: when it falls back to the back office, and when it is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest, EasyReturnShippingCompany
from aftercart.dynamic_settings.models import DynamicSetting
from tests import builders
from tests.acts import set_rules

GAP = {"hour_gap": {"is_active": True, "time": 60}}


def an_hour_and_a_bit_ago() -> Any:
    return timezone.now() - timedelta(minutes=61)


FALLS_BACK = {
    "order_status_not_cancellable": ({"status": 450}, {}),
    "order_has_invoice": ({"invoice_number": "A1"}, {"has_invoice": True}),
    "cancellation_expired": ({"created": an_hour_and_a_bit_ago}, GAP),
    "item_status_not_cancellable": ({"item_status": 450}, {}),
}


@pytest.mark.parametrize("because", FALLS_BACK)
def test_what_closes_the_direct_way_becomes_requests(
    because: str, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    fields, rules = FALLS_BACK[because]
    order = stock(ada, **{name: value() if callable(value) else value for name, value in fields.items()})
    set_rules(**rules)
    response = at_ada.cancel(order)
    assert response.status_code == 200, response.content
    entries = response.json()
    assert len(entries) == 3
    first = entries[0]
    assert first.keys() >= {"id", "uuid", "order_item", "reason", "description", "created_date"}
    assert first["because"] == because
    assert first["status"] == {"value": "waiting", "label": "Waiting for the shop"}
    assert first["cancellation_type"]["value"] == "cancel"
    assert first["quantity"] == 1
    assert first["easy_return"] is None
    assert not omnitron.calls(operation="cancel")
    assert CancellationAttempt.objects.get().state == "fell_back"
    order.refresh_from_db()
    assert order.status != 50


def test_an_order_within_the_limit_goes_directly(stock: Any, ada: Any, at_ada: Any) -> None:
    set_rules(**GAP)
    assert at_ada.cancel(stock(ada, created=timezone.now() - timedelta(minutes=59))).status_code == 204


def test_a_setting_counts_at_the_very_next_request(stock: Any, ada: Any, at_ada: Any) -> None:
    first, second = stock(ada, status=450), stock(ada, status=450)
    assert at_ada.cancel(first).status_code == 200
    set_rules(extra_direct_cancellable_statuses=["preparing"])
    assert at_ada.cancel(second).status_code == 204


def test_a_stored_setting_that_no_longer_validates_breaks_nothing(
    stock: Any, ada: Any, at_ada: Any, caplog: Any
) -> None:
    DynamicSetting.objects.bulk_create([DynamicSetting(name="EXTRA_CANCEL_RULES", value={"hour_gap": "soon"})])
    assert at_ada.cancel(stock(ada)).status_code == 204
    assert "EXTRA_CANCEL_RULES is not valid, its defaults apply" in caplog.text


def test_a_mixed_payload_goes_by_the_fallback_as_a_whole(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    last = order.items.last()
    last.status = 450
    last.save()
    response = at_ada.cancel(order)
    assert response.status_code == 200
    assert {entry["because"] for entry in response.json()} == {"item_status_not_cancellable"}
    assert not omnitron.calls(operation="cancel")


@pytest.mark.parametrize(
    "wish",
    [{"fully_refund_as_loyalty_money": True}, {"quantity": 1}],
    ids=["loyalty money", "a part of the quantity"],
)
def test_what_omnitrons_call_cannot_carry_needs_a_request(
    wish: dict[str, Any], stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, items=1, item_fields={"quantity": 2})
    body = builders.a_body(order, **({"quantity": 1} if "quantity" in wish else {}))
    body.update({name: value for name, value in wish.items() if name != "quantity"})
    response = at_ada.cancel(order, body)
    assert response.status_code == 200
    assert response.json()[0]["because"] == "needs_request"


def test_the_whole_quantity_said_aloud_still_goes_directly(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=1, item_fields={"quantity": 2})
    assert at_ada.cancel(order, builders.a_body(order, quantity=2)).status_code == 204


def test_a_return_of_a_delivered_item_becomes_a_request(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=550)
    response = at_ada.cancel(order, builders.a_body(order, reason=4, cancellation_type="refund"))
    assert response.status_code == 200
    assert {entry["cancellation_type"]["value"] for entry in response.json()} == {"refund"}


def test_an_easy_return_keeps_its_carrier_and_a_copy_of_the_pickup_address(stock: Any, ada: Any, at_ada: Any) -> None:
    company = EasyReturnShippingCompany.objects.create(value="yurtici", label="Yurtiçi Kargo")
    offered = [{"pk": company.pk, "shipping_company": {"value": "yurtici", "label": "Yurtiçi Kargo"}}]
    order = stock(ada, status=550, items=1, item_fields={"easy_return_companies": offered})
    address = builders.an_address(ada, line="Collect here 1")
    body = builders.a_body(order, reason=4, cancellation_type="refund", shipping_company=company.pk)
    response = at_ada.cancel(order, {**body, "pickup_address": address.pk})
    assert response.status_code == 200
    assert response.json()[0]["easy_return"]["shipping_company"] == {"value": "yurtici", "label": "Yurtiçi Kargo"}
    address.delete()
    assert CancellationRequest.objects.get().pickup_address["line"] == "Collect here 1"


REFUSED = {
    "a cancel of a delivered item": (550, {}, "item_status_not_cancellable"),
    "a return of an item that has not shipped": (400, {"cancellation_type": "refund"}, "item_status_not_cancellable"),
    "a return of a refunded item": (600, {"cancellation_type": "refund"}, "item_status_not_cancellable"),
    "a cancelled order": (100, {}, "order_already_cancelled"),
    "an order in cancellation": (50, {}, "cancellation_in_progress"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_fallback_refuses_is_400_and_changes_nothing(name: str, stock: Any, ada: Any, at_ada: Any) -> None:
    status, fields, code = REFUSED[name]
    order = stock(ada, status=status)
    response = at_ada.cancel(order, builders.a_body(order, **fields))
    assert response.status_code == 400, response.content
    body = response.json()
    assert body["error_code"] == code
    assert body["non_field_errors"] == body["refusals"][0]["message"]
    assert not CancellationRequest.objects.exists()
    assert not CancellationAttempt.objects.exists()


def test_the_sentence_of_an_item_carries_its_name(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=550, items=1)
    body = at_ada.cancel(order).json()
    assert body["non_field_errors"] == "Order Item (Cup 1) can't be cancelled in this status."
    assert body["refusals"][0]["order_item"] == order.items.get().pk


def test_a_second_cancel_of_the_same_items_is_refused(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = builders.a_body(order, only=2)
    assert at_ada.cancel(order, body).status_code == 204
    again = at_ada.cancel(order, body)
    assert again.status_code == 400
    assert again.json()["error_code"] == "cancellation_in_progress"
    assert [refusal["order_item"] for refusal in again.json()["refusals"]] == [
        item["order_item"] for item in body["cancel_order_items"]
    ]
    assert len(omnitron.calls(operation="cancel")) == 1


def test_a_second_request_for_the_same_item_is_refused(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=450)
    assert at_ada.cancel(order).status_code == 200
    again = at_ada.cancel(order)
    assert again.status_code == 400
    assert again.json()["error_code"] == "cancellation_request_100_1"
    assert again.json()["non_field_errors"] == "Order cancellation already in progress."
    assert CancellationRequest.objects.count() == 3
    assert CancellationAttempt.objects.count() == 1  # a refused repeat leaves nothing behind


def test_a_refused_cancel_posted_four_times_leaves_no_record(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=100)
    answers = [at_ada.cancel(order) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert len({answer.content for answer in answers}) == 1
    assert not CancellationAttempt.objects.exists()


def test_switched_off_fallback_makes_every_refusal_final(stock: Any, ada: Any, at_ada: Any) -> None:
    set_rules("CANCELLATION_FALLBACK", enabled=False)
    response = at_ada.cancel(stock(ada, status=450))
    assert response.status_code == 400
    assert response.json()["refusals"][0]["message"] == "Order can't be cancelled in this status."


def test_a_code_made_final_by_the_merchant_is_400(stock: Any, ada: Any, at_ada: Any) -> None:
    final = ["order_already_cancelled", "cancellation_in_progress", "cancellation_request_100_1", "order_has_invoice"]
    set_rules("CANCELLATION_FALLBACK", final=final)
    set_rules(has_invoice=True)
    response = at_ada.cancel(stock(ada, invoice_number="A1"))
    assert response.status_code == 400
    assert response.json()["non_field_errors"] == "Invoiced orders can not cancel"


def test_sentences_are_turkish_for_a_turkish_reader_and_codes_stay(stock: Any, ada: Any, at_ada: Any) -> None:
    response = at_ada.cancel(stock(ada, status=100), **{"Accept-Language": "tr-tr"})
    assert response.json()["error_code"] == "order_already_cancelled"
    assert response.json()["non_field_errors"] != "Order already cancelled!"


def test_a_reason_of_the_other_type_is_accepted(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    assert at_ada.cancel(order, builders.a_body(order, reason=4)).status_code == 204


def test_as_many_items_as_a_wish_may_name_fall_back_together(omnitron: Any, ada: Any, at_ada: Any) -> None:
    """Rows and their keys come from one statement: none may be given to another item."""
    order = builders.an_order(ada, items=1000)
    answer = at_ada.cancel(order)  # Omnitron does not know it
    assert answer.status_code == 200
    kept = dict(CancellationRequest.objects.values_list("pk", "order_item_id"))
    assert len(kept) == 1000
    assert {request["id"]: request["order_item"] for request in answer.json()} == kept
