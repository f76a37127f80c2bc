"""What a cancellation or a return gives back, to the smallest coin, by our rule. Pure: facts in, amounts out.

An estimate: Omnitron works out the real amount (docs/decisions/0020-what-comes-back.md). Every amount is a Decimal, a
whole number of the currency's smallest unit. What comes back for a choice is the difference between two totals, the one
that has come back with it and the one without; so steps in any order add up to the whole, and the whole is never more
than what was paid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aftercart.statuses import gettext_noop

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")

PARTS: Mapping[str, str] = {
    "items": gettext_noop("Price of what you have chosen"),
    "discount": gettext_noop("Its share of the discount"),
    "shipping": gettext_noop("Shipping"),
    "other": gettext_noop("Other charges of the order"),
    "sent_back": gettext_noop("Sent back already"),
}
RULES: Mapping[str, str] = {
    "nothing_paid": gettext_noop("No payment has arrived yet, so nothing is sent back."),
    "discount": gettext_noop("A discount on the whole order is shared among its items by their price."),
    "shipping_back": gettext_noop(
        "Shipping and other charges come back too: nothing has left the shop, and nothing of the order remains."
    ),
    "shipping_stays": gettext_noop(
        "Shipping and other charges come back only if all that remains of the order is cancelled before any of it "
        "is shipped, or if you withdraw from the whole contract."
    ),
    "shipping_withdrawn": gettext_noop(
        "You withdraw from the whole contract, so shipping and other charges come back too."
    ),
    "shipping_standard": gettext_noop("Of the shipping, as much comes back as standard delivery costs."),
    "sent_back": gettext_noop("What the shop has sent back already is taken off: never more than you paid comes back."),
    "loyalty_share": gettext_noop("What you paid with loyalty points comes back as points, in the same proportion."),
    "as_loyalty": gettext_noop("You asked for loyalty points: all of it comes back as points."),
    "estimate": gettext_noop("This is an estimate; the shop works out the final amount."),
}


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


@dataclass(frozen=True, slots=True)
class WholeContract:
    """A withdrawal after which nothing of the contract is left: all payments come back (2011/83/EU, Article 13)."""

    standard_shipping: Decimal | None = None
    """What the least expensive delivery would have cost, which is all of the shipping that must come back of what has
    been shipped; None: all of it does."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the sum; what is taken off is below zero."""

    code: str
    amount: Decimal

    @property
    def template(self) -> str:
        """The English words for it."""
        return PARTS[self.code]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What comes back: `total` is the sum of the parts, and of the two routes."""

    money: Decimal = NOTHING
    loyalty: Decimal = NOTHING
    parts: tuple[Part, ...] = ()
    rules: tuple[str, ...] = ()
    """Codes of the rules to say, in this order."""

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.money + self.loyalty


def apportion(amount: Decimal, weights: Sequence[Decimal], unit: Decimal = CENT) -> list[Decimal]:
    """Share an amount in proportion to the weights, in whole units: the largest remainders get the units left over.

    The shares add up to the amount exactly, or are all zero where every weight is. Equal remainders: the first one.
    """
    units, parts = int(amount / unit), [int(weight / unit) for weight in weights]
    whole = sum(parts)
    if not whole:
        return [NOTHING for _ in parts]
    shares = [divmod(units * part, whole) for part in parts]
    left = units - sum(share for share, _ in shares)
    favoured = set(sorted(range(len(parts)), key=lambda index: -shares[index][1])[:left])
    return [(share + (index in favoured)) * unit for index, (share, _) in enumerate(shares)]


class ComesBack:
    """One order, made ready to be asked what any choice of its items gives back."""

    def __init__(self, paid: Paid, lines: Sequence[Line]) -> None:
        self.lines = {line.id: line for line in lines}
        self.received, self.unit = paid.received, paid.unit
        goods = _sum(line.price * line.quantity for line in lines)
        discount = min(paid.discount, goods)
        # A loyalty payment stands in the amount or beside it: the parts tell.
        beside = paid.loyalty and paid.amount + paid.loyalty == goods - discount + paid.shipping
        self.amount = paid.amount + paid.loyalty if beside else paid.amount
        self.loyalty = min(paid.loyalty, self.amount)
        # What the parts do not explain: a further reduction is shared as the discount is, a further charge comes back
        # with the shipping.
        unexplained = self.amount - (goods - discount + paid.shipping)
        self.discount = min(goods, discount + max(-unexplained, NOTHING))
        shipping = min(paid.shipping, self.amount - (goods - self.discount))
        self.other = self.amount - (goods - self.discount) - shipping
        self.shipping = max(shipping - paid.shipping_refunded, NOTHING)
        self.shares = self._shares(lines, paid.discount_refunded)
        self.never_shipped = not any(line.shipped for line in lines)

        returned = _sum(line.price * line.returned for line in lines)
        taken = self.discount - _sum(self.shares.values())
        before = max(paid.refunded, returned - taken + min(paid.shipping_refunded, shipping))
        coming = _sum(self._net(line, 0, line.on_its_way) for line in lines)
        self.before = before + coming

    def _shares(self, lines: Sequence[Line], discount_refunded: Decimal) -> dict[int, Decimal]:
        """Line → the discount that its pieces which are not `returned` still carry."""
        whole = apportion(self.discount, [line.price * line.quantity for line in lines], self.unit)
        kept = {
            line.id: share - self._down(share, line.returned, line.quantity)
            for line, share in zip(lines, whole, strict=True)
        }
        taken = self.discount - _sum(kept.values())
        returned = _sum(line.price * line.returned for line in lines)
        reported = min(discount_refunded, returned, self.discount)
        if reported <= taken:
            return kept
        # The shop took off more than our share when it refunded: the rest carries that much less.
        rest = [line.price * (line.quantity - line.returned) for line in lines]
        again = apportion(self.discount - reported, rest, self.unit)
        return {line.id: share for line, share in zip(lines, again, strict=True)}

    def _net(self, line: Line, start: int, end: int) -> Decimal:
        """The price of the pieces from `start` to `end`, of those not returned, without their discount."""
        return line.price * (end - start) - self._discount(line, start, end)

    def _discount(self, line: Line, start: int, end: int) -> Decimal:
        kept = line.quantity - line.returned
        share = self.shares[line.id]
        return self._down(share, end, kept) - self._down(share, start, kept)

    def _down(self, amount: Decimal, some: int, of: int) -> Decimal:
        """So many of so many parts of an amount, in whole units, rounded down."""
        return int(amount / self.unit) * some // of * self.unit if of else NOTHING

    def here(self, line_id: int) -> int:
        """How many pieces of an item can still be chosen."""
        line = self.lines[line_id]
        return max(line.quantity - line.returned - line.on_its_way, 0)

    def estimate(
        self, chosen: Mapping[int, int], *, as_loyalty: bool = False, withdrawn: WholeContract | None = None
    ) -> Estimate:
        """What a choice, item → pieces, gives back. Pieces that are gone already give nothing.

        `withdrawn`: the choice is a withdrawal that leaves nothing of the contract.
        """
        if not self.received:
            return Estimate(rules=("nothing_paid",))
        pieces = {pk: min(wished, self.here(pk)) for pk, wished in chosen.items()}
        price = discount = NOTHING
        for pk, count in pieces.items():
            line = self.lines[pk]
            price += line.price * count
            discount += self._discount(line, line.on_its_way, line.on_its_way + count)
        ends = any(pieces.values()) and all(pieces.get(pk, 0) == self.here(pk) for pk in self.lines)
        unshipped = ends and self.never_shipped
        with_charges = unshipped or withdrawn is not None
        shipping, other = (self.shipping, self.other) if with_charges else (NOTHING, NOTHING)
        if withdrawn is not None and not unshipped and withdrawn.standard_shipping is not None:
            shipping = min(shipping, withdrawn.standard_shipping)
        start = min(self.before, self.amount)
        end = min(self.before + price - discount + shipping + other, self.amount)
        total = end - start
        sums = {
            "items": price,
            "discount": -discount,
            "shipping": shipping,
            "other": other,
            "sent_back": total - (price - discount + shipping + other),
        }
        loyalty = total if as_loyalty else self._loyalty(end) - self._loyalty(start)
        said = {
            "discount": bool(self.discount),
            "shipping_back": unshipped and bool(shipping + other),
            "shipping_withdrawn": with_charges and not unshipped and bool(shipping + other),
            "shipping_standard": with_charges and shipping < self.shipping,
            "shipping_stays": not with_charges and bool(self.shipping + self.other),
            "sent_back": bool(sums["sent_back"]),
            "loyalty_share": bool(self.loyalty) and not as_loyalty,
            "as_loyalty": as_loyalty,
            "estimate": True,
        }
        return Estimate(
            money=total - loyalty,
            loyalty=loyalty,
            parts=tuple(Part(code, amount) for code, amount in sums.items() if amount),
            rules=tuple(code for code, is_said in said.items() if is_said),
        )

    def _loyalty(self, come_back: Decimal) -> Decimal:
        """How much of so much money come back is loyalty points."""
        return self._down(self.loyalty, int(come_back / self.unit), int(self.amount / self.unit))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)
