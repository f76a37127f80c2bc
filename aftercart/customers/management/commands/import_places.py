"""`aftercart import_places FILE…`: countries, cities, townships and districts that an address may lie in."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aftercart.customers.intake_of_places import KINDS, PlacesRefused, take_in_places, take_in_starter


class Command(BaseCommand):
    """Safe to repeat: what is there is brought up to date, and nothing is removed."""

    help = (
        "Take in places from the wire's lists (JSON, countries first) or CSV (country, city, township, district, "
        "postcode), or a starter set of countries, Turkey with its provinces and districts."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, or the codes of a starter set."""
        parser.add_argument("files", nargs="*", metavar="FILE", help="a list of the wire, or CSV")
        starter = "countries by code (default: TR; all: every one)"
        parser.add_argument("--starter", nargs="*", metavar="CODE", help=starter)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Take in, and say how many of each kind are new or changed."""
        counts: Counter[str] = Counter()
        try:
            if options["starter"] is not None:
                counts += take_in_starter(options["starter"] or ["TR"])
            for name in options["files"]:
                counts += take_in_places(Path(name).read_text(encoding="utf-8-sig"), name=Path(name).name)
        except (OSError, UnicodeDecodeError, PlacesRefused) as error:
            raise CommandError(str(error)) from None
        if options["starter"] is None and not options["files"]:
            raise CommandError("Name a file, or use --starter.")
        said = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
        self.stdout.write(f"places: {said} new or changed")
