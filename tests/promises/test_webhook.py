"""Omnitron's webhooks: believed by their signature alone, written down once, learned by reading for ourselves."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.feed.models import FeedCursor, OrderNews, WebhookEvent
from aftercart.feed.polling import begin_to_listen
from aftercart.feed.signature import BadSignature, key_of, verify, webhook_signature
from tests import builders
from tests.acts import events, hear, statuses, the_plan

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another secret of ours").decode()
STRANGE = "whsec_" + base64.b64encode(b"nobody knows this one").decode()
PATH = "/webhooks/omnitron/"


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.OMNITRON_WEBHOOK_SECRETS = [SECRET, OTHER]


def an_event(order: Any = None, *, event_type: str = "order.updated", **payload: Any) -> dict[str, Any]:
    number = order.number if order is not None else "0000"
    return {"event": {"type": event_type, "uuid": str(uuid.uuid4())}, "payload": {"number": number, **payload}}


def post(
    event: Any,
    *,
    secret: str = SECRET,
    age: timedelta = timedelta(0),
    signature: str = "{}",
    leave_out: str = "",
    **headers: str,
) -> Any:
    """Post as Omnitron does; `signature` is a pattern around the genuine one."""
    body = event if isinstance(event, bytes) else orjson.dumps(event)
    timestamp = str(int((timezone.now() - age).timestamp()))
    genuine = webhook_signature(key_of(secret), message_id="msg_1", timestamp=timestamp, body=body)
    sent = {
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp,
        "webhook-signature": signature.format(genuine),
        **headers,
    }
    sent.pop(leave_out, None)
    client = Client(enforce_csrf_checks=True)
    return client.post(PATH, body, content_type="application/json", headers=sent)


def test_the_published_example_of_the_standard_is_believed() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    sent = datetime.fromtimestamp(1614265330, tz=UTC)
    verify(b'{"test": 2432232314}', headers, keys=[key_of(SECRET)], now=sent)
    with pytest.raises(BadSignature):
        verify(b'{"test": 2432232315}', headers, keys=[key_of(SECRET)], now=sent)


MINUTE = timedelta(minutes=1)
SIGNATURES: dict[str, tuple[dict[str, Any], int]] = {
    "genuine": ({}, 200),
    "by the other secret, while they change": ({"secret": OTHER}, 200),
    "beside an older one": ({"signature": "v1,AAAA {}"}, 200),
    "beside another version": ({"signature": "v1a,AAAA {}"}, 200),
    "four minutes old": ({"age": 4 * MINUTE}, 200),
    "four minutes early": ({"age": -4 * MINUTE}, 200),
    "six minutes old": ({"age": 6 * MINUTE}, 401),
    "six minutes early": ({"age": -6 * MINUTE}, 401),
    "by a stranger": ({"secret": STRANGE}, 401),
    "of another version alone": ({"signature": "v2,AAAA"}, 401),
    "cut off": ({"signature": "v1,"}, 401),
    "without its version": ({"signature": "AAAA"}, 401),
    "not base64": ({"signature": "v1,§§§"}, 401),
    "empty": ({"signature": ""}, 401),
    "without a signature": ({"leave_out": "webhook-signature"}, 401),
    "without an id": ({"leave_out": "webhook-id"}, 401),
    "without a timestamp": ({"leave_out": "webhook-timestamp"}, 401),
    "of another id": ({"webhook-id": "msg_2"}, 401),
    "of another time": ({"webhook-timestamp": str(int(timezone.now().timestamp()) + 1)}, 401),
    "of no time": ({"webhook-timestamp": "yesterday"}, 401),
    "of an endless time": ({"webhook-timestamp": "9" * 400}, 401),
}


@pytest.mark.parametrize(("how", "status"), SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_signature(how: dict[str, Any], status: int, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    response = post(an_event(order), **how)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert WebhookEvent.objects.count() == OrderNews.objects.count() == (1 if status == 200 else 0)


def test_a_body_that_was_changed_on_the_way_is_401(omnitron: Any, stock: Any, ada: Any) -> None:
    order, other = stock(ada), stock(ada)
    event = an_event(order)
    genuine = webhook_signature(
        key_of(SECRET),
        message_id="msg_1",
        timestamp=str(int(timezone.now().timestamp())),
        body=orjson.dumps(event),
    )
    event["payload"]["number"] = other.number
    assert post(event, signature=genuine).status_code == 401
    assert not OrderNews.objects.exists()


BODIES: dict[str, Any] = {
    "no JSON": b"{",
    "no UTF-8": b'{"event": "\xff"}',
    "nothing": b"",
    "a list": [],
    "no event": {"payload": {}},
    "an event that is a word": {"event": "order.updated", "payload": {}},
    "no type": {"event": {"uuid": str(uuid.uuid4())}, "payload": {}},
    "no uuid": {"event": {"type": "order.updated"}, "payload": {}},
    "a uuid that is none": {"event": {"type": "order.updated", "uuid": "1"}, "payload": {}},
    "no payload": {"event": {"type": "order.updated", "uuid": str(uuid.uuid4())}},
    "a payload that is a list": {"event": {"type": "order.updated", "uuid": str(uuid.uuid4())}, "payload": []},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_event_is_400(body: Any, omnitron: Any) -> None:
    response = post(body)
    assert response.status_code == 400
    assert response.json()
    assert not WebhookEvent.objects.exists()


def test_without_a_secret_there_is_no_such_door(omnitron: Any, settings: Any) -> None:
    settings.OMNITRON_WEBHOOK_SECRETS = []
    response = post(an_event())
    assert response.status_code == 404
    assert response.json()["error_code"] == "not_found"


def test_a_get_is_405(omnitron: Any) -> None:
    response = Client().get(PATH)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert response.json()


def test_a_body_without_end_is_413(omnitron: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = post(an_event(note="x" * 2000))
    assert response.status_code == 413
    assert response.json()


def test_a_secret_that_is_none_is_said_at_the_start(settings: Any) -> None:
    settings.OMNITRON_WEBHOOK_SECRETS = [SECRET, "whsec_", "not base64!"]
    assert [found.id for found in run_checks() if found.id.startswith("feed")] == ["feed.E001", "feed.E001"]


def test_a_webhook_brings_what_happened(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    assert post(an_event(order)).json() == {"received": True, "is_new": True}
    assert statuses(order) == [400, 400, 400, 400]  # written down first, learned after the answer
    FeedCursor.objects.all().delete()  # no polling in this test
    tick(KINDS)
    assert statuses(order) == [500, 500, 500, 500]


def test_what_a_webhook_claims_is_not_believed_but_looked_up(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    post(an_event(order, status="100"))
    tick(KINDS)
    assert statuses(order) == [400, 400, 400, 400]


def test_the_same_event_again_is_200_and_nothing_more(omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    event = an_event(order)
    assert post(event).status_code == 200
    tick(KINDS)
    omnitron.clear_calls()
    assert post(event).json() == {"received": True, "is_new": False}
    FeedCursor.objects.all().delete()
    tick(KINDS)
    assert not omnitron.calls()
    assert WebhookEvent.objects.count() == 1
    assert events(order, "status_changed") == 4


def test_an_event_of_an_order_that_we_do_not_have_is_kept_and_ignored(omnitron: Any) -> None:
    assert post(an_event()).status_code == 200
    assert WebhookEvent.objects.get().order is None
    assert not OrderNews.objects.exists()


@pytest.mark.parametrize("shape", ["number", "order as object", "order number", "order pk", "item pk"])
def test_whatever_names_the_order_finds_it(shape: str, omnitron: Any, stock: Any, ada: Any) -> None:
    order = stock(ada)
    type(order).objects.filter(pk=order.pk).update(omnitron_pk=900001)
    order.items.filter(pk=order.items.first().pk).update(omnitron_pk=7000001)
    payload = {
        "number": {"number": order.number},
        "order as object": {"order": {"pk": 900001, "number": order.number, "status": "50"}},
        "order number": {"order_number": order.number},
        "order pk": {"order": 900001},
        "item pk": {"order_item": 7000001},
    }[shape]
    event = {"event": {"type": "order.updated", "uuid": str(uuid.uuid4())}, "payload": payload}
    assert post(event).status_code == 200
    assert OrderNews.objects.get().order_id == order.pk


@pytest.mark.parametrize("odd", [True, 2**70, -1, {"pk": "x"}, [1], "\0", "x" * 500, None])
def test_an_odd_payload_names_nothing(odd: Any, omnitron: Any) -> None:
    body = {"event": {"type": "t", "uuid": str(uuid.uuid4())}}
    for payload in ({"order": odd}, {"number": odd}, {"order_item": odd}):
        event = {**body, "event": {**body["event"], "uuid": str(uuid.uuid4())}, "payload": payload}
        assert post(json.dumps(event).encode()).status_code in (200, 400)
    assert not OrderNews.objects.exists()


def test_a_rejected_plan_is_learned_at_once_though_polling_is_slow(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, settings: Any
) -> None:
    settings.POLL_SECONDS = 3600
    order = stock(ada)
    begin_to_listen(now=timezone.now())
    at_ada.cancel(order)
    hear()
    omnitron.reject_plan(the_plan(omnitron, order))
    payload = {"pk": the_plan(omnitron, order), "plan_type": "cancel", "order": {"number": order.number}}
    event = {"event": {"type": "cancellation_plan.updated", "uuid": str(uuid.uuid4())}, "payload": payload}
    assert post(event).status_code == 200
    for _ in range(3):
        tick(KINDS)
    assert statuses(order) == [400, 400, 400, 400]
    assert events(order, "cancellation_rejected") == 3


def test_a_stranger_without_a_session_needs_no_token_of_ours(omnitron: Any, ada: Any) -> None:
    builders.an_order(ada)
    assert post(an_event()).status_code == 200  # the client enforces CSRF, and has no token
