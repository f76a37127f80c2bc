"""Reconciliation: every difference between Omnitron and us is found, named, and repaired where that is safe."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.duties import tick
from aftercart.feed.models import FeedCursor, ReconciliationReport, WebhookEvent
from aftercart.feed.reconcile import plan_reconciliation
from aftercart.orders.models import Order, OrderEvent, OrderItem
from tests import builders
from tests.acts import as_return, events, hear, statuses, the_plan, the_request
from tests.promises.reconciling import reconcile, repaired, told


@pytest.fixture
def asked(stock: Any, ada: Any, at_ada: Any) -> Any:
    """An order being prepared, with a request for one of its items that Omnitron has."""
    order = stock(ada, status=450)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 200
    hear()
    return order


def test_where_all_agree_nothing_is_said_and_the_exit_code_is_0(stock: Any, ada: Any) -> None:
    stock(ada), stock(ada)
    assert reconcile() == (0, {"compared": 2, "found": 0, "left": 0, "differences": []})
    assert ReconciliationReport.objects.exclude(finished_date=None).get().compared == 2


def test_a_status_that_was_missed_is_found_and_repaired(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=1)
    omnitron.ship(order.number)
    code, result = reconcile()
    assert code == 1
    assert [one for one in told(result) if one[0] == "status"] == [
        ("status", "400", "500", "take over what Omnitron says")
    ] * 2
    assert statuses(order) == [400, 400]  # it was only looked at
    repaired()
    assert statuses(order) == [500, 500]
    assert events(order, "status_changed") == 2


def test_tracking_and_invoice_that_were_missed(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=1)
    omnitron.ship(order.number)
    omnitron.invoice(order.number)
    hear()
    Order.objects.update(tracking_number=None, invoice_number=None, omnitron_modified=None)
    OrderItem.objects.update(tracking_number="OLD", invoice_number="", omnitron_modified=None)
    code, result = reconcile()
    assert code == 1
    assert [one[:2] for one in told(result)] == [
        ("tracking number", "OLD"),
        ("invoice number", ""),
        ("tracking number", ""),
        ("invoice number", ""),
    ]
    repaired()


def test_two_different_invoices_need_a_person(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=1)
    order.items.update(invoice_number="OURS")
    omnitron.invoice(order.number)
    repaired(code=1)
    assert order.items.get().invoice_number == "OURS"
    code, result = reconcile()
    assert (code, [(one[0], one[3]) for one in told(result)]) == (1, [("invoice number", "")])


def test_what_is_cancelled_there_alone(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.cancel(order.number, items=[order.items.first().pk])
    omnitron.approve_plan(the_plan(omnitron, order))
    code, result = reconcile()
    assert (code, told(result)) == (
        1,
        [("cancelled on one side", "400", "100", "take over what Omnitron says")],
    )
    repaired()
    assert statuses(order) == [400, 100, 400, 400]


def test_what_is_cancelled_here_alone_gets_its_former_status_back(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada)
    at_ada.cancel(order)
    omnitron.reject_plan(the_plan(omnitron, order))
    code, result = reconcile()
    assert code == 1
    assert set(told(result)) == {("cancelled on one side", "50", "400", "give the former status back")}
    repaired()
    assert statuses(order) == [400, 400, 400, 400]
    assert events(order, "cancellation_rejected") == 3
    hear()
    assert events(order, "cancellation_rejected") == 3  # the rejection itself, heard later, adds nothing


def test_what_we_closed_and_omnitron_did_not_needs_a_person(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=2)
    order.items.filter(pk=order.items.first().pk).update(status=100)
    result = repaired(code=1)
    assert told(result) == [("cancelled on one side", "100", "400", "")]
    assert statuses(order) == [400, 100, 400]


def test_an_order_that_omnitron_does_not_have(omnitron: Any, ada: Any) -> None:
    builders.an_order(ada)
    result = repaired(code=1)
    assert told(result) == [("order unknown at Omnitron", "400", "", "")]


def test_items_that_only_one_side_has(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=2)
    gone = order.items.last()
    wire_only = gone.pk
    gone.delete()
    OrderItem.objects.create(order=order, status=400, price="1.00", retail_price="1.00", pk=wire_only + 1000)
    result = repaired(code=1)
    assert sorted(one[0] for one in told(result)) == ["item unknown at Omnitron", "item unknown here"]


def test_a_request_that_omnitron_does_not_have_is_handed_over(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=450)
    at_ada.cancel(order, builders.a_body(order, only=1))
    CancellationRequest.objects.update(next_attempt_at=None, is_dead=True)  # given up
    code, result = reconcile()
    assert (code, [one[0] for one in told(result)]) == (1, ["request unknown at Omnitron"])
    repaired()
    request = CancellationRequest.objects.get()
    assert request.omnitron_pk == the_request(omnitron, order)
    assert not request.is_dead


def test_a_request_that_is_on_its_way_is_no_difference(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=450)
    at_ada.cancel(order, builders.a_body(order, only=1))
    assert reconcile()[0] == 0


def test_a_request_whose_status_was_missed(omnitron: Any, asked: Any) -> None:
    omnitron.reject_request(the_request(omnitron, asked))
    code, result = reconcile()
    assert (code, [one[0] for one in told(result)]) == (1, ["status of a request"])
    repaired()
    request = CancellationRequest.objects.get()
    assert (request.status, bool(request.closing_note)) == ("rejected", True)
    assert events(asked, "request_closed") == 1


def test_a_request_that_staff_made_at_omnitron_becomes_ours_too(omnitron: Any, asked: Any) -> None:
    there = the_request(omnitron, asked)
    CancellationRequest.objects.all().delete()
    omnitron.approve_request(there)
    hear()
    CancellationRequest.objects.all().delete()  # polling had made it ours; reconciliation does so too
    code, result = reconcile()
    assert (code, [one[0] for one in told(result)]) == (1, ["request unknown here"])
    repaired()
    request = CancellationRequest.objects.get()
    assert (request.omnitron_pk, request.status, request.because) == (there, "approved", "made_at_omnitron")
    omnitron.approve_plan(the_plan(omnitron, asked))
    assert reconcile()[0] == 1
    repaired()
    request.refresh_from_db()
    assert request.status == "completed"
    assert len(omnitron.order(asked.number)["cancellationrequest_set"]) == 1  # and none was handed over a second time


def test_a_request_of_staff_that_goes_on_is_followed(omnitron: Any, asked: Any) -> None:
    there = the_request(omnitron, asked)
    CancellationRequest.objects.update(because="made_at_omnitron")
    omnitron.reject_request(there)
    code, result = reconcile()
    assert (code, [one[0] for one in told(result)]) == (1, ["status of a request"])
    repaired()
    assert CancellationRequest.objects.get().status == "rejected"


def test_a_request_that_we_closed_when_the_parcel_left_is_no_difference(omnitron: Any, asked: Any) -> None:
    omnitron.ship(asked.number)
    hear()
    assert reconcile()[0] == 0


def test_an_address_that_differs_after_a_submitted_change(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada, line="Elsewhere 2")
    body = {"order": order.pk, "address": address.pk}
    assert at_ada.send("/orders/address_change/", body).status_code == 200
    assert reconcile()[0] == 0
    order.refresh_from_db()
    copy = {**order.shipping_address, "line": "A third place 3"}
    omnitron_client.omnitron().change_address(channel_id=1, remote_order_id=order.pk, address=copy)
    code, result = reconcile()
    assert code == 1
    assert [(one[0], one[3]) for one in told(result)] == [("delivery address", "take over Omnitron's address")]
    repaired()
    order.refresh_from_db()
    assert order.shipping_address["line"] == "A third place 3"
    assert order.shipping_address["user"]["email"] == ada.email
    last = OrderEvent.objects.filter(order=order, kind="address_changed").last()
    assert (last.actor, last.data["old"]["line"]) == ("omnitron", "Elsewhere 2")


def test_an_order_whose_cancellation_is_under_way_is_left_alone(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    CancellationAttempt.objects.create(order=order, customer=ada)
    omnitron.ship(order.number)
    assert reconcile() == (0, {"compared": 1, "found": 0, "left": 0, "differences": []})


def test_closed_orders_are_compared_if_they_changed_since(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=1)
    Order.objects.update(status=100, modified_date=timezone.now())
    order.items.update(status=100)
    assert reconcile()[1]["compared"] == 0
    code, result = reconcile(since=timezone.now() - timedelta(days=1))
    assert (code, result["compared"]) == (1, 1)
    assert reconcile(since=timezone.now() + timedelta(days=1))[1]["compared"] == 0


def test_a_return_is_compared_like_the_rest(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=550, items=1)
    at_ada.cancel(order, builders.a_body(order, **as_return()))
    hear()
    omnitron.approve_plan(omnitron.approve_request(the_request(omnitron, order))["pk"])
    assert reconcile()[0] == 1
    repaired()
    assert statuses(order) == [600, 600]


# The command


def test_the_lines_name_order_item_both_sides_and_the_repair(
    omnitron: Any, stock: Any, ada: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    order = stock(ada, items=1)
    omnitron.ship(order.number)
    with pytest.raises(SystemExit) as end:
        call_command("reconcile")
    assert end.value.code == 1
    printed = capsys.readouterr().out
    item = order.items.get().pk
    expected = f"order {order.number}, item {item}: status: ours 400, theirs 500; repair would take over what"
    assert expected in printed
    assert printed.splitlines()[-1] == "1 orders compared, 4 differences, 4 left"
    call_command("reconcile", repair=True)
    assert "; repaired" in capsys.readouterr().out


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="is not a date"):
        call_command("reconcile", "--since", "yesterday")


def test_omnitron_away_is_exit_code_1_and_no_report(omnitron: Any, stock: Any, ada: Any) -> None:
    stock(ada)
    omnitron.power(False)
    with pytest.raises(CommandError) as error:
        call_command("reconcile")
    assert error.value.returncode == 1
    assert not ReconciliationReport.objects.exclude(finished_date=None).exists()


def test_many_orders_come_page_by_page(omnitron: Any, ada: Any) -> None:
    orders = [builders.an_order(ada, items=1) for _ in range(120)]
    omnitron.add_orders([builders.as_wire(order) for order in orders])
    omnitron.ship(orders[-1].number)
    code, result = reconcile(repair=True)
    assert (code, result["compared"], result["left"]) == (0, 120, 0)
    assert statuses(orders[-1]) == [500, 500]


# The scheduled one


@pytest.fixture
def scheduled(omnitron: Any) -> Any:
    FeedCursor.objects.all().delete()  # no polling: only reconciliation may see what changed
    ReconciliationReport.objects.all().delete()
    plan_reconciliation(now=timezone.now() - timedelta(days=1))
    return ReconciliationReport.objects.get()


def run_to_the_end() -> None:
    for _ in range(10):
        tick(KINDS)


def test_the_scheduled_one_reports_and_changes_nothing(scheduled: Any, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada, items=1)
    omnitron.ship(order.number)
    run_to_the_end()
    scheduled.refresh_from_db()
    assert (scheduled.compared, scheduled.difference_count, scheduled.repaired_count) == (1, 4, 0)
    assert scheduled.finished_date is not None
    assert scheduled.next_attempt_at is None
    assert scheduled.differences[0]["order"] == order.number
    assert statuses(order) == [400, 400]


def test_the_next_one_is_planned_once(scheduled: Any, stock: Any, ada: Any) -> None:
    stock(ada)
    run_to_the_end()
    scheduled.refresh_from_db()
    following = ReconciliationReport.objects.exclude(pk=scheduled.pk).get()
    assert following.next_attempt_at == scheduled.started_date + timedelta(days=1)
    plan_reconciliation(now=timezone.now())
    assert ReconciliationReport.objects.count() == 2


def test_the_list_of_a_report_ends_at_two_hundred(scheduled: Any, ada: Any) -> None:
    for _ in range(205):
        builders.an_order(ada, items=0)
    run_to_the_end()
    scheduled.refresh_from_db()
    assert (scheduled.compared, scheduled.difference_count, len(scheduled.differences)) == (205, 205, 200)


def test_omnitron_away_while_comparing_is_waited_for(scheduled: Any, omnitron: Any, stock: Any, ada: Any) -> None:
    stock(ada)
    omnitron.power(False)
    moment = timezone.now()
    for _ in range(30):
        moment += timedelta(minutes=1)
        tick(KINDS, now=moment)
    scheduled.refresh_from_db()
    assert not scheduled.is_dead
    omnitron.power(True)
    omnitron_client.forget_omnitron()
    tick(KINDS, now=moment + timedelta(minutes=1))
    scheduled.refresh_from_db()
    assert (scheduled.compared, scheduled.difference_count) == (1, 0)
    assert scheduled.finished_date is not None


def test_old_webhooks_are_forgotten_by_the_way(scheduled: Any) -> None:
    for days in (1, 31):
        WebhookEvent.objects.create(event_type="t", received_date=timezone.now() - timedelta(days=days))
    run_to_the_end()
    assert WebhookEvent.objects.count() == 1
