"""The refund for a cancellation or a return, to the smallest coin, by our rule. Pure: facts in, amounts out.

An estimate: Omnitron works out the real amount (docs/decisions/0020-what-comes-back.md). Every amount is a Decimal, a
whole number of the currency's smallest unit. The refund for a choice is the difference between two totals, what has
come back with it and without it; so steps in any order add up to the whole, and the whole is never more than what was
paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aftercart.cancellations.breakdown import NOTHING, Breakdown, Line, Paid, apportion, total
from aftercart.statuses import gettext_noop

PARTS: Mapping[str, str] = {
    "items": gettext_noop("Price of what you have chosen"),
    "discount": gettext_noop("Its share of the discount"),
    "tax": gettext_noop("Its tax"),
    "shipping": gettext_noop("Shipping"),
    "other": gettext_noop("Other charges of the order"),
    "sent_back": gettext_noop("Sent back already"),
}
RULES: Mapping[str, str] = {
    "nothing_paid": gettext_noop("No payment has arrived yet, so nothing is sent back."),
    "nothing_to_pay": gettext_noop("There was nothing to pay, so nothing is sent back."),
    "own_discount": gettext_noop("A discount on one item belongs to that item."),
    "discount": gettext_noop("A discount on the whole order is shared among its items by their price."),
    "shipping_discount": gettext_noop("A discount on the shipping belongs to the shipping."),
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
    "gift_card_share": gettext_noop("What you paid with a gift card goes back to a gift card, in the same proportion."),
    "loyalty_share": gettext_noop("What you paid with loyalty points comes back as points, in the same proportion."),
    "as_loyalty": gettext_noop("You asked for loyalty points: all of it comes back as points."),
    "estimate": gettext_noop("This is an estimate; the shop works out the final amount."),
}


@dataclass(frozen=True, slots=True)
class WholeContract:
    """A withdrawal after which nothing of the contract is left: all payments come back (2011/83/EU, Article 13)."""

    standard_shipping: Decimal | None = None
    """What the least expensive delivery would have cost, which is all of the shipping that must come back of what has
    been shipped; None: all of it does."""


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """One line of the sum; what is taken off is below zero."""

    code: str
    amount: Decimal

    @property
    def template(self) -> str:
        """The English words for it."""
        return PARTS[self.code]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What comes back: `total` is the sum of the parts, and of the three routes."""

    money: Decimal = NOTHING
    loyalty: Decimal = NOTHING
    gift_card: Decimal = NOTHING
    parts: tuple[EstimateLine, ...] = ()
    rules: tuple[str, ...] = ()
    """Codes of the rules to say, in this order."""

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.money + self.loyalty + self.gift_card


class ComesBack:
    """One order, prepared to estimate the refund for any choice of its items."""

    def __init__(self, paid: Paid, lines: Sequence[Line]) -> None:
        self.lines = {line.id: line for line in lines}
        self.paid, self.unit, self.made_of = paid, paid.unit, Breakdown(paid, lines)
        self.amount, self.other = self.made_of.amount, self.made_of.other
        self.shipping = max(self.made_of.shipping - paid.shipping_refunded, NOTHING)
        self.shares = self._shares(lines, paid.discount_refunded)
        self.never_shipped = not any(line.shipped for line in lines)
        without_money = self.made_of.loyalty + self.made_of.gift_card
        collected = self.amount if paid.collected is None else paid.collected + without_money
        self.most = min(self.amount, collected)
        """What can come back of it at most, in whatever steps."""
        gone = total(self._price(line, -line.returned, 0) for line in lines if line.paid)
        self.gone = max(paid.refunded, gone + min(paid.shipping_refunded, self.made_of.shipping))
        self.coming = total(self._price(line, 0, line.on_its_way) for line in lines if line.paid)

    def _shares(self, lines: Sequence[Line], discount_refunded: Decimal) -> dict[int, tuple[Decimal, int, int]]:
        """Line → a discount, the pieces it is spread over, and how many of those came before the first that is left."""
        whole = self.made_of.discounts
        taken = total(self._down(whole[line.id], line.returned, line.quantity) for line in lines)
        returned = total(line.price * line.returned for line in lines)
        reported = min(discount_refunded, returned, self.made_of.discount)
        if reported <= taken:
            return {line.id: (whole[line.id], line.quantity, line.returned) for line in lines}
        # The shop took off more than our share when it refunded: the rest bears that much less.
        kept = [whole[line.id] - self._down(whole[line.id], line.returned, line.quantity) for line in lines]
        again = apportion(self.made_of.discount - reported, kept, self.unit)
        return {line.id: (share, line.quantity - line.returned, 0) for line, share in zip(lines, again, strict=True)}

    def _price(self, line: Line, start: int, end: int) -> Decimal:
        """What was paid for the pieces from `start` to `end`; the first that is not returned is 0."""
        return line.price * (end - start) - self._discount(line, start, end) + self._tax(line, start, end)

    def _discount(self, line: Line, start: int, end: int) -> Decimal:
        if start < 0:  # what is returned took its share of the whole, whatever the rest carries now
            return self._down(self.made_of.discounts[line.id], end - start, line.quantity)
        share, pieces, before = self.shares[line.id]
        return self._down(share, before + end, pieces) - self._down(share, before + start, pieces)

    def _tax(self, line: Line, start: int, end: int) -> Decimal:
        tax = self.made_of.taxes[line.id]
        up_to = [self._down(tax, line.returned + count, line.quantity) for count in (start, end)]
        return up_to[1] - up_to[0]

    def _down(self, amount: Decimal, some: int, of: int) -> Decimal:
        """A fraction of an amount, in whole units, rounded down."""
        return int(amount / self.unit) * some // of * self.unit if of else NOTHING

    def here(self, line_id: int) -> int:
        """How many pieces of an item can still be chosen."""
        line = self.lines[line_id]
        return max(line.quantity - line.returned - line.on_its_way, 0)

    def estimate(
        self, chosen: Mapping[int, int], *, as_loyalty: bool = False, withdrawn: WholeContract | None = None
    ) -> Estimate:
        """The refund for a choice, item → pieces. Pieces that are gone already count nothing.

        `withdrawn`: the choice is a withdrawal that leaves nothing of the contract.
        """
        pieces = {pk: min(wished, self.here(pk)) for pk, wished in chosen.items()}
        paid = [(self.lines[pk], count) for pk, count in pieces.items() if self.lines[pk].paid]
        if not self.paid.received or (pieces and not paid):
            return Estimate(rules=("nothing_paid",))
        if not self.amount:
            return Estimate(rules=("nothing_to_pay",))
        sums = {
            "items": total(line.price * count for line, count in paid),
            "discount": -total(self._discount(line, line.on_its_way, line.on_its_way + count) for line, count in paid),
            "tax": total(self._tax(line, line.on_its_way, line.on_its_way + count) for line, count in paid),
        }
        ends = any(pieces.values()) and all(pieces.get(pk, 0) == self.here(pk) for pk in self.lines)
        unshipped = ends and self.never_shipped
        sums |= self._charges(unshipped=unshipped, withdrawn=withdrawn)
        start, end = self._steps(total(sums.values()), sums["shipping"] + sums["other"])
        sums["sent_back"] = end - start - total(sums.values())
        return Estimate(
            **self._routes(start, end, as_loyalty=as_loyalty),
            parts=tuple(EstimateLine(code, amount) for code, amount in sums.items() if amount),
            rules=self._rules(sums, unshipped=unshipped, withdrawn=withdrawn is not None, as_loyalty=as_loyalty),
        )

    def _charges(self, *, unshipped: bool, withdrawn: WholeContract | None) -> dict[str, Decimal]:
        """What comes back besides the goods: at the end of an order that never left, or of a whole contract."""
        if not unshipped and withdrawn is None:
            return {"shipping": NOTHING, "other": NOTHING}
        shipping = self.shipping
        if not unshipped and withdrawn is not None and withdrawn.standard_shipping is not None:
            shipping = min(shipping, withdrawn.standard_shipping)
        return {"shipping": shipping, "other": self.other}

    def _steps(self, due: Decimal, charges: Decimal) -> tuple[Decimal, Decimal]:
        """All that has come back without the choice and with it; `due` is what the choice gives, `charges` included.

        What the shop keeps cannot come back any more: an earlier refund comes out of the rest.
        """
        stays = self.shipping + self.other
        start = max(min(self.gone, self.most), min(self.gone + self.coming, self.most - stays))
        end = min(self.gone + self.coming + due, self.most - (stays - charges))
        return start, max(start, end)

    def _routes(self, start: Decimal, end: Decimal, *, as_loyalty: bool) -> dict[str, Decimal]:
        """How much comes back by each route: in the proportions of the whole payment."""
        if as_loyalty:
            return {"money": NOTHING, "loyalty": end - start}
        (points, cards), (points_before, cards_before) = self._without_money(end), self._without_money(start)
        loyalty, gift_card = points - points_before, cards - cards_before
        routes = {"money": end - start - loyalty - gift_card, "loyalty": loyalty, "gift_card": NOTHING}
        routes[self.paid.gift_card_back_to] += gift_card
        return routes

    def _without_money(self, come_back: Decimal) -> tuple[Decimal, Decimal]:
        """How much of a refund is loyalty points, and how much goes to a gift card. Neither shrinks as it grows."""
        points, cards = self.made_of.loyalty, self.made_of.gift_card
        both = self._down(points + cards, int(come_back / self.unit), int(self.amount / self.unit))
        of_points = self._down(points, int(both / self.unit), int((points + cards) / self.unit))
        return of_points, both - of_points

    @property
    def _to_gift_card(self) -> bool:
        return bool(self.made_of.gift_card) and self.paid.gift_card_back_to == "gift_card"

    def _rules(
        self, sums: Mapping[str, Decimal], *, unshipped: bool, withdrawn: bool, as_loyalty: bool
    ) -> tuple[str, ...]:
        charges, with_charges = sums["shipping"] + sums["other"], unshipped or withdrawn
        said = {
            "own_discount": self.made_of.own_discounts,
            "discount": bool(self.made_of.shared_discount),
            "shipping_discount": bool(self.paid.shipping_discount),
            "shipping_back": unshipped and bool(charges),
            "shipping_withdrawn": withdrawn and not unshipped and bool(charges),
            "shipping_standard": with_charges and sums["shipping"] < self.shipping,
            "shipping_stays": not with_charges and bool(self.shipping + self.other),
            "sent_back": bool(sums["sent_back"]),
            "gift_card_share": self._to_gift_card and not as_loyalty,
            "loyalty_share": bool(self.made_of.loyalty) and not as_loyalty,
            "as_loyalty": as_loyalty,
            "estimate": True,
        }
        return tuple(code for code, is_said in said.items() if is_said)
