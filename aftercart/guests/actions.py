"""The promises to guests: find an order, ask the shop to cancel, have a link mailed."""

from datetime import datetime
from typing import Any

from aftercart.account import rows
from aftercart.cancellations.actions import request_cancellation
from aftercart.cancellations.models import CancellationRequest
from aftercart.cancellations.payloads import unnested
from aftercart.cancellations.rules import Wish
from aftercart.customers.models import Customer
from aftercart.errors import FieldErrors, NotFound, Refused
from aftercart.guests import tries
from aftercart.guests.reading import guest_row
from aftercart.mailed_links import mailing
from aftercart.mailed_links.lookup import OrderLookup
from aftercart.mailed_links.models import AskedLink
from aftercart.orders.models import Order
from aftercart.refusals import Refusal


def find_order(asked: OrderLookup, *, address: str, now: datetime) -> dict[str, Any]:
    """A guest's order as the wire's JSON. Raises TooManyTries, Refused (for anything that is wrong)."""
    row = _admitted(asked, address, now=now)
    requests = rows.active_requests_of([row.id]) if row.requested else {}
    shown: dict[str, Any] = rows.shown_row(row, rows.ITEMS_BY_ID.all(order=row.id), requests, now=now)
    return shown


def ask_to_cancel(asked: OrderLookup, wish: Wish, *, address: str, now: datetime) -> CancellationRequest:
    """Ask the shop to cancel or to take back one item of a guest's order; never cancelled directly.

    Raises TooManyTries, FieldErrors, Refused.
    """
    row = _admitted(asked, address, now=now)
    customer = Customer.objects.get(pk=row.customer_id)
    try:
        made = request_cancellation(customer=customer, orders=Order.objects.filter(pk=row.id), wish=wish, now=now)
    except FieldErrors as found:
        raise FieldErrors(unnested(found.errors)) from None
    (own,) = (request for request in made if request.order_item_id == wish.items[0].order_item)
    return own


def _admitted(asked: OrderLookup, address: str, *, now: datetime) -> Any:
    """The order's row, for callers who know its number and e-mail; a wrong try counts."""
    tries.count_guest_try(asked, address, now=now)
    row = guest_row(asked)
    if row is None:
        tries.was_wrong(asked, address, now=now)
        raise Refused([Refusal("guest_order_not_found")])
    tries.guest_was_right(asked, address, now=now)
    return row


def ask_for_guest_link(asked: OrderLookup, *, now: datetime) -> None:
    """Have the link to an order mailed to whoever ordered."""
    mailing.ask_for_order_link(AskedLink.Opens.ORDER, number=asked.number, email=asked.email, now=now)


def ask_for_new_link(order_id: int, *, now: datetime) -> None:
    """The same for a link that has expired. Raises NotFound if its order is gone."""
    order = Order.objects.select_related("customer").filter(pk=order_id).first()
    if order is None:
        raise NotFound
    ask_for_guest_link(OrderLookup(order.number, mailing.reader_of(order)), now=now)
