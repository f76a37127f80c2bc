"""Amounts and moments are written as Babel and Django write them, in every language that the pages speak."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from hypothesis import given
from hypothesis import strategies as st

from aftercart import formatting

LANGUAGES = [code for code, _name in settings.LANGUAGES]
AMOUNTS = st.decimals(-(10**10), 10**10, places=4) | st.decimals(-5000, 5000, places=2) | st.integers(-(10**20), 10**20)


def by_babel(amount: Decimal, currency: str, language: str) -> str:
    places = formatting.written_places(amount, currency)
    pattern = "#,##0" + "." * bool(places) + "0" * places
    if (language, currency) == ("tr", "TRY"):
        return f"{format_decimal(amount, pattern, 'tr')}\N{NO-BREAK SPACE}TL"
    text = format_currency(amount, currency, f"¤{pattern}", language, currency_digits=False)
    return text.replace(currency, f"{currency}\N{NO-BREAK SPACE}", 1)


@given(AMOUNTS, st.sampled_from(["TRY", "EUR", "JPY", "KWD", "USD", "XYZ"]), st.sampled_from(LANGUAGES))
def test_an_amount_is_written_as_babel_writes_it(amount: Decimal | int, currency: str, language: str) -> None:
    with translation.override(language):
        assert formatting.money(amount, currency) == by_babel(Decimal(amount) + 0, currency, language)


@pytest.mark.parametrize(
    ("amount", "language", "written"),
    [
        ("1349", "tr", "1.349,00\N{NO-BREAK SPACE}TL"),
        ("-0.00", "tr", "0,00\N{NO-BREAK SPACE}TL"),
        ("-1349.5", "tr", "-1.349,50\N{NO-BREAK SPACE}TL"),
        ("1349.125", "en", "TRY\N{NO-BREAK SPACE}1,349.125"),
        ("-12.5", "en", "-TRY\N{NO-BREAK SPACE}12.50"),
        ("none", "en", ""),
        (None, "en", ""),
    ],
)
def test_an_amount_stays_what_it_is(amount: str | None, language: str, written: str) -> None:
    with translation.override(language):
        assert formatting.money(amount, "try") == written


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.sampled_from(LANGUAGES))
def test_a_moment_is_written_as_django_writes_it(naive: datetime, language: str) -> None:
    moment = naive.replace(tzinfo=UTC)
    with translation.override(language):
        assert formatting.moment(moment) == date_format(timezone.localtime(moment), "j F Y, H:i")
