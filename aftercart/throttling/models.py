"""How often something was tried: one row for each scope and key, as long as its window lasts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes


class Tries(Duty):
    """One key's tries within one window. As a duty: to be forgotten at `next_attempt_at`, where the window ends."""

    scope = models.CharField(max_length=50)
    key = models.CharField(max_length=64)
    """What is counted by, never in clear: a keyed hash, in hexadecimal."""
    count = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("counted tries")
        verbose_name_plural = _("counted tries")
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_window_of_tries_per_key")]
        indexes = [*duty_indexes("tries")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.count}"
