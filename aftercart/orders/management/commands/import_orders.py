"""`manage.py import_orders FILE…`: take in orders from JSON and JSON Lines."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from aftercart.orders.documents import orders_in
from aftercart.orders.intake import align_key_counters
from aftercart.orders.report import Report


class Command(BaseCommand):
    """Take in orders from files. Exit code 1 when anything was refused; the rest is in all the same."""

    help = (
        "Take in orders from JSON or JSON Lines as the storefront writes them: an order, a completed order, a page, "
        "a list, or one of these per line. Safe to repeat: an order that is in already is only brought up to date."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files, and how to report."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--match-email",
            action="store_true",
            help="give orders of an unknown customer to the registered customer of the same e-mail",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, report, and exit."""
        report = Report()
        with _progress(quiet=options["json"]) as progress:
            for name in options["files"]:
                with _opened(name, report) as (stream, size):
                    if stream is None:
                        continue
                    task = progress.add_task(name, total=size, orders=0)
                    for found in orders_in(stream, name=name):
                        report.take(found, now=timezone.now(), file=name, match_email=options["match_email"])
                        progress.update(task, completed=found.end, orders=report.total)
        align_key_counters()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(report.as_text())
        if report.refused:
            sys.exit(1)


@contextmanager
def _opened(name: str, report: Report) -> Iterator[tuple[BinaryIO | None, int | None]]:
    if name == "-":
        yield sys.stdin.buffer, None
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115 (closed by the with below)
    except OSError as error:
        report.refuse(file=name, place="", number="", reasons=[error.strerror or str(error)])
        yield None, None
        return
    with stream:
        yield stream, Path(name).stat().st_size


def _progress(*, quiet: bool) -> Progress:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[orders]} orders"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)
