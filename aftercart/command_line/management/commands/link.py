"""`aftercart link NUMBER`: the signed link to a completed order."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from aftercart.orders import signed_number
from aftercart.orders.models import Order


class Command(BaseCommand):
    """Print the link; it works for COMPLETED_LINK_MAX_AGE seconds from now, for the order's signed-in owner."""

    help = "Print the signed link to a completed order. It works for its signed-in owner, while it is fresh."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The order's number."""
        parser.add_argument("number", help="the order's number")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Sign the number of an order that exists."""
        order = Order.objects.numbered(options["number"]).first()
        if order is None:
            raise CommandError(f"There is no order {options['number']}.")
        self.stdout.write(f"{settings.SITE_URL}/orders/completed/{signed_number.sign(order.number)}/")
