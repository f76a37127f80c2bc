"""One saturated writer: commits as fast as it may, with the product's own database settings; prints how many."""

# ruff: noqa: E402 (Django is set up before its models are named)
import sys
import time

import django

django.setup()

from django.db import transaction

from aftercart.orders.models import Order, OrderEvent


def main() -> None:
    order = Order.objects.order_by("pk").first()
    seconds, commits = float(sys.argv[1]), 0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()  # all begin together
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction.atomic():
            OrderEvent.objects.create(order=order, kind=OrderEvent.Kind.IMPORTED)
        commits += 1
    sys.stdout.write(f"{commits}\n")


if __name__ == "__main__":
    main()
