"""How an attempt ends: cancelled, with the back office, or refused. And settling what had no clear end.

Every closing verb updates the attempt on condition of its state, so that of two who try (a slow request, and a worker
after its lease) one wins and the other is told. `agree` is a transaction of its own; the others use their caller's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from aftercart import failpoints, omnitron_client
from aftercart.cancellations import notifications, statements
from aftercart.cancellations.checking import left_for
from aftercart.cancellations.claim import Claim, claim_again
from aftercart.cancellations.closing import close_overtaken_requests, close_request
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    CancellationAttempt,
    CancellationRequest,
    RequestStatus,
)
from aftercart.cancellations.rules import CANCEL, request_refusals
from aftercart.duties import DONE
from aftercart.errors import Refused
from aftercart.fastpath import NothingChanged, Statement, atomic_batch, batch, insert, insert_with_keys
from aftercart.omnitron import OmnitronError, OrderUnknown, RemoteOrder
from aftercart.orders import events, news
from aftercart.orders.locking import hold
from aftercart.orders.models import OrderEvent, OrderItem, OrderItemKey
from aftercart.orders.parts import (
    IN_CANCELLATION,
    cancelled_in_part,
    goes_on,
    in_cancellation,
    keep_noted,
    returned_by,
)
from aftercart.refusals import OUTCOME_UNKNOWN, Refusal

State = CancellationAttempt.State


class AlreadySettled(Exception):
    """Someone else closed the attempt first: read the stored outcome for what came of it."""


def agree(claim: Claim, *, now: datetime) -> None:
    """Omnitron cancelled: the chosen items go to `cancellation_waiting`, the attempt is done.

    An item of which only some pieces were cancelled goes on, and counts them. Raises AlreadySettled.
    """
    calls = [_closing(claim.attempt, State.AGREED, because=claim.attempt.because, now=now)]
    chosen = [item for item, _ in claim.chosen if item.status not in IN_CANCELLATION]
    in_part = [item for item in chosen if item.pk in claim.named and goes_on(item, claim.named[item.pk])]
    whole = [item for item in chosen if item not in in_part]
    if whole:
        calls.append(statements.cancel_items([item.pk for item in whole], now=now))
    for item in in_part:
        calls += _cancel_parts(item, claim.named[item.pk], now=now)
    if all(item.status in IN_CANCELLATION or item in whole for item in claim.items):
        calls.append(statements.CANCEL_ORDER.bind(order=claim.order.pk, now=now))
    if chosen:
        by = _by(claim, now=now)
        told = [events.cancelled_directly(item, **by) for item in whole]
        told += [events.cancelled_directly(item, quantity=len(claim.named[item.pk]), **by) for item in in_part]
        calls.append(insert(told))
    try:
        atomic_batch(*calls, *notifications.cancellation_mails(claim, now=now))
    except NothingChanged:
        raise AlreadySettled from None


def _cancel_parts(item: OrderItem, keys: Sequence[int], *, now: datetime) -> list[Statement]:
    parts = cancelled_in_part(item, keys)
    known = [OrderItemKey(omnitron_pk=part["pk"], order_item_id=item.pk) for part in parts]
    return [
        statements.CANCEL_PARTS.bind(
            item=item.pk,
            key=parts[0]["pk"],
            parts=orjson.dumps(parts).decode(),
            returned=returned_by(item, parts),
            now=now,
        ),
        insert(known, ignore_conflicts=True),
    ]


def fall_back(claim: Claim, *, because: str, now: datetime) -> list[CancellationRequest]:
    """Write the wish as requests for the back office.

    After an unknown outcome the requests are held back until settlement knows more. Raises Refused (by the requests'
    own rules).
    """
    refusals: list[Refusal] = request_refusals(claim.case(now=now))
    if refusals:
        raise Refused(refusals)
    unknown = because == OUTCOME_UNKNOWN
    if unknown:
        keep_noted([item for item, _ in claim.chosen])  # what settlement compares with
    _close(claim.attempt, State.UNKNOWN if unknown else State.FELL_BACK, because=because, now=now)
    requests = [
        CancellationRequest(
            order=claim.order,
            order_item=item,
            attempt=claim.attempt,
            reason=claim.reasons[wished.reason],
            description=wished.description,
            cancellation_type=wished.cancellation_type,
            quantity=wished.quantity or left_for(claim.wish, item),
            is_withdrawal=claim.wish.is_withdrawal,
            fully_refund_as_loyalty_money=claim.wish.fully_refund_as_loyalty_money,
            iban=wished.iban,
            holder_name=wished.holder_name,
            easy_return_company_id=wished.shipping_company,
            pickup_address=claim.pickup_address if wished.cancellation_type != CANCEL else None,
            because=because,
            being_checked=unknown,
            created_date=now,
            next_attempt_at=None if unknown else now,
        )
        for item, wished in claim.chosen
        if item.active_request is None  # the shop's own staff may have asked for it while we were away
    ]
    if not requests:
        return []
    batch(insert_with_keys(requests))
    by = _by(claim, now=now)
    told = [events.requested(one.order_item, request=one.pk, because=because, **by) for one in requests]
    batch(insert(told), *notifications.request_mails(claim, requests, now=now))
    return requests


def refuse(claim: Claim, *, because: str, now: datetime) -> None:
    """Close the attempt as refused, with an event that the customer can read."""
    _close(claim.attempt, State.REFUSED, because=because, now=now)
    by = _by(claim, now=now)
    told = [events.cancellation_unfinished(item, because=because, **by) for item, _ in claim.chosen]
    OrderEvent.objects.bulk_create(told)


def _close(attempt: CancellationAttempt, state: State, *, because: str, now: datetime) -> None:
    """Move the attempt on from the state it was seen in. Raises AlreadySettled if it is no longer in it."""
    if state == State.UNKNOWN:
        due = {**DONE, "next_attempt_at": now + timedelta(seconds=settings.SETTLE_AFTER_SECONDS)}
        same = CancellationAttempt.objects.filter(pk=attempt.pk, state=attempt.state)
        rows = same.update(state=state, because=because, closed_date=None, **due)
    else:
        (rows,) = batch(_closing(attempt, state, because=because, now=now))
    if not rows:
        raise AlreadySettled
    attempt.state, attempt.because = state, because


def _closing(attempt: CancellationAttempt, state: State, *, because: str, now: datetime) -> Statement:
    return statements.CLOSE_ATTEMPT.bind(
        attempt=attempt.pk, was=attempt.state, state=state, because=because, closed=now
    )


class By(TypedDict):
    """Who did it, by which attempt, and when."""

    attempt: UUID
    actor: str
    now: datetime


def _by(claim: Claim, *, now: datetime) -> By:
    return {"attempt": claim.attempt.pk, "actor": claim.attempt.customer.email, "now": now}


def settle_attempt(pk: UUID, *, now: datetime) -> None:
    """The duty of an open attempt: ask Omnitron what became of it, and end it accordingly.

    Raises NotYet while Omnitron is out of reach, OmnitronError for nonsense (the duty is tried again).
    """
    attempt = CancellationAttempt.objects.select_related("customer", "order").get(pk=pk)
    if attempt.state == State.OPEN:
        # The customer never got an answer: they find the wish in their account while we find out more.
        with transaction.atomic():
            claim = claim_again(attempt)
            try:
                fall_back(claim, because=OUTCOME_UNKNOWN, now=now)
            except Refused as refused:
                refuse(claim, because=refused.refusals[0].code, now=now)
                notifications.refused(claim, because=refused.refusals[0].code, now=now)
    if attempt.state != State.UNKNOWN:
        CancellationAttempt.objects.filter(pk=pk).update(**DONE)
        return
    remote: RemoteOrder | None
    try:
        ids = attempt.order.items.values_list("pk", flat=True)
        remote = omnitron_client.omnitron().order(number=attempt.order.number, item_ids=set(ids))
    except OrderUnknown:
        remote = None  # not there, so not cancelled there
    except OmnitronError as error:
        raise omnitron_client.patient(error) from error
    failpoints.reached("settlement: asked")
    with transaction.atomic():
        list(CancellationAttempt.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))
        hold(attempt.order_id)
        claim = claim_again(attempt)
        before = {item.pk: in_cancellation(item.parts) for item, _ in claim.chosen}
        wanted = {item.pk: claim.pieces(item, wished) for item, wished in claim.chosen}
        if remote is not None:
            news.take_over(claim.order, claim.items, remote, now=now)
        close_overtaken_requests(claim.items, now=now)
        done = {item.pk: in_cancellation(item.parts) - before[item.pk] for item, _ in claim.chosen}
        alive = [item for item, _ in claim.chosen if item.status not in IN_CANCELLATION]
        _settle_in_part(claim, [item for item in alive if done[item.pk] > 0], done, wanted, now=now)
        cancelled = all(done[item.pk] >= wanted[item.pk] for item in alive)
        _close(attempt, State.AGREED if cancelled else State.FELL_BACK, because=attempt.because, now=now)
        attempt.requests.filter(status__in=ACTIVE_REQUEST_STATUSES).update(being_checked=False, next_attempt_at=now)
        if not attempt.requests.update(being_checked=False) and cancelled:
            batch(*notifications.cancellation_mails(claim, now=now))
        failpoints.reached("settlement: settling")


def _settle_in_part(
    claim: Claim, items: Sequence[OrderItem], done: Mapping[int, int], wanted: Mapping[int, int], *, now: datetime
) -> None:
    """Omnitron cancelled some pieces of these items, which go on: requests are about the rest, if any."""
    by = _by(claim, now=now)
    told = [events.cancelled_directly(item, quantity=done[item.pk], **by) for item in items]
    OrderEvent.objects.bulk_create(told)
    for item in items:
        request = claim.attempt.requests.filter(order_item=item, status__in=ACTIVE_REQUEST_STATUSES).first()
        left = wanted[item.pk] - done[item.pk]
        if request is not None and left > 0:
            CancellationRequest.objects.filter(pk=request.pk).update(quantity=left)
        elif request is not None and close_request(request, RequestStatus.COMPLETED, note="", now=now):
            notifications.decided([request.pk], RequestStatus.COMPLETED, now=now)
