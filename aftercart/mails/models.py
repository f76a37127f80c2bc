"""Mails to customers: each is a duty, written along with the fact that it is about."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes
from aftercart.orders.models import Order


class MailKind(models.TextChoices):
    """What a mail tells. Each has its templates, `mails/<kind>.txt` and `mails/<kind>.html`."""

    ORDER_RECEIVED = "order_received", _("Order received")
    CANCELLED = "cancelled", _("Cancelled")
    REQUEST_RECEIVED = "request_received", _("Request received")
    REQUEST_APPROVED = "request_approved", _("Request approved")
    REQUEST_REJECTED = "request_rejected", _("Request declined")
    CANCELLATION_DECLINED = "cancellation_declined", _("Cancellation declined by the shop")
    ADDRESS_CHANGED = "address_changed", _("Delivery address changed")
    ADDRESS_CHANGE_CLOSED = "address_change_closed", _("Delivery address not changed")
    WITHDRAWAL_ACKNOWLEDGED = "withdrawal_acknowledged", _("Withdrawal acknowledged")
    NEW_LINK = "new_link", _("New link")
    SIGN_IN_LINK = "sign_in_link", _("Link to sign in")
    NEW_PASSWORD = "new_password", _("Link to a new password")


# News of these comes item by item: they wait a little, and those that wait for the same reader become one mail.
GATHERED = frozenset({MailKind.REQUEST_APPROVED, MailKind.REQUEST_REJECTED, MailKind.CANCELLATION_DECLINED})
GATHERED_FOR = timedelta(seconds=20)


def new_message_id() -> str:
    """A Message-ID that stays with the row, so that a repeat after a lost answer can be recognised."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"


class Mail(Duty):
    """One mail to one reader, with everything its templates need that may have changed by tomorrow."""

    Kind = MailKind

    kind = models.CharField(_("kind"), max_length=32, choices=MailKind.choices)
    about = models.CharField(_("about"), max_length=120)
    """The fact that it is about, as a key: the same fact is never mailed to the same reader twice."""
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="mails")
    to = models.EmailField(_("to"), max_length=254)
    language = models.CharField(_("language"), max_length=16)
    data = models.JSONField(default=dict)
    """Shapes by kind: `aftercart/mails/writing.py`."""
    joined = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="companions", db_index=False)
    """The mail that contains this one's news, too, if several waited together."""
    message_id = models.CharField(_("Message-ID"), max_length=320, default=new_message_id)
    created_date = models.DateTimeField(_("created"), default=timezone.now)
    begun_date = models.DateTimeField(null=True, blank=True, editable=False)
    """When sending was first attempted, with what it had gathered by then: nothing joins it later."""
    sent_date = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_date"]
        constraints = [models.UniqueConstraint(fields=["kind", "about", "to"], name="one_mail_for_a_fact_and_reader")]
        indexes = [
            *duty_indexes("mails"),
            # Only of those that have joined another: most never do.
            models.Index(fields=["joined"], condition=Q(joined__isnull=False), name="companions_of_a_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.to}"
