"""`POST /webhooks/omnitron/`: Omnitron says that something changed; we read for ourselves what.

Answers 200 once the news is stored, also for a repeat and for an order that we don't have; 401 for a wrong or stale
signature, 400 for a body that is not an event, 404 while no secret is configured. Always JSON.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from aftercart.errors import FieldErrors, NotFound
from aftercart.feed.models import FeedCursor, WebhookEvent
from aftercart.feed.order_sync import mark_stale
from aftercart.feed.polling import read_soon
from aftercart.feed.signature import BadSignature, key_of, verify
from aftercart.http_errors import answer, json_response
from aftercart.orders.models import Order, OrderItem

logger = logging.getLogger(__name__)

LONGEST = 2**63 - 1


@csrf_exempt
def omnitron_webhook(request: HttpRequest) -> HttpResponse:
    """The webhook's authentication: the signature proves who is calling."""
    if not settings.OMNITRON_WEBHOOK_SECRETS:
        return answer(NotFound())
    if request.method != "POST":
        return json_response({"non_field_errors": ["Send a POST."]}, 405, {"Allow": "POST"})
    now = timezone.now()
    try:
        keys = [key_of(secret) for secret in settings.OMNITRON_WEBHOOK_SECRETS]
        headers = {name.lower(): value for name, value in request.headers.items()}
        verify(request.body, headers, keys=keys, now=now)
        uuid, event_type, payload = read_event(request.body)
        is_new = receive(uuid=uuid, event_type=event_type, payload=payload, now=now)
    except BadSignature as reason:
        logger.warning("a webhook was not believed: %s", reason)
        return json_response({"error_code": "bad_signature", "non_field_errors": "Bad signature."}, 401)
    except (FieldErrors, RequestDataTooBig, DatabaseError) as error:
        return answer(error)
    return json_response({"received": True, "is_new": is_new})


def read_event(body: bytes) -> tuple[UUID, str, Mapping[str, Any]]:
    """The event's uuid, its type and its payload. Raises FieldErrors for anything else."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise FieldErrors({"non_field_errors": ["The body is not JSON."]}) from None
    event = read.get("event") if isinstance(read, dict) else None
    payload = read.get("payload") if isinstance(read, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise FieldErrors({"event": ["An object with a type and a uuid is needed."]})
    if not isinstance(payload, dict):
        raise FieldErrors({"payload": ["An object is needed."]})
    try:
        uuid = UUID(str(event.get("uuid")))
    except ValueError:
        raise FieldErrors({"event": {"uuid": ["This is not a UUID."]}}) from None
    return uuid, event["type"].replace("\0", "")[:128], payload


def receive(*, uuid: UUID, event_type: str, payload: Mapping[str, Any], now: datetime) -> bool:
    """Store an event with the news that it brings; for one that is here already, do nothing and return False."""
    with transaction.atomic():
        event, is_new = WebhookEvent.objects.get_or_create(
            uuid=uuid, defaults={"event_type": event_type, "received_date": now}
        )
        if not is_new:
            return False
        # What an order does not say by itself is in a list: look there now. Before the order, as locks are taken.
        if event_type.startswith("cancellation_plan"):
            read_soon(FeedCursor.Feed.PLANS, now=now)
        elif event_type.startswith("cancellation_request"):
            read_soon(FeedCursor.Feed.REQUESTS, now=now)
        order = order_named_by(payload)
        if order is not None:
            WebhookEvent.objects.filter(pk=event.pk).update(order=order)
            mark_stale([order], now=now)
        else:
            logger.debug("webhook %s is about an order that we do not have", uuid)
    return True


def order_named_by(payload: Mapping[str, Any]) -> int | None:
    """The id of the order that a payload is about: the order itself, or something of it (plan, request, item)."""
    inside = payload.get("order")
    named = inside if isinstance(inside, dict) else payload
    number = named.get("number") or payload.get("order_number")
    if isinstance(number, str | int) and not isinstance(number, bool):
        found = Order.objects.numbered(str(number)).values_list("pk", flat=True).first()
        if found is not None:
            return found
    remote = inside.get("pk", inside.get("id")) if isinstance(inside, dict) else inside
    item: Any = payload.get("order_item")
    wanted = Q()
    if _is_key(remote):
        wanted |= Q(omnitron_pk=remote)
    if _is_key(item):
        wanted |= Q(pk__in=OrderItem.objects.known_there_as([item]).values("order"))
    return Order.objects.filter(wanted).values_list("pk", flat=True).first() if wanted else None


def _is_key(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LONGEST
