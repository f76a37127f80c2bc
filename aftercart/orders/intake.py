"""Orders coming in, from files and from Omnitron: each one whole or not at all; the same one twice changes nothing.

What comes in never overwrites what we know better; how a known order is updated by another version is in
`updating.py`. A message with an `orderitem_set` is about all items of its order; one without is about none.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import IntegrityError, transaction

from aftercart.customers.models import Customer
from aftercart.database import key_counters
from aftercart.orders import events
from aftercart.orders.locking import hold
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.orderer import check_owner, customer_of_order, fill_blanks, orderer_of
from aftercart.orders.parts import keep_keys, keys_of
from aftercart.orders.places import name_places
from aftercart.orders.said import ORDER_FIELDS, OmnitronKeys, new_item, said
from aftercart.orders.signals import received
from aftercart.orders.updating import update
from aftercart.orders.wire import OrderMessage, OrderRefused, read_order


class IntakeOutcome(StrEnum):
    """What became of an order that came in."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Taken:
    """An order that is in now."""

    id: int
    number: str
    outcome: IntakeOutcome


def take_in(
    wire: object,
    *,
    now: datetime,
    actor: str = "aftercart",
    keys: OmnitronKeys | None = None,
    match_email: bool = False,
) -> Taken:
    """Take in one order of the commerce wire (docs/contract.md, section B).

    `actor` is named in the events. `match_email`: an order of an unknown customer goes to the registered customer with
    the same e-mail instead of being refused. Raises OrderRefused.
    """
    message = read_order(wire)
    # Two importers at once: the slower one finds the other's rows the second time and has nothing left to do.
    for last in (False, True):
        try:
            with transaction.atomic():
                return _take_in(message, now=now, actor=actor, keys=keys, match_email=match_email)
        except IntegrityError as error:
            if last:
                raise OrderRefused(f"the database refused it: {str(error).splitlines()[0]}") from None
    raise AssertionError("unreachable")


def align_key_counters() -> None:
    """After customers and orders came in with the wire's keys."""
    key_counters.align(Customer, Order, OrderItem)


def _take_in(
    message: OrderMessage, *, now: datetime, actor: str, keys: OmnitronKeys | None, match_email: bool
) -> Taken:
    order = _known(message)
    orderer = orderer_of(message)
    _check_items_are_free(message)
    for address in (message.shipping_address, message.billing_address):
        name_places(address)
    if order is None:
        customer = customer_of_order(orderer, match_email=match_email)
        _create(message, customer, now=now, actor=actor, keys=keys)
        return Taken(message.id, message.number, IntakeOutcome.NEW)
    check_owner(order, orderer)
    fill_blanks(order.customer, orderer.details)
    changed = update(order, message, now=now, actor=actor, keys=keys)
    return Taken(message.id, message.number, IntakeOutcome.CHANGED if changed else IntakeOutcome.UNCHANGED)


def _known(message: OrderMessage) -> Order | None:
    by_id = hold(message.id)
    if by_id is not None and by_id.number != message.number:
        raise OrderRefused(f"id: {message.id} is order {by_id.number} here, not {message.number}")
    if by_id is None:
        other = Order.objects.numbered(message.number).first()
        if other is not None:
            raise OrderRefused(f"number: order {message.number} has the id {other.pk} here, not {message.id}")
    return by_id


def _check_items_are_free(message: OrderMessage) -> None:
    ids = [item.id for item in message.items]
    taken = OrderItem.objects.filter(pk__in=ids).exclude(order_id=message.id).values_list("pk", "order__number")
    reasons = [f"orderitem_set: item {pk} belongs to order {number} here" for pk, number in taken[:20]]
    if reasons:
        raise OrderRefused(*reasons)


# --- New orders ---------------------------------------------------------------------------------------------


def _create(message: OrderMessage, customer: Customer, *, now: datetime, actor: str, keys: OmnitronKeys | None) -> None:
    if message.orderitem_set is None:
        raise OrderRefused("orderitem_set: an order that is new here needs its items")
    order = Order(
        pk=message.id,
        number=message.number,
        customer=customer,
        channel_id=settings.OMNITRON_CHANNEL_ID,
        status=message.status,
        details=message.details,
        omnitron_pk=keys.order if keys else None,
        version_date=message.version_date,
        modified_date=message.modified_date or now,
        **said(message, ORDER_FIELDS),
    )
    order.save(force_insert=True)
    items = [new_item(item, order, message, keys) for item in message.items]
    OrderItem.objects.bulk_create(items)
    keep_keys({item.pk: keys_of(item) for item in items})
    events.imported(order, actor=actor, now=now).save(force_insert=True)
    received.send(Order, order=order, items=items, now=now)
