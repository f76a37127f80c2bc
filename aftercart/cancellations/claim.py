"""The claim: an attempt that nobody else can have, and the facts read under it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError

from aftercart.cancellations import statements
from aftercart.cancellations.case import Basis, columns_again, columns_of
from aftercart.cancellations.checking import checked, left_for
from aftercart.cancellations.models import CancellationAttempt, CancellationReason
from aftercart.cancellations.reading import Seen, items_of
from aftercart.cancellations.rules import CancellationCase, Wish, WishedItem
from aftercart.cancellations.sets import with_their_sets
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address, Customer
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.errors import NotFound, Refused
from aftercart.fastpath import batch, insert
from aftercart.orders.models import Order, OrderItem
from aftercart.refusals import IN_PROGRESS, Refusal


@dataclass(slots=True)
class Claim:
    """An order under one attempt, with everything that judging, calling and settling need."""

    attempt: CancellationAttempt
    order: Order
    items: list[OrderItem]
    chosen: list[tuple[OrderItem, WishedItem]]
    wish: Wish
    reasons: dict[int, CancellationReason]
    pickup_address: dict[str, Any] | None
    settings: DynamicSettings
    attempt_open: bool = False
    named: dict[int, list[int]] = field(default_factory=dict)
    """By our item's id, the keys of what a cancel has named of it at Omnitron."""

    def pieces(self, item: OrderItem, wished: WishedItem) -> int:
        """How many pieces of a chosen item are meant."""
        return wished.quantity or left_for(self.wish, item)

    def case(self, *, now: datetime) -> CancellationCase:
        """The facts as they are in memory now, for the rules."""
        basis = Basis.of(self.order, self.items, self.settings, attempt_open=self.attempt_open)
        return basis.case(self.chosen, now=now, wish=self.wish)


def claim_seen(seen: Seen, customer: Customer, wish: Wish, *, now: datetime, attempt_id: UUID | None = None) -> Claim:
    """A claim on a customer's order as it was just read, to be judged and then taken.

    Raises NotFound, FieldErrors (malformed for this order).
    """
    if seen.order.customer_id != customer.pk:
        raise NotFound
    names_carriers = any(wished.shipping_company is not None for wished in wish.items)
    items = items_of(seen.order) if names_carriers else seen.items
    attempt = _attempt(seen.order, customer, wish, now=now, attempt_id=attempt_id)
    return _claim(attempt, seen.order, items, seen.reasons, wish)


def take(claim: Claim) -> bool:
    """Store a claim that was judged; False if its facts have changed since: then it has to be judged again.

    Facts that are read under the claim cannot be changed by another attempt any more. Whoever commits must bring the
    attempt to an end. Raises Refused (someone else holds the claim).
    """
    try:
        _, rows = batch(insert([claim.attempt]), statements.COLUMNS_AGAIN.bind(order=claim.order.pk))
    except IntegrityError:
        raise Refused([Refusal(IN_PROGRESS)]) from None
    return columns_again(rows) == columns_of(claim.order, claim.items)


def claim_row(order: Any, customer: Customer, wish: Wish, *, now: datetime, attempt_id: UUID | None = None) -> Claim:
    """Claim an order, a row of `reading.judged_row`, for one attempt, inside the caller's transaction.

    A rollback leaves no trace; whoever commits must bring the attempt to an end. Raises FieldErrors (malformed for this
    order), Refused (someone else holds the claim).
    """
    attempt = _attempt(order, customer, wish, now=now, attempt_id=attempt_id)
    claiming = [] if order.attempt_open else [insert([attempt])]
    try:
        *_, items, reasons = batch(*claiming, statements.ITEMS.bind(order=order.pk), statements.REASONS.bind())
    except IntegrityError:
        raise Refused([Refusal(IN_PROGRESS)]) from None
    return _claim(attempt, order, items, reasons, wish)


def _attempt(
    order: Any, customer: Customer, wish: Wish, *, now: datetime, attempt_id: UUID | None
) -> CancellationAttempt:
    lease = now + timedelta(seconds=settings.LEASE_SECONDS)
    return CancellationAttempt(
        id=attempt_id or uuid4(),
        order=order,
        customer=customer,
        wish=wish.kept(),
        created_date=now,
        lease_until=lease,
        next_attempt_at=lease,
    )


def _claim(
    attempt: CancellationAttempt, order: Any, items: list[OrderItem], offered: list[CancellationReason], wish: Wish
) -> Claim:
    chosen, reasons, pickup = checked(wish, items, attempt.customer, offered)
    chosen = with_their_sets(chosen, items)
    wish = replace(wish, items=tuple(wished for _, wished in chosen))
    attempt.wish = wish.kept()
    return Claim(
        attempt=attempt,
        order=order,
        items=items,
        chosen=chosen,
        wish=wish,
        reasons=reasons,
        pickup_address=pickup,
        settings=dynamic_settings.from_row(order),
        attempt_open=order.attempt_open,
    )


def claim_again(attempt: CancellationAttempt) -> Claim:
    """What a claim knew, read anew from a stored attempt: for settlement, and if its facts have changed."""
    kept = attempt.wish
    wish = Wish(**{**kept, "items": tuple(WishedItem(**item) for item in kept["items"])})
    order = Order.objects.annotate(**dynamic_settings.annotations()).get(pk=attempt.order_id)
    items = items_of(order)
    by_id = {item.pk: item for item in items}
    pickup = Address.objects.with_places().filter(pk=wish.pickup_address or 0, user=attempt.customer_id).first()
    return Claim(
        attempt=attempt,
        order=order,
        items=items,
        chosen=[(by_id[wished.order_item], wished) for wished in wish.items if wished.order_item in by_id],
        wish=wish,
        reasons=CancellationReason.objects.in_bulk([wished.reason for wished in wish.items]),
        pickup_address=copy_of(pickup) if pickup else None,
        settings=dynamic_settings.from_row(order),
    )
