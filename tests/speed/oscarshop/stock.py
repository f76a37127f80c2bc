"""Orders of three lines for signed-in customers; prints their keys and cookies as JSON."""

# ruff: noqa: E402 (Django is set up before its models are named)
import json
import sys
from decimal import Decimal

import django

django.setup()

from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.test import Client
from oscar.core.loading import get_model

ORDERS, CUSTOMERS, LINES = 100, 10, 3
get = lambda name: get_model(*name.split("."))  # noqa: E731


def main() -> None:
    site, _ = Site.objects.get_or_create(pk=1, defaults={"domain": "example.com", "name": "shop"})
    country = get("address.Country").objects.create(
        iso_3166_1_a2="TR", iso_3166_1_a3="TUR", name="Türkiye", printable_name="Türkiye", is_shipping_country=True
    )
    partner = get("partner.Partner").objects.create(name="Partner")
    kind = get("catalogue.ProductClass").objects.create(name="Goods")
    products = [
        get("catalogue.Product").objects.create(title=f"Reading lamp {n}", product_class=kind, upc=f"SKU-{n}")
        for n in range(12)
    ]
    stocked = [
        get("partner.StockRecord").objects.create(
            product=product, partner=partner, partner_sku=product.upc, price=Decimal("1349.00"), num_in_stock=100
        )
        for product in products
    ]
    cookies = []
    for n in range(CUSTOMERS):
        user = get_user_model().objects.create_user(f"c{n}", f"c{n}@example.com", "speed")
        client = Client()
        client.force_login(user)
        cookies.append((user, f"sessionid={client.cookies['sessionid'].value}"))
    told = []
    for n in range(ORDERS):
        user, cookie = cookies[n % CUSTOMERS]
        where = {"first_name": "Nil", "last_name": "Kaya", "line1": "Caferağa Sokak 12", "line4": "İstanbul"}
        order = get("order.Order").objects.create(
            number=f"{100000 + n}",
            site=site,
            user=user,
            currency="TRY",
            total_incl_tax=Decimal("4047.00"),
            total_excl_tax=Decimal("3372.50"),
            shipping_incl_tax=0,
            shipping_excl_tax=0,
            shipping_method="Standard",
            shipping_code="standard",
            status="Pending",
            shipping_address=get("order.ShippingAddress").objects.create(country=country, postcode="34710", **where),
            billing_address=get("order.BillingAddress").objects.create(country=country, postcode="34710", **where),
        )
        for place in range(LINES):
            at = (n + place) % len(products)
            get("order.Line").objects.create(
                order=order,
                partner=partner,
                partner_name="Partner",
                partner_sku=products[at].upc,
                stockrecord=stocked[at],
                product=products[at],
                title=products[at].title,
                upc=products[at].upc,
                quantity=1,
                line_price_incl_tax=Decimal("1349.00"),
                line_price_excl_tax=Decimal("1124.17"),
                line_price_before_discounts_incl_tax=Decimal("1349.00"),
                line_price_before_discounts_excl_tax=Decimal("1124.17"),
                unit_price_incl_tax=Decimal("1349.00"),
                unit_price_excl_tax=Decimal("1124.17"),
                num_allocated=1,
                status="Pending",
            )
        told.append({"id": order.pk, "cookie": cookie})
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
