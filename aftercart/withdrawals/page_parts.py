"""The link to withdraw, for the templates of every page of an order, and for pages without an order."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import WithdrawalRules
from aftercart.mailed_links.links import TO_WITHDRAW
from aftercart.orders.models import Order, OrderItem
from aftercart.withdrawals.reading import withdrawal_eligibility


def withdrawal_of(order: Order, items: Sequence[OrderItem], by_link: bool = False) -> dict[str, Any]:
    """The way to withdraw while there is one, and what was withdrawn from; `items`: all of the order's. One statement.

    `by_link`: for a reader without an account. The page then contains a signed link: only use it if the reader has
    already shown that the order is theirs.
    """
    eligibility = withdrawal_eligibility(order, items, now=timezone.now())
    signed = TO_WITHDRAW.sign(order) if by_link else ""

    def acknowledged(uuid: object) -> str:
        return reverse("withdrawal-by-link", args=[signed, uuid]) if by_link else reverse("withdrawal", args=[uuid])

    return {
        "eligibility": eligibility,
        "is_open": eligibility.is_open,
        "label": eligibility.settings.label_in(get_language()),
        "here": reverse("withdraw-by-link", args=[signed]) if by_link else reverse("withdraw", args=[order.number]),
        "earlier": [{"link": acknowledged(one.uuid), "moment": one.created_date} for one in eligibility.earlier],
    }


def open_withdrawal() -> str:
    """The label of the link to withdraw without an account; empty if there is none. One statement."""
    in_force = dynamic_settings.read_setting(WithdrawalRules)
    return in_force.label_in(get_language()) if in_force.enabled else ""
