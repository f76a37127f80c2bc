"""What both pages and mails say about an order and its cancellations."""

from collections.abc import Mapping

from django.utils.translation import gettext

from aftercart.customers.models import Customer
from aftercart.orders.models import Order
from aftercart.orders.payments import Back
from aftercart.orders.received import part, text
from aftercart.refusals import CANCELLATION, MADE_THERE
from aftercart.statuses import gettext_noop

RETURN = "refund"

BECAUSE: Mapping[str, str] = {code: said.page for code, said in CANCELLATION.items() if said.page}
"""Why a cancellation went to the shop instead of being done at once."""
SHOP_DECIDES = BECAUSE[MADE_THERE]
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
    """How the order was paid, as the storefront named it; empty if it did not say."""
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
