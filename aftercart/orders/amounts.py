"""The column type of amounts, which stores what was sent: two decimal places or more, all that a currency may have."""

from decimal import Decimal
from typing import Any

from django.db import models

from aftercart.currencies import FINEST_PLACES, USUAL_PLACES, with_places

INTEGER_DIGITS = 10


class AmountField(models.DecimalField):  # type: ignore[type-arg]
    """An amount in the currency of its order: `1349.00`, `1.255`.

    On PostgreSQL a number without a fixed scale, which comes back with the places it was written with at no cost for
    readers; elsewhere it is stored with the most places that a currency has, and unneeded ones are dropped on reading.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", INTEGER_DIGITS + FINEST_PLACES)
        kwargs.setdefault("decimal_places", FINEST_PLACES)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str | None:
        """The column's type."""
        return "numeric" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_converters(self, connection: Any) -> list[Any]:
        """Converters for values on their way out."""
        return [] if connection.vendor == "postgresql" else [_as_sent]

    def get_prep_value(self, value: Any) -> Any:
        """The amount with its two places at least."""
        prepared = super().get_prep_value(value)
        return with_places(prepared, USUAL_PLACES) if isinstance(prepared, Decimal) else prepared


def is_amount(field: Any) -> bool:
    """Whether a column is an amount."""
    return isinstance(field, AmountField)


def _as_sent(value: Decimal | None, _expression: Any, _connection: Any) -> Decimal | None:
    return value if value is None else with_places(value, USUAL_PLACES)
