"""Repairing differences, with the same verbs that apply news. What they would not do, a repair does not do either."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from aftercart.address_changes.settlement import COMPARED
from aftercart.cancellations.closing import count_returned, update_from_remote
from aftercart.cancellations.delivery import deliver_request
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest, RequestPart
from aftercart.customers.address_copy import fingerprint
from aftercart.duties import DutyKind, Lease, do
from aftercart.feed.comparing import COUNT, FOLLOW, GIVE_BACK, HAND_OVER, TAKE_ADDRESS, Difference, Ours
from aftercart.feed.order_sync import apply
from aftercart.feed.request_sync import sync_request
from aftercart.omnitron import RemoteCancellationRequest, RemoteOrder
from aftercart.orders import events
from aftercart.orders.locking import hold
from aftercart.orders.received import part
from aftercart.statuses import Status

DELIVERY = DutyKind("hand a cancellation request to Omnitron", CancellationRequest, deliver_request)
PLACES = ("country", "city", "township", "district")


def repair(ours: Ours, remote: RemoteOrder, found: Collection[Difference], *, now: datetime) -> None:
    """Do what the differences of one order name as their repair."""
    repairs = {difference.repair for difference in found}
    may_go_back = [item.pk for item in ours.items if item.status == Status.CANCELLATION_WAITING]
    with transaction.atomic():
        if FOLLOW in repairs:
            for request, there in ours.requests:
                if there is not None:
                    update_from_remote(request, there, now=now, whole=True)
        for difference in found:
            if difference.repair == COUNT and difference.item is not None:
                count_returned(difference.item, int(difference.theirs) - int(difference.ours))
        apply(ours.order.pk, remote, may_go_back=may_go_back if GIVE_BACK in repairs else (), now=now)
        if TAKE_ADDRESS in repairs:
            take_address(ours.order.pk, remote.shipping_address or {}, now=now)
    if HAND_OVER in repairs:
        for request, there in ours.requests:
            if there is None:
                hand_over_again(request.pk, now=now)


def hand_over_again(pk: int, *, now: datetime) -> bool:
    """Hand a request to Omnitron now; False if that failed, and then it is a duty again."""
    lease = Lease(DELIVERY, (pk,), now + timedelta(seconds=settings.LEASE_SECONDS))
    open_still = CancellationRequest.objects.filter(pk=pk, status__in=ACTIVE_REQUEST_STATUSES)
    RequestPart.objects.filter(request__in=open_still).update(omnitron_pk=None)
    taken = open_still.update(
        omnitron_pk=None,
        attempts=2,  # not the first attempt: so it is looked for first, in case Omnitron has it after all
        next_attempt_at=now,
        lease_until=lease.until,
        is_dead=False,
        last_error="",
    )
    return bool(taken) and do(lease, now=now)


def follow_request_of_staff(remote: RemoteCancellationRequest, *, now: datetime) -> None:
    """Take over what a request that staff made says; one that is unknown becomes ours too, where it can."""
    with transaction.atomic():
        sync_request(remote, now=now)


def take_address(order_id: int, theirs: Mapping[str, Any], *, now: datetime) -> None:
    """Replace our copy by the address that the parcel will really go to, inside the caller's transaction."""
    order = hold(order_id)
    if order is None:
        return
    old = order.shipping_address
    new = {**old, **{name: theirs.get(name) or "" for name in COMPARED}}
    new |= {name: {**part(old, name), **theirs[name]} for name in PLACES if isinstance(theirs.get(name), dict)}
    new["hash_data"] = fingerprint(new)
    order.shipping_address, order.modified_date = new, now
    order.save(update_fields=["shipping_address", "modified_date"])
    events.address_changed(order.pk, old=old, new=new, actor=events.OMNITRON, now=now).save(force_insert=True)
