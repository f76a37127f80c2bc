"""What the pages say in plain words: how an order is doing, why the shop was asked, where the money goes.

English sentences are marked here and translated when they are said; a code that is not listed is never shown.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext, gettext_noop, ngettext

from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest
from aftercart.orders import words as said_anywhere
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.payments import NOTHING_COMES, Back, back_of, was_delivered
from aftercart.statuses import CLOSED, Status

# Mails say these, too.
because = said_anywhere.because
money_back = said_anywhere.money_back
payment_name = said_anywhere.payment_name

HEADLINES: Mapping[Status, str] = {
    Status.CANCELLATION_WAITING: gettext_noop("This order is being cancelled."),
    Status.CANCELED: gettext_noop("This order is cancelled."),
    Status.WAITING: gettext_noop("The shop has your order and will confirm it next."),
    Status.PAYMENT_WAITING: gettext_noop("The shop is waiting for your payment."),
    Status.CONFIRMATION_WAITING: gettext_noop("The shop is checking your order."),
    Status.APPROVED: gettext_noop("The shop has accepted your order and will prepare it next."),
    Status.PREPARING: gettext_noop("Your order is being packed."),
    Status.SHIPPED: gettext_noop("Your order has left the shop."),
    Status.SHIPPED_AND_INFORMED: gettext_noop("Your order is on its way to you."),
    Status.READY_FOR_PICKUP: gettext_noop("Your order is ready to be picked up."),
    Status.ATTEMPTED_DELIVERY: gettext_noop("The carrier came, but could not deliver yet."),
    Status.REVIEW_STARTED: gettext_noop("The shop is looking at your order."),
    Status.REVIEW_WAITING: gettext_noop("The shop will look at your order next."),
    Status.WAITING_FOR_PAYMENT: gettext_noop("The shop is waiting for your payment."),
    Status.PAID: gettext_noop("Your payment has arrived."),
    Status.DELIVERED: gettext_noop("Your order has been delivered."),
    Status.REFUNDED: gettext_noop("This order was returned."),
}


def headline(order: Order) -> str:
    """How the order is doing, in one sentence."""
    return gettext(HEADLINES[Status(order.status)])


def money_sentences(order: Order, items: Iterable[OrderItem], requests: Iterable[CancellationRequest]) -> list[str]:
    """What happens to the money of an order, as far as anything does."""
    said: list[str] = []
    here = [item for item in items if item.removed_date is None]
    active = [request for request in requests if request.status in ACTIVE_REQUEST_STATUSES]
    if closed := [item for item in here if item.status in CLOSED]:
        back = _back(order, closed)
        sent = gettext("The shop sends the money for what is cancelled or returned back the way you paid.")
        said.append(sent if back is Back.MONEY else money_back(order, back))
    if waiting := [item for item in here if item.status == Status.CANCELLATION_WAITING]:
        said.append(money_back(order, _back(order, waiting)))
    if active:
        said.append(gettext("Nothing is sent back for an open request until the shop has decided."))
        back = _back(order, [request.order_item for request in active], as_loyalty=True)
        if back in NOTHING_COMES or any(request.fully_refund_as_loyalty_money for request in active):
            said.append(money_back(order, back))
    return list(dict.fromkeys(said))


def _back(order: Order, items: Iterable[OrderItem], *, as_loyalty: bool = False) -> Back:
    return back_of(order, delivered=any(was_delivered(item) for item in items), as_loyalty=as_loyalty)


def cancelled_message(order: Order, count: int, back: Back) -> str:
    """The message after a direct cancellation."""
    done = ngettext(
        "Your cancellation of %(count)d item is on its way to the shop.",
        "Your cancellation of %(count)d items is on its way to the shop.",
        count,
    ) % {"count": count}
    return f"{done} {money_back(order, back)}"


def requested_message(requests: Iterable[CancellationRequest]) -> str:
    """The message after a wish that went to the shop."""
    listed = list(requests)
    done = ngettext(
        "The shop has your request for %(count)d item.",
        "The shop has your request for %(count)d items.",
        len(listed),
    ) % {"count": len(listed)}
    why = dict.fromkeys(because(r.because, cancellation_type=r.cancellation_type) for r in listed)
    return " ".join([done, *why, gettext("You will find the decision here; you need not do anything.")])
