"""Mailing links: the duty of an asked-for link. Whoever asked hears nothing else of it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from aftercart import steps
from aftercart.guests.links import GUEST_LINK
from aftercart.guests.models import AskedLink
from aftercart.guests.tries import SECONDS
from aftercart.mails.models import Kind
from aftercart.mails.writing import contact_of, write_mail
from aftercart.orders.models import Order
from aftercart.throttling.counting import allow


def send_link(pk: int, *, now: datetime) -> None:
    """Mail the link where an order has this number and this e-mail, and forget that it was asked for."""
    asked = AskedLink.objects.filter(pk=pk).first()
    if asked is None:
        return
    order = Order.objects.select_related("customer").numbered(asked.number).first()
    if order is not None and not (_is_right(order, asked) and _is_allowed(order, now=now)):
        order = None
    with transaction.atomic():
        if order is not None:
            write_mail(
                Kind.NEW_LINK,
                about=f"guest link {asked.uuid}",
                order=order,
                data={"link": GUEST_LINK.url(order), "valid_until": GUEST_LINK.valid_until(now=now).isoformat()},
                now=now,
            )
        asked.delete()
        steps.reached("guest link: writing")


def _is_right(order: Order, asked: AskedLink) -> bool:
    return contact_of(order).lower() == asked.email.lower()


def _is_allowed(order: Order, *, now: datetime) -> bool:
    """Counted only where number and e-mail are right: nobody can use up another's by guessing."""
    limit = settings.GUEST_MAILS_PER_ORDER
    return allow(scope="guest: link mails of an order", key=str(order.pk), limit=limit, seconds=SECONDS, now=now)
