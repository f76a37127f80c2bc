"""Work that belongs to no fact: it comes again and again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes


class Cleaning(Duty):
    """Rows that nobody asks for any more; as a duty: delete the next of them."""

    class Of(models.TextChoices):
        SESSIONS = "sessions", _("sessions that are over")

    of = models.CharField(max_length=16, choices=Of.choices, primary_key=True)

    class Meta:
        verbose_name = _("cleaning")
        verbose_name_plural = _("cleanings")
        indexes = [*duty_indexes("cleanings")]

    def __str__(self) -> str:
        return self.get_of_display()
