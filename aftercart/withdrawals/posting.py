"""Mailing links: the duty of an asked-for link. Whoever asked hears nothing else of it."""

from datetime import datetime

from django.db import transaction

from aftercart.mails.models import Kind
from aftercart.mails.writing import contact_of, write_mail
from aftercart.orders.models import Order
from aftercart.throttling.counting import allow
from aftercart.withdrawals.links import WITHDRAWAL_LINK
from aftercart.withdrawals.models import LinkRequest

# Counted only where number and e-mail are right: nobody can use up another's by guessing.
MAILS_PER_ORDER = 5
MAILS_SECONDS = 60 * 60


def send_link(pk: int, *, now: datetime) -> None:
    """Mail the link where an order has this number and this e-mail, and forget that it was asked for."""
    asked = LinkRequest.objects.filter(pk=pk).first()
    if asked is None:
        return
    order = Order.objects.select_related("customer").numbered(asked.number).first()
    is_right = order is not None and contact_of(order).lower() == asked.email.lower()
    if is_right and order is not None:
        is_right = allow(
            scope="withdrawal: link mails of an order",
            key=str(order.pk),
            limit=MAILS_PER_ORDER,
            seconds=MAILS_SECONDS,
            now=now,
        )
    with transaction.atomic():
        if is_right and order is not None:
            write_mail(
                Kind.NEW_LINK,
                about=f"withdrawal link {asked.uuid}",
                order=order,
                data={
                    "link": WITHDRAWAL_LINK.url(order),
                    "valid_until": WITHDRAWAL_LINK.valid_until(now=now).isoformat(),
                },
                now=now,
            )
        asked.delete()
