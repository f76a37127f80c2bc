"""Asked-for links, what was used once, and who a customer is at the shop's own login."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.customers.models import LONGEST_EMAIL, Customer
from aftercart.duties import Duty, duty_indexes


class AskedSignIn(Duty):
    """Someone typed an e-mail to sign in, or for a new password; whether there is such a customer is not known.

    Kept as typed, the same for all, so that an answer tells nothing, not even by its speed. As a duty: look, mail the
    link where there is a customer, and forget.
    """

    class Wants(models.TextChoices):
        SIGN_IN = "sign_in", _("to sign in")
        PASSWORD = "password", _("a new password")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    wants = models.CharField(max_length=16, choices=Wants.choices)
    email = models.CharField(max_length=LONGEST_EMAIL)
    next_url = models.CharField(max_length=2000, blank=True)
    language = models.CharField(max_length=16, blank=True)
    created_date = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("asked-for link to sign in")
        verbose_name_plural = _("asked-for links to sign in")
        indexes = [*duty_indexes("asked_sign_ins")]

    def __str__(self) -> str:
        return str(self.uuid)


class UsedToken(Duty):
    """What signs in once was used. As a duty: to be forgotten at `next_attempt_at`, when it would be over anyway."""

    key = models.CharField(max_length=64)
    """SHA-256 of its kind and name, in hexadecimal."""

    class Meta:
        verbose_name = _("used token")
        verbose_name_plural = _("used tokens")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_use_of_a_token")]
        indexes = [*duty_indexes("used_tokens")]

    def __str__(self) -> str:
        return self.key


class ExternalIdentity(models.Model):
    """Who a customer is at an OpenID provider: its `sub`, which never changes, while an e-mail may."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="external_identities", verbose_name=_("customer")
    )
    issuer = models.CharField(_("issuer"), max_length=255)
    subject = models.CharField(_("subject (identity)"), max_length=255)
    created_date = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("external identity")
        verbose_name_plural = _("external identities")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_customer_per_external_identity"),
            # An e-mail that the provider gives to somebody else does not open the account of whoever had it before.
            models.UniqueConstraint(fields=["issuer", "customer"], name="one_identity_per_customer_and_issuer"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.issuer})"
