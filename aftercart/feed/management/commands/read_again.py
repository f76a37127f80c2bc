"""`manage.py read_again`: try the rows of Omnitron's lists again that could not be read."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from aftercart.duties import NotYet
from aftercart.feed.rereading import read_again
from aftercart.orders.unread import UnreadRow


class Command(BaseCommand):
    """Exit code 1 when any of them still cannot be read."""

    help = "Try the rows of Omnitron's lists again that could not be read, and print what still cannot."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Try each once, print, and exit."""
        keys = list(UnreadRow.objects.order_by("pk").values_list("pk", flat=True))
        for key in keys:
            try:
                read_again(key, now=timezone.now())
            except NotYet as early:
                self.stderr.write(str(early))
        left = UnreadRow.objects.filter(pk__in=keys).order_by("pk")
        for row in left:
            self.stdout.write(f"{row.get_of_list_display()}: {row}: {row.last_error}")
        self.stdout.write(f"{len(keys) - len(left)} read, {len(left)} left")
        if left:
            sys.exit(1)
