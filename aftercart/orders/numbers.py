"""Order numbers in links, and as people write them. Pure.

A number is any printable text. Most can be part of a URL as they are; the others, which a URL would lose or change
something of (`a/../b`, `A/cancel`), are written as `=` and their text in base64.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

CODED = "="
# What a browser or a proxy takes for a step of its own, and what our pages of an order are called.
NO_STEPS = frozenset(["", ".", "..", "cancel", "address", "withdraw"])
# All other characters are changed by something that a signed link passes; a storefront turns commas into slashes.
SAFE = re.compile(r"[\w-][\w=-]*", re.ASCII)


def in_path(number: str) -> str:
    """A number as part of a page's URL; percent-encoding is left to the router."""
    awkward = number.startswith(CODED) or not NO_STEPS.isdisjoint(number.split("/"))
    return _coded(number) if awkward else number


def from_path(text: str) -> str:
    """The number in a page's URL, whether we wrote it or somebody else did."""
    number = _decoded(text)
    return number if number is not None and in_path(number) == text else text


def in_token(number: str) -> str:
    """A number of the characters `\\w = -` alone."""
    return number if SAFE.fullmatch(number) else _coded(number)


def from_token(text: str) -> str:
    """The number that `in_token` wrote so."""
    number = _decoded(text)
    return number if number is not None and in_token(number) == text else text


def bare(number: str) -> str:
    """The number without the `#` that some shops and people write before it."""
    return number.lstrip("#").lstrip() or number


def other_way(number: str) -> str:
    """The number as others may write it: `2044` for `#2044`, and the reverse."""
    return f"#{number}" if bare(number) == number else bare(number)


def _coded(number: str) -> str:
    return CODED + urlsafe_b64encode(number.encode()).decode().rstrip("=")


def _decoded(text: str) -> str | None:
    if not text.startswith(CODED):
        return None
    letters = text[1:]
    try:
        return urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
