"""How finely each currency is paid: the minor unit of ISO 4217, and how amounts are written on the wire. Pure.

The `iso4217` package carries the maintenance agency's own table. Babel's figures are CLDR's, which differ: they say how
people write amounts of cash (Hungarian forints without cents), and change from release to release.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache

from iso4217 import Currency

USUAL_PLACES = 2
FINEST_PLACES = 4
"""No currency of ISO 4217 has more."""


@cache
def decimal_places(currency: str) -> int:
    """How many decimal places an amount of this currency can be paid with: 0 for `jpy`, 2 for `try`, 3 for `kwd`.

    Two for a code that ISO 4217 does not know, or gives no minor unit.
    """
    try:
        places = Currency(currency.strip().upper()).exponent
    except ValueError:
        return USUAL_PLACES
    return USUAL_PLACES if places is None else places


@cache
def smallest_unit(currency: str) -> Decimal:
    """The smallest amount of this currency that can be paid: `1`, `0.01`, `0.001`."""
    return Decimal(1).scaleb(-decimal_places(currency))


def wire_places(currency: str) -> int:
    """How many decimal places the wire writes at least: two, as in `"1349.00"`, or the currency's where it has more."""
    return max(USUAL_PLACES, decimal_places(currency))


def places_of(amount: Decimal) -> int:
    """How many decimal places an amount needs: 0 for `20.00`, 2 for `1.250`, 3 for `1.255`."""
    exponent = amount.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def with_places(amount: Decimal, places: int) -> Decimal:
    """The same amount with this many decimal places, or more where it needs them: never rounded."""
    return amount.quantize(Decimal(1).scaleb(-max(places, places_of(amount)))) + 0  # no negative zero


def on_the_wire(amount: Decimal, currency: str) -> Decimal:
    """The same amount with the decimal places that the wire writes: `Decimal("20.00")`, `Decimal("1.250")`."""
    return with_places(amount, wire_places(currency))


def unit_of(currency: str, amounts: Iterable[Decimal]) -> Decimal:
    """The unit in which these amounts are divided: the currency's smallest, or a finer one if an amount needs it."""
    return min(smallest_unit(currency), Decimal(1).scaleb(-max(map(places_of, amounts), default=0)))
