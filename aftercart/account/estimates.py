"""What a choice of items gives back: the facts of an order for the rule, and its answer in words."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext, gettext_noop

from aftercart.cancellations.estimate import NOTHING, RULES, ComesBack, Estimate, Line, Paid
from aftercart.currencies import FINEST_PLACES, on_the_wire, places_of, unit_of
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.words import NOT_PAID_YET
from aftercart.statuses import AFTER_SHIPMENT, CLOSED, Status
from aftercart.written import money

AMOUNTS = ("amount", "discount", "shipping", "refunded", "discount_refunded", "shipping_refunded", "loyalty")
LARGEST = Decimal(10) ** 10

TO_CARD = gettext_noop("Back to your card")
AS_PAID = gettext_noop("Back the way you paid")
AS_POINTS = gettext_noop("As loyalty points")


def comes_back(order: Order, items: Iterable[OrderItem]) -> ComesBack:
    """The order, ready to be asked what any choice of its items gives back."""
    lines = [_line(item) for item in items if item.removed_date is None]
    paid = Paid(
        amount=order.amount,
        discount=order.discount_amount,
        shipping=order.shipping_amount,
        refunded=order.refund_amount,
        discount_refunded=order.discount_refund_amount,
        shipping_refunded=order.shipping_refund_amount,
        loyalty=loyalty_spent(order),
        received=(order.status_before_cancellation or order.status) not in NOT_PAID_YET,
    )
    amounts = [getattr(paid, name) for name in AMOUNTS] + [line.price for line in lines]
    return ComesBack(replace(paid, unit=unit_of(order.currency, amounts)), lines)


def _line(item: OrderItem) -> Line:
    been = {item.status, item.status_before_cancellation or item.status}
    return Line(
        id=item.pk,
        price=item.price,
        quantity=item.quantity,
        on_its_way=item.quantity_left if item.status == Status.CANCELLATION_WAITING else 0,
        returned=item.quantity if item.status in CLOSED else item.quantity - item.quantity_left,
        shipped=not been.isdisjoint(AFTER_SHIPMENT | {Status.REFUNDED}),
    )


def loyalty_spent(order: Order) -> Decimal:
    """What was paid with loyalty points, by the order's ledger of them: what is below zero was spent on it."""
    entries = order.details.get("loyaltytransaction_set")
    amounts = [_amount(entry.get("amount")) for entry in entries if isinstance(entry, dict)] if entries else []
    return max(-sum(amounts, NOTHING), NOTHING)


def _amount(value: Any) -> Decimal:
    """An amount as the wire writes it; what is none counts nothing."""
    try:
        amount = Decimal(str(value))
        return amount if abs(amount) < LARGEST and places_of(amount) <= FINEST_PLACES else NOTHING
    except InvalidOperation:
        return NOTHING


def shown_estimate(estimate: Estimate, order: Order) -> dict[str, Any]:
    """An estimate in words: the parts that make it up, the routes it takes, the rules behind it.

    Amounts are Decimals in the order's currency, as the wire writes them; `text` is the same as the reader writes it.
    """
    routes = [("card", estimate.money, TO_CARD)] if _paid_by_card(order) else [("money", estimate.money, AS_PAID)]
    routes.append(("loyalty", estimate.loyalty, AS_POINTS))
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
    option = order.details.get("payment_option")
    return isinstance(option, dict) and option.get("payment_type") == "credit_card"


def _shown(amount: Decimal, order: Order) -> dict[str, Any]:
    return {
        "amount": on_the_wire(amount, order.currency),
        "text": _written(amount, order.currency, get_language() or ""),
    }


@lru_cache(maxsize=4096)
def _written(amount: Decimal, currency: str, language: str) -> str:
    # The same amounts stand in part, sum and route, and in item after item; writing one costs 0.1 ms.
    return money(amount, currency)
