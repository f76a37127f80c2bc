"""The app of background work: its recurring duties are rows too, made wherever the database was migrated."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


class BackgroundConfig(AppConfig):
    """Everything that runs later."""

    name = "aftercart.background"

    def ready(self) -> None:
        """After every migration, see that what is over is still deleted; before one, that it can be made."""
        from aftercart.database import history  # noqa: F401 (it registers its check)

        post_migrate.connect(begin_cleaning, sender=self)


def begin_cleaning(**_options: Any) -> None:
    """Make the rows of the recurring duties that are missing."""
    # Models are not there yet when this file is read.
    from aftercart.background.cleaning import begin_to_clean

    begin_to_clean(now=timezone.now())
