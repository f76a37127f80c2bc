"""Tokens of other systems: hashed, limited to what they are for, and with an end."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PREFIX = "aft_"
LAST_USE_EVERY = timedelta(minutes=1)


class Scope(models.TextChoices):
    """What a token may be used for."""

    ORDERS = "orders", _("Hand over orders")
    LINKS = "links", _("Make links to completed orders")


def hash_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits: no salt and no slow hash would make it harder to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


class IntegrationTokenQuerySet(models.QuerySet["IntegrationToken"]):
    """Finds tokens that may be used."""

    def usable(self, *, now: datetime) -> "IntegrationTokenQuerySet":
        """Neither revoked nor over."""
        return self.filter(Q(expires_date=None) | Q(expires_date__gt=now), revoked_date=None)


class IntegrationToken(models.Model):
    """The right of another system to ask something of us. The token itself is shown once and not kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_date = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_date = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_date = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_date = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    """To the minute: not every request writes."""

    objects = IntegrationTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("integration token")
        verbose_name_plural = _("integration tokens")
        ordering = ["-created_date"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def make(
        cls, *, name: str, scopes: list[str], expires_date: datetime | None, now: datetime
    ) -> tuple["IntegrationToken", str]:
        """A new token's row, and the token, which nobody can read again."""
        token = PREFIX + secrets.token_urlsafe(32)
        row = cls.objects.create(
            name=name,
            scopes=sorted(scopes),
            token_hash=hash_of(token),
            hint=token[:8],
            created_date=now,
            expires_date=expires_date,
        )
        return row, token

    def note_use(self, *, now: datetime) -> None:
        """Remember that it was used, once a minute at most."""
        if self.last_used_date is None or now - self.last_used_date >= LAST_USE_EVERY:
            type(self).objects.filter(pk=self.pk).update(last_used_date=now)
