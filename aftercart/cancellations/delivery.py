"""Handing requests to Omnitron's back office, once each."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, Value, When

from aftercart import failpoints, omnitron_client
from aftercart.cancellations import identity, request_parts
from aftercart.cancellations.closing import close_overtaken_requests
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, WITHDRAWAL_STATUSES, CancellationRequest
from aftercart.cancellations.reading import items_of
from aftercart.cancellations.taking_back import take_back
from aftercart.duties import DONE
from aftercart.omnitron import Omnitron, OmnitronError, RefusedByOmnitron, RemoteCancellationRequest
from aftercart.orders import news
from aftercart.orders.locking import hold
from aftercart.orders.models import OrderItem


def deliver_request(pk: int, *, now: datetime) -> None:
    """The duty of a request: Omnitron has it, under a name of ours, exactly once; or, once taken back, no longer.

    Raises NotYet while Omnitron is out of reach, OmnitronError for anything else in the way (the duty is tried again,
    then given up and shown to the back office).
    """
    request = CancellationRequest.objects.select_related("order", "order_item", "reason").get(pk=pk)
    if request.status in WITHDRAWAL_STATUSES:
        take_back(request, now=now)
        return
    if request.status not in ACTIVE_REQUEST_STATUSES or request.omnitron_pk is not None:
        CancellationRequest.objects.filter(pk=pk, status=request.status).update(**DONE)
        return
    try:
        there = _hand_over(request, omnitron_client.omnitron(), now=now)
    except OmnitronError as error:
        raise omnitron_client.patient(error) from error
    if there is not None:
        # Its owner may have taken it back during the call: then there is more to do, and at once.
        more = Case(When(status__in=WITHDRAWAL_STATUSES, then=Value(now)), default=None)
        CancellationRequest.objects.filter(pk=pk).update(**{**DONE, "next_attempt_at": more}, omnitron_pk=there.pk)
    failpoints.reached("delivery: done")


def _hand_over(request: CancellationRequest, omnitron: Omnitron, *, now: datetime) -> RemoteCancellationRequest | None:
    """The request at Omnitron; None if news from there closed it instead."""
    if request.order_item.omnitron_pk is None and not _sync_item(request, omnitron, now=now):
        return None
    if request.order_item.parts:
        return _hand_over_parts(request, omnitron, now=now)
    item_key = request.order_item.omnitron_pk or 0
    # Always looked up first: an earlier try may have arrived although nobody read its answer.
    there = identity.found_by_name(request, omnitron)
    failpoints.reached("delivery: looked up")
    if there is None:
        there = _ask(request, omnitron, item_key, request.remote_id, request.quantity, now=now)
    failpoints.reached("delivery: handed over")
    return there


def _hand_over_parts(
    request: CancellationRequest, omnitron: Omnitron, *, now: datetime
) -> RemoteCancellationRequest | None:
    """One request there for each part that is named, returned as one. As `_hand_over`."""
    there = None
    while waiting := [row for row in request_parts.named_parts(request) if row.omnitron_pk is None]:
        row = waiting[0]
        there = omnitron.find_cancellation_request(remote_id=row.remote_id)
        failpoints.reached("delivery: looked up")
        if there is None:
            try:
                there = _ask(request, omnitron, row.item_key, row.remote_id, row.quantity, now=now)
            except RefusedByOmnitron:
                fits = request_parts.may_be_named(request, row.item_key)
                if fits:
                    raise
                row.delete()  # it has left, or is cancelled: another one may do
                continue
            if there is None:
                return None
        row.omnitron_pk, row.status = there.pk, there.status
        row.save()
        failpoints.reached("delivery: handed over")
    rows = list(request.parts.all())
    if not rows:
        raise LookupError(f"no part of item {request.order_item_id} can be asked for")
    return (
        request_parts.found_parts(request, rows, omnitron)
        if there is None
        else request_parts.as_one_request(request, rows, there)
    )


def _ask(
    request: CancellationRequest, omnitron: Omnitron, item_key: int, name: str, quantity: int, *, now: datetime
) -> RemoteCancellationRequest | None:
    """Make the request at Omnitron; None if news from there closed ours instead."""
    try:
        return omnitron.create_cancellation_request(
            remote_id=name,
            order_item=item_key,
            reason=request.reason.remote_pk,
            description=request.description,
            cancellation_type=request.cancellation_type,
            quantity=quantity,
            iban=request.iban,
            holder_name=request.holder_name,
            fully_refund_as_loyalty_money=request.fully_refund_as_loyalty_money,
        )
    except RefusedByOmnitron:
        if not _sync_item(request, omnitron, now=now):
            return None  # shipped or cancelled there meanwhile
        there = identity.asked_before(request, omnitron, item_key=item_key)
        if there is None:
            raise
        return there


def _sync_item(request: CancellationRequest, omnitron: Omnitron, *, now: datetime) -> bool:
    """What the item is at Omnitron, found by reading the order; False if that reading closed the request."""
    ids = request.order.items.values_list("pk", flat=True)
    remote = omnitron.order(number=request.order.number, item_ids=set(ids))
    with transaction.atomic():
        hold(request.order_id)
        items = items_of(request.order)
        news.take_over(request.order, items, remote, now=now)
        close_overtaken_requests(items, now=now)
    if not CancellationRequest.objects.filter(pk=request.pk, status__in=ACTIVE_REQUEST_STATUSES).exists():
        return False
    item: OrderItem = next(item for item in items if item.pk == request.order_item_id)
    if item.omnitron_pk is None:
        raise LookupError(f"Omnitron does not know item {item.pk} of order {request.order.number}")
    request.order_item.omnitron_pk, request.order_item.parts = item.omnitron_pk, item.parts
    return True
