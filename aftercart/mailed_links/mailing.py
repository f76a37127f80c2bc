"""Asking for a link, and the duty to mail it. Whoever asked hears nothing else of it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from aftercart import failpoints
from aftercart.customers.models import UserType
from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.mailed_links.models import AskedLink
from aftercart.mails.models import MailKind
from aftercart.mails.writing import contact_of, write_mail
from aftercart.orders.models import Order
from aftercart.throttling.counting import allow

LINKS = {AskedLink.Opens.ORDER: TO_ORDER, AskedLink.Opens.WITHDRAWAL: TO_WITHDRAW}
MAILS_SECONDS = 60 * 60


def ask_for_order_link(opens: AskedLink.Opens, *, number: str, email: str, now: datetime) -> None:
    """Have a link mailed to whoever ordered. One statement, the same whether or not there is such an order."""
    AskedLink.objects.create(opens=opens, number=number, email=email, created_date=now, next_attempt_at=now)


def send_order_link(pk: int, *, now: datetime) -> None:
    """Mail the link where an order has this number and this e-mail, and forget that it was asked for."""
    asked = AskedLink.objects.filter(pk=pk).first()
    if asked is None:
        return
    meant = Order.objects.select_related("customer").written(asked.number)
    order = next((order for order in meant if _is_right(order, asked)), None)
    if order is not None and not _is_allowed(order, asked, now=now):
        order = None
    with transaction.atomic():
        if order is not None:
            link = LINKS[AskedLink.Opens(asked.opens)]
            write_mail(
                MailKind.NEW_LINK,
                about=f"link {asked.uuid}",
                order=order,
                to=reader_of(order),
                data={"link": link.url(order), "valid_until": link.valid_until(now=now).isoformat()},
                now=now,
            )
        asked.delete()
        failpoints.reached("link: writing")


def reader_of(order: Order) -> str:
    """Where a link is mailed to: a customer's present e-mail address, or the one that a guest ordered with."""
    customer = order.customer
    return customer.email if customer.user_type == UserType.REGISTERED else contact_of(order)


def _is_right(order: Order, asked: AskedLink) -> bool:
    # With their account switched off, customers may still withdraw from their contracts, as the law says, and no more.
    is_let_in = order.customer.is_active or asked.opens == AskedLink.Opens.WITHDRAWAL
    return is_let_in and reader_of(order).lower() == asked.email.lower()


def _is_allowed(order: Order, asked: AskedLink, *, now: datetime) -> bool:
    """Counted only where number and e-mail are right: nobody can use up another's by guessing."""
    limit = settings.LINK_MAILS_PER_ORDER
    return allow(scope=f"mails: links to {asked.opens}", key=str(order.pk), limit=limit, seconds=MAILS_SECONDS, now=now)
