"""Idempotency keys: what a customer's client calls one wish, and the answer that the wish got."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.customers.models import Customer
from aftercart.duties import Duty, duty_indexes


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    """Finds keys."""

    def expired(self, *, now: datetime) -> Self:
        """The keys that nobody may refer to any more."""
        return self.filter(next_attempt_at__lte=now)


class IdempotencyKey(Duty):
    """One key of one customer, durable before the request does anything.

    As a duty: to be forgotten at `next_attempt_at`, which is the moment it expires. `lease_until` belongs to the
    request that runs under the key; empty or over, the next repeat may run.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Without an answer yet")
        ANSWERED = "answered", _("Answered")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of method, path and body, in hexadecimal."""
    holder = models.UUIDField(default=uuid4, editable=False)
    """Names the lease: whoever takes it writes a new name, and can tell by it whether the lease is still theirs."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_date = models.DateTimeField(default=timezone.now)

    objects: ClassVar[IdempotencyKeyQuerySet] = IdempotencyKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["customer", "key"], name="one_key_per_customer")]
        indexes = [*duty_indexes("idempotency_keys")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.key}"

    def is_expired(self, *, now: datetime) -> bool:
        """Whether its time is over; the row may outlive it a little."""
        return self.next_attempt_at is not None and self.next_attempt_at <= now

    def is_held(self, *, now: datetime) -> bool:
        """Whether a request is running under it, as far as anyone can know."""
        return self.state == self.State.RUNNING and self.lease_until is not None and self.lease_until > now
