"""The places that an address may be in: those that are active, in the order in which people look for them."""

import sys
from typing import Any

from aftercart.customers.models import City, Country, District, Township
from aftercart.customers.turkish_collation import turkish_key

Row = dict[str, Any]


def all_countries() -> list[Row]:
    """All of them."""
    return _sorted(Country.objects.filter(is_active=True).values("pk", "is_active", "name", "code", "translations"))


def cities_of(country: int | None) -> list[Row]:
    """A country's cities: those with a priority first, lowest number first."""
    active = City.objects.filter(country=country, is_active=True, country__is_active=True)
    return _sorted(active.values("pk", "is_active", "name", "country", "translations", "priority", "postcode"))


def townships_of(city: int | None) -> list[Row]:
    """A city's townships."""
    active = Township.objects.filter(city=city, is_active=True, city__is_active=True, city__country__is_active=True)
    return _sorted(active.values("pk", "is_active", "name", "city", "postcode"))


def districts_of(township: int | None) -> list[Row]:
    """A township's districts."""
    active = District.objects.filter(
        township=township,
        is_active=True,
        township__is_active=True,
        township__city__is_active=True,
        township__city__country__is_active=True,
    )
    return _sorted(active.values("pk", "is_active", "name", "city", "township", "postcode"))


def _sorted(rows: Any) -> list[Row]:
    """Here and not in the database: every database sorts differently, and no place contains many others."""
    return sorted(rows, key=lambda row: (_priority(row), turkish_key(row["name"]), row["pk"]))


def _priority(row: Row) -> int:
    priority: int | None = row.get("priority")
    return sys.maxsize if priority is None else priority
