"""The Idempotency-Key header when answers fail, processes die and time passes: still never a second effect."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart import failpoints, omnitron_client
from aftercart.address_changes.models import AddressChange
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt
from aftercart.duties import tick
from aftercart.idempotency import keys
from aftercart.idempotency.models import IdempotencyKey
from tests import builders
from tests.conftest import SignedIn
from tests.promises.repeating import ADDRESS_CHANGE, KEY, a_running_key, same_again


class Died(BaseException):
    """The process ended here."""


# --- answers that are not kept ------------------------------------------------------------------------------


def test_after_a_503_the_retry_reaches_the_action_again(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada)
    body = {"order": order.pk, "address": address.pk}
    omnitron.power(False)
    first = at_ada.send(ADDRESS_CHANGE, body, **KEY)
    assert (first.status_code, first.json()["error_code"]) == (503, "omnitron_unreachable")
    omnitron.power(True)
    omnitron_client.forget_omnitron()  # its circuit is open
    same_again(lambda: at_ada.send(ADDRESS_CHANGE, body, **KEY), 200)
    assert list(AddressChange.objects.values_list("state", flat=True)) == ["submitted", "not_sent"]


def test_after_a_503_the_key_still_means_the_same_request(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada)
    omnitron.power(False)
    body = {"order": order.pk, "address": address.pk}
    assert at_ada.send(ADDRESS_CHANGE, body, **KEY).status_code == 503
    assert at_ada.send(ADDRESS_CHANGE, {**body, "channel_id": 1}, **KEY).status_code == 422


def test_after_a_500_the_retry_runs(stock: Any, ada: Any, at_ada: Any, monkeypatch: Any) -> None:
    order = stock(ada)
    with monkeypatch.context() as broken:
        broken.setattr("aftercart.cancellations.views.cancel_order", lambda **_: 1 / 0)
        assert at_ada.cancel(order, **KEY).status_code == 500
    same_again(lambda: at_ada.cancel(order, **KEY), 204)


def test_an_order_that_was_unknown_may_have_come_in_since(stock: Any, ada: Any, eve: Any, at_ada: Any) -> None:
    order = stock(eve)
    body = builders.a_body(order)
    assert at_ada.cancel(order, body, **KEY).status_code == 404
    type(order).objects.filter(pk=order.pk).update(customer=ada)
    assert at_ada.cancel(order, body, **KEY).status_code == 204


def test_an_answer_that_could_not_be_kept_is_given_all_the_same(
    stock: Any, ada: Any, at_ada: Any, monkeypatch: Any
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("away")

    order = stock(ada)
    with monkeypatch.context() as broken:
        broken.setattr(keys, "close", away)
        assert at_ada.cancel(order, **KEY).status_code == 204
    assert at_ada.cancel(order, **KEY).status_code == 409


# --- death and time -----------------------------------------------------------------------------------------


def test_after_a_process_died_a_repeat_runs_and_its_answer_is_kept(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    dead = a_running_key(ada, order, body, lease=-timedelta(seconds=1))
    same_again(lambda: at_ada.cancel(order, body, **{"Idempotency-Key": dead.key}), 204)


def test_what_another_wish_has_under_way_is_told_but_not_kept(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    body = builders.a_body(order)
    dead = a_running_key(ada, order, body, lease=-timedelta(seconds=1))
    attempt = CancellationAttempt.objects.create(order=order, customer=ada, lease_until=timezone.now())
    for _ in range(2):
        repeat = at_ada.cancel(order, body, **{"Idempotency-Key": dead.key})
        assert (repeat.status_code, repeat.json()["error_code"]) == (400, "cancellation_in_progress")
        assert "Idempotency-Replayed" not in repeat
    attempt.delete()
    assert at_ada.cancel(order, body, **{"Idempotency-Key": dead.key}).status_code == 204


def test_what_the_dead_process_itself_left_is_answered_as_it_ended(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    """Died after Omnitron agreed: 503 until settlement knows, then the 204 that the first run owed."""
    order = stock(ada)

    def die(step: str) -> None:
        if step == "cancel: called":
            raise Died

    failpoints.hook = die
    try:
        with pytest.raises(Died):
            at_ada.cancel(order, **KEY)
    finally:
        failpoints.hook = None
    later = timezone.now() + timedelta(seconds=61)
    with time_machine.travel(later):
        client = SignedIn(ada)
        waiting = client.cancel(order, **KEY)
        assert (waiting.status_code, waiting.json()["error_code"]) == (503, "cancellation_in_progress")
        assert int(waiting["Retry-After"]) > 0
        tick(KINDS, now=later)
        tick(KINDS, now=later + timedelta(seconds=61))
        same_again(lambda: client.cancel(order, **KEY), 204)
    assert len(omnitron.calls(operation="cancel", number=order.number)) == 1


def test_another_request_does_not_inherit_the_key_of_a_dead_one(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    dead = a_running_key(ada, order, "another body", lease=-timedelta(seconds=1))
    assert at_ada.cancel(order, **{"Idempotency-Key": dead.key}).status_code == 422


def test_a_success_is_kept_even_if_a_repeat_took_the_key_over_meanwhile(ada: Any) -> None:
    now = timezone.now()
    wish = {"customer": ada, "key": "k", "fingerprint": "f" * 64}
    slow = keys.claim(**wish, now=now)
    hasty = keys.claim(**wish, now=now + timedelta(minutes=1))
    assert isinstance(slow, keys.KeyClaim)
    assert isinstance(hasty, keys.KeyClaim)
    assert not keys.close(slow, keys.RecordedAnswer(400, {}, b"late refusal"))
    assert keys.close(slow, keys.RecordedAnswer(204, {}, b""))
    assert not keys.close(hasty, keys.RecordedAnswer(400, {}, b"in progress"))
    assert keys.claim(**wish, now=now + timedelta(minutes=2)) == keys.RecordedAnswer(204, {}, b"")


def test_a_key_lives_24_hours(stock: Any, ada: Any, at_ada: Any) -> None:
    order, start = stock(ada), timezone.now()
    body = builders.a_body(order)
    with time_machine.travel(start, tick=False):
        assert at_ada.cancel(order, body, **KEY).status_code == 204
    with time_machine.travel(start + timedelta(hours=24, seconds=-1), tick=False):
        assert at_ada.cancel(order, body, **KEY)["Idempotency-Replayed"] == "true"
    with time_machine.travel(start + timedelta(hours=24), tick=False):
        late = at_ada.cancel(order, body, **KEY)
        assert (late.status_code, late.json()["error_code"]) == (400, "cancellation_in_progress")
        assert "Idempotency-Replayed" not in late
        assert at_ada.cancel(order, body, **KEY)["Idempotency-Replayed"] == "true", "a new life of 24 hours"


def test_an_expired_key_may_name_another_request(stock: Any, ada: Any, at_ada: Any) -> None:
    first, second, start = stock(ada), stock(ada), timezone.now()
    assert at_ada.cancel(first, **KEY).status_code == 204
    with time_machine.travel(start + timedelta(hours=25)):
        same_again(lambda: at_ada.cancel(second, **KEY), 204)


def test_expired_keys_are_forgotten_in_batches(ada: Any) -> None:
    now = timezone.now()
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(customer=ada, key=f"{n}", fingerprint="", state="answered", next_attempt_at=now)
        for n in range(500)
    )
    dead = {"customer": ada, "fingerprint": "", "state": "running"}
    IdempotencyKey.objects.create(key="dead", next_attempt_at=now - timedelta(hours=1), **dead)
    IdempotencyKey.objects.create(key="alive", next_attempt_at=now + timedelta(hours=1), **dead)
    with CaptureQueriesContext(connection) as seen:
        tick(KINDS, now=now)
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["alive"]
    deletes = [query["sql"] for query in seen if query["sql"].startswith("DELETE")]
    assert len(deletes) == 1, deletes


def test_a_key_that_runs_at_its_expiry_is_not_forgotten(ada: Any) -> None:
    now = timezone.now()
    running = IdempotencyKey.objects.create(
        customer=ada, key="k", fingerprint="", next_attempt_at=now, lease_until=now + timedelta(seconds=9)
    )
    tick(KINDS, now=now)
    assert IdempotencyKey.objects.filter(pk=running.pk).exists()
    tick(KINDS, now=now + timedelta(seconds=9))
    assert not IdempotencyKey.objects.exists()
