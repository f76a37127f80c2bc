"""A request about an item that is several items at Omnitron is several requests there, one for each part it names.

Each has a name of its own and progresses on its own. Together they are as far as the least advanced open one; once none
is open, they count as carried out if any of them was.
"""

from collections.abc import Collection, Sequence

from aftercart.cancellations.models import OPEN_AT_OMNITRON, CancellationRequest, RequestPart, RequestStatus
from aftercart.cancellations.rules import CANCEL
from aftercart.omnitron import Omnitron, RemoteCancellationRequest
from aftercart.orders.models import OrderItem
from aftercart.orders.parts import status_of_all
from aftercart.statuses import AFTER_SHIPMENT, BEFORE_SHIPMENT


def as_one(statuses: Collection[str]) -> str:
    """The status of several requests as one."""
    for status in OPEN_AT_OMNITRON:
        if status in statuses:
            return status
    return RequestStatus.COMPLETED if RequestStatus.COMPLETED in statuses else RequestStatus.REJECTED


def named_parts(request: CancellationRequest) -> list[RequestPart]:
    """The parts that a request names, as many as its pieces need: those named before, then the least far along.

    Stored before anything is sent to Omnitron; a request for more pieces than can still be asked for is about these
    alone from then on. Empty if the item is one there, too.
    """
    rows = list(request.parts.all())
    left = request.quantity - sum(row.quantity for row in rows)
    known = {row.item_key for row in rows}
    fitting = [
        part for part in request.order_item.parts if part["pk"] not in known and may_be_named(request, part["pk"])
    ]
    new = []
    for part in sorted(fitting, key=lambda part: (part["status"], part["pk"])):
        if left > 0:
            new.append(RequestPart(request=request, item_key=part["pk"], quantity=min(left, part["quantity"])))
            left -= new[-1].quantity
    RequestPart.objects.bulk_create(new)
    rows += new
    if rows and left > 0:
        is_about(request, rows)
    return rows


def within_reach(item: OrderItem, cancellation_type: str, pieces: int | None = None) -> int:
    """How many of these pieces (default: all that are left) a wish of this kind can be about.

    If pieces are items of their own at Omnitron, some may have left: those cannot be cancelled, only returned.
    """
    wanted = item.quantity_left if pieces is None else pieces
    fits = BEFORE_SHIPMENT if cancellation_type == CANCEL else AFTER_SHIPMENT
    within = sum(part["quantity"] for part in item.parts if part["status"] in fits)
    return min(wanted, within) if item.parts else wanted


def may_be_named(request: CancellationRequest, item_key: int) -> bool:
    """Whether a request can be about a part: to be cancelled it must not have left yet, to be returned it must have."""
    fits = BEFORE_SHIPMENT if request.cancellation_type == CANCEL else AFTER_SHIPMENT
    return any(part["pk"] == item_key and part["status"] in fits for part in request.order_item.parts)


def merged_with(request: CancellationRequest, there: RemoteCancellationRequest) -> RemoteCancellationRequest | None:
    """What one part's request says, merged with the others', inside the caller's transaction; None: late news.

    If the item is one there, too, its single request is returned as it is.
    """
    rows = list(request.parts.all())
    own = next((row for row in rows if row.omnitron_pk == there.pk or row.remote_id == there.remote_id), None)
    if own is None:
        return there
    if own.omnitron_modified and there.modified_date and there.modified_date < own.omnitron_modified:
        return None
    own.omnitron_pk, own.status = there.pk, there.status
    own.omnitron_modified = there.modified_date or own.omnitron_modified
    own.save()
    return as_one_request(request, rows, there)


def as_one_request(
    request: CancellationRequest, rows: Sequence[RequestPart], there: RemoteCancellationRequest
) -> RemoteCancellationRequest:
    """Several requests as one, of which `there` is one; as each has its own date, the whole has none."""
    status = as_one([row.status for row in rows])
    keys = [row.omnitron_pk for row in rows if row.omnitron_pk is not None]
    carried_out = [row for row in rows if row.status == RequestStatus.COMPLETED]
    if status == RequestStatus.COMPLETED:
        is_about(request, carried_out)
    return there.model_copy(update={"pk": min(keys), "status": status, "modified_date": None})


def all_there(request: CancellationRequest) -> bool:
    """Whether each part's request has a key at Omnitron, as far as there are several."""
    return not request.parts.filter(omnitron_pk=None).exists()


def found_parts(
    request: CancellationRequest, rows: Sequence[RequestPart], omnitron: Omnitron
) -> RemoteCancellationRequest | None:
    """What Omnitron has of a request's parts, as one, and stored at once; None if it lacks one that may be open."""
    seen = None
    for row in rows:
        there = omnitron.cancellation_request(pk=row.omnitron_pk) if row.omnitron_pk is not None else None
        there = there or omnitron.find_cancellation_request(remote_id=row.remote_id)
        if there is not None:
            row.omnitron_pk, row.status, row.omnitron_modified = there.pk, there.status, there.modified_date
            row.save()
            seen = there
        elif row.status in OPEN_AT_OMNITRON:
            return None
    return as_one_request(request, rows, seen) if seen is not None else None


def status_of_its_parts(request: CancellationRequest, item: OrderItem) -> int:
    """How far the parts are that a request names, or the item if it names none."""
    keys = {row.item_key for row in request.parts.all()} if item.parts else set()
    statuses = [part["status"] for part in item.parts if part["pk"] in keys]
    return status_of_all(statuses) if statuses else item.status


def status_of_part(request: CancellationRequest, there: RemoteCancellationRequest) -> str:
    """How far we know a part's request to be; the whole one if it is one there, too."""
    known = request.parts.filter(omnitron_pk=there.pk).values_list("status", flat=True).first()
    return known or request.status


def is_about(request: CancellationRequest, rows: Sequence[RequestPart]) -> None:
    """From here on the request is about the pieces of these parts."""
    request.quantity = sum(row.quantity for row in rows)
    CancellationRequest.objects.filter(pk=request.pk).update(quantity=request.quantity)
