"""Puts the demo's people and orders into the shop, and the same orders into the sandbox. Safe to repeat."""

import json
from datetime import datetime
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from aftercart.cancellations.models import CancellationReason, EasyReturnShippingCompany
from aftercart.customers.models import Address, City, Country, Customer, District, Township
from aftercart.demo import people
from aftercart.demo.data import FIRST_ORDER, demo_orders
from aftercart.demo.history import write_history
from aftercart.demo.sandbox import SandboxDoor
from aftercart.orders.documents import orders_in
from aftercart.orders.intake import align_key_counters, take_in
from aftercart.orders.models import Order


def is_loaded() -> bool:
    """Whether the shop has the demo already (it comes in whole or not at all)."""
    return Order.objects.filter(pk=FIRST_ORDER).exists()


def write_orders(path: Path, *, now: datetime) -> None:
    """The orders as JSON Lines; an existing file stays, so that shop and sandbox read the same."""
    if path.exists():
        return
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("w", encoding="utf-8") as file:
        for order in demo_orders(now=now):
            file.write(json.dumps(order, ensure_ascii=False) + "\n")
    unfinished.rename(path)


def load_shop(path: Path, *, now: datetime) -> int:
    """Everything into the shop, in one transaction; the number of orders."""
    with transaction.atomic():
        _load_places()
        _load_people()
        _load_choices()
        with path.open("rb") as stream:
            taken = [take_in(found.order, now=now) for found in orders_in(stream, name=path.name)]
        write_history(now=now)
    align_key_counters()
    return len(taken)


def load_sandbox(path: Path, door: SandboxDoor) -> None:
    """The same orders into the sandbox, by its control door; it keeps the ones it has."""
    lines = path.read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    if not door.has_order(last["number"]):
        door.add_orders([json.loads(line) for line in lines])


def _load_places() -> None:
    for pk, (name, code) in people.COUNTRIES.items():
        Country.objects.update_or_create(pk=pk, defaults={"name": name, "code": code})
    for pk, (name, country) in people.CITIES.items():
        City.objects.update_or_create(pk=pk, defaults={"name": name, "country_id": country})
    for pk, (name, city) in people.TOWNSHIPS.items():
        Township.objects.update_or_create(pk=pk, defaults={"name": name, "city_id": city})
    for pk, (name, township) in people.DISTRICTS.items():
        city = people.TOWNSHIPS[township][1]
        District.objects.update_or_create(pk=pk, defaults={"name": name, "township_id": township, "city_id": city})


def _load_people() -> None:
    password = make_password(people.PASSWORD)
    Customer.objects.get_or_create(
        pk=people.ADMIN_PK,
        defaults={
            "email": people.ADMIN_EMAIL,
            "first_name": "Back",
            "last_name": "Office",
            "password": password,
            "is_staff": True,
            "is_superuser": True,
        },
    )
    for person in people.CUSTOMERS:
        Customer.objects.get_or_create(
            pk=person.pk,
            defaults={
                "email": person.email,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "phone": person.phone,
                "password": password,
            },
        )
    for entry in people.ADDRESS_BOOK:
        country, city, township, district = entry.places()
        owner = entry.owner
        Address.objects.get_or_create(
            pk=entry.pk,
            defaults={
                "user_id": owner.pk,
                "title": entry.title,
                "first_name": owner.first_name,
                "last_name": owner.last_name,
                "email": owner.email,
                "phone_number": owner.phone,
                "country_id": country,
                "city_id": city,
                "township_id": township,
                "district_id": district,
                "line": entry.line,
                "postcode": entry.postcode,
                "company_name": entry.company,
                "tax_office": "",
                "tax_no": "",
                "is_corporate": bool(entry.company),
                "primary": entry.primary,
            },
        )


def _load_choices() -> None:
    for position, (pk, kind, subject, turkish, needs_more) in enumerate(people.REASONS, start=1):
        CancellationReason.objects.get_or_create(
            pk=pk,
            defaults={
                "cancellation_type": kind,
                "subject": subject,
                "order": 10 * position,
                "extra_information_needed": needs_more,
                "translations": {"en": subject, "tr": turkish},
            },
        )
    for pk, value, label in people.CARRIERS:
        EasyReturnShippingCompany.objects.get_or_create(pk=pk, defaults={"value": value, "label": label})
