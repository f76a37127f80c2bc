"""`manage.py reconcile`: compare our orders with Omnitron's."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aftercart.feed.models import ReconciliationReport
from aftercart.feed.reconcile import (
    PAGE_SIZE,
    Compared,
    add_differences,
    compare_page,
    compare_requests,
    orders_to_compare,
)
from aftercart.omnitron import OmnitronError


class Command(BaseCommand):
    """Exit code 0 when all agree or all was repaired; 1 otherwise, also when Omnitron could not be read to the end."""

    help = (
        "Compare our open orders with Omnitron's and print each difference. With --repair, take over what Omnitron "
        "knows better, by the same steps as news does."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which orders, and what to do."""
        parser.add_argument("--since", type=_moment, help="closed orders too, if changed since, e.g. 2026-01-31")
        parser.add_argument("--repair", action="store_true", help="repair what can be repaired")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare, print, keep a report, and exit."""
        as_json, since, repair = options["json"], options["since"], options["repair"]
        report = ReconciliationReport(started_date=timezone.now(), since=since)
        listed: list[dict[str, Any]] = []
        left = 0

        def tell(one: Compared) -> None:
            nonlocal left
            add_differences(report, one)
            left += len(one.left)
            for difference in dict.fromkeys((*one.found, *one.left)):
                told = {**difference.as_dict(), "repaired": difference not in one.left}
                listed.append(told)
                if not as_json:
                    self.stdout.write(_line(told, repair=repair))

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        try:
            with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
                task = progress.add_task("orders", total=orders_to_compare(since=since).count())
                at_end = False
                while not at_end:
                    page = compare_page(since=since, after=report.after, clock=timezone.now, repair=repair)
                    for one in page:
                        tell(one)
                    report.compared += len(page)
                    report.after = max((one.pk for one in page), default=report.after)
                    progress.update(task, advance=len(page))
                    at_end = len(page) < PAGE_SIZE
                for one in compare_requests(since=since, clock=timezone.now, repair=repair):
                    tell(one)
        except OmnitronError as error:
            raise CommandError(f"{error}. {report.compared} orders were compared.", returncode=1) from None
        report.finished_date = timezone.now()
        report.save()
        result = {"compared": report.compared, "found": report.difference_count, "left": left}
        if as_json:
            self.stdout.write(orjson.dumps({**result, "differences": listed}, option=orjson.OPT_INDENT_2).decode())
        else:
            self.stdout.write("{compared} orders compared, {found} differences, {left} left".format(**result))
        if left:
            sys.exit(1)


def _line(told: dict[str, Any], *, repair: bool) -> str:
    where = f"order {told['order']}" + (f", item {told['item']}" if told["item"] else "")
    if told["repaired"]:
        end = "repaired"
    elif repair:
        end = "NOT repaired" if told["repair"] else "needs a person"
    else:
        end = f"repair would {told['repair']}" if told["repair"] else "needs a person"
    return f"{where}: {told['what']}: ours {told['ours'] or '-'}, theirs {told['theirs'] or '-'}; {end}"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date, such as 2026-01-31 or 2026-01-31T09:30:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
