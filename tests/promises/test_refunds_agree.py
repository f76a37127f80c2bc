"""What the options say comes back, Omnitron's plans pay back: to the smallest coin, for any sequence of steps."""

import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from aftercart import connections
from aftercart.currencies import smallest_unit
from aftercart.orders import news
from aftercart.orders.models import Order, OrderItem
from tests import builders
from tests.conftest import SignedIn

EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "40"))
CURRENCIES = ["try", "eur", "jpy", "kwd"]
PAYMENTS: list[dict[str, Any]] = [
    {"payment_option": {"pk": 1, "payment_type": "credit_card", "slug": "credit-card"}},
    {"payment_option": {"pk": 1, "payment_type": "credit_card", "slug": "credit-card"}},
    {"payment_option": {"pk": 2, "payment_type": "pay_on_delivery", "slug": "pay-on-delivery"}},
    {"payment_option": {"pk": 3, "payment_type": "funds_transfer", "slug": "havale"}},
]
ITEM = st.fixed_dictionaries(
    {"price": st.integers(1, 30_000), "quantity": st.integers(1, 3), "own": st.sampled_from([0, 0, 10, 35, 100])}
)
ORDER = st.fixed_dictionaries(
    {
        "items": st.lists(ITEM, min_size=1, max_size=4),
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
        "status": st.sampled_from([400, 400, 400, 300]),
        "apart": st.booleans(),
    }
)


def an_order(customer: Any, drawn: dict[str, Any]) -> Order:
    """An order as a shop would write it, its amounts in whole coins of its currency."""
    coin = smallest_unit(drawn["currency"])
    prices = [item["price"] * item["quantity"] for item in drawn["items"]]
    own = [price * item["own"] // 100 for price, item in zip(prices, drawn["items"], strict=True)]
    coupon = min(drawn["coupon"], sum(prices) - sum(own))
    off_shipping = drawn["shipping"] * drawn["free_shipping"] // 100
    due = sum(prices) - sum(own) - coupon + drawn["shipping"] - off_shipping + drawn["charge"]
    gift_card, points = due * drawn["gift_card"] // 100, due * drawn["points"] // 100
    amount = due - gift_card - (points if drawn["points_beside"] and not drawn["charge"] else 0)
    details: dict[str, Any] = {
        **drawn["payment"],
        "net_shipping_amount": str((drawn["shipping"] - off_shipping) * coin),
    }
    if gift_card:
        details["discountitem_set"] = [{"pk": 1, "amount": str(gift_card * coin), "offer_type": "gift_card"}]
    if points:
        details["loyaltytransaction_set"] = [{"amount": str(-points * coin)}]
    discount = sum(own) + coupon + off_shipping + gift_card
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
    )
    rows = list(order.items.order_by("pk"))
    for row, item, discount in zip(rows, drawn["items"], own, strict=True):
        row.price, row.quantity = item["price"] * coin, item["quantity"]
        row.details = {"discount_amount": str(discount * coin)}
    OrderItem.objects.bulk_update(rows, ["price", "quantity", "details"])
    return order


class Shop:
    """Ada at one order, cancelling in steps; Omnitron's plans beside what she was told."""

    def __init__(self, sandbox: Any, client: SignedIn, order: Order) -> None:
        self.sandbox, self.client, self.order = sandbox, client, order
        self.sent_back = order.refund_amount
        self.most = order.amount

    def told(self, chosen: dict[int, int]) -> dict[str, Any]:
        query = "?items=" + ",".join(f"{pk}:{pieces}" for pk, pieces in chosen.items())
        answer = self.client.read(f"/orders/{self.order.number}/cancellation-options/{query}")
        assert answer.status_code == 200, answer.content
        estimate: dict[str, Any] = answer.json()["choice"]["estimate"]
        return estimate

    def cancel(self, chosen: dict[int, int]) -> bool:
        """Ask, cancel, and compare; False where the shop was asked instead."""
        estimate = self.told(chosen)
        entries = {entry["order_item"]: entry for entry in builders.a_body(self.order)["cancel_order_items"]}
        wished = [{**entries[pk], "quantity": pieces} for pk, pieces in chosen.items()]
        answer = self.client.cancel(self.order, {"cancel_order_items": wished})
        if answer.status_code == 200:
            return False
        assert answer.status_code == 204, answer.content
        (plan,) = [p for p in self.sandbox.order(self.order.number)["cancellationplan_set"] if p["status"] == "waiting"]
        assert Decimal(plan["refund_amount"]) == Decimal(estimate["amount"]), (estimate, plan)
        routes = {route["code"]: Decimal(route["amount"]) for route in estimate["routes"]}
        paid = {entry["transaction_type"]: Decimal(entry["refund_amount"]) for entry in plan["payment_plan"]}
        assert routes.get("loyalty", 0) == paid.get("loyalty_money", 0)
        assert routes.get("gift_card", 0) == paid.get("gift_card", 0)
        self.sent_back += Decimal(plan["refund_amount"])
        self.sandbox.approve_plan(plan["pk"])
        self.learn()
        return True

    def learn(self) -> None:
        order = Order.objects.get(pk=self.order.pk)
        remote = connections.omnitron().order(number=order.number)
        news.take_over(order, list(order.items.all()), remote, now=order.modified_date)


@pytest.mark.timeout(180)
def test_what_is_promised_is_what_the_plans_pay_back(shop: Any, ada: Any) -> None:
    client = SignedIn(ada)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(drawn=ORDER, steps=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=4, max_size=4))
    def they_agree(drawn: dict[str, Any], steps: list[list[int]]) -> None:
        # A step for each piece where pieces go by themselves, else one for each line.
        order = an_order(ada, drawn)
        shop.add_orders([builders.as_wire(order)], apart=drawn["apart"])
        here = Shop(shop, client, order)
        items = [*zip(order.items.order_by("pk"), steps, strict=False)]
        when = {item.pk: at[: item.quantity] if drawn["apart"] else at[:1] * item.quantity for item, at in items}
        for step in range(4):
            chosen = {pk: at.count(step) for pk, at in when.items() if step in at}
            if chosen and not here.cancel(chosen):
                assert drawn["apart"]
                return
        paid = [Decimal(e["amount"]) for e in order.details.get("discountitem_set", [])]
        paid += [-Decimal(e["amount"]) for e in order.details.get("loyaltytransaction_set", [])]
        assert order.refund_amount <= here.sent_back <= order.amount + sum(paid)
        if "credit_card" in str(drawn["payment"]) and drawn["status"] == 400 and not drawn["points"]:
            assert here.sent_back == order.amount + sum(paid)

    they_agree()
