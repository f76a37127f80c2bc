"""What a visitor needs to know: `demo.json` for programs, and text with curl lines for people.

The names of the orders go by what they are now, so `approved` is still approved after an evening of cancelling.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from aftercart.address_changes.models import AddressChange
from aftercart.cancellations.models import ATTEMPT_OPEN_STATES, CancellationAttempt, CancellationRequest
from aftercart.customers.models import Address, Customer
from aftercart.demo import people
from aftercart.demo.data import FIRST_ORDER
from aftercart.orders import signed_number
from aftercart.orders.models import Order
from aftercart.statuses import Status

OLD = timedelta(days=7)
PLAIN = (
    Status.WAITING,
    Status.PAYMENT_WAITING,
    Status.CONFIRMATION_WAITING,
    Status.PREPARING,
    Status.SHIPPED,
    Status.DELIVERED,
    Status.CANCELLATION_WAITING,
    Status.REFUNDED,
)


def demo_json(*, web: str, sandbox: str, channel_id: int, login: tuple[str, str]) -> dict[str, Any]:
    """Everything a program needs; the signed numbers are fresh. `login`: the sandbox's name and password."""
    customers = list(Customer.objects.filter(pk__in=[person.pk for person in people.CUSTOMERS]).order_by("pk"))
    books = Address.objects.filter(user__in=customers).order_by("pk").values_list("user_id", "pk")
    return {
        "web": web,
        "sandbox": {"url": sandbox, "username": login[0], "password": login[1], "channel_id": channel_id},
        "admin": {"url": f"{web}/admin/", "username": people.ADMIN_EMAIL, "password": people.PASSWORD},
        "customers": [
            {
                "email": customer.email,
                "password": people.PASSWORD,
                "address_ids": [pk for user, pk in books if user == customer.pk],
            }
            for customer in customers
        ],
        "orders": _named_orders({customer.pk: index for index, customer in enumerate(customers)}),
        "guest": _guest(web),
    }


def _guest(web: str) -> dict[str, str] | None:
    """An order without an account: what its visitor types; None once there is none."""
    order = Order.objects.filter(customer__user_type="guest").order_by("pk").first()
    return None if order is None else {"url": f"{web}/guest/", "number": order.number, "email": order.user_email}


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write it whole: who finds the file finds all of it."""
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _named_orders(customers: Mapping[int, int]) -> dict[str, Any]:
    orders = Order.objects.filter(customer__in=customers, pk__gte=FIRST_ORDER).prefetch_related("items")
    newest = max((order.created_date for order in orders), default=None)
    busy = _busy()
    named: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for order in sorted(orders, key=lambda order: (customers[order.customer_id], order.pk)):
        is_old = newest is not None and order.created_date < newest - OLD
        name = "" if order.pk in busy else _name(order, is_old=is_old)
        if not name:
            continue
        counts[name] = counts.get(name, 0) + 1
        key = name if counts[name] == 1 else f"{name}_{counts[name]}"
        named[key] = {
            "id": order.pk,
            "number": order.number,
            "customer": customers[order.customer_id],
            "item_ids": [item.pk for item in order.items.all()],
            "signed": signed_number.sign(order.number),
        }
    return named


def _busy() -> set[int]:
    """Orders that something is under way for, or was: their next answer depends on it."""
    busy = set(CancellationAttempt.objects.filter(state__in=ATTEMPT_OPEN_STATES).values_list("order_id", flat=True))
    busy |= set(CancellationRequest.objects.values_list("order_id", flat=True))
    return busy | set(AddressChange.objects.values_list("order_id", flat=True))


def _name(order: Order, *, is_old: bool) -> str:
    status = Status(order.status)
    if any(item.status != status for item in order.items.all()):
        return "partly_" + status.wire_name
    if status == Status.CANCELED:
        return "cancelled"
    if status == Status.APPROVED:
        return "invoiced" if order.invoice_number else "old" if is_old else "approved"
    return status.wire_name


def for_people(demo: Mapping[str, Any], *, jar: Path, mails: Path) -> str:
    """For people: where to sign in, and curl lines that work in a shell, one after the other. `jar`: for cookies;
    `mails`: the folder they are written to.
    """
    web, orders, customers, guest = demo["web"], demo["orders"], demo["customers"], demo["guest"]
    sandbox = demo["sandbox"]["url"]
    lines = [""]
    for index, customer in enumerate(customers):
        begin = f"Sign in      {web}/account/login/  " if index == 0 else "             or as"
        lines.append(f"{begin} {customer['email']}   {customer['password']}")
    link = next((order for order in orders.values() if order["customer"] == 0), None)
    if link is not None:
        lines.append(f"An order     {web}/orders/completed/{link['signed']}/")
    if guest is not None:
        lines.append(f"As a guest   {guest['url']}   {guest['number']}   {guest['email']}")
    lines += [
        f"Back office  {demo['admin']['url']}   {demo['admin']['username']}   {demo['admin']['password']}",
        f"Omnitron     {sandbox}/   (the sandbox: what it knows, and switches to break it)",
        f"Mails        {sandbox}/mails/   (files of a mail program, too: {mails}/*.eml)",
        "",
    ]
    commands = _commands(demo, jar)
    if commands is None:
        lines.append("Too few untouched orders are left for the curl lines: `make demo-fresh` begins anew.")
    else:
        lines += ["Copy these into a shell, one after the other:", ""]
        lines += [f"# {what}\n{command}\n" for what, command in commands]
    return "\n".join([*lines, "Ctrl-C ends everything."])


def _commands(demo: Mapping[str, Any], jar: Path) -> list[tuple[str, str]] | None:
    web, orders, customers = demo["web"], demo["orders"], demo["customers"]
    if not customers:
        return None
    mine = [order for name, order in orders.items() if _is(name, "approved") and order["customer"] == 0]
    foreign = [order for name, order in orders.items() if _is(name, "approved") and order["customer"] == 2]
    mine = [order for order in mine if len(order["item_ids"]) >= 2]
    if len(mine) < 3 or not foreign:
        return None
    first, second, third = mine[:3]
    ada = customers[0]
    body = "-H 'Content-Type: application/json'"
    show = "-s -w '\\n%{http_code}\\n'"
    session = f"-b '{jar}' -H \"X-CSRFToken: $TOKEN\" "
    login = json.dumps({"email": ada["email"], "password": ada["password"]})

    def cancel(order: Mapping[str, Any], options: str) -> str:
        items = [
            {"order_item": pk, "reason": "1", "cancellation_type": "cancel", "description": ""}
            for pk in order["item_ids"][:2]
        ]
        wish = json.dumps({"cancel_order_items": items})
        return f"curl {show} {options}{body} -d '{wish}' {web}/orders/{order['number']}/cancel/"

    def power(*, on: bool) -> str:
        return f"curl {show} -X PUT {body} -d '{json.dumps({'on': on})}' {demo['sandbox']['url']}/sandbox/power/"

    def change(address: int) -> tuple[str, str]:
        text = json.dumps({"order": second["id"], "address": address})
        return "another delivery address: 200", f"curl {show} {session}{body} -d '{text}' {web}/orders/address_change/"

    return [
        ("sign in: 200", f"curl {show} -c '{jar}' {body} -d '{login}' {web}/users/login/"),
        (
            "the CSRF token that every change carries",
            f"TOKEN=$(curl -s -b '{jar}' -c '{jar}' {web}/csrf_token/ | sed 's/.*: *\"//; s/\".*//')",
        ),
        (
            "the completed order as JSON: 200",
            f"curl {show} -b '{jar}' '{web}/orders/completed/{first['signed']}/?format=json'",
        ),
        ("cancel two items: 204", cancel(first, session)),
        ("again: 400", cancel(first, session)),
        ("someone else's order: 404", cancel(foreign[0], session)),
        ("without a session: 401", cancel(second, "")),
        ("without the CSRF token: 403", cancel(second, f"-b '{jar}' ")),
        *(change(address) for address in ada["address_ids"][1:2]),
        ("switch Omnitron off", power(on=False)),
        ("cancel all the same: 200, with requests for the back office", cancel(third, session)),
        ("and on again", power(on=True)),
    ]


def _is(key: str, name: str) -> bool:
    return key == name or (key.startswith(f"{name}_") and key[len(name) + 1 :].isdigit())
