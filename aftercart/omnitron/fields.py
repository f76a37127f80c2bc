"""The field types of Omnitron's answers, and what each of them tolerates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, StrictStr

from aftercart.statuses import Status as OrderStatus

STATUS_CODES: Final[Mapping[str, int]] = MappingProxyType(
    {status.wire_name: int(status) for status in OrderStatus} | {"cancelled": int(OrderStatus.CANCELED)}
)
"""Names of order and item statuses, as some answers carry them instead of the code."""


def _plain(value: Any) -> Any:
    """{"value": ..., "label": ...} → its value."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _status(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, bool):
        raise ValueError("a status is a number or a name")
    return STATUS_CODES.get(value.strip().lower(), value) if isinstance(value, str) else value


def _word(value: Any) -> Any:
    value = _plain(value)
    return value.strip().lower() if isinstance(value, str) else value


def _pk(value: Any) -> Any:
    """The pk of a relation that may have been expanded into an object."""
    if isinstance(value, dict):
        value = value.get("pk", value.get("id", value.get("value")))
    if isinstance(value, bool):
        raise ValueError("a pk is a number")
    return value


def _optional_pk(value: Any) -> Any:
    return None if value in ("", None) else _pk(value)


def _object(value: Any) -> Any:
    """A relation that may have been left as its pk."""
    if value in ("", None):
        return None
    return {"pk": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _object_or_empty(value: Any) -> Any:
    return {} if value in ("", None) else value


def _list_or_empty(value: Any) -> Any:
    return value if isinstance(value, list) else []


def _text(value: Any) -> Any:
    value = _plain(value)
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _one_if_missing(value: Any) -> Any:
    return 1 if value is None else value


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


# ruff: noqa: RUF036 (the order is the order in which they are tried)
# Well-formed values (most of them) take pydantic's fast path, in a tenth of the time; only the rest goes through the
# functions above.
IN_TURN = Field(union_mode="left_to_right")

# A key that no database has would stop every row that is looked up with it.
InBounds = Field(ge=-(2**63), le=2**63 - 1)
Key = Annotated[int, Strict(), InBounds]
Pk = Annotated[Key | Annotated[int, BeforeValidator(_pk), InBounds], IN_TURN]
OptionalPk = Annotated[Key | Annotated[Annotated[int, InBounds] | None, BeforeValidator(_optional_pk)], IN_TURN]
Status = Annotated[int, BeforeValidator(_status), Field(ge=0)]
Word = Annotated[str, BeforeValidator(_word)]
Text = Annotated[StrictStr | Annotated[str, BeforeValidator(_text)], IN_TURN]
Money = Annotated[None | Decimal | Annotated[None, BeforeValidator(_none_if_empty)], IN_TURN]
Moment = Annotated[
    None
    | AwareDatetime
    | Annotated[Annotated[datetime, AfterValidator(_aware)] | None, BeforeValidator(_none_if_empty)],
    IN_TURN,
]
Expanded = Annotated[None | dict[str, Any] | Annotated[dict[str, Any] | None, BeforeValidator(_object)], IN_TURN]
Bag = Annotated[dict[str, Any] | Annotated[dict[str, Any], BeforeValidator(_object_or_empty)], IN_TURN]
Listed = Annotated[list[Any], BeforeValidator(_list_or_empty)]
Quantity = Annotated[int, BeforeValidator(_one_if_missing), Field(ge=1)]
