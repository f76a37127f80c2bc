"""`aftercart pull_reasons`: the cancellation reasons that Omnitron knows."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aftercart import omnitron_client
from aftercart.cancellations.reasons import make_starter_set, take_over_reasons
from aftercart.omnitron import OmnitronError


class Command(BaseCommand):
    """Safe to repeat; the background worker does it once a day as well."""

    help = "Take over Omnitron's cancellation reasons; where it has none, a starter set (also with --starter)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether a starter set is wanted whatever Omnitron has."""
        parser.add_argument(
            "--starter", action="store_true", help="add the starter set, where its ids (1 to 6) are free"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Pull, and say what came of it."""
        try:
            reasons = omnitron_client.omnitron().reasons()
        except OmnitronError as error:
            raise CommandError(f"Omnitron was not asked: {error}") from None
        counts = take_over_reasons(reasons)
        said = [f"{counts[name]} {name}" for name in ("new", "changed", "unchanged", "switched off")]
        if options["starter"] or not reasons:
            said.append(f"{make_starter_set()} of the starter set")
        self.stdout.write(f"reasons: {', '.join(said)}")
