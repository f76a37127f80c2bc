"""The refund for a choice of items: the facts of an order for the rule, and the rule's answer in words."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext, gettext_noop

from aftercart.cancellations.breakdown import Line, Paid
from aftercart.cancellations.estimate import RULES, ComesBack, Estimate
from aftercart.cancellations.request_parts import within_reach
from aftercart.cancellations.rules import Wish
from aftercart.currencies import on_the_wire, unit_of
from aftercart.formatting import money
from aftercart.orders import payments
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.payments import Back, Payment
from aftercart.orders.received import part
from aftercart.statuses import CLOSED, Status

AMOUNTS = ["amount", "discount", "shipping", "refunded", "discount_refunded", "shipping_refunded", "loyalty"]
AMOUNTS += ["shipping_discount", "gift_card"]

TO_CARD = gettext_noop("Back to your card")
AS_PAID = gettext_noop("Back the way you paid")
AS_POINTS = gettext_noop("As loyalty points")
TO_GIFT_CARD = gettext_noop("Back to your gift card")


def comes_back(order: Order, items: Iterable[OrderItem]) -> ComesBack:
    """The order, ready to estimate the refund for any choice of its items."""
    rules = payments.rules_for(order)
    payment = payments.payment_of(order, rules)
    lines = [_line(item, payment) for item in items if item.removed_date is None]
    gift_card, is_discount = payments.gift_card_spent(order, rules)
    paid = Paid(
        amount=order.amount,
        discount=order.discount_amount,
        shipping=order.shipping_amount,
        refunded=order.refund_amount,
        discount_refunded=order.discount_refund_amount,
        shipping_refunded=order.shipping_refund_amount,
        loyalty=payments.loyalty_spent(order),
        received=payment is not Payment.AWAITED,
        shipping_discount=payments.shipping_discount(order, rules),
        gift_card=gift_card,
        gift_card_is_discount=is_discount,
        gift_card_back_to=rules.gift_cards_back_to,
        collected=payments.collected_of(order),
        shipping_tax_rate=payments.amount_of(order.details.get("shipping_tax_rate")),
    )
    amounts = [getattr(paid, name) for name in AMOUNTS] + [line.price for line in lines]
    return ComesBack(replace(paid, unit=unit_of(order.currency, amounts)), lines)


def pieces_of(wish: Wish, items: Iterable[OrderItem]) -> dict[int, int]:
    """Item → pieces that a wish can be about: all that are left, or as many as are named."""
    by_id = {item.pk: item for item in items}
    return {
        wished.order_item: within_reach(by_id[wished.order_item], wished.cancellation_type, wished.quantity or None)
        for wished in wish.items
    }


def _line(item: OrderItem, payment: Payment) -> Line:
    return Line(
        id=item.pk,
        price=item.price,
        quantity=item.quantity,
        on_its_way=item.quantity_left if item.status == Status.CANCELLATION_WAITING else 0,
        returned=item.quantity if item.status in CLOSED else item.quantity - item.quantity_left,
        shipped=item.was_shipped,
        discount=payments.line_discount(item),
        tax_rate=item.tax_rate,
        paid=payment is not Payment.ON_DELIVERY or payments.was_delivered(item),
    )


def back_in(estimate: Estimate) -> Back:
    """What becomes of the money, according to an estimate, so that a page says the same as the estimate."""
    if "nothing_paid" in estimate.rules:
        return Back.NOT_PAID
    if not estimate.total:
        return Back.SENT_BACK if "sent_back" in estimate.rules else Back.FREE
    if estimate.money:
        return Back.MONEY
    return Back.POINTS if estimate.loyalty else Back.GIFT_CARD


def shown_estimate(estimate: Estimate, order: Order) -> dict[str, Any]:
    """An estimate in words: the parts that make it up, the routes it takes, the rules behind it.

    Amounts are Decimals in the order's currency, as the wire writes them; `text` is the same as the reader writes it.
    """
    routes = [("card", estimate.money, TO_CARD)] if _paid_by_card(order) else [("money", estimate.money, AS_PAID)]
    routes += [("gift_card", estimate.gift_card, TO_GIFT_CARD), ("loyalty", estimate.loyalty, AS_POINTS)]
    return {
        **_shown(estimate.total, order),
        "parts": [
            {"code": part.code, "message": gettext(part.template), **_shown(part.amount, order)}
            for part in estimate.parts
        ],
        "routes": [
            {"code": code, "message": gettext(template), **_shown(amount, order)}
            for code, amount, template in routes
            if amount
        ],
        "rules": [{"code": code, "message": gettext(RULES[code])} for code in estimate.rules],
    }


def _paid_by_card(order: Order) -> bool:
    return part(order.details, "payment_option").get("payment_type") == "credit_card"


def _shown(amount: Decimal, order: Order) -> dict[str, Any]:
    return {
        "amount": on_the_wire(amount, order.currency),
        "text": _written(amount, order.currency, get_language() or ""),
    }


@lru_cache(maxsize=4096)
def _written(amount: Decimal, currency: str, language: str) -> str:
    # The same amounts recur in part, sum and route, and in item after item; formatting one costs 0.1 ms.
    return money(amount, currency)
