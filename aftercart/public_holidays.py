"""Days on which no legal period may end, by where somebody lives. Pure; knows no Django.

Regulation (EEC, Euratom) 1182/71, Article 3(4): a period whose last day is a public holiday, a Sunday or a Saturday
goes on to the end of the next working day. Public holidays are those of the package `holidays`, category *public*.

Never fewer days than the law gives: if an address does not tell the region, a day off in any region of the country
counts (docs/decisions/0037-the-law-s-calendar.md has the other decisions, and what the package does not know).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aftercart.countries import iso_code

SATURDAY = 5
# Days that count as holidays where periods end, though the package has them in another category: BGBl. 193/1961, § 1;
# forbrugeraftaleloven, § 19; Algemene termijnenwet, Article 3; lag (1930:173), § 2.
FURTHER_DAYS: Mapping[str, tuple[str, frozenset[str]]] = {
    "AT": ("bank", frozenset({"Good Friday"})),
    "DK": ("optional", frozenset({"Constitution Day", "Christmas Eve", "New Year's Eve"})),
    "NL": ("optional", frozenset({"Liberation Day"})),
    "SE": ("de_facto", frozenset({"Midsummer Eve", "Christmas Eve", "New Year's Eve"})),
}
# For these the package's regions include patron days of single towns, each of which would hold for the whole country.
REGIONS_OF_TOWNS = frozenset({"IT", "PT"})
# In these a place with a region's name lies in that region. (Washington does not.)
REGIONS_BY_NAME = frozenset({"AT", "CH", "DE", "ES", "GB"})


@dataclass(frozen=True, slots=True)
class HolidayPlace:
    """Where a period runs out."""

    country: str = ""
    """ISO 3166-1, two letters; if blank or unknown, only weekends are days off."""
    region: str = ""
    """The package's code of the region, where the address tells it."""
    days: frozenset[tuple[str, date]] = frozenset()
    """What the merchant adds: country (blank: every one) and day."""
    regions: frozenset[str] = frozenset()
    """Regions whose holidays the merchant adds: `DE-BY`."""

    def is_working_day(self, day: date) -> bool:
        """Whether a period may end on this day."""
        if day.weekday() >= SATURDAY or not {("", day), (self.country, day)}.isdisjoint(self.days):
            return False
        added = tuple(sorted(code.partition("-")[2] for code in self.regions if code.startswith(f"{self.country}-")))
        return day not in days_off(self.country, self.region, added, day.year)

    def working_day_from(self, day: date) -> date:
        """This day, or the first working day after it."""
        while not self.is_working_day(day) and day < date.max:
            day += timedelta(days=1)
        return day


def place_of(address: Mapping[str, Any], **more: Any) -> HolidayPlace:
    """The place of an address as orders keep it; unknown parts stay blank. `more`: what the merchant adds."""
    country, city = address.get("country"), address.get("city")
    code = country.get("code") if isinstance(country, Mapping) else None
    name = city.get("name") if isinstance(city, Mapping) else None
    known = known_country(code) if isinstance(code, str) else ""
    return HolidayPlace(known, region_named(known, name) if isinstance(name, str) else "", **more)


def known_country(code: str) -> str:
    """The code of a country as the package has it; blank for one that it does not know."""
    code = iso_code(code)
    return code if len(code) == 2 and code in _countries() else ""


@lru_cache(maxsize=1024)
def region_named(country: str, name: str) -> str:
    """The region with this name, if no place of that name lies in another region; blank if there is none."""
    if country not in REGIONS_BY_NAME:
        return ""
    aliases = _calendar(country).subdivisions_aliases
    wanted = name.strip().casefold()
    return next((code for alias, code in aliases.items() if alias.casefold() == wanted), "")


@lru_cache(maxsize=512)
def days_off(country: str, region: str, added: tuple[str, ...], year: int) -> frozenset[date]:
    """The public holidays of a year; without a region, those of all regions. Empty for unknown countries."""
    if not country or not MINYEAR < year < MAXYEAR:
        return frozenset()
    found = set(_calendar(country, year=year))
    for region_code in (*_regions(country, region), *added):
        found.update(_calendar(country, year=year, subdiv=region_code))
    if country in FURTHER_DAYS:
        category, names = FURTHER_DAYS[country]
        further = _calendar(country, year=year, categories=(category,), language="en_US")
        found.update(day for day, name in further.items() if name in names)
    return frozenset(found)


def is_region(code: str) -> bool:
    """Whether the package knows such a region: `DE-BY`."""
    country, _, region = code.partition("-")
    return known_country(country) == country and region in _calendar(country).subdivisions


@cache
def zones_of(country: str) -> tuple[tzinfo, ...]:
    """The time zones of a country; none where the country is not known."""
    from babel.core import get_global

    found = []
    for name in get_global("territory_zones").get(country, ()):
        try:
            found.append(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError):  # an older table of zones than Babel's
            continue
    return tuple(found)


def _regions(country: str, region: str) -> Collection[str]:
    if region:
        return (region,)
    if country in REGIONS_OF_TOWNS:
        return ()
    # Of towns among the regions (Augsburg) the codes are names.
    return [code for code in _calendar(country).subdivisions if code == code.upper()]


@cache
def _countries() -> frozenset[str]:
    import holidays

    return frozenset(holidays.list_supported_countries(include_aliases=False))


def _calendar(country: str, *, year: int | None = None, **more: Any) -> Any:
    # Imported when the first delivered order is looked at: the package loads every country of the world with the first
    # one (15 MB and half a second, measured), which no other process needs.
    import holidays

    return holidays.country_holidays(country, years=() if year is None else (year,), expand=False, **more)
