"""`aftercart restore FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aftercart.command_line.backups import BackupFailed, restore


class Command(BaseCommand):
    """A backup into an empty database."""

    help = "Bring a backup into the database that is set, which must be empty."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, and say so."""
        try:
            restore(options["file"])
        except BackupFailed as failed:
            raise CommandError(str(failed)) from None
        self.stdout.write(f"restored from {options['file']}")
