"""Asking for a link that signs in, and the duty to mail it. Whoever asked hears nothing else of it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from aftercart import failpoints
from aftercart.customers.models import Customer
from aftercart.mails.models import MailKind
from aftercart.mails.writing import write_mail
from aftercart.sign_in.models import AskedSignIn
from aftercart.throttling.counting import allow

KINDS = {AskedSignIn.Wants.SIGN_IN: MailKind.SIGN_IN_LINK, AskedSignIn.Wants.PASSWORD: MailKind.NEW_PASSWORD}
SECONDS = 60 * 60


def ask_for_sign_in_link(wants: AskedSignIn.Wants, *, email: str, next_url: str, language: str, now: datetime) -> None:
    """Have a link mailed to a customer. One statement, the same whether or not there is one."""
    AskedSignIn.objects.create(
        wants=wants, email=email, next_url=next_url, language=language, created_date=now, next_attempt_at=now
    )


def send_sign_in_link(pk: int, *, now: datetime) -> None:
    """Mail the link where an active customer has this e-mail, and forget that it was asked for.

    The link itself is made when the mail is sent: nobody finds one in the database, or in the back office.
    """
    asked = AskedSignIn.objects.filter(pk=pk).first()
    if asked is None:
        return
    customer = Customer.objects.with_email(asked.email)
    if customer is not None and not (customer.is_active and _is_allowed(customer, now=now)):
        customer = None
    with transaction.atomic():
        if customer is not None:
            write_mail(
                KINDS[AskedSignIn.Wants(asked.wants)],
                about=f"sign-in {asked.uuid}",
                order=None,
                to=customer.email,
                language=asked.language or customer.language_code,
                data={"customer": customer.pk, "token": asked.uuid.hex, "next": asked.next_url},
                now=now,
            )
        asked.delete()
        failpoints.reached("sign-in link: writing")


def _is_allowed(customer: Customer, *, now: datetime) -> bool:
    """Counted where there is a customer: an answer at the door would tell whether there is one."""
    limit = settings.SIGN_IN_MAILS_PER_CUSTOMER
    return allow(scope="mails: links to sign in", key=str(customer.pk), limit=limit, seconds=SECONDS, now=now)
