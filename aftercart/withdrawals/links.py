"""The mailed link to withdraw without an account."""

from aftercart.errors import NotFound
from aftercart.orders.mailed_link import MailedLink
from aftercart.orders.models import Order

WITHDRAWAL_LINK = MailedLink(salt="aftercart.withdrawal", page="withdraw-by-link", setting="WITHDRAWAL_LINK_MAX_AGE")


def order_of(signed: str) -> Order:
    """The order behind a link that is fresh, with its customer; LinkExpired, or NotFound for what we never made."""
    order = Order.objects.select_related("customer").filter(pk=WITHDRAWAL_LINK.read(signed)).first()
    if order is None:
        raise NotFound
    return order
