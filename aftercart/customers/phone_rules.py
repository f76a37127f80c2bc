"""Whether a text can be a phone number. Pure; `phonenumbers` knows what a country's numbers look like.

Nothing is rewritten: a number is stored as it was typed (docs/decisions/0038-phones-and-postcodes.md).
"""

import re
from collections.abc import Iterator

from django.utils.translation import gettext, ngettext
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, is_valid_number, parse
from phonenumbers.phonenumber import PhoneNumber

from aftercart.countries import iso_code

LETTERS = re.compile(r"[0-9 +()./-]+", re.ASCII)
MOST_DIGITS = 17  # the longest possible number has fifteen; 00 may precede it
# What the platform asks of every number, and we of Turkish ones: `0555 111 22 33`.
TURKISH_CODE, TURKISH_DIGITS = 90, 11
COUNTRIES = frozenset(region for regions in COUNTRY_CODE_TO_REGION_CODE.values() for region in regions)


def phone_problem(
    text: str, *, country: str = "", least_digits: int | None = None, turkish_digits: int = TURKISH_DIGITS
) -> str:
    """What is wrong with a number; blank if nothing is.

    `country`: the code of the country that is assumed; a number of another begins with + or 00. `least_digits`: the
    merchant's own rule, which then is the only one; `turkish_digits`: the same for Turkish numbers, and for those
    whose country is unknown.
    """
    if wrong := wrong_letters(text):
        return wrong
    if least_digits is not None:
        return too_few_digits(text, least_digits)
    numbers = list(_read(text, iso_code(country)))
    if any(number.country_code == TURKISH_CODE for number in numbers) or not (numbers or is_international(text)):
        return too_few_digits(text, turkish_digits)
    return "" if any(is_valid_number(number) for number in numbers) else _said(text)


def wrong_letters(text: str) -> str:
    """The sentence for characters that no phone number has; blank if nothing is wrong."""
    if not LETTERS.fullmatch(text):
        return gettext("Use digits, spaces and + ( ) - . / only.")
    if _digits(text) > MOST_DIGITS:
        return gettext("This is too long for a phone number.")
    return ""


def too_few_digits(text: str, least: int) -> str:
    """The sentence for a number with fewer digits; blank if it has enough."""
    if _digits(text) >= least:
        return ""
    sentence = ngettext("At least %(count)d digit is needed.", "At least %(count)d digits are needed.", least)
    return sentence % {"count": least}


def is_international(text: str) -> bool:
    """Whether a number says its country."""
    return _bare(text).startswith(("+", "00"))


def _read(text: str, country: str) -> Iterator[PhoneNumber]:
    """The numbers that a text may mean; none if it is unreadable, or names no country and none is known."""
    bare = _bare(text)
    if not bare.startswith("+") and country in COUNTRIES:
        yield from _parsed(text, country)
    if is_international(text):
        # 00 is written everywhere, even where the network wants another prefix (011, 010).
        yield from _parsed("+" + bare.removeprefix("00") if bare.startswith("00") else text, None)


def _parsed(text: str, country: str | None) -> Iterator[PhoneNumber]:
    try:
        yield parse(text, country)
    except NumberParseException:
        return


def _said(text: str) -> str:
    if is_international(text):
        return gettext("There is no such phone number in the country whose code it begins with. Please check it.")
    return gettext(
        "There is no such phone number in this country. Please check it; a number of another country begins with + and "
        "its code, as in +49 30 123456."
    )


def _bare(text: str) -> str:
    return re.sub(r"[^0-9+]", "", text)


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)
