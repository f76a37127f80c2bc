"""Orders as shops have them: their amounts are put together here as a shop would, in whole coins of the currency.

Several pieces of a line, sets, discounts of a line, of the order and of the shipping, gift cards, loyalty points,
charges, earlier refunds; paid by card, at the door, by transfer, not at all, or nothing to pay.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from hypothesis import assume
from hypothesis import strategies as st

from aftercart.currencies import smallest_unit
from aftercart.orders.models import Order, OrderItem
from tests import builders

CURRENCIES = ["try", "eur", "jpy", "kwd"]
CARD: dict[str, Any] = {"payment_option": {"pk": 1, "payment_type": "credit_card", "slug": "credit-card"}}
PAYMENTS: list[dict[str, Any]] = [
    CARD,
    CARD,
    {"payment_option": {"pk": 2, "payment_type": "pay_on_delivery", "slug": "pay-on-delivery"}},
    {"payment_option": {"pk": 3, "payment_type": "funds_transfer", "slug": "havale"}},
]
ITEM = st.fixed_dictionaries(
    {"price": st.integers(0, 30_000), "quantity": st.integers(1, 3), "own": st.sampled_from([0, 0, 10, 35, 100])}
)


def orders_of(*, lines: int | None = None, statuses: Sequence[int] = (400, 400, 400, 300, 450, 550)) -> Any:
    """What orders are made of, by `an_order`: of so many lines, or of one to four."""
    return st.fixed_dictionaries(
        {
            "items": st.lists(ITEM, min_size=lines or 1, max_size=lines or 4),
            "set": st.sampled_from([0, 0, 2, 3]),
            "currency": st.sampled_from(CURRENCIES),
            "coupon": st.integers(0, 9_000),
            "shipping": st.integers(0, 5_000),
            "free_shipping": st.sampled_from([0, 0, 50, 100]),
            "gift_card": st.sampled_from([0, 0, 0, 30]),
            "points": st.sampled_from([0, 0, 0, 40]),
            "points_beside": st.booleans(),
            "charge": st.sampled_from([0, 0, 250]),
            "goodwill": st.sampled_from([0, 0, 0, 20, 60]),
            "payment": st.sampled_from(PAYMENTS),
            "purchase": st.sampled_from([None, None, None, True, False]),
            "status": st.sampled_from(statuses),
            "apart": st.booleans(),
        }
    )


def a_plain_one(**changes: Any) -> dict[str, Any]:
    """What a simple order is made of: two lines, the second of two pieces; `changes` to any part of it."""
    items = [{"price": 2_000, "quantity": 1, "own": 0}, {"price": 750, "quantity": 2, "own": 10}]
    nothing = dict.fromkeys(("set", "coupon", "free_shipping", "gift_card", "points", "charge", "goodwill"), 0)
    paid = {"currency": "eur", "shipping": 500, "payment": CARD, "purchase": None}
    return {"items": items, **nothing, **paid, "points_beside": False, "status": 400, "apart": False} | changes


def an_order(customer: Any, drawn: dict[str, Any]) -> Order:
    """An order as a shop would write it, its amounts in whole coins of its currency."""
    coin = smallest_unit(drawn["currency"])
    prices = [item["price"] * item["quantity"] for item in drawn["items"]]
    own = [price * item["own"] // 100 for price, item in zip(prices, drawn["items"], strict=True)]
    coupon = min(drawn["coupon"], sum(prices) - sum(own))
    off_shipping = drawn["shipping"] * drawn["free_shipping"] // 100
    due = sum(prices) - sum(own) - coupon + drawn["shipping"] - off_shipping + drawn["charge"]
    gift_card, points = due * drawn["gift_card"] // 100, due * drawn["points"] // 100
    inside = 0 if drawn["points_beside"] and not drawn["charge"] else points
    amount = due - gift_card - (points - inside)
    details: dict[str, Any] = {
        **drawn["payment"],
        "net_shipping_amount": str((drawn["shipping"] - off_shipping) * coin),
        "began": drawn["status"],
    }
    if gift_card:
        details["discountitem_set"] = [{"pk": 1, "amount": str(gift_card * coin), "offer_type": "gift_card"}]
    if points:
        details["loyaltytransaction_set"] = [{"amount": str(-points * coin)}]
        details["points_beside"] = str((points - inside) * coin)
    discount = sum(own) + coupon + off_shipping + gift_card
    if drawn["purchase"] is not None and drawn["payment"] is CARD and amount > inside:
        paid = {
            "transaction_type": "purchase",
            "amount": str((amount - inside) * coin),
            "is_success": drawn["purchase"],
        }
        details["transaction_set"] = [paid]
    # By chance the lines' discounts could add up as if each were one of a single piece.
    each = sum(amount * item["quantity"] for amount, item in zip(own, drawn["items"], strict=True))
    assume(sum(own) == each or each not in (coupon + sum(own), sum(own)))
    order = builders.an_order(
        customer,
        status=drawn["status"],
        items=len(prices),
        currency=drawn["currency"],
        amount=amount * coin,
        discount_amount=discount * coin,
        shipping_amount=drawn["shipping"] * coin,
        refund_amount=amount * drawn["goodwill"] // 100 * coin,
        details=details,
        item_fields={"delivered_date": timezone.now() - timedelta(days=1)} if drawn["status"] == 550 else None,
    )
    rows = list(order.items.order_by("pk"))
    for row, item, discount in zip(rows, drawn["items"], own, strict=True):
        row.price, row.quantity = item["price"] * coin, item["quantity"]
        row.details = {"discount_amount": str(discount * coin)}
    for row in rows[1 : drawn["set"]]:
        row.parent = rows[0].pk
        row.details["parent"] = rows[0].pk
    OrderItem.objects.bulk_update(rows, ["price", "quantity", "details", "parent"])
    order.refresh_from_db()
    return order


def most_of(order: Order) -> Decimal:
    """All that was paid of it: money, gift cards and points."""
    paid = [Decimal(entry["amount"]) for entry in order.details.get("discountitem_set", [])]
    beside = order.details.get("points_beside")
    return order.amount + sum(paid) + Decimal(beside or 0)


def is_paid(order: Order) -> bool:
    """Whether all of it was paid before anything left the shop."""
    failed = any(not entry["is_success"] for entry in order.details.get("transaction_set", []))
    at_the_door = order.details["payment_option"]["payment_type"] == "pay_on_delivery"
    return order.details["began"] != 300 and not failed and not at_the_door
