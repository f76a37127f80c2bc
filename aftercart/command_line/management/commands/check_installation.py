"""`aftercart check`: what production needs and has not, each with what to do."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from aftercart.command_line.installation import Level, findings


class Command(BaseCommand):
    """Look at everything. Exit code 1 where something stops the shop from working."""

    help = "Look at everything that production needs: database, Omnitron, mails, secrets, worker. Changes nothing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to report."""
        parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Report every finding as it comes."""
        found = []
        for finding in findings():
            found.append(finding)
            if not options["json"]:
                colour = {Level.ERROR: self.style.ERROR, Level.WARNING: self.style.WARNING}.get(finding.level, str)
                self.stdout.write(colour(f"{finding.level:<8} {finding.about}: {finding.what}"))
                if finding.advice:
                    self.stdout.write(f"         {finding.advice}")
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=1))
        if any(finding.level == Level.ERROR for finding in found):
            sys.exit(1)
