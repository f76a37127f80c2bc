"""`aftercart import_customers FILE…`: customers from another shop, with the hashes of their passwords."""

import csv
import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from aftercart.orders.documents import orders_in
from aftercart.orders.intake import align_key_counters
from aftercart.sign_in.importing import CustomerReport


class Command(BaseCommand):
    """Take in customers. Exit code 1 when anyone was refused; the others are in all the same."""

    help = (
        "Take in customers from JSON, JSON Lines or CSV: email, and where known pk (the number by which orders name "
        "them), first_name, last_name, phone, language_code and password (its hash). Safe to repeat: nothing that is "
        "known is overwritten."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files, and how to report."""
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a file (.csv, .json, .jsonl), or - for standard input"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--without-unreadable-passwords",
            action="store_true",
            help="take in customers whose hash is not read without a password, instead of refusing them",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, report, and exit."""
        report = CustomerReport(refuses_unreadable=not options["without_unreadable_passwords"])
        for name in options["files"]:
            try:
                for place, row in _rows(name):
                    report.take(row, file=name, place=place)
            except (OSError, ValueError, csv.Error) as error:
                report.refuse(file=name, place="", email="", reasons=(f"cannot be read: {error}",))
        with transaction.atomic():
            align_key_counters()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(report.as_text())
        if report.refused:
            sys.exit(1)


def _rows(name: str) -> Iterator[tuple[str, Any]]:
    """Where each row stood, and the row, or what stood in its place."""
    content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    if Path(name).suffix.lower() != ".csv":
        for found in orders_in(io.BytesIO(content), name=name):
            yield found.place, found.error or found.order
        return
    table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    if "email" not in (table.fieldnames or ()):
        raise ValueError("the first line names no column `email`")
    for row in table:
        yield f"line {table.line_num}", {name: value for name, value in row.items() if name}
