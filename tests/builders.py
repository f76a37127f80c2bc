"""Builders: the smallest believable thing, with what a test cares about said by name."""

import itertools
from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone

from aftercart.account.reading import own_order
from aftercart.cancellations.models import CancellationReason
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address, City, Country, Customer, District, Township
from aftercart.orders.models import Order, OrderItem

_numbers = itertools.count(1)


def a_customer(name: str = "ada", **fields: Any) -> Customer:
    return Customer.objects.create_user(
        f"{name}@example.com", "secret", first_name=name.title(), last_name="Example", username=name, **fields
    )


def the_places(code: str = "TR") -> District:
    country, _ = Country.objects.get_or_create(code=code, defaults={"name": {"TR": "Türkiye", "DE": "Germany"}[code]})
    city, _ = City.objects.get_or_create(country=country, name="İstanbul" if code == "TR" else "Berlin")
    township, _ = Township.objects.get_or_create(city=city, name="Kadıköy" if code == "TR" else "Mitte")
    return District.objects.get_or_create(township=township, city=city, name="Moda" if code == "TR" else "Mitte")[0]


def an_address(customer: Customer, *, country: str = "TR", **fields: Any) -> Address:
    district = the_places(country)
    values = {
        "title": "Home",
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone_number": "05550000000",
        "line": f"Bahariye Cd. {next(_numbers)}",
        "postcode": "34710",
    }
    return Address.objects.create(
        user=customer,
        country=district.city.country,
        city=district.city,
        township=district.township,
        district=district,
        **{**values, **fields},
    )


_reasons = itertools.count(1000)  # the shop's own have the low numbers, which PostgreSQL would give out again


def a_reason(**fields: Any) -> CancellationReason:
    some = {"id": next(_reasons), "cancellation_type": "cancel", "subject": "Changed my mind"}
    return CancellationReason.objects.create(**some | fields)


def an_order(
    customer: Customer,
    *,
    status: int = 400,
    items: int = 3,
    item_status: int | None = None,
    created: datetime | None = None,
    item_fields: dict[str, Any] | None = None,
    **fields: Any,
) -> Order:
    """An order with so many items; `fields` are the order's, `item_fields` every item's."""
    address = copy_of(an_address(customer))
    created = created or timezone.now()
    order = Order.objects.create(
        **{
            "number": f"22842{next(_numbers):011d}",
            "customer": customer,
            "status": status,
            "amount": "100.00",
            "shipping_address": address,
            "billing_address": address,
            "user_email": customer.email,
            "created_date": created,
            "modified_date": created,
        }
        | fields
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            **{
                "order": order,
                "status": item_status or status,
                "price": "33.33",
                "retail_price": "40.00",
                "product": {"pk": n, "sku": f"SKU{n}", "name": f"Cup {n}", "absolute_url": f"/cup-{n}/"},
                "created_date": created,
                "modified_date": created,
            }
            | (item_fields or {})
        )
        for n in range(1, items + 1)
    )
    return order


def as_wire(order: Order) -> dict[str, Any]:
    """The order as a storefront would hand it to Omnitron."""
    shown = own_order(order.customer, number=order.number).shown(now=timezone.now())
    return orjson.loads(orjson.dumps(shown, default=str))


def a_body(order: Order, *, reason: int = 1, only: int | None = None, **item_fields: Any) -> dict[str, Any]:
    """A cancellation's body as the published storefront sends it, for the first `only` items."""
    return {
        "return_policy": True,
        "cancel_order_items": [
            {
                "cancellation_type": "cancel",
                "order_item": item.pk,
                "reason": str(reason),
                "description": "",
                **item_fields,
            }
            for item in list(order.items.all())[:only]
        ],
    }
