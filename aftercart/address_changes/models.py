"""Changes of an order's delivery address."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.customers.models import Customer
from aftercart.duties import Duty, duty_indexes
from aftercart.orders.models import Order


class AddressChange(Duty):
    """One wish to send an order elsewhere, with the old and the new address as they were then.

    While it is `open` or `unknown` it is a duty: settlement asks Omnitron what became of it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Being submitted")
        UNKNOWN = "unknown", _("Being checked")
        WAITING_APPROVAL = "waiting_approval", _("Waiting for approval")
        SUBMITTED = "submitted", _("Submitted")
        NOT_SENT = "not_sent", _("Not submitted")
        REFUSED = "refused", _("Refused")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="address_changes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    channel_id = models.IntegerField()
    address_id = models.BigIntegerField()
    """The address book entry that was chosen; the entry itself may be gone since."""
    old_address = models.JSONField()
    new_address = models.JSONField()
    needs_approval = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=24, choices=State.choices, default=State.OPEN)
    because = models.CharField(_("because"), max_length=64, blank=True)
    created_date = models.DateTimeField(_("created"), default=timezone.now)
    closed_date = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("address change")
        verbose_name_plural = _("address changes")
        ordering = ["-created_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["open", "unknown", "waiting_approval"]),
                name="one_open_address_change_per_order",
            ),
        ]
        indexes = [*duty_indexes("address_changes")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.get_state_display()}"
