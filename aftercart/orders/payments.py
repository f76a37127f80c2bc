"""How an order was paid, and whether it was at all, according to the order itself.

Public examples spell the same payment method in many ways (`pay_on_delivery`, `Cash-On-Delivery`, `kapida-odeme`), and
in different places: in `payment_option`, in a slug next to it, in the transactions that came with the order. Anything
else, and anything unreadable, is ignored.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any

from aftercart.currencies import FINEST_PLACES, places_of, smallest_unit
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import RefundRules
from aftercart.orders.models import Order, OrderItem
from aftercart.statuses import AFTER_SHIPMENT, Status

NOTHING = Decimal("0.00")
LARGEST = Decimal(10) ** 10

NOT_PAID_YET = frozenset({Status.PAYMENT_WAITING, Status.WAITING_FOR_PAYMENT})
TRANSFER_NOT_SEEN = frozenset({Status.WAITING, Status.CONFIRMATION_WAITING})
# Words of a transaction's kind and of its state.
NOT_A_PURCHASE = ("refund", "cancel", "canceled", "cancelled", "void", "return", "chargeback")
FAILED = ("fail", "failed", "error", "declined", "rejected", "waiting", "pending", "expired", *NOT_A_PURCHASE)


class Payment(StrEnum):
    """Whether an order was paid."""

    RECEIVED = "received"
    AWAITED = "awaited"
    ON_DELIVERY = "on_delivery"
    """Each item when it is delivered."""
    FREE = "free"
    """There was nothing to pay."""


def rules_for(order: Order) -> RefundRules:
    """The merchant's rules: those that were read along with the order, else by a statement of their own."""
    if order._state.adding:  # an example: no merchant has rules for it
        return RefundRules()
    beside = dynamic_settings.from_row(order)
    return beside.get(RefundRules) if beside.has(RefundRules) else dynamic_settings.read_setting(RefundRules)


def payment_of(order: Order, rules: RefundRules) -> Payment:
    """Whether the order was paid, as far as it says so itself."""
    if not order.amount and not loyalty_spent(order) and not gift_card_spent(order, rules)[0]:
        return Payment.FREE
    collected, codes = collected_of(order), payment_codes(order)
    if collected:
        return Payment.RECEIVED
    if names(codes, rules.paid_on_delivery):
        return Payment.ON_DELIVERY
    status = order.status_before_cancellation or order.status
    if (
        collected == 0
        or status in NOT_PAID_YET
        or (order.details.get("is_payable") is True and status not in AFTER_SHIPMENT)
    ):
        return Payment.AWAITED
    if status in TRANSFER_NOT_SEEN and names(codes, rules.paid_by_transfer):
        return Payment.AWAITED
    return Payment.RECEIVED


def needs_account(order: Order, items: Iterable[OrderItem]) -> bool:
    """Whether money can only be refunded to a bank account: it came by transfer, or was paid on delivery.

    A transfer may have been made although nobody has seen it yet.
    """
    rules, codes = rules_for(order), payment_codes(order)
    if payment_of(order, rules) is Payment.FREE:
        return False
    on_delivery = names(codes, rules.paid_on_delivery)
    return any(map(was_delivered, items)) if on_delivery else names(codes, rules.paid_by_transfer)


class Back(StrEnum):
    """What becomes of the money for something that is cancelled or given back."""

    MONEY = "money"
    """It goes back the way it was paid."""
    POINTS = "points"
    GIFT_CARD = "gift_card"
    NOT_PAID = "not_paid"
    """No payment has arrived."""
    FREE = "free"
    """There was nothing to pay."""
    SENT_BACK = "sent_back"
    """All that was paid has been sent back."""


NOTHING_COMES = frozenset({Back.NOT_PAID, Back.FREE, Back.SENT_BACK})


def back_of(order: Order, *, delivered: bool, as_loyalty: bool = False) -> Back:
    """What becomes of the money, if there is no choice of items to estimate. `delivered`: whether the goods were."""
    rules = rules_for(order)
    payment = payment_of(order, rules)
    if payment is Payment.AWAITED or (payment is Payment.ON_DELIVERY and not delivered):
        return Back.NOT_PAID
    if payment is Payment.FREE:
        return Back.FREE
    if order.refund_amount >= order.amount > 0:
        return Back.SENT_BACK
    by_card = gift_card_spent(order, rules)[0] >= order.amount and rules.gift_cards_back_to != "money"
    if as_loyalty or (by_card and rules.gift_cards_back_to == "loyalty"):
        return Back.POINTS
    return Back.GIFT_CARD if by_card else Back.MONEY


def was_delivered(item: OrderItem) -> bool:
    """Whether an item has reached its customer, which is when it is paid for if payment is on delivery."""
    arrived = {Status.DELIVERED, Status.REFUNDED}
    return bool(item.delivered_date) or not arrived.isdisjoint({item.status, item.status_before_cancellation})


def payment_codes(order: Order) -> tuple[str, ...]:
    """What the order calls its payment method; the name only if it has no code."""
    option = order.details.get("payment_option")
    option = option if isinstance(option, dict) else {}
    said = [option.get("payment_type"), option.get("slug"), order.details.get("payment_option_slug")]
    codes = tuple(text for text in map(_text, said) if text)
    return codes or tuple(filter(None, [_text(option.get("name"))]))


def names(codes: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether any of the codes contains one of these words or phrases."""
    entries = tuple(wanted)
    return any(_holds(code, entries) for code in codes)


@lru_cache(maxsize=1024)
def _holds(code: str, wanted: tuple[str, ...]) -> bool:
    words = _words(code)
    run_together = words.replace(" ", "")
    for entry in map(_words, wanted):
        if f" {entry} " in f" {words} " or (" " in entry and entry.replace(" ", "") in run_together):
            return bool(entry)
    return False


def _words(code: str) -> str:
    """`PayOnDelivery`, `pay_on_delivery`, `Pay on delivery` → `pay on delivery`; `Kapıda` → `kapida`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", code).casefold().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", plain))


def loyalty_spent(order: Order) -> Decimal:
    """What was paid with loyalty points, by the order's ledger of them: negative entries were spent on it."""
    return max(
        -sum((amount_of(entry.get("amount")) for entry in _entries(order, "loyaltytransaction_set")), NOTHING), NOTHING
    )


def gift_card_spent(order: Order, rules: RefundRules) -> tuple[Decimal, bool]:
    """What a gift card paid, and whether the order lists it among its discounts."""
    listed = _discounts(order, rules.gift_cards)
    if listed:
        return listed, True
    paid = sum((abs(amount_of(e.get("amount"))) for e in _purchases(order) if _is_of(e, rules.gift_cards)), NOTHING)
    if not paid and names(payment_codes(order), rules.gift_cards):
        paid = order.amount
    return paid or abs(amount_of(order.details.get("gift_card_amount"))), False


def shipping_discount(order: Order, rules: RefundRules) -> Decimal:
    """How much of the shipping a coupon took off: by what the order says is left, or by its list of discounts."""
    shipping: Decimal = order.shipping_amount
    details = order.details
    left = details.get("net_shipping_amount")
    if left is not None and _is_amount(left) and 0 <= amount_of(left) < shipping:
        tax = amount_of(left) * amount_of(details.get("shipping_tax_rate")) / 100
        # What differs by its tax alone is the same shipping without it.
        if not tax or abs(amount_of(left) + tax - shipping) > smallest_unit(order.currency):
            return shipping - amount_of(left)
    return min(_discounts(order, rules.shipping_offers), shipping)


def collected_of(order: Order) -> Decimal | None:
    """The sum of the order's purchase transactions; None if it lists none, or without amounts."""
    listed = list(_purchases(order))
    amounts = [abs(amount_of(entry.get("amount"))) for entry in listed if _went_well(entry)]
    return sum(amounts, NOTHING) if listed and all(amounts) else None


def line_discount(item: OrderItem) -> Decimal | None:
    """An item's own discount, if it has a readable one. Some writers put a minus before it."""
    said = item.details.get("discount_amount")
    return abs(amount_of(said)) if said is not None and _is_amount(said) else None


def amount_of(value: Any) -> Decimal:
    """An amount as the wire writes it; anything else counts as zero."""
    return Decimal(str(value).strip()) if _is_amount(value) else NOTHING


def _is_amount(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return False
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return False
    return amount.is_finite() and abs(amount) < LARGEST and places_of(amount) <= FINEST_PLACES


def _discounts(order: Order, wanted: Iterable[str]) -> Decimal:
    entries = [entry for entry in _entries(order, "discountitem_set") if _is_of(entry, wanted)]
    return sum((abs(amount_of(entry.get("amount"))) for entry in entries), NOTHING)


def _purchases(order: Order) -> Iterator[Mapping[str, Any]]:
    for entry in _entries(order, "transaction_set"):
        if not names([_text(entry.get("transaction_type") or entry.get("type"))], NOT_A_PURCHASE):
            yield entry


def _went_well(entry: Mapping[str, Any]) -> bool:
    return entry.get("is_success") is not False and not names([_text(entry.get("status"))], FAILED)


def _is_of(entry: Mapping[str, Any], wanted: Iterable[str]) -> bool:
    kinds = ("offer_type", "session_offer_type", "payment_type", "transaction_type", "type")
    return names([text for kind in kinds if (text := _text(entry.get(kind)))], wanted)


def _entries(order: Order, name: str) -> Iterator[Mapping[str, Any]]:
    listed = order.details.get(name)
    return (entry for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else iter(())


def _text(value: Any) -> str:
    """A code as the wire writes it, also as `{"value": …, "label": …}`."""
    plain = value.get("value") if isinstance(value, dict) else value
    return plain if isinstance(plain, str) else ""
