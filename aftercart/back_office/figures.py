"""The figures of the front page: what each page says there of its rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext


class Figure(TypedDict):
    """A number on the front page, and where it leads. A dictionary: pages of lower layers cannot import this."""

    of: str
    title: object
    value: int
    note: str
    link: str
    colour: str
    """How it looks when it is not zero: `warning`, `danger` or plain."""
    details: Sequence[str]


def heading(name: object) -> str:
    """A name as a heading; the Turkish i keeps its dot."""
    text = str(name)
    first = "İ" if text[:1] == "i" and get_language() == "tr" else text[:1].upper()
    return first + text[1:]


def since(moment: datetime | None, now: datetime) -> str:
    """The oldest one's age, in words."""
    return gettext("oldest: %(age)s") % {"age": timesince(moment, now, depth=2)} if moment else ""
