"""Which request at Omnitron is which of ours: by a unique name, and by what it is about.

A database that was restored, or that lost its last transactions in a failover, hands its numbers out again, and
Omnitron still has requests under those numbers: somebody else's. So what is found by a name counts only if it is about
the same item.
"""

from django.db.models import Q

from aftercart.cancellations.models import OPEN_AT_OMNITRON, CancellationRequest, RequestPart, RequestStatus
from aftercart.cancellations.request_parts import found_parts
from aftercart.omnitron import Omnitron, RemoteCancellationRequest
from aftercart.orders.models import OrderItem
from aftercart.orders.parts import keys_of


def found_by_name(request: CancellationRequest, omnitron: Omnitron) -> RemoteCancellationRequest | None:
    """What Omnitron has of a request under our name, or None.

    Raises OmnitronError, LookupError (the request there is about another item).
    """
    there = omnitron.find_cancellation_request(remote_id=request.remote_id)
    if there is not None and there.order_item not in keys_of(request.order_item):
        raise LookupError(f"request {there.pk} at Omnitron has our name, and is about another item: {there.order_item}")
    return there


def found_at_omnitron(request: CancellationRequest, omnitron: Omnitron) -> RemoteCancellationRequest | None:
    """What Omnitron has of a request: by its own key if we know it, else by our name."""
    if rows := list(request.parts.all()):
        return found_parts(request, rows, omnitron)
    if request.omnitron_pk is not None:
        there = omnitron.cancellation_request(pk=request.omnitron_pk)
        if there is not None and there.order_item in keys_of(request.order_item):
            return there
    return found_by_name(request, omnitron)


def asked_before(
    request: CancellationRequest, omnitron: Omnitron, *, item_key: int | None = None
) -> RemoteCancellationRequest | None:
    """An open request there about the same item and of the same type that none of ours is. `item_key`: its part.

    Staff made it, or we did before our database was restored: what the shop decides of it, it decides of this one.
    """
    for there in omnitron.cancellation_requests(order_item=item_key or request.order_item.omnitron_pk or 0):
        is_open = there.status in OPEN_AT_OMNITRON and there.cancellation_type == request.cancellation_type
        if is_open and ours(there) is None:
            return there
    return None


def ours(there: RemoteCancellationRequest) -> CancellationRequest | None:
    """Which request of ours this is: by Omnitron's key, or by name if the hand-over had no readable answer.

    The same for one that was taken back: what was on its way to Omnitron at that moment may have another key there.
    """
    about = CancellationRequest.objects.filter(order_item__in=OrderItem.objects.known_there_as([there.order_item]))
    by_part = Q(omnitron_pk=there.pk) | (Q(remote_id=there.remote_id) if there.remote_id else Q())
    part = RequestPart.objects.filter(by_part, request__in=about).select_related("request").first()
    if part is not None:
        return part.request
    known = about.filter(omnitron_pk=there.pk).first()
    if known is not None or not there.remote_id:
        return known
    waiting = about.filter(Q(omnitron_pk=None) | Q(status=RequestStatus.WITHDRAWN))
    return waiting.filter(remote_id=there.remote_id).first()
