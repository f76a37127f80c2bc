"""The last day of a period of law, by where somebody lives: tables, each reckoned by hand."""

from datetime import date
from typing import Any

import pytest

from aftercart.dynamic_settings.schema import WithdrawalRules
from aftercart.public_holidays import HolidayPlace, days_off, known_country, place_of, zones_of


def address(country: Any, city: Any = "Somewhere") -> dict[str, Any]:
    return {"country": {"code": country, "name": "-"}, "city": {"name": city}}


# Delivered on 11 December 2026, a Friday: the twelfth is the first day, Friday the 25th the fourteenth.
CHRISTMAS = [
    pytest.param("DE", 28, id="Germany: holiday, holiday and Saturday, Sunday, Monday"),
    pytest.param("BG", 29, id="Bulgaria: the 28th stands for the Saturday's holiday"),
    pytest.param("TR", 25, id="Turkey: a working day"),
    pytest.param("GB", 29, id="Britain: the 28th stands for the 26th"),
    pytest.param("FR", 28, id="France"),
    pytest.param("PL", 28, id="Poland"),
    pytest.param("XX", 25, id="a country that is not known: weekends alone"),
    pytest.param("", 25, id="no country"),
]


@pytest.mark.parametrize(("country", "day"), CHRISTMAS)
def test_a_period_goes_on_to_the_next_working_day(country: str, day: int) -> None:
    assert place_of(address(country)).working_day_from(date(2026, 12, 25)) == date(2026, 12, day)


DAYS = [
    pytest.param("DE", "Köln", "2026-06-04", "2026-06-05", id="Corpus Christi, where no region is told: a day off"),
    pytest.param("DE", "Berlin", "2026-06-04", "2026-06-04", id="Berlin is a region, and has none"),
    pytest.param("DE", " bayern ", "2026-06-04", "2026-06-05", id="Bavaria has"),
    pytest.param("GB", "Leeds", "2026-04-06", "2026-04-07", id="Easter Monday, which no list of all Britain has"),
    pytest.param("GB", "Scotland", "2026-04-06", "2026-04-06", id="in Scotland it is a working day"),
    pytest.param("CH", "Winterthur", "2026-04-03", "2026-04-07", id="Good Friday, which cantons have"),
    pytest.param("US", "Washington", "2026-10-12", "2026-10-13", id="a town with the name of a far-off region"),
    pytest.param("IT", "Roma", "2026-06-29", "2026-06-29", id="a town's own day is not its country's"),
    pytest.param("SE", "Lund", "2026-12-24", "2026-12-28", id="Sweden: the law counts Christmas Eve"),
    pytest.param("DK", "Odense", "2026-06-05", "2026-06-08", id="Denmark: and Constitution Day"),
    pytest.param("DK", "Odense", "2026-05-01", "2026-05-01", id="but not the first of May"),
    pytest.param("FI", "Oulu", "2026-06-19", "2026-06-22", id="Finland: Midsummer Eve"),
    pytest.param("NL", "Delft", "2026-05-05", "2026-05-06", id="the Netherlands: Liberation Day every year"),
    pytest.param("AT", "Linz", "2026-04-03", "2026-04-07", id="Austria: Good Friday is like a Sunday"),
    pytest.param("AT", "Linz", "2026-12-24", "2026-12-24", id="but banks' days are not"),
    pytest.param("DE", "Köln", "2026-12-24", "2026-12-24", id="Germany: Christmas Eve is a working day"),
    pytest.param("DE", "Köln", "2026-12-31", "2026-12-31", id="and the year's last, which looks at the next year"),
    pytest.param("DE", "Köln", "2027-01-01", "2027-01-04", id="and the first is none"),
    pytest.param("EL", "Athina", "2026-03-25", "2026-03-26", id="Greece as the Union writes it"),
    pytest.param("uk", "Leeds", "2026-12-28", "2026-12-29", id="Britain as its people write it"),
    pytest.param("DE", "Köln", "2150-12-24", "2150-12-24", id="a year that nobody knows: weekends alone"),
]


@pytest.mark.parametrize(("country", "city", "day", "ends"), DAYS)
def test_what_a_day_off_is(country: str, city: str, day: str, ends: str) -> None:
    found = place_of(address(country, city)).working_day_from(date.fromisoformat(day))
    assert found == date.fromisoformat(ends)


@pytest.mark.parametrize("odd", [None, 5, "TR", [], {"code": None}, {"code": 7}, {"code": "Deutschland"}, {"code": ""}])
def test_an_address_that_tells_no_country_has_weekends(odd: Any) -> None:
    place = place_of({"country": odd, "city": odd})
    assert place.working_day_from(date(2026, 12, 25)) == date(2026, 12, 25)
    assert zones_of(place.country) == ()
    assert place_of({}) == HolidayPlace()


def test_the_merchant_adds_days_and_regions() -> None:
    rules = WithdrawalRules.model_validate(
        {"holidays": {"it": ["2026-12-07"], "*": ["2026-11-30"]}, "holiday_regions": ["IT-RM"]}
    )

    def place(country: str) -> HolidayPlace:
        return place_of(address(country), days=rules.days_off, regions=frozenset(rules.holiday_regions))

    assert place("IT").working_day_from(date(2026, 12, 7)) == date(2026, 12, 9)  # Milan's day, then the Immaculate's
    assert place("FR").working_day_from(date(2026, 12, 7)) == date(2026, 12, 7)
    assert place("IT").working_day_from(date(2026, 6, 29)) == date(2026, 6, 30)  # Rome's patrons
    assert {place(code).working_day_from(date(2026, 11, 30)) for code in ("IT", "TR", "XX")} == {date(2026, 12, 1)}


@pytest.mark.parametrize("country", ["DE", "AU", "MY", "US"])
def test_a_region_never_takes_away_a_day_of_its_country(country: str) -> None:
    nationwide = days_off(country, "", (), 2026)
    assert nationwide
    assert all(known_country(country) and day.year == 2026 for day in nationwide)
    for region in {"DE": ["BY"], "AU": ["TAS"], "MY": ["02"], "US": ["CA"]}[country]:
        assert days_off(country, region, (), 2026) <= nationwide


def test_the_day_ends_by_the_clocks_of_the_country() -> None:
    assert [str(zone) for zone in zones_of("DE")] == ["Europe/Berlin", "Europe/Busingen"]
    assert {str(zone) for zone in zones_of("ES")} == {"Africa/Ceuta", "Atlantic/Canary", "Europe/Madrid"}
