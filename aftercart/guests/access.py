"""Access to a guest's pages: private, no referrer to other sites; and how often a link may be asked for."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from aftercart.account.access import link_page
from aftercart.customers.sign_in import client_address
from aftercart.guests.tries import SECONDS
from aftercart.statuses import gettext_noop
from aftercart.throttling.counting import network_of, seconds_until_allowed

SENT = gettext_noop("If there is such an order, we have sent a link to its e-mail address.")


guest_page = link_page("guest/link_over.html")


def count_guest_link(request: HttpRequest, *, now: datetime) -> int:
    """Count one request for a link; 0 if it is allowed, else the seconds to wait.

    Counted separately: wrong tries by way of the storefront never block the mailed link.
    """
    return seconds_until_allowed(
        scope="guest: links asked for from an address",
        key=network_of(client_address(request)),
        limit=settings.GUEST_LINKS_PER_ADDRESS,
        seconds=SECONDS,
        now=now,
    )
