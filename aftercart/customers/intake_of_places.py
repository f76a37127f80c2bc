"""Importing places: from the wire's four lists, from CSV, and a starter set for shops that have neither.

Existing places are recognised by their key, or by their name within the place above, and updated; nothing is removed,
as addresses point to it.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pycountry
from babel import Locale
from django.conf import settings
from django.db import transaction

from aftercart.customers.models import City, Country, District, Place, Township
from aftercart.database import key_counters

PROVINCES = Path(__file__).parent / "data" / "turkiye.json"
"""Turkey's 81 provinces and their 973 districts, as the administration and carriers name them (2025)."""
KINDS: Mapping[str, type[Place]] = {"country": Country, "city": City, "township": Township, "district": District}
ABOVE: Mapping[str, tuple[str, ...]] = {
    "country": (),
    "city": ("country",),
    "township": ("city",),
    "district": ("city", "township"),
}
COLUMNS = ("country", "city", "township", "district", "postcode")


class PlacesRefused(Exception):
    """A file that is not a list of places; the text says where and why."""


def take_in_places(text: str, *, name: str) -> Counter[str]:
    """Places of one file, all or none: how many of each kind are new or changed. Raises PlacesRefused."""
    with transaction.atomic():
        counts = _from_csv(text) if name.lower().endswith(".csv") else _from_wire(text, name)
        key_counters.align(*KINDS.values())
    return counts


def take_in_starter(codes: Iterable[str]) -> Counter[str]:
    """Countries by their ISO 3166 code (`all`: every one); Turkey with its provinces and districts."""
    known = {country.alpha_2: country for country in pycountry.countries}
    wanted = [code.upper() for code in codes]
    chosen = sorted(known) if "ALL" in wanted else wanted
    unknown = [code for code in chosen if code not in known]
    if unknown:
        raise PlacesRefused(f"{unknown[0]} is no code of a country (ISO 3166, such as TR)")
    counts: Counter[str] = Counter()
    with transaction.atomic():
        for code in chosen:
            country = Country.objects.filter(code__iexact=code).first()
            if country is None:
                country = Country.objects.create(code=code, **_names(code))
                counts["country"] += 1
            if code == "TR":
                counts += _provinces(country)
        key_counters.align(*KINDS.values())
    return counts


def _names(code: str) -> dict[str, Any]:
    names = {language: Locale(language).territories[code] for language, _ in settings.LANGUAGES}
    return {"name": names[settings.LANGUAGE_CODE], "translations": names}


def _provinces(country: Country) -> Counter[str]:
    counts: Counter[str] = Counter()
    provinces = json.loads(PROVINCES.read_text(encoding="utf-8"))
    for number, (province, districts) in enumerate(provinces.items(), start=1):
        begin = {"postcode": f"{number:02}"}  # postcodes begin with the province's number
        city, is_new = City.objects.get_or_create(country=country, name=province, defaults=begin)
        counts["city"] += is_new
        there = set(city.townships.values_list("name", flat=True))
        new = [Township(city=city, name=name) for name in districts if name not in there]
        Township.objects.bulk_create(new)
        counts["township"] += len(new)
    return counts


def _from_wire(text: str, name: str) -> Counter[str]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise PlacesRefused(f"not valid JSON: {error}") from None
    rows = read.get("results") if isinstance(read, dict) else read
    if not isinstance(rows, list):
        raise PlacesRefused("neither a list nor a page of places")
    counts: Counter[str] = Counter()
    for index, row in enumerate(rows):
        kind = _kind(row, name)
        counts[kind] += _take(kind, row, f"results.{index}")
    return counts


def _kind(row: Any, name: str) -> str:
    """Which of the four lists a row is of: by what it names, else by the file's name."""
    fields = row.keys() if isinstance(row, dict) else ()
    for kind, field in (("district", "township"), ("township", "city"), ("city", "country"), ("country", "code")):
        if field in fields and not (kind == "township" and "district" in name.lower()):
            return kind
    return next((kind for kind in KINDS if kind in name.lower()), "country")


def _take(kind: str, row: Any, path: str) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("pk"), int) or not str(row.get("name") or "").strip():
        raise PlacesRefused(f"{path}: a place needs a pk and a name")
    values: dict[str, Any] = {"name": str(row["name"]).strip()[:255], "is_active": row.get("is_active") is not False}
    for above in ABOVE[kind]:
        key = row.get(above)
        key = key.get("pk") if isinstance(key, dict) else key
        if not isinstance(key, int) or not KINDS[above].objects.filter(pk=key).exists():  # type: ignore[attr-defined]
            raise PlacesRefused(f"{path}.{above}: {key!r} is not here; take in the lists from countries down")
        values[f"{above}_id"] = key
    for field in ("code", "translations", "priority", "postcode"):
        if field in row and any(column.name == field for column in KINDS[kind]._meta.fields):
            values[field] = row[field]
    model: Any = KINDS[kind]
    before = model.objects.filter(pk=row["pk"]).values(*values).first()
    model.objects.update_or_create(pk=row["pk"], defaults=values)
    return bool(before != values)


def _from_csv(text: str) -> Counter[str]:
    """Columns country (a code), city, township, district, postcode; after the last name, columns may be empty."""
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames is None or not {"country", "city"} <= set(reader.fieldnames) <= set(COLUMNS):
        raise PlacesRefused(f"the first line must name columns of {', '.join(COLUMNS)}; country and city at least")
    counts: Counter[str] = Counter()
    for number, row in enumerate(reader, start=2):
        named = {column: (row.get(column) or "").strip() for column in COLUMNS}
        country = Country.objects.filter(code__iexact=named["country"]).first()
        if country is None or not named["city"]:
            raise PlacesRefused(f"line {number}: country {named['country']!r} is not here, or the city is missing")
        above: dict[str, Any] = {"country": country}
        for kind in ("city", "township", "district"):
            if not named[kind]:
                break
            within = {place: above[place] for place in ABOVE[kind]}
            place, is_new = KINDS[kind].objects.get_or_create(name=named[kind][:255], **within)  # type: ignore[attr-defined]
            counts[kind] += is_new
            above[kind] = place
        last = place
        if named["postcode"] and last.postcode != named["postcode"]:
            last.postcode = named["postcode"][:64]
            last.save(update_fields=["postcode"])
    return counts
