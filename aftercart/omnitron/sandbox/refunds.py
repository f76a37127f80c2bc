"""What a cancellation plan pays back, worked out from Omnitron's own books in whole coins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

AT_THE_DOOR = ("delivery", "kapida", "door")


def is_paid_at_the_door(payment: dict[str, Any], slug: Any) -> bool:
    """Whether an order is paid when it is handed over."""
    said = " ".join(str(text or "") for text in (payment.get("payment_type"), payment.get("slug"), slug)).lower()
    return any(word in said for word in AT_THE_DOOR)


def in_equal_parts(amount: Any, count: int) -> list[str]:
    """An amount in so many parts, as equal as its coins allow; together they are the amount."""
    whole = Decimal(str(amount))
    coin = Decimal(1).scaleb(min(int(whole.as_tuple().exponent), -2))
    coins = int(whole / coin)
    return [f"{(coins * (n + 1) // count - coins * n // count) * coin:f}" for n in range(count)]
