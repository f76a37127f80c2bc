"""The promise of a cancellation: judge, claim, call, settle. The process may die between any two of these."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from aftercart import failpoints
from aftercart.cancellations import calling, settlement, taking_back
from aftercart.cancellations.calling import judge
from aftercart.cancellations.claim import Claim, claim_again, claim_row, claim_seen, take
from aftercart.cancellations.models import WITHDRAWAL_STATUSES, CancellationAttempt, CancellationRequest
from aftercart.cancellations.reading import Seen, judged_row
from aftercart.cancellations.rules import Wish, asking_refusals
from aftercart.customers.models import Customer
from aftercart.errors import NotFound, Refused, TryLater
from aftercart.omnitron import Omnitron
from aftercart.orders.models import OrderQuerySet
from aftercart.refusals import ASKED, IN_PROGRESS, Refusal
from aftercart.statuses import gettext_noop

UNSETTLED = gettext_noop("We are still checking how this cancellation ended; please ask again in a moment.")
RETRY_SECONDS = 5
# What a request's representation needs besides the request.
REQUEST_SHOWN = ("order_item", "reason", "easy_return_company")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: cancelled at Omnitron, or requests for the back office."""

    requests: list[CancellationRequest] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the items were cancelled directly."""
        return self.requests is None


def earlier_outcome(customer: Customer, attempt_id: UUID | None) -> Outcome | None:
    """What an earlier run of the same wish has left under the attempt's name; None if there was none.

    Raises Refused (as that run did), TryLater (its attempt has no end yet).
    """
    if attempt_id is None or not CancellationAttempt.objects.filter(pk=attempt_id, customer=customer).exists():
        return None
    return _as_settled(attempt_id)


def cancel_order(
    *,
    customer: Customer,
    order: Seen,
    wish: Wish,
    now: datetime,
    omnitron: Omnitron,
    attempt_id: UUID | None = None,
) -> Outcome:
    """Cancel items of a customer's order, as it was seen just now, directly or by asking the back office.

    `attempt_id`: names the attempt in every run of the same wish, so that `earlier_outcome` finds it. Whatever happens
    at Omnitron is an outcome, never an error. Raises NotFound, FieldErrors, Refused.
    """
    claim = claim_seen(order, customer, wish, now=now, attempt_id=attempt_id)
    closed_by = judge(claim, now=now)
    if closed_by:
        return _ask_instead(claim, closed_by, now=now)
    failpoints.reached("cancel: judged")
    known = take(claim)
    failpoints.reached("cancel: claimed")
    try:
        if not known:  # somebody was faster, and is done
            claim = claim_again(claim.attempt)
            closed_by = _judge_claimed(claim, now=now)
            if closed_by:
                return _fall_back(claim, closed_by, now=now)
        return _call_and_settle(claim, omnitron, now=now)
    except settlement.AlreadySettled:
        # We took so long that settlement finished for us: the account says how.
        return _as_settled(claim.attempt.pk)


def _judge_claimed(claim: Claim, *, now: datetime) -> str:
    """Judge by what is true under the claim. Nothing was sent: like any other, a refusal leaves no trace."""
    try:
        return judge(claim, now=now)
    except Refused:
        CancellationAttempt.objects.filter(pk=claim.attempt.pk, state=CancellationAttempt.State.OPEN).delete()
        raise


def _ask_instead(claim: Claim, closed_by: str, *, now: datetime) -> Outcome:
    """The direct way is closed already: the claim and the requests are one transaction."""
    failpoints.reached("cancel: judged")
    with transaction.atomic():
        if not take(claim):
            claim = claim_again(claim.attempt)
            closed_by = judge(claim, now=now) or closed_by
        failpoints.reached("cancel: claiming")
        return Outcome(settlement.fall_back(claim, because=closed_by, now=now))


def request_cancellation(
    *, customer: Customer, orders: OrderQuerySet, wish: Wish, now: datetime, attempt_id: UUID | None = None
) -> list[CancellationRequest]:
    """Ask the back office for items of a customer's order, without trying the direct way; returns the requests.

    `orders`: finds the order, the likeliest first; what is not the customer's, signed in or not, is not found.
    `attempt_id`: names the attempt in every run of the same wish; what an earlier run has left is answered as it ended.
    Nothing is sent from here: handing the requests over is their duty. Raises NotFound, FieldErrors, Refused, TryLater.
    """
    earlier = earlier_outcome(customer, attempt_id)
    if earlier is not None:
        return earlier.requests or []
    with transaction.atomic():
        row = judged_row(orders.belonging_to(customer))
        claim = claim_row(row, customer, wish, now=now, attempt_id=attempt_id)
        failpoints.reached("request: claiming")
        refused = asking_refusals(claim.case(now=now))
        if refused:
            raise Refused(refused)
        requests = settlement.fall_back(claim, because=ASKED, now=now)
    failpoints.reached("request: written")
    return requests


def withdraw_request(
    *, customer: Customer, request_uuid: UUID | None = None, request_id: int | None = None, now: datetime
) -> CancellationRequest:
    """Take back a customer's request (by its uuid or its id) that nobody has decided yet; returns it as it is now.

    `withdrawn` if it was never sent; `withdrawing` if Omnitron has it or may have it: telling Omnitron is then a duty
    of the row, and the answer decides. Asking again changes nothing. Raises NotFound, Refused.
    """
    with transaction.atomic():
        which = Q(uuid=request_uuid) if request_uuid is not None else Q(pk=request_id)
        own = CancellationRequest.objects.filter(which, order__customer=customer)
        request = (
            own.select_for_update(no_key=True, of=("self",)).select_related("order__customer", *REQUEST_SHOWN).first()
        )
        if request is None:
            raise NotFound
        if request.status in WITHDRAWAL_STATUSES:
            return request
        if not request.may_be_withdrawn:
            raise Refused([Refusal("request_already_decided", request.order_item_id)])
        taking_back.begin_taking_back(request, now=now)
        failpoints.reached("withdraw: claiming")
    failpoints.reached("withdraw: claimed")
    return request


def _call_and_settle(claim: Claim, omnitron: Omnitron, *, now: datetime) -> Outcome:
    closed_by = calling.call(claim, omnitron, now=now)
    failpoints.reached("cancel: called")
    if closed_by:
        return _fall_back(claim, closed_by, now=now)
    settlement.agree(claim, now=now)
    failpoints.reached("cancel: settled")
    return Outcome()


def _fall_back(claim: Claim, because: str, *, now: datetime) -> Outcome:
    try:
        with transaction.atomic():
            requests = settlement.fall_back(claim, because=because, now=now)
            failpoints.reached("cancel: falling back")
        failpoints.reached("cancel: fell back")
        return Outcome(requests)
    except Refused as refused:
        with transaction.atomic():
            settlement.refuse(claim, because=refused.refusals[0].code, now=now)
        raise


def _as_settled(attempt_id: UUID) -> Outcome:
    """How an attempt ended, or stands: cancelled, requests (perhaps being checked), refused."""
    attempt = CancellationAttempt.objects.get(pk=attempt_id)
    if attempt.state == CancellationAttempt.State.AGREED:
        return Outcome()
    requests = list(attempt.requests.select_related(*REQUEST_SHOWN))
    if requests:
        return Outcome(requests)
    if attempt.state == CancellationAttempt.State.OPEN:
        raise TryLater(IN_PROGRESS, UNSETTLED, seconds=RETRY_SECONDS)
    raise Refused([Refusal(attempt.because)])
