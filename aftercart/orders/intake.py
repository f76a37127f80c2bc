"""Orders coming in, from files and from Omnitron: each one whole or not at all, and the same one twice is once.

What comes in never takes back what the house knows better: a status moves only forward (`statuses.may_move`), an
address that the customer changed here stays, and so does an invoice or a tracking number that was learned meanwhile.
A field that a message does not carry stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.management.color import no_style
from django.db import IntegrityError, connection, transaction

from aftercart.customers.models import Customer
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.orders.news import move_item, move_order
from aftercart.orders.orderer import check_owner, customer_of, fill_blanks, orderer_of
from aftercart.orders.wire import ItemMessage, OrderMessage, OrderRefused, read_order
from aftercart.statuses import may_move

ORDER_FIELDS = [
    "currency",
    "amount",
    "discount_amount",
    "shipping_amount",
    "refund_amount",
    "discount_refund_amount",
    "shipping_refund_amount",
    "shipping_address",
    "billing_address",
    "user_email",
    "language_code",
    "tracking_number",
    "tracking_url",
    "invoice_number",
    "invoice_date",
    "created_date",
]
ITEM_FIELDS = [
    "quantity",
    "price",
    "retail_price",
    "tax_rate",
    "price_currency",
    "product",
    "easy_return_companies",
    "tracking_number",
    "tracking_url",
    "invoice_number",
    "invoice_date",
    "delivered_date",
    "created_date",
]
# A refund that was made is not unmade by an older export.
GROWING = frozenset({"refund_amount", "discount_refund_amount", "shipping_refund_amount"})


class Outcome(StrEnum):
    """What became of an order that came in."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Taken:
    """An order that is in now."""

    id: int
    number: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class OmnitronKeys:
    """Omnitron's keys for an order and, by our item ids, for its items."""

    order: int
    items: Mapping[int, int] = field(default_factory=dict)


def take_in(
    wire: object,
    *,
    now: datetime,
    actor: str = "aftercart",
    keys: OmnitronKeys | None = None,
    match_email: bool = False,
) -> Taken:
    """Take in one order of the commerce wire (contract, section B); OrderRefused says why not.

    `actor` stands in the events. `match_email`: an order of an unknown customer goes to the registered customer of
    the same e-mail, instead of being refused.
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
    """After customers came in with the wire's keys: let the database count on from the highest one.

    SQLite does so by itself; PostgreSQL would hand out a taken key to the next customer made here.
    """
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Customer, Order, OrderItem]):
            cursor.execute(statement)


def _take_in(
    message: OrderMessage, *, now: datetime, actor: str, keys: OmnitronKeys | None, match_email: bool
) -> Taken:
    order = _known(message)
    orderer = orderer_of(message)
    _check_items_are_free(message)
    if order is None:
        customer = customer_of(orderer, match_email=match_email)
        _create(message, customer, now=now, actor=actor, keys=keys)
        return Taken(message.id, message.number, Outcome.NEW)
    check_owner(order, orderer)
    fill_blanks(order.customer, orderer.details)
    changed = _update(order, message, now=now, actor=actor, keys=keys)
    return Taken(message.id, message.number, Outcome.CHANGED if changed else Outcome.UNCHANGED)


def _known(message: OrderMessage) -> Order | None:
    by_id = Order.objects.select_for_update(of=("self",)).select_related("customer").filter(pk=message.id).first()
    if by_id is not None and by_id.number != message.number:
        raise OrderRefused(f"id: {message.id} is order {by_id.number} here, not {message.number}")
    if by_id is None:
        other = Order.objects.numbered(message.number).first()
        if other is not None:
            raise OrderRefused(f"number: order {message.number} has the id {other.pk} here, not {message.id}")
    return by_id


def _check_items_are_free(message: OrderMessage) -> None:
    ids = [item.id for item in message.orderitem_set]
    taken = OrderItem.objects.filter(pk__in=ids).exclude(order_id=message.id).values_list("pk", "order__number")
    reasons = [f"orderitem_set: item {pk} belongs to order {number} here" for pk, number in taken[:20]]
    if reasons:
        raise OrderRefused(*reasons)


# --- New orders ---------------------------------------------------------------------------------------------


def _create(message: OrderMessage, customer: Customer, *, now: datetime, actor: str, keys: OmnitronKeys | None) -> None:
    order = Order(
        pk=message.id,
        number=message.number,
        customer=customer,
        channel_id=settings.OMNITRON_CHANNEL_ID,
        status=message.status,
        details=message.details,
        omnitron_pk=keys.order if keys else None,
        modified_date=message.modified_date or now,
        **_said(message, ORDER_FIELDS),
    )
    order.save(force_insert=True)
    OrderItem.objects.bulk_create([_new_item(item, order, keys) for item in message.orderitem_set])
    OrderEvent.objects.create(
        order=order, kind=OrderEvent.Kind.IMPORTED, actor=actor, to_status=order.status, created_date=now
    )


def _new_item(item: ItemMessage, order: Order, keys: OmnitronKeys | None) -> OrderItem:
    defaults = {
        "retail_price": item.price,
        "price_currency": order.currency,
        "created_date": order.created_date,
    }
    return OrderItem(
        pk=item.id,
        order=order,
        status=item.status,
        details=item.details,
        omnitron_pk=keys.items.get(item.id) if keys else None,
        modified_date=item.modified_date or order.modified_date,
        **{**defaults, **_said(item, ITEM_FIELDS)},
    )


def _said(message: OrderMessage | ItemMessage, names: Sequence[str]) -> dict[str, Any]:
    """What the message says: null and blank are no news, neither over a default nor over what is known."""
    return {name: value for name, value in message.given(*names).items() if value not in (None, "")}


# --- Known orders -------------------------------------------------------------------------------------------


def _update(order: Order, message: OrderMessage, *, now: datetime, actor: str, keys: OmnitronKeys | None) -> bool:
    known = {item.pk: item for item in order.items.select_for_update()}
    new, changed, events = [], [], []
    for item in message.orderitem_set:
        row = known.get(item.id)
        if row is None:
            new.append(_new_item(item, order, keys))
            continue
        fields = _news(row, item, ITEM_FIELDS) | _key(row, keys.items.get(item.id) if keys else None)
        if may_move(row.status, item.status):
            events.append(_moved(order, row, item.status, actor, now))
            move_item(row, item.status)
        elif not fields:
            continue
        _apply(row, fields, item.modified_date or now)
        changed.append(row)
    fields = _news(order, message, ORDER_FIELDS) | _key(order, keys.order if keys else None)
    if "shipping_address" in fields and _address_changed_here(order):
        del fields["shipping_address"]
    moves = may_move(order.status, message.status)
    if not (new or changed or fields or moves):
        return False
    if moves:
        events.append(_moved(order, None, message.status, actor, now))
        move_order(order, message.status)
    _apply(order, fields, message.modified_date or now)
    order.save()
    OrderItem.objects.bulk_create(new)
    columns = [
        *ITEM_FIELDS,
        "status",
        "status_before_cancellation",
        "details",
        "omnitron_pk",
        "modified_date",
    ]
    OrderItem.objects.bulk_update(changed, columns)
    OrderEvent.objects.bulk_create(events)
    return True


def _news(row: Order | OrderItem, message: OrderMessage | ItemMessage, names: Sequence[str]) -> dict[str, Any]:
    """The columns that the message says otherwise than the row does."""
    fields = _said(message, names)
    if "product" in fields:
        assert isinstance(row, OrderItem)
        fields["product"] = {**row.product, **fields["product"]}
    for name in GROWING & fields.keys():
        fields[name] = max(fields[name], getattr(row, name))
    fields["details"] = {**row.details, **message.details}
    return {name: value for name, value in fields.items() if value != getattr(row, name)}


def _key(row: Order | OrderItem, pk: int | None) -> dict[str, Any]:
    return {"omnitron_pk": pk} if pk is not None and pk != row.omnitron_pk else {}


def _apply(row: Order | OrderItem, fields: Mapping[str, Any], modified: datetime) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.modified_date = max(row.modified_date, modified)


def _address_changed_here(order: Order) -> bool:
    return OrderEvent.objects.filter(order=order, kind=OrderEvent.Kind.ADDRESS_CHANGED).exists()


def _moved(order: Order, item: OrderItem | None, status: int, actor: str, now: datetime) -> OrderEvent:
    return OrderEvent(
        order=order,
        order_item=item,
        kind=OrderEvent.Kind.STATUS_CHANGED,
        actor=actor,
        from_status=item.status if item else order.status,
        to_status=status,
        created_date=now,
    )
