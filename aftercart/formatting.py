"""Amounts, moments and addresses as the reader's language and country write them, for pages and mails."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

from babel.core import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, parse_pattern
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import get_language

from aftercart.currencies import USUAL_PLACES, decimal_places, places_of


def money(amount: Any, currency: str) -> str:
    """An amount as the reader's language writes it: `1.349,00 TL`, `€12.50`, `¥667`, `TRY 1,349.00`.

    With the decimal places of the currency, or more if the amount has them: what is written is never another amount,
    and adds up.
    """
    try:
        value = Decimal(str(amount)) + 0  # no negative zero
        places = written_places(value, currency)
    except InvalidOperation:
        return ""
    language, code = (get_language() or "en")[:2], currency.upper()
    shape = _shape(language, code, places)
    return shape.write(value) if shape is not None and value.is_finite() else _by_babel(value, language, code, places)


class _Shape(NamedTuple):
    """How a language writes amounts of a currency: what goes around the digits and between them."""

    before: str
    after: str
    before_minus: str
    after_minus: str
    separators: dict[int, str]
    places: int

    def write(self, value: Decimal) -> str:
        """The amount. Babel takes fifty times as long, since it reads its pattern anew each time."""
        digits = f"{abs(value):,.{self.places}f}".translate(self.separators)
        if value < 0:
            return f"{self.before_minus}{digits}{self.after_minus}"
        return f"{self.before}{digits}{self.after}"


@lru_cache(maxsize=256)
def _shape(language: str, code: str, places: int) -> _Shape | None:
    """Learned from Babel's text for one amount and its negative; None if it doesn't group digits by three."""
    written, minus, short = (_by_babel(Decimal(n), language, code, places) for n in (1234567, -1234567, 1234))
    digits = re.search(r"1(?P<group>\D?)234(?P=group)567(?:(\D)0+)?", written)
    if digits is None or digits[0] not in minus or short != written.replace(f"{digits[1]}567", "", 1):
        return None
    before, after = written.split(digits[0], 1)
    before_minus, after_minus = minus.split(digits[0], 1)
    separators = {ord(","): digits[1], ord("."): digits[2] or ""}
    return _Shape(before, after, before_minus, after_minus, separators, places)


def _by_babel(value: Decimal, language: str, code: str, places: int) -> str:
    """The amount as CLDR has it."""
    try:
        if language == "tr" and code == "TRY":  # the sign that people write there is not CLDR's
            return f"{_pattern(language, places, '#,##0').apply(value, 'tr')}\N{NO-BREAK SPACE}TL"
        return _spaced(_pattern(language, places).apply(value, language, code, currency_digits=False), code)
    except UnknownLocaleError:
        return f"{code}\N{NO-BREAK SPACE}{value:,.{places}f}"


def written_places(amount: Decimal, currency: str) -> int:
    """How many decimal places an amount is written with: the currency's, or at least two where it needs more."""
    usual, needed = decimal_places(currency), places_of(amount)
    return usual if needed <= usual else max(needed, USUAL_PLACES)


@lru_cache(maxsize=64)
def _pattern(language: str, places: int, pattern: str = "") -> NumberPattern:
    """How a language writes an amount, with this many decimal places whatever CLDR says of the currency."""
    found = parse_pattern(pattern or Locale.parse(language).currency_formats["standard"].pattern)
    found.frac_prec = (places, places)
    return found


def moment(value: Any, *, zone: bool = False) -> str:
    """A moment, or its ISO text, in the shop's time: `2 July 2026, 14:05`; empty for anything else.

    `zone`: with the offset from UTC, where the moment must be exact for readers anywhere.
    """
    local = local_time(value if isinstance(value, datetime) else parse_datetime(str(value or "")))
    if local is None:
        return ""
    month = _month(get_language(), local.month)
    written = f"{local.day} {month} {local.year:04}, {local.hour:02}:{local.minute:02}"
    return f"{written} (UTC{local.isoformat()[-6:]})" if zone else written


@lru_cache(maxsize=64)
def _month(_language: str | None, month: int) -> str:
    """The name of a month, as it stands in a date."""
    return date_format(date(2000, month, 1), "F")


def local_time(value: datetime | None) -> datetime | None:
    """A moment in the shop's time; None at the calendar's end, which some systems write for "no date"."""
    try:
        return None if value is None else timezone.localtime(value)
    except (OverflowError, ValueError):
        return None


def iso(value: Any) -> str:
    """A moment for machines, in the shop's time; empty for anything else."""
    local = local_time(value if isinstance(value, datetime) else None)
    return local.isoformat() if local else ""


def address_lines(copy: Any) -> list[str]:
    """An address, as an order keeps it, line by line as on a parcel."""
    if not isinstance(copy, dict):
        return []
    place = {name: _name(copy.get(name)) for name in ("district", "township", "city", "country")}
    lines = [
        _joined(" ", copy.get("first_name"), copy.get("last_name")),
        _joined("", copy.get("company_name")),
        _joined("", copy.get("line")),
        _joined(", ", place["district"], place["township"]),
        _joined(" ", copy.get("postcode"), place["city"]),
        place["country"],
        _joined("", copy.get("phone_number")),
    ]
    return [line for line in lines if line]


def _spaced(text: str, code: str) -> str:
    """A currency written by its code is set off by a space: `TRY 1,349.00`."""
    return text.replace(code, f"{code}\N{NO-BREAK SPACE}", 1) if code in text else text


def _name(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def _joined(between: str, *parts: Any) -> str:
    return between.join(str(part).strip() for part in parts if part and str(part).strip())
