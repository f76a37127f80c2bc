"""The refund for a withdrawal: estimated when it is declared, stored with it, and shown wherever it is."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aftercart.account.estimates import comes_back, shown_estimate
from aftercart.cancellations.estimate import RULES, Estimate, EstimateLine, WholeContract
from aftercart.orders.models import Order
from aftercart.withdrawals.reading import WithdrawalEligibility
from aftercart.withdrawals.rules import leaves_nothing


def estimate_of(eligibility: WithdrawalEligibility, declared: Mapping[int, int]) -> Estimate:
    """The refund for a declaration (item → pieces); for a whole contract with delivery (2011/83/EU, Art. 13)."""
    order = eligibility.order
    withdrawn = None
    if leaves_nothing((facts for _, facts in eligibility.lines), declared):
        withdrawn = WholeContract(eligibility.settings.standard_shipping.get(order.currency.lower()))
    return comes_back(order, [item for item, _ in eligibility.lines]).estimate(declared, withdrawn=withdrawn)


def kept(estimate: Estimate) -> dict[str, Any]:
    """An estimate as a withdrawal keeps it."""
    return {
        "money": str(estimate.money),
        "loyalty": str(estimate.loyalty),
        "gift_card": str(estimate.gift_card),
        "parts": [[part.code, str(part.amount)] for part in estimate.parts],
        "rules": list(estimate.rules),
    }


def shown_withdrawal_estimate(kept_estimate: Mapping[str, Any], order: Order) -> dict[str, Any] | None:
    """A withdrawal's stored estimate in words, in the reader's language; None if it has none."""
    return shown_estimate(_read(kept_estimate), order) if kept_estimate else None


def told(estimate: Estimate, order: Order) -> dict[str, Any]:
    """An estimate as mails keep it: `{"parts": [{"said", "amount", "currency"}], "rules": [said]}`, in English."""
    lines = [(part.template, part.amount) for part in estimate.parts]
    return {
        "parts": [{"said": said, "amount": str(amount), "currency": order.currency} for said, amount in lines],
        "total": {"amount": str(estimate.total), "currency": order.currency},
        "rules": [RULES[code] for code in estimate.rules],
    }


def _read(kept_estimate: Mapping[str, Any]) -> Estimate:
    return Estimate(
        money=Decimal(kept_estimate["money"]),
        loyalty=Decimal(kept_estimate["loyalty"]),
        gift_card=Decimal(kept_estimate.get("gift_card", "0.00")),  # one that was kept before knows none
        parts=tuple(EstimateLine(code, Decimal(amount)) for code, amount in kept_estimate["parts"]),
        rules=tuple(code for code in kept_estimate["rules"] if code in RULES),
    )
