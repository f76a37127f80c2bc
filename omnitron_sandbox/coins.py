"""How finely amounts are paid: the minor units of ISO 4217, in the maintenance agency's own table (`iso4217`)."""

from decimal import Decimal
from functools import cache

from iso4217 import Currency


@cache
def smallest_unit(currency: str) -> Decimal:
    """The smallest amount of this currency that can be paid: `1`, `0.01`, `0.001`; of an unknown one, `0.01`."""
    try:
        places = Currency(currency.strip().upper()).exponent
    except ValueError:
        places = None
    return Decimal(1).scaleb(-2 if places is None else -places)


def places_of(amount: Decimal) -> int:
    """How many decimal places an amount needs: 0 for `20.00`, 2 for `1.250`, 3 for `1.255`."""
    exponent = amount.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
