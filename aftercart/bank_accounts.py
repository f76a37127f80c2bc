"""Bank accounts that money can be sent to: an IBAN (ISO 13616) as people type it, in its plain form."""

import re
import unicodedata

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

LONGEST_TYPED = 64
LONGEST_HOLDER = 255
# Blanks of every kind, invisible characters that get copied along, and separators that some write between the groups.
_BETWEEN = re.compile("[\\s\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff.-]+")
_NAMED = re.compile("^IBAN:?(?=[A-Z]{2}[0-9]{2})")


def plain_iban(typed: str) -> str:
    """The IBAN without blanks, in capitals; empty if nothing was typed.

    Its country's format and the check digits are validated; whether the account exists only its bank knows. Raises
    ValueError.
    """
    plain = _NAMED.sub("", _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper())
    if not plain:
        return ""
    try:
        return str(IBAN(plain)) if plain.isascii() else _refuse()
    except SchwiftyException:
        return _refuse()


def _refuse() -> str:
    raise ValueError("no IBAN")  # without what was typed, so that no log reveals an account


def grouped(iban: str) -> str:
    """An IBAN as people read it: in groups of four."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def read_iban(typed: str) -> str:
    """`plain_iban` for a field of a body."""
    try:
        return plain_iban(typed)
    except ValueError:
        raise PydanticCustomError("iban", "no IBAN") from None


def _none_is_blank(value: object) -> object:
    return "" if value is None else value


NoneIsBlank = BeforeValidator(_none_is_blank)
"""For a text in a body: null means the same as blank."""
