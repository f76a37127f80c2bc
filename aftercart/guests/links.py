"""The mailed link that opens an order without an account."""

from aftercart.orders.mailed_link import MailedLink

GUEST_LINK = MailedLink(salt="aftercart.guest-order", page="guest-order", setting="GUEST_LINK_MAX_AGE")
