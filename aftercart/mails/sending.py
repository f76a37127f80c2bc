"""Handing mails to the mail server: a duty each.

At least once: the server may accept a mail and its answer never reach us, or we may die before the row says `sent`. The
repeat then has the same Message-ID, by which mailboxes recognise it.
"""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction

from aftercart import failpoints
from aftercart.duties import DONE, NotYet
from aftercart.mails.models import GATHERED, Mail
from aftercart.mails.rendering import rendered

logger = logging.getLogger(__name__)

PAUSE = timedelta(seconds=15)
SERVICE_NOT_AVAILABLE = 421  # RFC 5321, 3.8: the server is closing, whatever was asked


def send_mail(pk: int, *, now: datetime) -> None:
    """The duty of a mail: its reader has it.

    If the server will never accept this mail, the duty is given up; any other error is raised, and tried again.
    Raises NotYet while the mail server is out of reach.
    """
    mail = Mail.objects.select_related("order__customer").get(pk=pk)
    if mail.sent_date is not None or mail.joined_id is not None:
        _update(mail, **DONE)
        return
    if not settings.MAILS:
        _update(mail, **{**DONE, "last_error": "not sent: MAILS is off"})
        return
    companions = _gathered(mail, now=now) if mail.kind in GATHERED else []
    if companions is None:
        _update(mail, **DONE)
        return
    message = as_message(mail, companions)
    failpoints.reached("mail: rendered")
    try:
        _hand_over(message)
    except OSError as error:  # smtplib's errors are OSErrors
        if is_out_of_reach(error):
            raise NotYet(PAUSE, f"the mail server is out of reach: {_said(error)}") from error
        if not is_for_ever(error):
            raise
        logger.warning("mail %s was refused for ever: %s", pk, _said(error))
        _update(mail, next_attempt_at=None, lease_until=None, is_dead=True, last_error=_said(error)[:2000])
        return
    failpoints.reached("mail: handed over")
    _update(mail, sent_date=now, **DONE)
    failpoints.reached("mail: done")


def as_message(mail: Mail, companions: Sequence[Mail] = ()) -> EmailMultiAlternatives:
    """The mail as it goes out: text, with HTML beside it."""
    told = rendered(mail, companions, is_sent=True)
    message = EmailMultiAlternatives(
        subject=told.subject,
        body=told.text,
        to=[mail.to],
        headers={
            "Message-ID": mail.message_id,
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies
        },
    )
    message.attach_alternative(told.html, "text/html")
    return message


def is_out_of_reach(error: OSError) -> bool:
    """Whether the server could not be reached, or accepts nobody: never the mail's fault, so we wait without limit."""
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError | smtplib.SMTPAuthenticationError):
        return True
    if isinstance(error, smtplib.SMTPException):
        return SERVICE_NOT_AVAILABLE in _codes(error)
    return True  # a socket's: refused, timed out, no such host, no trust in its certificate


def is_for_ever(error: OSError) -> bool:
    """Whether the server refused this recipient or this text for good (5xx), so that trying again is no use."""
    refused = smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError
    return isinstance(error, refused) and all(500 <= code < 600 for code in _codes(error))


def _codes(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _said(error: OSError) -> str:
    """What the server said, as text."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [f"{code} {_text(said)}" for code, said in error.recipients.values()]
        return f"{type(error).__name__}: {'; '.join(answers)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _gathered(mail: Mail, *, now: datetime) -> list[Mail] | None:
    """The mails that this one tells of, too: of its kind, for its reader and order, and not begun; None if it joined
    another meanwhile.

    What is gathered stays so, whatever becomes of the sending: a repeat says the same.
    """
    with transaction.atomic():
        same = Mail.objects.filter(kind=mail.kind, order=mail.order, to=mail.to, sent_date=None, joined=None)
        # Always locked in the same order: two workers with two of them never wait for each other.
        waiting = list(same.select_for_update(no_key=True).order_by("pk").values_list("pk", "begun_date"))
        begun = dict(waiting)
        if mail.pk not in begun:
            return None
        if begun[mail.pk] is None:
            others = [pk for pk, begun_date in waiting if begun_date is None and pk != mail.pk]
            Mail.objects.filter(pk__in=others).update(joined=mail, **DONE)
            _update(mail, begun_date=now)
    return list(mail.companions.order_by("pk"))


def _hand_over(message: EmailMultiAlternatives) -> None:
    if connection.in_atomic_block:
        raise RuntimeError("a mail would be sent inside a database transaction")
    message.send()


def _update(mail: Mail, **fields: Any) -> None:
    Mail.objects.filter(pk=mail.pk).update(**fields)
