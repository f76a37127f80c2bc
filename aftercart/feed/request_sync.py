"""Taking over what a cancellation request at Omnitron says into the matching request of ours."""

import logging
from datetime import datetime

from aftercart.cancellations import identity
from aftercart.cancellations.closing import count_returned, update_from_remote
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    OPEN_AT_OMNITRON,
    CancellationReason,
    CancellationRequest,
    CancellationType,
    RequestPart,
    RequestStatus,
)
from aftercart.cancellations.request_parts import is_about
from aftercart.omnitron import RemoteCancellationRequest
from aftercart.orders import events
from aftercart.orders.models import OrderItem
from aftercart.refusals import MADE_THERE
from aftercart.statuses import CLOSED

logger = logging.getLogger(__name__)


def sync_request(remote: RemoteCancellationRequest, *, now: datetime) -> None:
    """Take over how far a request is, inside the caller's transaction; one that staff made there becomes ours too."""
    ours = identity.ours(remote)
    if ours is not None:
        update_from_remote(ours, remote, now=now)
    elif remote.status in (*OPEN_AT_OMNITRON, RequestStatus.COMPLETED):
        import_request(remote, now=now)


def import_request(remote: RemoteCancellationRequest, *, now: datetime) -> CancellationRequest | None:
    """Make a request that only Omnitron has one of ours; None if that is impossible, with the reason logged.

    It is while we lack the item or the reason, or the item has an active request here already. For one that is
    completed already the line's status is enough, unless it was about a part of a line.
    """
    item = OrderItem.objects.select_for_update(no_key=True).known_there_as([remote.order_item]).first()
    if item is None:
        logger.debug("request %s is about an item that we do not have: ignored", remote.pk)
        return None
    is_done = remote.status == RequestStatus.COMPLETED
    if is_done and (remote.quantity >= item.quantity or item.status in CLOSED):
        return None
    reason = (
        CancellationReason.objects.filter(omnitron_pk=remote.reason).first()
        or CancellationReason.objects.filter(pk=remote.reason or 0, omnitron_pk=None).first()
    )
    taken = not is_done and item.cancellation_requests.filter(status__in=ACTIVE_REQUEST_STATUSES).exists()
    if taken and (request := _with_its_other_parts(item, remote, now=now)):
        return request
    if reason is None or taken or remote.cancellation_type not in CancellationType.values:
        why = "its item has an active request here" if taken else "its reason or type is not known here"
        logger.warning("request %s of order %s stays Omnitron's alone: %s", remote.pk, item.order_id, why)
        return None
    request = CancellationRequest.objects.create(
        order_id=item.order_id,
        order_item=item,
        reason=reason,
        description=remote.description,
        cancellation_type=remote.cancellation_type,
        status=remote.status,
        quantity=min(remote.quantity, item.quantity),
        fully_refund_as_loyalty_money=remote.fully_refund_as_loyalty_money,
        because=MADE_THERE,
        omnitron_pk=remote.pk,
        omnitron_modified=remote.modified_date,
        created_date=remote.created_date or now,
    )
    if item.parts:
        _add_part(request, remote)
    if is_done:
        count_returned(item.pk, request.quantity)
    events.requested(item, request=request.pk, because=MADE_THERE, actor=events.OMNITRON, now=now).save(
        force_insert=True
    )
    return request


def _with_its_other_parts(
    item: OrderItem, remote: RemoteCancellationRequest, *, now: datetime
) -> CancellationRequest | None:
    """If an item is several at Omnitron, staff make one request after the other there: that is one request of ours."""
    of_staff = item.cancellation_requests.filter(status__in=OPEN_AT_OMNITRON, because=MADE_THERE)
    request = of_staff.filter(cancellation_type=remote.cancellation_type).first() if item.parts else None
    if request is None:
        return None
    _add_part(request, remote)
    is_about(request, list(request.parts.all()))
    update_from_remote(request, remote, now=now)
    return request


def _add_part(request: CancellationRequest, remote: RemoteCancellationRequest) -> None:
    RequestPart.objects.create(
        request=request,
        item_key=remote.order_item,
        quantity=remote.quantity,
        omnitron_pk=remote.pk,
        status=remote.status,
        omnitron_modified=remote.modified_date,
    )
