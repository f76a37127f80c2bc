"""The field types of the commerce wire: what each tolerates, and what it refuses."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from aftercart.currencies import FINEST_PLACES, USUAL_PLACES, places_of, with_places
from aftercart.orders.received import FIRST_YEAR, LAST_YEAR, date_known
from aftercart.statuses import Status, read_status

LARGEST_ID = 2**63 - 1
HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
LONGEST_TEXT = 20_000
DEEPEST = 20
RATE_PLACES = Decimal("0.000001")
# What JSON writers of 64 bits can write, ours among them.
SMALLEST_WRITTEN, LARGEST_WRITTEN = -(2**63), 2**64 - 1


def wrong(why: str) -> PydanticCustomError:
    """What a validator raises: the sentence behind a field's path."""
    return PydanticCustomError("wire", "{why}", {"why": why})


def _plain(value: object) -> object:
    """`{"value": "400", "label": "…"}` → `"400"`."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _id(value: object) -> object:
    if isinstance(value, bool | float | Decimal):
        raise wrong("must be a whole number")
    return value


def _status(value: object) -> Status:
    plain = _plain(value)
    try:
        return read_status(plain)
    except ValueError:
        raise wrong(f"{str(plain)[:60]!r} is not a status") from None


def _currency(value: object) -> object:
    plain = _plain(value)
    return plain.strip().lower() if isinstance(plain, str) else plain


def _decimal(value: object) -> object:
    if isinstance(value, bool):
        raise wrong('must be an amount, such as "1349.00"')
    if isinstance(value, float):
        return repr(value)  # the digits as they were written, not the binary fraction behind them
    return value.strip() if isinstance(value, str) else value


def _amount(value: Decimal) -> Decimal:
    """An amount as it is stored; whether it is too fine for its currency is judged with the whole order."""
    if places_of(value) > FINEST_PLACES:
        raise wrong("has more than four decimal places")
    return with_places(value, USUAL_PLACES)


def _rate(value: Decimal) -> Decimal:
    """With six places: what no tax office writes is rounded off."""
    return value.quantize(RATE_PLACES)


def _moment(value: object) -> object:
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise wrong('must be a date, such as "2026-01-31T09:30:00Z"')
    try:
        return datetime.fromisoformat(value.strip()) if value.strip() else None
    except ValueError:
        raise wrong(f"{value[:60]!r} is not a date") from None


def _aware(value: datetime) -> datetime:
    if date_known(value) is None:
        raise wrong(f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _none_if_never(value: object) -> object:
    """A date that may be missing, which an impossible year means, too."""
    read = _moment(value)
    return date_known(read) if isinstance(read, datetime) else read


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _readable(text: str) -> str:
    if "\0" in text:
        raise wrong("contains a NUL character")
    if not text.isascii() and HALF_A_CHARACTER.search(text):
        raise wrong("contains characters that cannot be read")
    return text


def _number(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise wrong("must be printable, without spaces around it")
    if text in (".", ".."):
        raise wrong("cannot stand in an address: browsers take it for a folder")
    return text


def _email(text: str) -> str:
    name, _, domain = text.strip().rpartition("@")
    if text and (not name or not domain or any(letter.isspace() for letter in text.strip())):
        raise wrong(f"{text[:80]!r} is not an e-mail address")
    return text.strip()


def harmless(value: Any) -> Any:
    """Refuse what no database stores, our JSON cannot express, or nobody meant: NUL, endless texts and numbers."""
    for where, text in _texts(value, ()):
        try:
            _readable(text)
        except PydanticCustomError as error:
            raise wrong(_at(where, error.message())) from None
        if len(text) > LONGEST_TEXT:
            raise wrong(_at(where, f"has more than {LONGEST_TEXT} characters"))
    return value


def _at(where: tuple[str, ...], why: str) -> str:
    return f"{'.'.join(where)}: {why}" if where else why


def _texts(value: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if len(where) > DEEPEST:
        raise wrong(_at(where[:2], f"is nested deeper than {DEEPEST} levels"))
    if isinstance(value, float) and not isfinite(value):
        raise wrong(_at(where, "is too large a number"))
    if isinstance(value, int) and not SMALLEST_WRITTEN <= value <= LARGEST_WRITTEN:
        raise wrong(_at(where, "is too large a number"))
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield where, key
            yield from _texts(inside, (*where, key[:40]))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from _texts(inside, (*where, str(index)))


Text = Annotated[str, AfterValidator(_readable)]
Word = Annotated[str, BeforeValidator(_plain)]
Id = Annotated[int, BeforeValidator(_id), Field(ge=1, le=LARGEST_ID)]
WireStatus = Annotated[Status, BeforeValidator(_status)]
Currency = Annotated[str, BeforeValidator(_currency), Field(min_length=1, max_length=8), AfterValidator(_readable)]
Money = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, lt=10**10, allow_inf_nan=False),
    AfterValidator(_amount),
]
Rate = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, lt=10**4, allow_inf_nan=False),
    AfterValidator(_rate),
]
Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_aware)]
OptionalMoment = Annotated[Moment | None, BeforeValidator(_none_if_never)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_readable), AfterValidator(_email)]
Code = Annotated[str, BeforeValidator(_text), Field(max_length=128), AfterValidator(_readable)]
OptionalCode = Annotated[Code | None, BeforeValidator(_none_if_blank)]
Link = Annotated[str, Field(max_length=512), AfterValidator(_readable)]
Bag = Annotated[dict[str, Any], AfterValidator(harmless)]
Number = Annotated[
    str, BeforeValidator(_text), Field(min_length=1, max_length=128), AfterValidator(_readable), AfterValidator(_number)
]
Quantity = Annotated[int, BeforeValidator(_id), Field(ge=1, lt=2**31)]
