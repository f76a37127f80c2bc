"""`manage.py pull_orders`: fill the shop from Omnitron's list of orders."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aftercart import omnitron_client
from aftercart.omnitron import OmnitronError
from aftercart.orders.intake import align_key_counters
from aftercart.orders.pull import PulledPage, pull
from aftercart.orders.report import Report


class Command(BaseCommand):
    """Take in what Omnitron lists. Exit code 1 when anything was refused, or Omnitron could not be read to the end."""

    help = (
        "Take in the orders that Omnitron lists. Safe to repeat, and safe to kill: the next run goes on where this "
        "one stopped."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which orders, and in which portions."""
        parser.add_argument("--since", type=_moment, help="only what changed since, e.g. 2026-01-31T09:30:00Z")
        parser.add_argument("--page-size", type=_page_size, default=100, help="orders per page, 1 to 1000")
        parser.add_argument("--restart", action="store_true", help="begin at the first page again")
        parser.add_argument(
            "--match-email",
            action="store_true",
            help="give orders of an unknown customer to the registered customer of the same e-mail",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Pull, report, and exit."""
        report = Report()
        pages = pull(
            omnitron=omnitron_client.omnitron(),
            clock=timezone.now,
            since=options["since"],
            page_size=options["page_size"],
            restart=options["restart"],
            match_email=options["match_email"],
        )
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        try:
            with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
                task = progress.add_task("orders", total=None)
                for page in pages:
                    _count(page, report)
                    progress.update(task, total=page.count, advance=len(page.orders))
        except OmnitronError as error:
            self.stdout.write(report.as_text())
            raise CommandError(f"{error}. Run the command again: it goes on where it stopped.") from None
        finally:
            align_key_counters()
        self.stdout.write(report.as_text())
        if report.refused:
            sys.exit(1)


def _count(page: PulledPage, report: Report) -> None:
    for order in page.orders:
        if order.taken is not None:
            report.count(order.taken.outcome)
        else:
            report.refuse(file="omnitron", place="", number=order.number, reasons=order.reasons)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date, such as 2026-01-31 or 2026-01-31T09:30:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _page_size(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1000:
        return int(text)
    raise ArgumentTypeError("a page has 1 to 1000 orders")
