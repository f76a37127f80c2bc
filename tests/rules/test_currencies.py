"""How finely a currency is paid, and how amounts of it are written: by ISO 4217, whatever Babel says this year."""

import re
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from aftercart.currencies import decimal_places, on_the_wire, places_of, smallest_unit, unit_of, with_places
from aftercart.formatting import money

CODES = sorted(currency.value for currency in Currency)


@pytest.mark.parametrize(
    ("codes", "places"),
    [
        ("jpy krw isk clp vnd xaf xof xpf ugx pyg", 0),
        ("try eur usd huf idr cop rsd all afn mga xau tl", 2),
        ("kwd bhd tnd iqd jod omr lyd", 3),
        ("clf uyw", 4),
    ],
    ids=["none", "two", "three", "four"],
)
def test_the_places_are_those_of_iso_4217(codes: str, places: int) -> None:
    assert {code: decimal_places(code) for code in codes.split()} == dict.fromkeys(codes.split(), places)


@pytest.mark.parametrize("language", ["en", "tr", "xx"])
@given(code=st.sampled_from([*CODES, "TL", "BTC"]), units=st.integers(-(10**12), 10**12))
def test_what_is_written_is_the_amount_in_every_currency(language: str, code: str, units: int) -> None:
    amount = on_the_wire(units * smallest_unit(code), code)
    with translation.override(language):
        text = money(amount, code.lower())
    decimal_sign = "," if language == "tr" else "."
    (found,) = re.findall(r"\d[\d.,]*", text)
    written = re.sub(rf"[^0-9{decimal_sign}]", "", found).replace(decimal_sign, ".")
    assert Decimal(written) == abs(amount)
    assert places_of(Decimal(written)) <= decimal_places(code)
    assert len(written.partition(".")[2]) == decimal_places(code)
    assert (units < 0) == ("-" in text)


def test_an_amount_finer_than_its_currency_is_written_whole() -> None:
    with translation.override("en"):
        assert money("1000.50", "jpy") == "¥1,000.50"
        assert money("0.125", "usd") == "$0.125"


def test_nothing_has_no_minus() -> None:
    with translation.override("en"):
        assert money("-0.00", "eur") == "€0.00"
    assert str(on_the_wire(Decimal("-0.000"), "kwd")) == "0.000"


@pytest.mark.parametrize(
    ("amount", "currency", "wire"),
    [
        ("1349", "try", "1349.00"),
        ("666", "jpy", "666.00"),
        ("1.5", "kwd", "1.500"),
        ("1.255", "kwd", "1.255"),
        ("10.10", "eur", "10.10"),
    ],
)
def test_the_wire_has_two_places_or_the_currencys_own(amount: str, currency: str, wire: str) -> None:
    assert str(on_the_wire(Decimal(amount), currency)) == wire


def test_an_amount_is_never_rounded() -> None:
    assert with_places(Decimal("1.2550"), 2) == Decimal("1.255")


def test_what_is_finer_than_the_currency_is_shared_as_finely() -> None:
    assert unit_of("jpy", [Decimal("1000.00")]) == 1
    assert unit_of("jpy", [Decimal("1000.50")]) == Decimal("0.1")
    assert unit_of("kwd", [Decimal("1.5")]) == Decimal("0.001")
