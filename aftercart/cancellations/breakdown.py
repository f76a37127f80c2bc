"""What an order's payment is made of: goods, discounts, tax, shipping and charges, shared among its items. Pure.

Shops write orders differently: a discount may or may not include a coupon on shipping or what a gift card paid; prices
may be written with the discount already taken off, or without tax. The order's amount tells which: the reading by which
the parts add up to it is the right one (docs/decisions/0031-what-the-amount-is-made-of.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
EXACT = 12
"""More decimal places than any weight has: four of a price, four of its tax rate, two for the division by 100."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the order. `price` is the price of one piece; every count is of pieces."""

    id: int
    price: Decimal
    quantity: int = 1
    on_its_way: int = 0
    """In cancellation: their money is coming back, but is not in `Paid.refunded` yet."""
    returned: int = 0
    """Cancelled or given back: done with."""
    shipped: bool = False
    """Whether it has ever left the shop."""
    discount: Decimal | None = None
    """Its own discount, of all its pieces, where the order says so."""
    tax_rate: Decimal = NOTHING
    """Per cent; counts only where the prices turn out to be without tax."""
    paid: bool = True
    """Whether it was paid, if the order's payment has arrived at all."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What an order cost, and what has been sent back of it."""

    amount: Decimal
    """All that was paid, with shipping, without the discount."""
    discount: Decimal = NOTHING
    shipping: Decimal = NOTHING
    refunded: Decimal = NOTHING
    """All that has been sent back, made up as `amount` is."""
    discount_refunded: Decimal = NOTHING
    """How much discount was taken off there."""
    shipping_refunded: Decimal = NOTHING
    """How much shipping is in it."""
    loyalty: Decimal = NOTHING
    """What was paid with loyalty points."""
    received: bool = True
    """Whether the payment has arrived."""
    unit: Decimal = CENT
    """The smallest amount that can be paid, of which all of these are multiples."""
    shipping_discount: Decimal = NOTHING
    """How much of the shipping a coupon took off."""
    gift_card: Decimal = NOTHING
    """What a gift card paid."""
    gift_card_is_discount: bool = False
    """Whether the order lists the gift card among its discounts."""
    gift_card_back_to: str = "gift_card"
    """Where that goes back to: `gift_card`, `money` or `loyalty`."""
    collected: Decimal | None = None
    """What the order's transactions have brought in, where it lists them."""
    shipping_tax_rate: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read an order's amounts."""

    amount: Decimal
    discount: Decimal
    shipping: Decimal
    loyalty: Decimal
    gift_card: Decimal

    def explains(self, goods: Decimal) -> bool:
        """Whether the parts add up to the amount."""
        fits = self.discount >= 0 and self.shipping >= 0
        return fits and self.amount == goods - min(self.discount, goods) + self.shipping


class Breakdown:
    """An order's payment in parts, each a whole number of units; together they are `amount`."""

    def __init__(self, paid: Paid, lines: Sequence[Line]) -> None:
        self.unit = paid.unit
        goods = total(line.price * line.quantity for line in lines)
        found = _reading(paid, goods)
        self.amount = found.amount
        """All that was paid, points and gift cards included."""
        self.loyalty = min(found.loyalty, self.amount)
        self.gift_card = min(found.gift_card, self.amount - self.loyalty)
        # What the parts do not explain: a further reduction is shared like the discount, a further charge comes back
        # with the shipping.
        discount = min(found.discount, goods)
        unexplained = self.amount - (goods - discount + found.shipping)
        self.discount = min(goods, discount + max(-unexplained, NOTHING))
        self.shipping = min(found.shipping, self.amount - (goods - self.discount))
        self.other = self.amount - (goods - self.discount) - self.shipping
        self.discounts, own = discounts_of(lines, self.discount, self.unit)
        self.own_discounts, self.shared_discount = bool(own), self.discount - own
        self.taxes = dict.fromkeys(self.discounts, NOTHING)
        self._read_taxes(paid, lines)

    def _read_taxes(self, paid: Paid, lines: Sequence[Line]) -> None:
        """Where the charge that is left is the tax on prices without it, each line has paid its own."""
        nets = [line.price * line.quantity - self.discounts[line.id] for line in lines]
        due = [net * line.tax_rate / 100 for net, line in zip(nets, lines, strict=True)]
        for due_on_shipping in (NOTHING, self.shipping * paid.shipping_tax_rate / 100):
            expected = total(due) + due_on_shipping
            if not self.other or not total(due) or abs(self.other - expected) > self.unit * (len(lines) + 1) / 2:
                continue
            *shares, on_shipping = apportion(self.other, [*due, due_on_shipping], self.unit)
            self.taxes = {line.id: share for line, share in zip(lines, shares, strict=True)}
            self.other, self.shipping = NOTHING, self.shipping + on_shipping
            return


def _reading(paid: Paid, goods: Decimal) -> _Reading:
    """The first reading that explains the amount; the likeliest where none does."""
    readings = list(_readings(paid))
    return next((reading for reading in readings if reading.explains(goods)), readings[0])


def _readings(paid: Paid) -> Iterator[_Reading]:
    """Every way to read the amounts, the likeliest first."""
    gift, coupon = paid.gift_card, paid.shipping_discount
    inside = [(gift, gift)] if paid.gift_card_is_discount and paid.discount >= gift else []
    # How much of the discount the gift card is, and how much it adds to the amount.
    gift_cards = [*inside, (NOTHING, NOTHING), *([(NOTHING, gift)] if gift else [])]
    coupons = [coupon] if coupon and paid.discount >= coupon else []
    for of_discount, more in gift_cards:
        for points in (NOTHING, paid.loyalty) if paid.loyalty else (NOTHING,):
            for of_coupon in (*coupons, NOTHING):
                for discount in (paid.discount - of_discount - of_coupon, NOTHING):
                    if discount >= 0:
                        yield _Reading(
                            paid.amount + more + points, discount, paid.shipping - coupon, paid.loyalty, gift
                        )


def discounts_of(lines: Sequence[Line], discount: Decimal, unit: Decimal) -> tuple[dict[int, Decimal], Decimal]:
    """Line → its discount, of all its pieces; and how much of all of it is the lines' own.

    A discount that a line says is its own belongs to it; the rest is shared by what the lines cost after that. If the
    lines say more than there was, what there was is shared in proportion to what they say.
    """
    prices = [line.price * line.quantity for line in lines]
    own = _own_discounts(lines, prices, discount)
    if total(own) > discount:
        shares = own = apportion(discount, own, unit)
    else:
        own = [_whole(amount, unit) for amount in own]
        left = [price - amount for price, amount in zip(prices, own, strict=True)]
        rest = apportion(discount - total(own), left, unit)
        shares = [amount + share for amount, share in zip(own, rest, strict=True)]
    return {line.id: share for line, share in zip(lines, shares, strict=True)}, total(own)


def _own_discounts(lines: Sequence[Line], prices: Sequence[Decimal], discount: Decimal) -> list[Decimal]:
    """What the lines say, within their prices. Of several pieces it may be said for each: the sum tells."""
    said = [max(line.discount or NOTHING, NOTHING) for line in lines]
    each = [amount * line.quantity for amount, line in zip(said, lines, strict=True)]
    if total(each) == discount != total(said):
        said = each
    return [min(amount, price) for amount, price in zip(said, prices, strict=True)]


def apportion(amount: Decimal, weights: Sequence[Decimal], unit: Decimal = CENT) -> list[Decimal]:
    """Share an amount in proportion to the weights, in whole units: the largest remainders get the units left over.

    The shares add up to the amount exactly, or are all zero where every weight is. Equal remainders: the first one.
    """
    units, parts = int(amount / unit), [int(weight.scaleb(EXACT)) for weight in weights]
    whole = sum(parts)
    if not whole:
        return [NOTHING for _ in parts]
    shares = [divmod(units * part, whole) for part in parts]
    left = units - sum(share for share, _ in shares)
    favoured = set(sorted(range(len(parts)), key=lambda index: -shares[index][1])[:left])
    return [(share + (index in favoured)) * unit for index, (share, _) in enumerate(shares)]


def _whole(amount: Decimal, unit: Decimal) -> Decimal:
    return int(amount / unit) * unit


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of some amounts."""
    return sum(amounts, NOTHING)
