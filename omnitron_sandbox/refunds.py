"""What a cancellation plan pays back, worked out from Omnitron's own books in whole coins.

An order's books: what each line cost and whose discounts those were, what the delivery cost, what else was charged, and
what has been paid back. A plan pays for the pieces it is about; shipping and other charges where it is told to, and the
order has ended; never more than is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from . import rules
from .coins import places_of, smallest_unit
from .store import Doc

AT_THE_DOOR = ("delivery", "kapida", "door")
ORDER_AMOUNTS = ("amount", "discount_amount", "shipping_amount", "net_shipping_amount", "refund_amount")
REPORTED = ("refund_amount", "discount_refund_amount", "shipping_refund_amount")


@dataclass(frozen=True, kw_only=True)
class Refund:
    """What a plan pays back: `amount` is all of it; `points` and `gift_card` go back as what they were."""

    amount: Decimal
    discount: Decimal
    shipping: Decimal
    points: Decimal
    gift_card: Decimal

    def payments(self, items: list[int]) -> list[Doc]:
        """The plan's payments, one for each way that money goes."""
        money = self.amount - self.points - self.gift_card
        ways = [("refund", money), ("loyalty_money", self.points), ("gift_card", self.gift_card)]
        used = [(way, amount) for way, amount in ways if amount] or ways[:1]
        return [
            {"transaction_type": way, "order_items": items, "refund_amount": written(amount)} for way, amount in used
        ]


@dataclass
class _Line:
    """A line as the shop sold it, in coins; at Omnitron it may be several items."""

    price: int = 0
    own_discount: int = 0
    pieces: int = 0
    gone: int = 0
    chosen: int = 0
    chosen_price: int = 0
    discount: int = 0
    statuses: set[str] = field(default_factory=set)

    def discount_of(self, pieces: int) -> int:
        """How much of its discount so many of its pieces carry, the first ones first."""
        return self.discount * pieces // self.pieces


class Books:
    """One order, in coins; `chosen`: of each item that a plan is about, how many pieces."""

    def __init__(self, order: Doc, items: Iterable[Doc], chosen: Mapping[int, int]) -> None:
        items = list(items)
        self.order = order
        self.coin = min(
            [smallest_unit(order["currency"])]
            + [Decimal(1).scaleb(-places_of(_amount(value))) for value in _all_amounts(order, items)]
        )
        self.lines = self._lines(items, chosen)
        goods = sum(line.price for line in self.lines)
        shipping = self._coins(order["shipping_amount"])
        coupon = self._coupon(shipping)
        self.gift_card, self.points = self._listed("gift_card"), self._points()
        self.paid = self._coins(order["amount"]) + self.gift_card
        discount = max(self._coins(order["discount_amount"]) - self.gift_card - coupon, 0)
        if self.paid + self.points == goods - discount + shipping - coupon:
            self.paid += self.points
        if self.paid == goods + shipping - coupon:
            discount = 0  # the prices have it taken off already
        self.discount = min(goods, max(discount, goods + shipping - coupon - self.paid))
        self.shipping = min(shipping - coupon, self.paid - (goods - self.discount))
        self.charges = self.paid - (goods - self.discount) - self.shipping
        self._share_discount()

    def refund(self, *, cargo: bool) -> Refund:
        """What the chosen items give back; `cargo`: with shipping, and with what else was charged once all is gone."""
        lines = [line for line in self.lines if line.chosen and self._is_paid(line)]
        if not lines or not self._payment_has_arrived():
            return Refund(**dict.fromkeys(("amount", "discount", "shipping", "points", "gift_card"), Decimal("0.00")))
        discount = sum(line.discount_of(line.gone + line.chosen) - line.discount_of(line.gone) for line in lines)
        price = sum(line.chosen_price for line in lines)
        before = self._coins(self.order.get("refund_amount"))
        shipping_left = max(self.shipping - self._coins(self.order.get("shipping_refund_amount")), 0)
        ends = all(line.gone + line.chosen == line.pieces for line in self.lines)
        shipping = shipping_left if cargo else 0
        charges = self.charges if cargo and ends else 0
        stays = shipping_left + self.charges - shipping - charges
        amount = max(min(price - discount + shipping + charges, self._most() - stays - before), 0)
        points, gift_card = self._without_money(before, before + amount)
        return Refund(
            amount=self._money(amount),
            discount=self._money(discount),
            shipping=self._money(shipping),
            points=self._money(points),
            gift_card=self._money(gift_card),
        )

    def _lines(self, items: list[Doc], chosen: Mapping[int, int]) -> list[_Line]:
        lines: dict[str, _Line] = {}
        for item in items:
            line = lines.setdefault(str(item["extra_field"]["id"]), _Line())
            pieces = int(item["quantity"])
            price = self._coins(item["price"])
            line.price += price * pieces
            line.own_discount += abs(self._coins(item["discount_amount"]))
            line.pieces += pieces
            line.statuses.add(item["status"])
            wanted = chosen.get(item["pk"], 0)
            line.chosen, line.chosen_price = line.chosen + wanted, line.chosen_price + price * wanted
            line.gone += pieces if item["status"] in rules.TERMINAL else pieces - pieces_left(item)
        return list(lines.values())

    def _share_discount(self) -> None:
        """Own discounts to their lines, the rest by what the lines cost then; largest remainders take odd coins."""
        own = [min(line.own_discount, line.price) for line in self.lines]
        if sum(own) > self.discount:
            shares, rest, weights = [0] * len(own), self.discount, own
        else:
            rest = self.discount - sum(own)
            shares, weights = own, [line.price - amount for line, amount in zip(self.lines, own, strict=True)]
        whole = sum(weights)
        given = [rest * weight // whole if whole else 0 for weight in weights]
        odd = sorted(range(len(given)), key=lambda n: (-(rest * weights[n] % whole) if whole else 0, n))
        for n in odd[: rest - sum(given)] if whole else []:
            given[n] += 1
        for line, share, more in zip(self.lines, shares, given, strict=True):
            line.discount = share + more

    def _coupon(self, shipping: int) -> int:
        left = self.order.get("net_shipping_amount")
        if left is not None and self._coins(left) < shipping:
            return shipping - self._coins(left)
        return min(self._listed("shipping"), shipping)

    def _listed(self, kind: str) -> int:
        entries = self.order.get("_discounts") or []
        return sum(self._coins(entry.get("amount")) for entry in entries if kind in str(entry.get("offer_type")))

    def _points(self) -> int:
        ledger = self.order.get("_loyalty") or []
        return max(-sum(self._coins(entry.get("amount")) for entry in ledger), 0)

    def _payment_has_arrived(self) -> bool:
        purchases = self._purchases()
        if purchases:
            return any(purchase.get("is_success") for purchase in purchases)
        return self.order["status"] not in rules.PAYMENT_AWAITED

    def _purchases(self) -> list[Doc]:
        listed = [entry for entry in self.order.get("transaction_set") or [] if isinstance(entry, dict)]
        return [entry for entry in listed if entry.get("transaction_type") == "purchase"]

    def _is_paid(self, line: _Line) -> bool:
        at_the_door = is_paid_at_the_door(
            {"payment_type": self.order.get("_payment_type"), "slug": self.order.get("_payment_slug")},
            self.order.get("payment_option_slug"),
        )
        return not at_the_door or not line.statuses.isdisjoint({rules.DELIVERED, rules.REFUNDED})

    def _most(self) -> int:
        """What the customer has paid: all of it, or what the purchases have brought in."""
        arrived = [self._coins(entry.get("amount")) for entry in self._purchases() if entry.get("is_success")]
        return min(self.paid, sum(arrived) + self.points + self.gift_card) if arrived else self.paid

    def _without_money(self, before: int, after: int) -> tuple[int, int]:
        other = self.points + self.gift_card
        points = []
        for back in (before, after):
            both = other * back // self.paid if self.paid else 0
            points.append((both, self.points * both // other if other else 0))
        (both_before, points_before), (both_after, points_after) = points
        return points_after - points_before, (both_after - points_after) - (both_before - points_before)

    def _coins(self, value: Any) -> int:
        return int(_amount(value) / self.coin)

    def _money(self, coins: int) -> Decimal:
        return coins * self.coin


def is_paid_at_the_door(payment: Doc, slug: Any) -> bool:
    """Whether an order is paid when it is handed over."""
    said = " ".join(str(text or "") for text in (payment.get("payment_type"), payment.get("slug"), slug)).lower()
    return any(word in said for word in AT_THE_DOOR)


def pieces_left(item: Doc) -> int:
    """How many pieces of an item no plan has been carried out for; of one that is done with, it does not count."""
    return int(item["quantity"]) - int(item.get("_gone") or 0)


def has_ended_unshipped(items: Iterable[Doc], chosen: Collection[int]) -> bool:
    """Whether nothing of an order is left without these items, and none of it has ever left the shop."""
    return all(
        item["status"] in rules.UNSHIPPED if item["pk"] in chosen else item["status"] == rules.CANCELED
        for item in items
    )


def reported_after(order: Doc, plan: Doc) -> Doc:
    """What an order says of its refunds once a plan is carried out."""
    paid = (plan["refund_amount"], plan.get("_discount"), plan.get("_shipping"))
    return {name: written(_amount(order.get(name)) + _amount(more)) for name, more in zip(REPORTED, paid, strict=True)}


def in_equal_parts(amount: Any, count: int, currency: str) -> list[str]:
    """An amount in so many parts, as equal as its coins allow; together they are the amount."""
    whole = _amount(amount)
    coin = min(smallest_unit(currency), Decimal(1).scaleb(-places_of(whole)))
    coins = int(whole / coin)
    return [written((coins * (n + 1) // count - coins * n // count) * coin) for n in range(count)]


def written(amount: Decimal) -> str:
    """An amount with two decimal places, or more where it needs them."""
    return f"{amount:.{max(places_of(amount), 2)}f}"


def _all_amounts(order: Doc, items: list[Doc]) -> Iterable[Any]:
    yield from (order.get(name) for name in (*ORDER_AMOUNTS, *REPORTED))
    yield from (item["price"] for item in items)
    for listed in (order.get("_discounts"), order.get("_loyalty")):
        yield from (entry.get("amount") for entry in listed or [])


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value if value is not None else 0))
    except InvalidOperation:
        return Decimal(0)
