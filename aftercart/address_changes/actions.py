"""The promise of an address change: judge, claim, call, settle."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from aftercart import failpoints
from aftercart.address_changes import settlement
from aftercart.address_changes.models import AddressChange
from aftercart.address_changes.rules import AddressChangeCase, address_change_refusals, needs_approval
from aftercart.bodies import nested
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address, Customer
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import AddressChangeRules
from aftercart.errors import FieldErrors, Refused, TryLater
from aftercart.omnitron import NotSent, Omnitron, OutcomeUnknown, RefusedByOmnitron
from aftercart.orders.models import Order
from aftercart.orders.received import country_code
from aftercart.refusals import ADDRESS_CHANGE, OUTCOME_UNKNOWN, TOO_LATE, UNREACHABLE, Refusal

State = AddressChange.State
RETRY_SECONDS = 10


def change_address(
    *, customer: Customer, order_id: int, address_id: int, channel_id: int | None, now: datetime, omnitron: Omnitron
) -> AddressChange:
    """Send a customer's order to another entry of the address book; returns the change.

    Raises FieldErrors, Refused, and TryLater where the customer must not believe that it happened. The same wish
    again gets the same answer.
    """
    with transaction.atomic():
        change, is_new = _claim(customer, order_id, address_id, channel_id, now=now)
    if is_new:
        failpoints.reached("address: claimed")
        try:
            _call_and_settle(change, omnitron, now=now)
        except settlement.ChangeAlreadySettled:
            change.refresh_from_db()
    return _answered(change)


def _claim(
    customer: Customer, order_id: int, address_id: int, channel_id: int | None, *, now: datetime
) -> tuple[AddressChange, bool]:
    """The change to carry out, or the one that says the same and exists already; inside the caller's transaction."""
    order = Order.objects.belonging_to(customer).filter(pk=order_id).annotate(**dynamic_settings.annotations()).first()
    address = Address.objects.belonging_to(customer).with_places().filter(pk=address_id).first()
    errors: dict[tuple[str | int, ...], str] = {}
    if order is None:
        errors["order",] = gettext("This order does not exist.")
    if address is None:
        errors["address",] = gettext("This address is not in your address book.")
    if order is not None and channel_id not in (None, order.channel_id):
        errors["channel_id",] = gettext("This order belongs to another channel.")
    if errors or order is None or address is None:
        raise FieldErrors(nested(errors))
    new = copy_of(address)
    same = _same_wish(order, new)
    if same is not None:
        return same, False
    case = AddressChangeCase(
        order_status=order.status,
        same_country=country_code(order.shipping_address) == country_code(new),
        rules=dynamic_settings.from_row(order).get(AddressChangeRules),
    )
    found = address_change_refusals(case)
    if found:
        raise Refused(found)
    lease = now + timedelta(seconds=settings.LEASE_SECONDS)
    change = AddressChange(
        order=order,
        customer=customer,
        channel_id=order.channel_id,
        address_id=address.pk,
        old_address=order.shipping_address,
        new_address=new,
        needs_approval=needs_approval(case),
        created_date=now,
        lease_until=lease,
        next_attempt_at=lease,
    )
    try:
        change.save(force_insert=True)
    except IntegrityError:
        raise Refused([Refusal("address_change_in_progress")]) from None
    return change, True


def _same_wish(order: Order, new: dict[str, Any]) -> AddressChange | None:
    """The order's latest change, where it says the same and still stands."""
    latest = AddressChange.objects.filter(order=order).first()
    if latest is None or latest.state in (State.NOT_SENT, State.REFUSED):
        return None
    if latest.new_address.get("hash_data") != new["hash_data"]:
        return None
    if latest.state == State.SUBMITTED and order.shipping_address.get("hash_data") != new["hash_data"]:
        return None
    return latest


def _call_and_settle(change: AddressChange, omnitron: Omnitron, *, now: datetime) -> None:
    try:
        omnitron.change_address(
            channel_id=change.channel_id, remote_order_id=change.order_id, address=change.new_address
        )
    except RefusedByOmnitron as refused:
        code = TOO_LATE if refused.error_code == TOO_LATE else "address_change_refused"
        with transaction.atomic():
            settlement.closed(change, State.REFUSED, because=code, now=now)
    except NotSent:
        with transaction.atomic():
            settlement.closed(change, State.NOT_SENT, because=UNREACHABLE, now=now)
    except OutcomeUnknown:
        with transaction.atomic():
            settlement.unknown(change, now=now)
    else:
        failpoints.reached("address: called")
        with transaction.atomic():
            (settlement.waiting_approval if change.needs_approval else settlement.submitted)(change, now=now)


def _answered(change: AddressChange) -> AddressChange:
    """The change where it stands, else the error that says how it ended."""
    if change.state in (State.SUBMITTED, State.WAITING_APPROVAL):
        return change
    if change.state == State.REFUSED:
        raise Refused([Refusal(change.because)])
    if change.state == State.NOT_SENT:
        raise _try_later(UNREACHABLE)
    raise _try_later(OUTCOME_UNKNOWN)


def _try_later(code: str) -> TryLater:
    return TryLater(code, ADDRESS_CHANGE[code].sentence, seconds=RETRY_SECONDS)
