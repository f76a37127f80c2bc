"""Taking a request back: the owner's wish at once, and exactly one truth once Omnitron has answered."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic import TypeAdapter

from aftercart import omnitron_client
from aftercart.account.timeline import timeline
from aftercart.cancellations.actions import withdraw_request
from aftercart.cancellations.delivery import deliver_request
from aftercart.cancellations.models import CancellationRequest, RequestStatus
from aftercart.duties import NotYet
from aftercart.feed.reconcile import compare_requests
from aftercart.omnitron import RemoteCancellationRequest
from aftercart.orders.models import OrderEvent
from aftercart.response_schemas import CancellationRequestSchema
from tests import builders
from tests.acts import hear, meanwhile, settle, statements

ACTIVE = {"waiting", "confirmed", "waiting_approval", "approved"}


def path_of(request: Any) -> str:
    return f"/users/orders/cancellation_requests/{request.pk}/withdraw/"


def now_is(request: Any, status: str) -> Any:
    request.refresh_from_db()
    assert request.status == status
    return request


def there(omnitron: Any, order: Any) -> list[str]:
    """What Omnitron has of the order's requests."""
    return [request["status"] for request in omnitron.order(order.number)["cancellationrequest_set"]]


def is_done(request: Any) -> bool:
    """Nothing is left to do, after the last look that is due by then."""
    settle(seconds=700)
    request.refresh_from_db()
    return (request.next_attempt_at, request.lease_until, request.is_dead) == (None, None, False)


def events(order: Any, *kinds: str) -> list[str]:
    found = OrderEvent.objects.filter(order=order).values_list("kind", flat=True)
    return [kind for kind in found if not kinds or kind in kinds]


def said(order: Any) -> list[tuple[str, bool]]:
    return [(entry.text, entry.by_customer) for entry in timeline(order, order.cancellation_requests.all())]


@pytest.fixture
def asked(stock: Any, ada: Any, at_ada: Any) -> Any:
    """A request that nobody has handed to Omnitron yet."""
    order = stock(ada, status=450, items=1)
    assert at_ada.cancel(order).status_code == 200
    return CancellationRequest.objects.get()


@pytest.fixture
def delivered(asked: Any) -> Any:
    """A request that Omnitron has."""
    settle()
    asked.refresh_from_db()
    assert asked.omnitron_pk
    return asked


# The ordinary ways


def test_one_that_never_left_the_house_is_taken_back_at_once(omnitron: Any, asked: Any, at_ada: Any) -> None:
    response = at_ada.send(path_of(asked), {})
    assert response.status_code == 200, response.content
    TypeAdapter(CancellationRequestSchema).validate_json(response.content)
    assert response.json()["status"] == {"value": "withdrawn", "label": "Taken back"}
    assert now_is(asked, "withdrawn").next_attempt_at is None
    settle()
    assert {call["method"] for call in omnitron.calls(operation="cancellation_request")} <= {"GET"}
    assert said(asked.order)[0] == ("You took your request back", True)
    assert events(asked.order) == ["requested", "request_withdrawn"]


def test_one_that_omnitron_has_is_withdrawing_until_omnitron_has_let_go(
    omnitron: Any, delivered: Any, at_ada: Any
) -> None:
    response = at_ada.send(path_of(delivered), {})
    assert response.json()["status"] == {"value": "withdrawing", "label": "Being taken back"}
    assert there(omnitron, delivered.order) == ["waiting"]
    assert events(delivered.order) == ["requested"]
    settle()
    request = now_is(delivered, "withdrawn")
    assert there(omnitron, request.order) == []
    assert is_done(request)
    assert events(request.order) == ["requested", "request_withdrawn"]


@pytest.mark.parametrize("by", ["uuid", "id"])
def test_the_verb_takes_either_key(by: str, asked: Any, ada: Any) -> None:
    key = {"request_uuid": asked.uuid} if by == "uuid" else {"request_id": asked.pk}
    assert withdraw_request(customer=ada, **key, now=timezone.now()).status == "withdrawn"


def test_the_path_takes_the_uuid_too(asked: Any, at_ada: Any) -> None:
    assert at_ada.send(f"/users/orders/cancellation_requests/{asked.uuid}/withdraw/", {}).status_code == 200


def test_until_then_the_item_has_no_room_for_another_request(delivered: Any, at_ada: Any) -> None:
    order = delivered.order
    at_ada.send(path_of(delivered), {})
    again = at_ada.cancel(order)
    assert (again.status_code, again.json()["error_code"]) == (400, "cancellation_request_100_1")
    settle()
    assert at_ada.cancel(order).status_code == 200
    settle()
    active = CancellationRequest.objects.exclude(pk=delivered.pk).get()
    assert (active.status, active.omnitron_pk is None) == ("waiting", False)


@pytest.mark.parametrize("delivered_first", [False, True])
def test_repeats_change_nothing(delivered_first: bool, omnitron: Any, asked: Any, at_ada: Any) -> None:
    if delivered_first:
        settle()
    answers = [at_ada.send(path_of(asked), {}) for _ in range(4)]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    settle()
    after = [at_ada.send(path_of(asked), {}, **{"Idempotency-Key": "k"}) for _ in range(3)]
    assert {answer.json()["status"]["value"] for answer in after} == {"withdrawn"}
    settle()
    assert events(asked.order) == ["requested", "request_withdrawn"]
    assert len([c for c in omnitron.calls(operation="cancellation_request") if c["method"] == "DELETE"]) <= 1


def test_one_that_waits_for_approval_may_be_taken_back(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    CancellationRequest.objects.update(status="waiting_approval")
    assert at_ada.send(path_of(delivered), {}).status_code == 200
    settle()
    now_is(delivered, "withdrawn")


@pytest.mark.parametrize("status", ["confirmed", "approved", "rejected", "completed"])
def test_what_the_shop_has_decided_stays(status: str, omnitron: Any, delivered: Any, at_ada: Any) -> None:
    CancellationRequest.objects.update(status=status)
    answers = [at_ada.send(path_of(delivered), {}) for _ in range(4)]
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].status_code == 400
    assert answers[0].json() == {
        "error_code": "request_already_decided",
        "non_field_errors": "The shop has decided on this request already; it cannot be taken back.",
        "refusals": [
            {
                "code": "request_already_decided",
                "message": "The shop has decided on this request already; it cannot be taken back.",
                "order_item": delivered.order_item_id,
            }
        ],
    }
    now_is(delivered, status)
    assert there(omnitron, delivered.order) == ["waiting"]


def test_eve_cannot_take_adas_request_back(asked: Any, at_eve: Any) -> None:
    unknown = [f"/users/orders/cancellation_requests/{key}/withdraw/" for key in (10**9, uuid4(), 0, "x", "a-b")]
    foreign = [path_of(asked), path_of(asked).replace(str(asked.pk), str(asked.uuid))]
    answers = [at_eve.send(path, {}) for path in (*foreign, *unknown)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    now_is(asked, "waiting")


# The shop decides meanwhile


def test_approved_meanwhile_it_goes_on_and_the_customer_reads_why(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron.approve_request(delivered.omnitron_pk)
    assert at_ada.send(path_of(delivered), {}).json()["status"]["value"] == "withdrawing"
    settle()
    request = now_is(delivered, "approved")
    assert there(omnitron, request.order) == ["approved"]
    assert "request_withdrawn" not in events(request.order)
    assert said(request.order)[0] == ("Your request could not be taken back", False)
    hear()
    omnitron.approve_plan(omnitron.order(request.order.number)["cancellationplan_set"][0]["pk"])
    hear()
    now_is(request, "completed")
    request.order_item.refresh_from_db()
    assert request.order_item.status == 100
    assert events(request.order).count("withdrawal_refused") == 1


def test_carried_out_meanwhile_it_is_completed_with_a_note(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron.approve_plan(omnitron.approve_request(delivered.omnitron_pk)["pk"])
    at_ada.send(path_of(delivered), {})
    deliver_request(delivered.pk, now=timezone.now())
    request = now_is(delivered, "completed")
    assert events(request.order, "withdrawal_refused", "request_closed") == ["withdrawal_refused", "request_closed"]


def test_news_of_the_plans_end_may_be_first(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    at_ada.send(path_of(delivered), {})
    CancellationRequest.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    omnitron.approve_plan(omnitron.approve_request(delivered.omnitron_pk)["pk"])
    hear()
    request = now_is(delivered, "completed")
    assert request.closing_note == "It could no longer be taken back: the shop had agreed already."
    settle(seconds=4000)
    now_is(delivered, "completed")


def test_rejected_meanwhile_it_is_taken_back_all_the_same(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    at_ada.send(path_of(delivered), {})
    CancellationRequest.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    omnitron.reject_request(delivered.omnitron_pk)
    hear()
    now_is(delivered, "withdrawn")
    assert events(delivered.order) == ["requested", "request_withdrawn"]


@pytest.mark.parametrize("status", ["waiting", "waiting_approval", "confirmed", "approved"])
def test_news_that_it_is_still_open_does_not_end_the_withdrawal(
    status: str, omnitron: Any, delivered: Any, at_ada: Any
) -> None:
    at_ada.send(path_of(delivered), {})
    CancellationRequest.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    theirs = omnitron.store.get("cancellation_requests", delivered.omnitron_pk)
    omnitron.store.save("cancellation_requests", theirs, status=status)
    hear()
    assert now_is(delivered, "withdrawing").next_attempt_at is not None


def test_gone_at_omnitron_already_is_fine(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron_client.omnitron().delete_cancellation_request(pk=delivered.omnitron_pk)
    at_ada.send(path_of(delivered), {})
    settle()
    now_is(delivered, "withdrawn")


def test_a_parcel_that_leaves_meanwhile_does_not_decline_what_is_taken_back(
    omnitron: Any, delivered: Any, at_ada: Any
) -> None:
    at_ada.send(path_of(delivered), {})
    CancellationRequest.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=60))
    omnitron.ship(delivered.order.number)
    hear()
    now_is(delivered, "withdrawing")
    settle(seconds=70)
    now_is(delivered, "withdrawn")
    assert there(omnitron, delivered.order) == []


# While it is being handed over, or nobody knows


def test_taken_back_while_a_worker_hands_it_over(omnitron: Any, asked: Any, at_ada: Any) -> None:
    taken_back: list[Any] = []
    with meanwhile("delivery: handed over", lambda: taken_back.append(at_ada.send(path_of(asked), {}).json())):
        settle()
    assert [answer["status"]["value"] for answer in taken_back] == ["withdrawing"]
    settle()
    now_is(asked, "withdrawn")
    assert there(omnitron, asked.order) == []
    assert events(asked.order) == ["requested", "request_withdrawn"]


def test_taken_back_just_before_a_worker_hands_it_over(omnitron: Any, asked: Any, at_ada: Any) -> None:
    with meanwhile("delivery: looked up", lambda: at_ada.send(path_of(asked), {})):
        settle()
    settle()
    now_is(asked, "withdrawn")
    assert there(omnitron, asked.order) == []


def test_a_hand_over_without_an_answer_is_looked_for_before_it_is_called_gone(
    omnitron: Any, asked: Any, at_ada: Any
) -> None:
    omnitron.fault(operation="cancellation_request", method="POST", kind="reset_after", times=1)
    settle()
    assert now_is(asked, "waiting").omnitron_pk is None
    assert at_ada.send(path_of(asked), {}).json()["status"]["value"] == "withdrawing"
    settle(seconds=60)
    now_is(asked, "withdrawn")
    assert there(omnitron, asked.order) == []


def test_what_may_still_be_on_its_way_is_waited_for(omnitron: Any, asked: Any, at_ada: Any, settings: Any) -> None:
    settings.SETTLE_AFTER_SECONDS = 20
    omnitron.fault(operation="cancellation_request", method="POST", kind="reset_before", times=1)
    settle()
    at_ada.send(path_of(asked), {})
    with pytest.raises(NotYet):
        deliver_request(asked.pk, now=timezone.now() + timedelta(seconds=15))
    now_is(asked, "withdrawing")
    deliver_request(asked.pk, now=timezone.now() + timedelta(seconds=21))
    now_is(asked, "withdrawn")


def arrives_late(request: Any) -> RemoteCancellationRequest:
    """What was on its way all the time stands at Omnitron now."""
    return omnitron_client.omnitron().create_cancellation_request(
        remote_id=request.remote_id,
        order_item=request.order_item.omnitron_pk,
        reason=1,
        description="",
        cancellation_type="cancel",
    )


@pytest.mark.parametrize("had_a_key", [False, True])
def test_what_arrives_after_all_is_not_raised_from_the_dead_but_taken_back_there(
    had_a_key: bool, omnitron: Any, delivered: Any, at_ada: Any
) -> None:
    at_ada.send(path_of(delivered), {})
    settle()
    now_is(delivered, "withdrawn")
    if not had_a_key:
        CancellationRequest.objects.update(omnitron_pk=None)
    arrives_late(delivered)
    hear()
    assert is_done(now_is(delivered, "withdrawn"))
    assert CancellationRequest.objects.count() == 1
    assert there(omnitron, delivered.order) == []
    assert events(delivered.order) == ["requested", "request_withdrawn"]


def test_what_arrives_late_and_is_approved_before_we_hear_goes_on(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    at_ada.send(path_of(delivered), {})
    settle()
    late = arrives_late(delivered)
    omnitron.approve_request(late.pk)
    hear()
    settle()
    assert now_is(delivered, "approved").omnitron_pk == late.pk
    assert events(delivered.order, "withdrawal_refused") == ["withdrawal_refused"]


def test_reconciliation_finds_what_was_taken_back_here_and_stands_there(
    omnitron: Any, delivered: Any, at_ada: Any
) -> None:
    at_ada.send(path_of(delivered), {})
    settle()
    assert is_done(delivered)
    late = omnitron.store.get("cancellation_requests", arrives_late(delivered).pk)
    omnitron.store.save("cancellation_requests", late, status="waiting_approval")  # staff touch it: so it is told
    (found,) = compare_requests(since=None, clock=timezone.now)
    assert [difference.what for difference in found.found] == ["request taken back here"]
    (repaired,) = compare_requests(since=None, clock=timezone.now, repair=True)
    assert not repaired.left
    settle()
    assert there(omnitron, delivered.order) == []
    assert list(compare_requests(since=None, clock=timezone.now)) == []


def test_one_that_is_being_checked_waits_for_what_became_of_the_cancel(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, settings: Any
) -> None:
    settings.SETTLE_AFTER_SECONDS = 30
    for kind, status in (("reset_after", "completed"), ("reset_before", "withdrawn")):
        omnitron.fault(operation="cancel", kind=kind, times=1)
        order = stock(ada, items=1)
        (entry,) = at_ada.cancel(order).json()
        assert entry["being_checked"]
        request = CancellationRequest.objects.get(pk=entry["id"])
        assert at_ada.send(path_of(request), {}).json()["status"]["value"] == "withdrawing"
        settle(seconds=31)
        settle(seconds=90)
        now_is(request, status)
        assert there(omnitron, order) == []


# What goes wrong at Omnitron


FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "half an answer": {"kind": "half"},
    "nonsense": {"kind": "nonsense"},
    "nonsense after": {"kind": "nonsense_after"},
    "a page": {"kind": "html"},
    "a proxy's page": {"kind": "html_502"},
    "a wrong shape": {"kind": "wrong_shape"},
    "500": {"kind": "status", "status": 500},
    "503 after": {"kind": "status_after", "status": 503},
    "404 though it is there": {"kind": "status", "status": 404},
    "405": {"kind": "status", "status": 405},
    "403": {"kind": "status", "status": 403},
    "406 for no reason": {"kind": "status", "status": 406},
    "a token that ran out": {"kind": "unauthorized"},
    "a redirect": {"kind": "redirect"},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_the_delete_ends_in_one_truth(name: str, omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron.fault(operation="cancellation_request", method="DELETE", times=2, **FAULTS[name])
    at_ada.send(path_of(delivered), {})
    for seconds in (0, 20, 60, 120, 240):
        settle(seconds=seconds)
        omnitron_client.forget_omnitron()
    request = now_is(delivered, "withdrawn")
    assert not set(there(omnitron, request.order)) & ACTIVE
    assert is_done(request)
    assert events(request.order) == ["requested", "request_withdrawn"]


def test_where_nothing_can_be_deleted_it_is_rejected_instead(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron.fault(operation="cancellation_request", method="DELETE", kind="status", status=405)
    at_ada.send(path_of(delivered), {})
    settle()
    now_is(delivered, "withdrawn")
    assert there(omnitron, delivered.order) == ["rejected"]
    hear()
    now_is(delivered, "withdrawn")
    assert events(delivered.order) == ["requested", "request_withdrawn"]


def test_where_neither_is_possible_it_goes_on(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron.fault(operation="cancellation_request", method="DELETE", kind="status", status=403)
    omnitron.fault(operation="cancellation_request", method="POST", kind="status", status=403)
    at_ada.send(path_of(delivered), {})
    settle()
    now_is(delivered, "waiting")
    assert events(delivered.order) == ["requested", "withdrawal_refused"]
    omnitron.clear_faults()
    assert at_ada.send(path_of(delivered), {}).status_code == 200  # and may be tried again
    settle()
    now_is(delivered, "withdrawn")


def test_a_day_without_omnitron_costs_waiting_and_nothing_else(omnitron: Any, delivered: Any, at_ada: Any) -> None:
    omnitron.power(False)
    assert at_ada.send(path_of(delivered), {}).status_code == 200
    for hour in range(30):
        settle(seconds=3600 * hour)
        omnitron_client.forget_omnitron()
    assert not now_is(delivered, "withdrawing").is_dead
    omnitron.power(True)
    settle(seconds=3600 * 31)
    now_is(delivered, "withdrawn")
    assert there(omnitron, delivered.order) == []


def test_a_given_up_hand_over_can_be_taken_back(omnitron: Any, asked: Any, at_ada: Any) -> None:
    CancellationRequest.objects.update(is_dead=True, next_attempt_at=None, attempts=20, last_error="no")
    at_ada.send(path_of(asked), {})
    settle()
    request = now_is(asked, "withdrawn")
    assert not request.is_dead


# What it costs, and what is said


def test_taking_back_takes_at_most_six_statements(delivered: Any, at_ada: Any) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.send(path_of(delivered), {}).status_code == 200
    assert len(statements(seen)) <= 6, "\n".join(sql[:150] for sql in statements(seen))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_answer_is_in_the_readers_language(language: str, delivered: Any, at_ada: Any) -> None:
    label = at_ada.send(path_of(delivered), {}, **{"Accept-Language": language}).json()["status"]["label"]
    assert (label == RequestStatus.WITHDRAWING.label) or language == "tr"


def test_the_owner_sees_what_may_be_taken_back(delivered: Any, at_ada: Any) -> None:
    assert delivered.may_be_withdrawn
    at_ada.send(path_of(delivered), {})
    delivered.refresh_from_db()
    assert not delivered.may_be_withdrawn
    page = at_ada.get(f"/account/orders/{delivered.order.number}/", headers={"Accept": "text/html"}).content.decode()
    assert "Being taken back" in page


def test_a_guest_may_take_back_what_was_asked_for_him(stock: Any) -> None:
    guest = builders.a_customer("guest", user_type="guest")
    order = stock(guest, status=450, items=1)
    request = CancellationRequest.objects.create(
        order=order,
        order_item=order.items.get(),
        reason_id=1,
        cancellation_type="cancel",
        next_attempt_at=timezone.now(),
    )
    taken = withdraw_request(customer=order.customer, request_uuid=request.uuid, now=timezone.now())
    assert taken.status == "withdrawn"
