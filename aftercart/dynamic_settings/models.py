"""Dynamic settings as stored: one row each, validated whenever it is saved, with the history of who changed what."""

from typing import Any

import pydantic
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from aftercart.dynamic_settings.schema import BY_NAME, SCHEMAS, validated


def known_names() -> list[tuple[str, str]]:
    """The names to choose from: asked when needed, so that a new setting needs no migration."""
    return [(schema.name, schema.name) for schema in SCHEMAS]


class DynamicSetting(models.Model):
    """One setting that an operator may change while the service runs. A missing row means the defaults."""

    name = models.CharField(_("name"), max_length=64, primary_key=True, choices=known_names)
    value = models.JSONField(_("value"), default=dict, blank=True)
    modified_date = models.DateTimeField(_("modified"), auto_now=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("dynamic setting")
        verbose_name_plural = _("dynamic settings")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what is valid, whoever saves it."""
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a value that would not be understood, with the path of what is wrong."""
        problems = self.problems()
        if problems:
            raise ValidationError({"value": problems})

    def problems(self) -> list[str]:
        """What is wrong with the stored value: `path: reason`; empty if nothing is."""
        if self.name not in BY_NAME:
            return [f"unknown setting {self.name!r}; known are {', '.join(BY_NAME)}"]
        try:
            validated(self.name, self.value)
        except pydantic.ValidationError as error:
            return [
                ".".join(str(part) for part in (self.name, *problem["loc"])) + f": {problem['msg']}"
                for problem in error.errors()
            ]
        return []
