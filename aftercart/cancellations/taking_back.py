"""Taking a request back: the owner's wish is stored at once, Omnitron's answer is a duty of the same row.

Only Omnitron's answer counts. Until it comes, the request is `withdrawing` and blocks another one for its item
(docs/decisions/0019-taking-a-request-back.md).
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from aftercart import failpoints, omnitron_client
from aftercart.cancellations import identity
from aftercart.cancellations.closing import close_request, update_from_remote
from aftercart.cancellations.models import (
    UNDECIDED_STATUSES,
    WITHDRAWAL_STATUSES,
    CancellationRequest,
    RequestPart,
    RequestStatus,
)
from aftercart.cancellations.request_parts import as_one_request, is_about
from aftercart.duties import DONE, NotYet
from aftercart.omnitron import Omnitron, OmnitronError, RefusedByOmnitron, RemoteCancellationRequest
from aftercart.orders import events

logger = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=2)
# Omnitron sends us no news of what we made there ourselves: one last look finds what arrived after it was gone.
LAST_LOOK = timedelta(minutes=10)


def begin_taking_back(request: CancellationRequest, *, now: datetime) -> None:
    """Store the wish, inside the caller's transaction, in a row that it has locked; the object is changed, too."""
    request.withdrawal_date = request.modified_date = now
    if not _may_be_there(request) and not request.being_checked:
        close_request(request, RequestStatus.WITHDRAWN, note="", now=now)
        request.status = RequestStatus.WITHDRAWN
        CancellationRequest.objects.filter(pk=request.pk).update(withdrawal_date=now)
        return
    request.status = RequestStatus.WITHDRAWING
    if not request.being_checked:  # settlement, which knows more by then, makes it due
        request.next_attempt_at = now
    if request.lease_until is None or request.lease_until <= now:
        request.lease_until, request.attempts, request.is_dead = None, 0, False
    # A worker may be handing it over at this moment: its lease stays, so that nobody asks before it is done.
    fields = ("status", "withdrawal_date", "next_attempt_at", "lease_until", "attempts", "is_dead", "modified_date")
    CancellationRequest.objects.filter(pk=request.pk).update(**{name: getattr(request, name) for name in fields})


def _may_be_there(request: CancellationRequest) -> bool:
    """Whether Omnitron has the request or may have it: it has a key there, or someone has begun to hand it over."""
    tried = request.attempts or request.last_error or request.is_dead or request.lease_until
    return request.omnitron_pk is not None or bool(tried)


def take_back(request: CancellationRequest, *, now: datetime) -> None:
    """The duty of a request that is taken back: it is gone at Omnitron, or goes on because Omnitron says so.

    Raises NotYet while Omnitron is out of reach or something may still be on its way there, OmnitronError for an
    answer that makes no sense.
    """
    try:
        refused_as = _remove_there(request, omnitron_client.omnitron(), now=now)
    except OmnitronError as error:
        raise omnitron_client.patient(error) from error
    failpoints.reached("withdraw: told")
    with transaction.atomic():
        if refused_as is not None:
            _goes_on(request, refused_as, now=now)
        else:
            first = close_request(request, RequestStatus.WITHDRAWN, note="", now=now)
            duty = {**DONE, "next_attempt_at": now + LAST_LOOK if first else None}
            CancellationRequest.objects.filter(pk=request.pk, status=RequestStatus.WITHDRAWN).update(**duty)
        failpoints.reached("withdraw: settling")


def _remove_there(
    request: CancellationRequest, omnitron: Omnitron, *, now: datetime
) -> RemoteCancellationRequest | None:
    """None once Omnitron no longer has it, or has rejected it; else the request that it will not remove."""
    if rows := list(request.parts.all()):
        return _remove_parts(request, rows, omnitron, now=now)
    pk = request.omnitron_pk
    if pk is None or request.status == RequestStatus.WITHDRAWN:
        found = identity.found_by_name(request, omnitron)
        failpoints.reached("withdraw: looked up")
        if found is None:
            _wait_for_what_is_on_its_way(request, now=now)
        if found is None or found.status == RequestStatus.REJECTED:
            return None
        pk = found.pk
    return _remove(pk, omnitron)


def _remove_parts(
    request: CancellationRequest, rows: Sequence[RequestPart], omnitron: Omnitron, *, now: datetime
) -> RemoteCancellationRequest | None:
    """As `_remove_there`, part by part; from then on the request is only about what Omnitron will not remove."""
    kept, last = [], None
    for row in rows:
        pk = row.omnitron_pk
        if pk is None or request.status == RequestStatus.WITHDRAWN:
            found = omnitron.find_cancellation_request(remote_id=row.remote_id)
            failpoints.reached("withdraw: looked up")
            if found is None:
                _wait_for_what_is_on_its_way(request, now=now)
            pk = found.pk if found is not None else None
        there = _remove(pk, omnitron) if pk is not None else None
        row.omnitron_pk, row.status = pk, there.status if there is not None else RequestStatus.WITHDRAWN
        row.save()
        if there is not None:
            kept.append(row)
            last = there
    if last is None:
        return None
    is_about(request, kept)
    return as_one_request(request, kept, last)


def _remove(pk: int, omnitron: Omnitron) -> RemoteCancellationRequest | None:
    try:
        omnitron.delete_cancellation_request(pk=pk)
    except RefusedByOmnitron:
        pass  # gone already, decided meanwhile, or not done by this call: what is there tells
    else:
        return None
    there = omnitron.cancellation_request(pk=pk)
    if there is not None and there.status in UNDECIDED_STATUSES:
        try:
            there = omnitron.reject_cancellation_request(pk=pk)
        except RefusedByOmnitron:
            there = omnitron.cancellation_request(pk=pk)
    return None if there is None or there.status == RequestStatus.REJECTED else there


def _wait_for_what_is_on_its_way(request: CancellationRequest, *, now: datetime) -> None:
    """Its absence proves little while a hand-over without an answer may still arrive. Raises NotYet until then."""
    asked = request.withdrawal_date or request.created_date
    if now < asked + timedelta(seconds=settings.SETTLE_AFTER_SECONDS):
        raise NotYet(LOOK_AGAIN, "handing it over may still arrive at Omnitron")


def _goes_on(request: CancellationRequest, there: RemoteCancellationRequest, *, now: datetime) -> None:
    """Omnitron keeps the request: it is active again, as far as Omnitron says. Its owner can read why."""
    rows = CancellationRequest.objects.filter(pk=request.pk, status__in=WITHDRAWAL_STATUSES)
    try:
        with transaction.atomic():
            moved = rows.update(status=RequestStatus.WAITING, omnitron_pk=there.pk, modified_date=now, **DONE)
    except IntegrityError:
        # It was taken back and came to Omnitron late, and the item has another request by now: that one is followed.
        logger.error("request %s was taken back, and Omnitron goes on with it as %s", request.pk, there.pk)
        rows.update(**DONE)
        return
    if moved:
        about = request.order_id, request.order_item_id
        events.withdrawal_refused(*about, request=request.pk, status=there.status, now=now).save(force_insert=True)
        update_from_remote(request, there, now=now, whole=True)
