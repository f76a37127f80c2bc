"""Reading both sides of an order for a comparison: ours first, so that what Omnitron says is never older."""

from django.db.models import Q, Sum

from aftercart import omnitron_client
from aftercart.address_changes.models import AddressChange
from aftercart.cancellations import identity
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, RequestStatus
from aftercart.feed.comparing import Ours
from aftercart.omnitron import OrderUnknown, RemoteOrder
from aftercart.orders.models import Order
from aftercart.refusals import MADE_THERE

State = AddressChange.State


def read_ours(pk: int) -> Ours:
    """What we know of an order, and what Omnitron has of its requests. Raises OmnitronError."""
    order = Order.objects.get(pk=pk)
    items = list(order.items.all())
    requests = list(
        order.cancellation_requests.filter(status__in=ACTIVE_REQUEST_STATUSES, being_checked=False)
        # One that is still on its way there, or back, is no difference; one that will never be handed over is.
        .exclude(Q(omnitron_pk=None) | Q(status=RequestStatus.WITHDRAWING), next_attempt_at__isnull=False)
        # One that staff made there has no name of ours: it is compared through Omnitron's list.
        .exclude(because=MADE_THERE)
        .select_related("order_item")
        .order_by("pk")
    )
    latest = AddressChange.objects.filter(order=order).order_by("-created_date", "-pk").first()
    done = order.cancellation_requests.filter(
        status=RequestStatus.COMPLETED, is_withdrawal=False, omnitron_pk__isnull=False
    )
    omnitron = omnitron_client.omnitron()
    return Ours(
        order=order,
        items=items,
        requests=[(request, identity.found_at_omnitron(request, omnitron)) for request in requests],
        submitted=latest if latest is not None and latest.state == State.SUBMITTED else None,
        came_back=dict(done.order_by().values_list("order_item").annotate(Sum("quantity"))),
    )


def read_theirs(ours: Ours) -> RemoteOrder | None:
    """The order at Omnitron; None if it has no such order. Raises OmnitronError."""
    try:
        return omnitron_client.omnitron().order(
            number=ours.order.number, item_ids={item.pk for item in ours.items}, partly=True
        )
    except OrderUnknown:
        return None
