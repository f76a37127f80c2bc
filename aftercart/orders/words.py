"""What pages and mails say alike of an order and its cancellations."""

from collections.abc import Mapping

from django.utils.translation import gettext

from aftercart.customers.models import Customer
from aftercart.orders.models import Order
from aftercart.orders.payments import Back
from aftercart.orders.received import part, text
from aftercart.statuses import gettext_noop

RETURN = "refund"

# Why a cancellation went to the shop instead of being done at once.
BECAUSE: Mapping[str, str] = {
    "omnitron_unreachable": gettext_noop(
        "The shop's order system could not be reached just now; your wish is kept and passed on to it."
    ),
    "omnitron_outcome_unknown": gettext_noop(
        "The shop's order system did not answer in time. We are checking whether it has cancelled already."
    ),
    "asked": gettext_noop("You asked the shop, and it decides."),
    "omnitron_refused": gettext_noop("The shop's order system did not cancel at once, so someone at the shop decides."),
    "order_status_not_cancellable": gettext_noop("The shop is already working on this order, so it decides."),
    "order_has_invoice": gettext_noop("The invoice has been issued already, so the shop decides."),
    "cancellation_expired": gettext_noop("The time for cancelling at once is over, so the shop decides."),
    "item_status_not_cancellable": gettext_noop("The shop is already working on this item, so it decides."),
    "part_of_set": gettext_noop("It is part of a set, so the shop decides whether it can go alone."),
    "needs_request": gettext_noop(
        "For part of a quantity, or for loyalty points instead of money, the shop decides first."
    ),
}
SHOP_DECIDES = gettext_noop("The shop looks at it and decides.")
RETURN_DECIDES = gettext_noop("The shop looks at every return before it agrees.")

# What becomes of the money, where it does not go back the way it was paid.
MONEY_BACK: Mapping[Back, str] = {
    Back.POINTS: gettext_noop("Once the shop has agreed, the amount is credited to you as loyalty points."),
    Back.GIFT_CARD: gettext_noop("Once it is confirmed, the amount goes back to your gift card."),
    Back.NOT_PAID: gettext_noop("No payment has arrived yet. If you have paid already, the shop sends the money back."),
    Back.FREE: gettext_noop("Nothing was paid for it, so nothing is sent back."),
    Back.SENT_BACK: gettext_noop("The shop has sent back already what you paid."),
}


def because(code: str, *, cancellation_type: str) -> str:
    """Why the shop was asked."""
    if cancellation_type == RETURN:
        return gettext(RETURN_DECIDES)
    return gettext(BECAUSE.get(code, SHOP_DECIDES))


def billed_name(order: Order, customer: Customer) -> str:
    """The name of whoever ordered: the customer's, else the invoice's."""
    billed = f"{order.billing_address.get('first_name') or ''} {order.billing_address.get('last_name') or ''}"
    return customer.get_full_name().strip() or billed.strip()


def payment_name(order: Order) -> str:
    """How the order was paid, as the storefront named it; empty where it did not say."""
    return text(part(order.details, "payment_option").get("name"))


def money_back(order: Order, back: Back) -> str:
    """Where the money goes once a cancellation or a return is agreed on, or why none does."""
    if back is not Back.MONEY:
        return gettext(MONEY_BACK[back])
    name = payment_name(order)
    if name:
        return gettext(
            "Once it is confirmed, the shop sends the money back the way you paid (%(payment)s). "
            "How long that takes depends on your bank."
        ) % {"payment": name}
    return gettext(
        "Once it is confirmed, the shop sends the money back the way you paid. "
        "How long that takes depends on your bank."
    )
