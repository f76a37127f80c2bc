"""Fills a migrated database with believable orders, fast, and says what is in it (`python -m tests.speed.stock`).

The demo's orders are the model of each: products, details, addresses. A tenth of the customers' share is signed in.
"""

# ruff: noqa: E402 (Django is set up before its models are named)
import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test import Client

from aftercart.cancellations.models import CancellationReason, EasyReturnShippingCompany
from aftercart.customers.models import Customer
from aftercart.demo import data, people
from aftercart.orders import signed_number
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.orders.wire import read_order
from tests import builders
from tests.reliability.remote import RemoteSandbox
from tests.speed.rows import Table, as_json, as_moment

NOW = datetime.now(UTC)
STATUSES = (400, 400, 450, 500, 550, 100)
PER_CUSTOMER = 20  # orders of an ordinary customer
SIGNED_IN = 200  # ordinary customers with a session
OF_THE_LIST = 60  # orders of 10 items of the customer whose list is read
OF_EACH_SIZE = {1: 40, 10: 40, 100: 40, 1000: 4}
GIANT = 200_000
FIRST_ORDER, FIRST_ITEM, FIRST_NUMBER = 5_000, 100_000, 4_000_000_000_000_000
LISTER, SIZES, GIANT_CUSTOMER, CANCELLERS = 11, 12, 13, range(20, 60)
FIRST_ORDINARY = 1000


class Sandbox(RemoteSandbox):
    """Also tells the keys that it gave."""

    def add_orders(self, orders: Sequence[Any]) -> Any:
        return self._call("POST", "/sandbox/orders/", orders)


class Stock:
    """One run: hands out keys, remembers whom to ask for what."""

    def __init__(self, *, orders: int, cancels: int, giant: int) -> None:
        self.orders, self.cancels, self.giant = orders, cancels, giant
        self.customers = max(orders // PER_CUSTOMER, SIGNED_IN)
        models = [read_order(order) for order in itertools.islice(data.demo_orders(now=NOW), 60)]
        self.details = [as_json(model.details) for model in models]
        self.templates = [_item_values(item) for model in models for item in model.orderitem_set][:48]
        self.ids = itertools.count(FIRST_ORDER)
        self.item_ids = itertools.count(FIRST_ITEM)
        self.made: dict[str, list[Any]] = {"giant": [], "list": [], "cancel": [], "ordinary": []}

    def plan(self) -> Iterator[tuple[int, int, int, str]]:
        """Customer, number of items, status and kind of every order."""
        for _ in range(OF_THE_LIST):
            yield LISTER, 10, 400, "list"
        for items, count in OF_EACH_SIZE.items():
            for _ in range(count):
                yield SIZES, items, 400, f"of {items}"
        for index in range(self.cancels):
            yield CANCELLERS[index % len(CANCELLERS)], 3, 400, "cancel"
        for index in range(self.orders):
            # The giant's orders lie among the others', as they would have come in.
            if self.giant and index % (self.orders // self.giant) == 0:
                yield GIANT_CUSTOMER, 3, STATUSES[index % 6], "giant"
            else:
                yield FIRST_ORDINARY + index % self.customers, 3, STATUSES[index % 6], "ordinary"

    def fill(self) -> dict[str, Any]:
        """Everything into the database; what a measuring client needs to know."""
        is_postgres = connection.vendor == "postgresql"
        if is_postgres:
            with connection.cursor() as cursor:  # nothing here is worth waiting for the disk
                cursor.execute("SET synchronous_commit = off")
        with transaction.atomic():
            if is_postgres:
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
            addresses = self._people()
            self._orders(addresses)
            if is_postgres:
                with connection.cursor() as cursor:
                    for model in (Customer, Order, OrderItem, OrderEvent):
                        table = model._meta.db_table
                        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        tables = ", ".join(model._meta.db_table for model in (Customer, Order, OrderItem, OrderEvent))
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {tables}" if is_postgres else "ANALYZE")
        return self._told()

    def _people(self) -> dict[int, str]:
        special = (LISTER, SIZES, GIANT_CUSTOMER, *CANCELLERS)
        numbers = [*special, *range(FIRST_ORDINARY, FIRST_ORDINARY + self.customers)]
        password = make_password("speed")
        for pk, kind, subject, _turkish, more in people.REASONS:
            CancellationReason.objects.get_or_create(
                pk=pk, defaults={"cancellation_type": kind, "subject": subject, "extra_information_needed": more}
            )
        for pk, value, label in people.CARRIERS:
            EasyReturnShippingCompany.objects.get_or_create(pk=pk, defaults={"value": value, "label": label})
        table = Table(Customer, ("id", "email", "username", "first_name", "last_name"), password=password)
        table.write((pk, f"c{pk}@example.com", f"c{pk}", "Nil", f"Kaya {pk}") for pk in numbers)
        entry = people.ADDRESS_BOOK[0]
        address = {**people.address_on_wire(entry)}
        shown = {}
        for pk in numbers:
            user = {**address["user"], "pk": pk, "email": f"c{pk}@example.com", "username": f"c{pk}"}
            shown[pk] = as_json({**address, "pk": pk, "email": f"c{pk}@example.com", "user": user})
        return shown

    def _orders(self, addresses: dict[int, str]) -> None:
        orders = Table(Order, [*ORDER, "shipping_address", "billing_address", "details"])
        items = Table(OrderItem, [*ITEM, *TEMPLATE])
        events = Table(OrderEvent, ("order_id", "kind", "from_status", "to_status", "created_date"))
        planned = self.plan()
        while block := list(itertools.islice(planned, 20_000)):
            order_rows, item_rows, event_rows = [], [], []
            for customer, count, status, kind in block:
                pk = next(self.ids)
                created = as_moment(NOW - timedelta(seconds=(pk * 7919) % 60_000_000 if kind != "cancel" else 600))
                number, shipped = str(FIRST_NUMBER + pk * 7919), status >= 500
                address = addresses[customer]
                code = f"AC{pk:010d}" if shipped else None
                email = f"c{customer}@example.com"
                said = (address, address, self.details[pk % len(self.details)])
                order_rows.append(
                    (pk, number, customer, status, "1349.00", email, "en-us", code, created, created, *said)
                )
                event_rows.append((pk, "imported", None, status, created))
                first = None
                for place in range(count):
                    item = next(self.item_ids)
                    first = first or item
                    template = self.templates[(pk + place) % len(self.templates)]
                    item_rows.append((item, pk, status, code, created, created, *template))
                self._remember(kind, number, customer, pk, first)
            orders.write(order_rows)
            items.write(item_rows)
            events.write(event_rows)

    def _remember(self, kind: str, number: str, customer: int, pk: int, first: int | None) -> None:
        step = self.customers // SIGNED_IN
        # Not the first of every so many: the giant may have taken all of that customer's orders.
        if kind == "ordinary" and (customer - FIRST_ORDINARY) % step != min(1, step - 1):
            return
        if len(self.made.setdefault(kind, [])) < 20_000:
            self.made[kind].append((number, customer, pk, first))

    def _told(self) -> dict[str, Any]:
        cookies: dict[int, dict[str, str]] = {}
        asked: dict[str, list[dict[str, Any]]] = {}
        for kind, made in self.made.items():
            spread = made[:: max(1, len(made) // 600)] if kind in ("ordinary", "giant") else made
            for number, customer, pk, first in spread:
                if customer not in cookies:
                    cookies[customer] = _sign_in(customer)
                asked.setdefault(kind, []).append(
                    {
                        "number": number,
                        "customer": customer,
                        "id": pk,
                        "first_item": first,
                        "signed": signed_number.sign(number),
                    }
                )
        return {"orders": self.orders, "giant": self.giant, "customers": cookies, "asked": asked}


ORDER = ("id", "number", "customer_id", "status", "amount", "user_email", "language_code", "tracking_number")
ORDER = (*ORDER, "created_date", "modified_date")
ITEM = ("id", "order_id", "status", "tracking_number", "created_date", "modified_date")
TEMPLATE = ("price", "retail_price", "tax_rate", "product", "easy_return_companies", "details")


def _item_values(item: Any) -> tuple[str, ...]:
    values = (str(item.price), str(item.retail_price or item.price), str(item.tax_rate or 0))
    return (*values, as_json(item.product), as_json(item.easy_return_companies), as_json(item.details))


def _sign_in(pk: int) -> dict[str, str]:
    """A session as signing in writes it; its cookie and its CSRF token."""
    client = Client()
    client.force_login(Customer.objects.get(pk=pk), backend=settings.AUTHENTICATION_BACKENDS[-1])
    token = client.get("/csrf_token/", headers={"host": "127.0.0.1"}).json()["csrf_token"]
    return {"cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}", "token": token}


def known_there(made: list[Any], sandbox: Sandbox) -> None:
    """Hand the orders over to Omnitron and learn its keys, as the feed does within seconds of an order."""
    for start in range(0, len(made), 200):
        rows = Order.objects.select_related("customer").filter(pk__in=[pk for _, _, pk, _ in made[start : start + 200]])
        keys = sandbox.add_orders([builders.as_wire(order) for order in rows])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE orders_order SET omnitron_pk = %s WHERE number = %s",
                [(there["pk"], number) for number, there in keys.items()],
            )
            cursor.executemany(
                "UPDATE orders_orderitem SET omnitron_pk = %s WHERE id = %s",
                [(key, int(pk)) for there in keys.values() for pk, key in there["items"].items()],
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--cancels", type=int, default=400)
    parser.add_argument("--sandbox", type=int, help="the port of the sandbox that learns the orders to cancel")
    parser.add_argument("--giant", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    began = time.monotonic()
    giant = min(GIANT, options.orders // 5) if options.giant else 0
    stock = Stock(orders=options.orders, cancels=options.cancels, giant=giant)
    told = stock.fill()
    if options.sandbox:
        known_there(stock.made["cancel"], Sandbox(options.sandbox))
    told["seconds"] = round(time.monotonic() - began, 1)
    options.out.write_text(json.dumps(told))
    sys.stdout.write(f"{options.orders} orders in {told['seconds']} s\n")


if __name__ == "__main__":
    main()
