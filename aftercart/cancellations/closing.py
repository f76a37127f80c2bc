"""How requests end: overtaken by events, or as the back office decides. All inside the caller's transaction.

A request is closed by a conditional update of its status, so that of two who try, one wins and the other is told.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Least

from aftercart.cancellations import notifications
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    OPEN_AT_OMNITRON,
    CancellationRequest,
    EasyReturnShippingCompany,
    RequestStatus,
)
from aftercart.cancellations.request_parts import all_there, merged_with, status_of_its_parts
from aftercart.cancellations.rules import CANCEL
from aftercart.duties import DONE
from aftercart.omnitron import RemoteCancellationRequest
from aftercart.orders import events, news
from aftercart.orders.locking import hold
from aftercart.orders.models import OrderItem
from aftercart.orders.parts import IN_CANCELLATION
from aftercart.statuses import AFTER_SHIPMENT, CLOSED, gettext_noop

SHIPPED_MEANWHILE = gettext_noop("The parcel had already left; it can be returned once it has arrived.")
TAKEN_OUT = gettext_noop("The shop has taken this item out of your order.")
TOO_LATE = gettext_noop("It could no longer be taken back: the shop had agreed already.")


def close_overtaken_requests(items: Sequence[OrderItem], *, now: datetime) -> None:
    """Close active requests that events have overtaken: the item is cancelled, or has shipped before a `cancel`.

    An item in cancellation closes a request only while we still hold it: one that the back office has ends as the back
    office says.
    """
    carried_out, overtaken = [], []
    for item in items:
        request: CancellationRequest | None = item.active_request
        if request is None:
            continue
        status = status_of_its_parts(request, item)
        if status in (CLOSED if request.omnitron_pk else IN_CANCELLATION):
            note = TAKEN_OUT if item.removed_date else _done_note(request)
            if close_request(request, RequestStatus.COMPLETED, note=note, now=now):
                carried_out.append(request.pk)
        elif (
            request.cancellation_type == CANCEL
            and request.status != RequestStatus.WITHDRAWING
            and status in AFTER_SHIPMENT
            and close_request(request, RequestStatus.REJECTED, note=SHIPPED_MEANWHILE, now=now)
        ):
            overtaken.append(request.pk)
    notifications.decided(carried_out, RequestStatus.COMPLETED, now=now)
    notifications.decided(overtaken, RequestStatus.REJECTED, now=now)


def update_from_remote(
    request: CancellationRequest, remote: RemoteCancellationRequest, *, now: datetime, whole: bool = False
) -> bool:
    """Take over how far the back office is with a request, inside the caller's transaction; False if nothing is new.

    A closed request stays closed, older versions and unknown statuses are ignored. A request that is being taken back
    stays so while Omnitron has it open: its own duty sees to it. One that was taken back and is there all the same (it
    arrived late) is taken back there once more. `whole`: if it is several requests there, `remote` is all of them as
    one.
    """
    hold(request.order_id)
    # Its owner may be taking it back at this moment, and the duty written by that must not be wiped out.
    request = CancellationRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if request.status == RequestStatus.WITHDRAWN and remote.status in OPEN_AT_OMNITRON:
        again = {"omnitron_pk": remote.pk, "next_attempt_at": now, "is_dead": False}
        return bool(CancellationRequest.objects.filter(pk=request.pk).update(**again))
    late = request.omnitron_modified and remote.modified_date and remote.modified_date < request.omnitron_modified
    if late or request.status not in ACTIVE_REQUEST_STATUSES:
        return False
    as_one = remote if whole else merged_with(request, remote)
    if as_one is None:
        return False
    remote = as_one
    withdrawing = request.status == RequestStatus.WITHDRAWING
    changes: dict[str, object] = {}
    if request.omnitron_pk is None and all_there(request):
        # The hand-over succeeded, though we never got the answer.
        changes = {"omnitron_pk": remote.pk} if withdrawing else {"omnitron_pk": remote.pk, **DONE}
    changes |= _new_easy_return(request, remote)
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
    if is_news and remote.status == RequestStatus.COMPLETED and not request.is_withdrawal:
        count_returned(request.order_item_id, request.quantity)
    if is_news:
        notifications.decided([request.pk], RequestStatus(remote.status), now=now)
    return True


def _new_easy_return(request: CancellationRequest, remote: RemoteCancellationRequest) -> dict[str, object]:
    """The code that the customer shows to the carrier, where it is another than we know."""
    told = remote.easy_return or {}
    code = str(told.get("code") or "")[:64]
    if not code or code == request.easy_return_code:
        return {}
    carrier = EasyReturnShippingCompany.objects.filter(value=told.get("shipping_company")).first()
    company = request.easy_return_company_id or (carrier.pk if carrier else None)
    return {"easy_return_code": code, "easy_return_company_id": company}


def close_request(request: CancellationRequest, status: RequestStatus, *, note: str, now: datetime) -> bool:
    """Close an active request with a note the customer can read; False if it was closed already."""
    moved = CancellationRequest.objects.filter(pk=request.pk, status__in=ACTIVE_REQUEST_STATUSES).update(
        status=status, closing_note=note, being_checked=False, modified_date=now, **DONE
    )
    if not moved:
        return False
    about = request.order_id, request.order_item_id
    if status == RequestStatus.WITHDRAWN:
        event = events.request_withdrawn(*about, request=request.pk, actor=request.order.customer.email, now=now)
    else:
        event = events.request_closed(*about, request=request.pk, status=status, note=note, now=now)
    event.save(force_insert=True)
    return True


def count_returned(item: int, pieces: int) -> None:
    """Count pieces of an item (its id) as returned, never more than were bought; inside the caller's transaction.

    For an item that is several at Omnitron, its parts are counted instead (`orders/parts.py`).
    """
    most = F("quantity") - F("withdrawn_quantity")
    OrderItem.objects.filter(pk=item, parts=[]).update(returned_quantity=Least(F("returned_quantity") + pieces, most))


def _done_note(request: CancellationRequest) -> str:
    """The note of a request that was carried out: its owner may have tried to take it back by then."""
    return TOO_LATE if request.status == RequestStatus.WITHDRAWING else ""
