"""How an address change ends, and settling one that had no clear end."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from aftercart import omnitron_client
from aftercart.address_changes import notifications
from aftercart.address_changes.models import AddressChange
from aftercart.duties import DONE, NotYet
from aftercart.omnitron import OmnitronError
from aftercart.orders import events
from aftercart.orders.models import Order, OrderEvent
from aftercart.refusals import OUTCOME_UNKNOWN, TOO_LATE
from aftercart.statuses import AFTER_SHIPMENT, CLOSED

State = AddressChange.State
APPROVAL_PAUSE = timedelta(minutes=1)
# How long Omnitron may take to show a change whose answer was lost, before we say that it did not happen.
SHOWN_WITHIN = timedelta(minutes=2)
COMPARED = ("first_name", "last_name", "phone_number", "line", "postcode")


class ChangeAlreadySettled(Exception):
    """Someone else closed the change first."""


def submitted(change: AddressChange, *, now: datetime) -> None:
    """Omnitron has the new address: the order's own copy becomes the new one."""
    _move(change, State.SUBMITTED, now=now)
    Order.objects.filter(pk=change.order_id).update(shipping_address=change.new_address, modified_date=now)
    _tell(events.address_changed, change, now=now)
    notifications.mail_both_contacts(change, now=now)


def waiting_approval(change: AddressChange, *, now: datetime) -> None:
    """Omnitron has the wish, and someone there decides; the order keeps its address until then."""
    _move(change, State.WAITING_APPROVAL, now=now, due=now + APPROVAL_PAUSE)
    _tell(events.address_change_submitted, change, state=change.state, now=now)


def unknown(change: AddressChange, *, now: datetime) -> None:
    """Sent, but no readable answer came: settlement asks later."""
    _move(change, State.UNKNOWN, now=now, due=now + timedelta(seconds=settings.SETTLE_AFTER_SECONDS))
    _tell(events.address_change_submitted, change, state=change.state, now=now)


def closed(change: AddressChange, state: State, *, because: str, now: datetime) -> None:
    """The order keeps its address; the timeline says why."""
    _move(change, state, now=now, because=because)
    _tell(events.address_change_closed, change, state=change.state, because=because, now=now)


def settle_address_change(pk: int, *, now: datetime) -> None:
    """The duty of an unfinished change: ask Omnitron where the order goes, and end the change accordingly.

    Raises NotYet while Omnitron is out of reach or it is too early to tell, OmnitronError for nonsense.
    """
    change = AddressChange.objects.select_related("order", "customer").get(pk=pk)
    if change.state not in (State.OPEN, State.UNKNOWN, State.WAITING_APPROVAL):
        AddressChange.objects.filter(pk=pk).update(**DONE)
        return
    try:
        remote = omnitron_client.omnitron().order(number=change.order.number)
    except OmnitronError as error:
        raise omnitron_client.patient(error) from error
    with transaction.atomic():
        if same_address(remote.shipping_address or {}, change.new_address):
            submitted(change, now=now)
        elif remote.status in AFTER_SHIPMENT | CLOSED:
            closed(change, State.REFUSED, because=TOO_LATE, now=now)
            notifications.mail_closed_change(change, now=now)
        elif change.state != State.WAITING_APPROVAL and now - change.created_date > SHOWN_WITHIN:
            if change.needs_approval:
                waiting_approval(change, now=now)
            else:
                closed(change, State.NOT_SENT, because=OUTCOME_UNKNOWN, now=now)
                notifications.mail_closed_change(change, now=now)
        else:
            raise NotYet(APPROVAL_PAUSE / 6, "Omnitron does not show the new address yet")


def same_address(there: Mapping[str, Any], here: Mapping[str, Any]) -> bool:
    """Whether two addresses say the same, as far as both sides write it the same way."""
    return bool(there) and all((there.get(name) or "") == (here.get(name) or "") for name in COMPARED)


def _move(
    change: AddressChange, state: State, *, now: datetime, due: datetime | None = None, because: str = ""
) -> None:
    moved = AddressChange.objects.filter(pk=change.pk, state=change.state).update(
        **{**DONE, "next_attempt_at": due}, state=state, because=because, closed_date=None if due else now
    )
    if not moved:
        raise ChangeAlreadySettled
    change.state, change.because = state, because


def _tell(maker: Callable[..., OrderEvent], change: AddressChange, *, now: datetime, **data: str) -> None:
    actor, old, new = change.customer.email, change.old_address, change.new_address
    event = maker(change.order_id, change=change.pk, old=old, new=new, actor=actor, now=now, **data)
    event.save(force_insert=True)
