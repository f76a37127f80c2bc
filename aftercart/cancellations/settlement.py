"""How an attempt ends: cancelled, with the back office, or refused. And settling what had no clear end.

Every closing verb closes the attempt by its state, so that of two who try (a slow request and a worker after its lease)
one wins and the other learns so. `agree` is a transaction of its own; the others work inside their caller's.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from aftercart import connections, steps
from aftercart.cancellations import statements, telling
from aftercart.cancellations.claim import Claim, claim_again
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    OPEN_AT_OMNITRON,
    CancellationAttempt,
    CancellationRequest,
    EasyReturnShippingCompany,
    RequestStatus,
)
from aftercart.cancellations.rules import CANCEL, Refusal, request_refusals
from aftercart.duties import DONE
from aftercart.errors import Refused
from aftercart.exchange import Call, NothingChanged, at_once, together
from aftercart.omnitron import OmnitronError, OrderUnknown, RemoteCancellationRequest, RemoteOrder
from aftercart.orders import news
from aftercart.orders.models import OrderEvent, OrderItem
from aftercart.prepared import insertion, keyed_insertion
from aftercart.statuses import AFTER_SHIPMENT, CLOSED, Status, gettext_noop

State = CancellationAttempt.State
UNREACHABLE = "omnitron_unreachable"
OUTCOME_UNKNOWN = "omnitron_outcome_unknown"
REFUSED_THERE = "omnitron_refused"
ASKED = "asked"  # the direct way was not tried: the customer asked the shop

SHIPPED_MEANWHILE = gettext_noop("The parcel had already left; it can be returned once it has arrived.")
TOO_LATE = gettext_noop("It could no longer be taken back: the shop had agreed already.")
IN_CANCELLATION = news.IN_CANCELLATION


class AlreadySettled(Exception):
    """Someone else closed the attempt first: read the account for what came of it."""


def agree(claim: Claim, *, now: datetime) -> None:
    """Omnitron cancelled: the chosen items go to `cancellation_waiting`, the attempt is done. Or AlreadySettled."""
    calls = [_closing(claim.attempt, State.AGREED, because=claim.attempt.because, now=now)]
    chosen = [item for item, _ in claim.chosen if item.status not in IN_CANCELLATION]
    if chosen:
        calls.append(statements.cancel_items([item.pk for item in chosen], now=now))
    if all(item.status in IN_CANCELLATION or item in chosen for item in claim.items):
        calls.append(statements.CANCEL_ORDER.call(order=claim.order.pk, now=now))
    if chosen:
        kind, to_status = OrderEvent.Kind.CANCELLED_DIRECTLY, Status.CANCELLATION_WAITING
        calls.append(insertion([_event(claim, kind, now, item, to_status=to_status) for item in chosen]))
    try:
        at_once(*calls, *telling.cancelled(claim, now=now))
    except NothingChanged:
        raise AlreadySettled from None


def fall_back(claim: Claim, *, because: str, now: datetime) -> list[CancellationRequest]:
    """Write the wish as requests for the back office; Refused where the requests' own rules say no.

    After an unknown outcome the requests are held back until settlement knows more.
    """
    refusals: list[Refusal] = request_refusals(claim.case(now=now))
    if refusals:
        raise Refused(refusals)
    unknown = because == OUTCOME_UNKNOWN
    _close(claim.attempt, State.UNKNOWN if unknown else State.FELL_BACK, because=because, now=now)
    requests = [
        CancellationRequest(
            order=claim.order,
            order_item=item,
            attempt=claim.attempt,
            reason=claim.reasons[wished.reason],
            description=wished.description,
            cancellation_type=wished.cancellation_type,
            quantity=wished.quantity or item.quantity,
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
    together(keyed_insertion(requests))
    events = [
        _event(claim, OrderEvent.Kind.REQUESTED, now, request.order_item, because=because, request=request.pk)
        for request in requests
    ]
    together(insertion(events), *telling.requested(claim, requests, now=now))
    return requests


def refuse(claim: Claim, *, because: str, now: datetime) -> None:
    """Close the attempt as refused, with an event that the customer can read."""
    _close(claim.attempt, State.REFUSED, because=because, now=now)
    OrderEvent.objects.bulk_create(
        [_event(claim, OrderEvent.Kind.CANCELLATION_UNFINISHED, now, item, because=because) for item, _ in claim.chosen]
    )


def _close(attempt: CancellationAttempt, state: State, *, because: str, now: datetime) -> None:
    """Move the attempt on from the state it was seen in; AlreadySettled if it is no longer in it."""
    if state == State.UNKNOWN:
        due = {**DONE, "next_attempt_at": now + timedelta(seconds=settings.SETTLE_AFTER_SECONDS)}
        same = CancellationAttempt.objects.filter(pk=attempt.pk, state=attempt.state)
        rows = same.update(state=state, because=because, closed_date=None, **due)
    else:
        (rows,) = together(_closing(attempt, state, because=because, now=now))
    if not rows:
        raise AlreadySettled
    attempt.state, attempt.because = state, because


def _closing(attempt: CancellationAttempt, state: State, *, because: str, now: datetime) -> Call:
    return statements.CLOSE_ATTEMPT.call(
        attempt=attempt.pk, was=attempt.state, state=state, because=because, closed=now
    )


def _event(
    claim: Claim,
    kind: OrderEvent.Kind,
    now: datetime,
    item: OrderItem,
    *,
    to_status: int | None = None,
    **data: object,
) -> OrderEvent:
    return OrderEvent(
        order_id=claim.order.pk,
        order_item_id=item.pk,
        kind=kind,
        actor=claim.attempt.customer.email,
        from_status=item.status if to_status is not None else None,
        to_status=to_status,
        data={"attempt": str(claim.attempt.pk), **data},
        created_date=now,
    )


def settle_attempt(pk: UUID, *, now: datetime) -> None:
    """The duty of an open attempt: ask Omnitron what became of it, and end it accordingly.

    Raises NotYet while Omnitron is out of reach, OmnitronError for nonsense (the duty is tried again).
    """
    attempt = CancellationAttempt.objects.select_related("customer", "order").get(pk=pk)
    if attempt.state == State.OPEN:
        # Nobody ever answered the customer: he finds the wish in his account while we find out more.
        with transaction.atomic():
            claim = claim_again(attempt)
            try:
                fall_back(claim, because=OUTCOME_UNKNOWN, now=now)
            except Refused as refused:
                refuse(claim, because=refused.refusals[0].code, now=now)
                telling.refused(claim, because=refused.refusals[0].code, now=now)
    if attempt.state != State.UNKNOWN:
        CancellationAttempt.objects.filter(pk=pk).update(**DONE)
        return
    remote: RemoteOrder | None
    try:
        remote = connections.omnitron().order(number=attempt.order.number)
    except OrderUnknown:
        remote = None  # not there, so not cancelled there
    except OmnitronError as error:
        raise connections.patient(error) from error
    steps.reached("settlement: asked")
    with transaction.atomic():
        claim = claim_again(attempt)
        if remote is not None:
            news.take_over(claim.order, claim.items, remote, now=now)
        close_overtaken_requests(claim.items, now=now)
        cancelled = all(item.status in IN_CANCELLATION for item, _ in claim.chosen)
        _close(attempt, State.AGREED if cancelled else State.FELL_BACK, because=attempt.because, now=now)
        attempt.requests.filter(status__in=ACTIVE_REQUEST_STATUSES).update(being_checked=False, next_attempt_at=now)
        if not attempt.requests.update(being_checked=False) and cancelled:
            together(*telling.cancelled(claim, now=now))
        steps.reached("settlement: settling")


def close_overtaken_requests(items: Sequence[OrderItem], *, now: datetime) -> None:
    """Close active requests that events have overtaken: the item is cancelled, or has shipped before a `cancel`.

    An item in cancellation settles a request only while we still hold it: one that the back office has ends as the
    back office says.
    """
    carried_out, overtaken = [], []
    for item in items:
        request: CancellationRequest | None = item.active_request
        if request is None:
            continue
        if item.status in (CLOSED if request.omnitron_pk else IN_CANCELLATION):
            if close_request(request, RequestStatus.COMPLETED, note=_done_note(request), now=now):
                carried_out.append(request.pk)
        elif (
            request.cancellation_type == CANCEL
            and request.status != RequestStatus.WITHDRAWING
            and item.status in AFTER_SHIPMENT
            and close_request(request, RequestStatus.REJECTED, note=SHIPPED_MEANWHILE, now=now)
        ):
            overtaken.append(request.pk)
    telling.decided(carried_out, RequestStatus.COMPLETED, now=now)
    telling.decided(overtaken, RequestStatus.REJECTED, now=now)


def follow_request(request: CancellationRequest, remote: RemoteCancellationRequest, *, now: datetime) -> bool:
    """Take over how far the back office is with a request, inside the caller's transaction; False for nothing new.

    Never out of a closed request, never from an older version. A status that nobody knows is left alone. One that is
    being taken back stays so while Omnitron has it open: that duty asks for itself. One that was taken back and
    stands there all the same (it arrived late) is taken back there once more.
    """
    # Its owner may be taking it back at this moment, and the duty that he writes must not be wiped out.
    request = CancellationRequest.objects.select_for_update().get(pk=request.pk)
    if request.status == RequestStatus.WITHDRAWN and remote.status in OPEN_AT_OMNITRON:
        again = {"omnitron_pk": remote.pk, "next_attempt_at": now, "is_dead": False}
        return bool(CancellationRequest.objects.filter(pk=request.pk).update(**again))
    late = request.omnitron_modified and remote.modified_date and remote.modified_date < request.omnitron_modified
    if late or request.status not in ACTIVE_REQUEST_STATUSES:
        return False
    withdrawing = request.status == RequestStatus.WITHDRAWING
    changes: dict[str, object] = {}
    if request.omnitron_pk is None:
        # Handing it over succeeded, though we never heard so.
        changes = {"omnitron_pk": remote.pk} if withdrawing else {"omnitron_pk": remote.pk, **DONE}
    easy_return = remote.easy_return or {}
    if easy_return.get("code") and str(easy_return["code"])[:64] != request.easy_return_code:
        carrier = EasyReturnShippingCompany.objects.filter(value=easy_return.get("shipping_company")).first()
        changes["easy_return_code"] = str(easy_return["code"])[:64]
        changes["easy_return_company_id"] = request.easy_return_company_id or (carrier.pk if carrier else None)
    closes = remote.status in (RequestStatus.REJECTED, RequestStatus.COMPLETED)
    if remote.status in OPEN_AT_OMNITRON and remote.status != request.status and not withdrawing:
        changes["status"] = remote.status
    if not changes and not closes:
        return False
    changes |= {"omnitron_modified": remote.modified_date or request.omnitron_modified, "modified_date": now}
    CancellationRequest.objects.filter(pk=request.pk, status__in=ACTIVE_REQUEST_STATUSES).update(**changes)
    if withdrawing and remote.status == RequestStatus.REJECTED:  # either way nothing comes of it
        return close_request(request, RequestStatus.WITHDRAWN, note="", now=now)
    note = news.DECIDED_AGAINST if remote.status == RequestStatus.REJECTED else _done_note(request)
    is_news = "status" in changes
    if closes:
        is_news = close_request(request, RequestStatus(remote.status), note=note, now=now)
    if is_news:
        telling.decided([request.pk], RequestStatus(remote.status), now=now)
    return True


def close_request(request: CancellationRequest, status: RequestStatus, *, note: str, now: datetime) -> bool:
    """Close an active request with a note the customer can read; False if it was closed already."""
    moved = CancellationRequest.objects.filter(pk=request.pk, status__in=ACTIVE_REQUEST_STATUSES).update(
        status=status, closing_note=note, being_checked=False, modified_date=now, **DONE
    )
    if moved:
        withdrawn = status == RequestStatus.WITHDRAWN
        OrderEvent.objects.create(
            order_id=request.order_id,
            order_item_id=request.order_item_id,
            kind=OrderEvent.Kind.REQUEST_WITHDRAWN if withdrawn else OrderEvent.Kind.REQUEST_CLOSED,
            actor=request.order.customer.email if withdrawn else "omnitron",
            data={"request": request.pk, "status": str(status), "note": note},
            created_date=now,
        )
    return bool(moved)


def _done_note(request: CancellationRequest) -> str:
    """The note of a request that was carried out: its owner may have wanted otherwise by then."""
    return TOO_LATE if request.status == RequestStatus.WITHDRAWING else ""
