"""`aftercart backup FILE`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aftercart.command_line.backups import BackupFailed, back_up


class Command(BaseCommand):
    """One file with everything that is true, made while the service runs."""

    help = "Write the whole database to one file, while the service runs."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, and say so."""
        try:
            back_up(options["file"])
        except BackupFailed as failed:
            raise CommandError(str(failed)) from None
        self.stdout.write(f"the database is in {options['file']}")
