"""One row of a list: parsed, or reported as unreadable with as much of it as can be made out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from .messages import Hints, Message, Unreadable

N = TypeVar("N", bound=Message)

# Where each of the hints stands in a row.
_KEYS: Final[Mapping[str, Sequence[str]]] = {
    "pk": ("pk", "id"),
    "remote_id": ("remote_id", "extra_field"),
    **{name: (name,) for name in ("number", "order_number", "modified_date", "extra_field")},
}


def why_unreadable(model: type[Message], error: ValidationError) -> str:
    """Places and messages only: the values may be a customer's."""
    wrong = (
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False)[:3]
    )
    return f"no readable {model.__name__}: {'; '.join(wrong)}"


def read_row(model: type[N], row: object) -> N | Unreadable:
    """A row of a list as its message, or what could be made out of it."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        return _unreadable(row, why_unreadable(model, error))


def _unreadable(row: object, reason: str) -> Unreadable:
    """With as much of it as can be made out."""
    known: dict[str, Any] = {}
    for name in Hints.model_fields:
        try:
            known[name] = getattr(Hints.model_validate({key: row[key] for key in _KEYS[name] if key in row}), name)  # type: ignore[index, operator]
        except (ValidationError, TypeError):
            continue
    return Unreadable(
        reason=reason,
        row=row,
        pk=known.get("pk"),
        number=known.get("number") or known.get("order_number") or "",
        remote_id=known.get("remote_id"),
        modified_date=known.get("modified_date"),
    )
