"""Asked-for links."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes


class AskedLink(Duty):
    """Someone asked for a link to an order, by its number and e-mail; whether there is such an order is not known.

    Kept as typed, the same for all, so that an answer tells nothing, not even by its speed. As a duty: look, mail the
    link where both are right, and forget.
    """

    class Opens(models.TextChoices):
        ORDER = "order", _("the order")
        WITHDRAWAL = "withdrawal", _("the way to withdraw")

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    opens = models.CharField(max_length=16, choices=Opens.choices)
    number = models.CharField(max_length=128)
    email = models.EmailField(max_length=254)
    created_date = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("asked-for link to an order")
        verbose_name_plural = _("asked-for links to orders")
        indexes = [*duty_indexes("asked_links")]

    def __str__(self) -> str:
        return str(self.uuid)
