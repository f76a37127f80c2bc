"""How an order was paid, by what it says of itself in its many spellings."""

from decimal import Decimal
from typing import Any

import pytest

from aftercart.dynamic_settings.schema import RefundRules
from aftercart.orders import payments
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.payments import Payment

RULES = RefundRules()


def an_order(status: int = 400, amount: str = "100.00", shipping: str = "0.00", **details: Any) -> Order:
    return Order(status=status, amount=Decimal(amount), shipping_amount=Decimal(shipping), details=details)


def paid_by(**option: Any) -> dict[str, Any]:
    return {"payment_option": option}


@pytest.mark.parametrize(
    "details",
    [
        paid_by(payment_type="pay_on_delivery"),
        paid_by(payment_type="cash_on_delivery"),
        paid_by(payment_type="PayOnDelivery"),
        paid_by(payment_type="cashondelivery"),
        paid_by(payment_type="COD"),
        paid_by(payment_type={"value": "pay_on_delivery", "label": "Kapıda ödeme"}),
        paid_by(payment_type=None, slug="pay-on-delivery"),
        paid_by(payment_type="other", slug="kapida-odeme-kredi-karti"),
        paid_by(payment_type="", slug="", name="Kapıda Nakit Ödeme"),
        paid_by(payment_type="credit_card_on_delivery"),
        {"payment_option_slug": "cash-on-delivery"},
        {"payment_option": None, "payment_option_slug": "kapida_nakit"},
        {"payment_option": 5, "payment_option_slug": "card-at-the-door"},
    ],
    ids=str,
)
def test_what_is_paid_on_delivery_says_so_in_many_ways(details: dict[str, Any]) -> None:
    assert payments.payment_of(an_order(**details), RULES) is Payment.ON_DELIVERY


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"payment_option": None},
        {"payment_option": "credit_card"},
        paid_by(payment_type="credit_card", slug="credit-card", name="Card, or on delivery"),
        paid_by(payment_type="discount_code_only"),
        paid_by(payment_type=["cod"], slug=7),
        paid_by(payment_type="funds_transfer"),
        paid_by(payment_type="pay_on_delivery")
        | {"transaction_set": [{"transaction_type": "purchase", "amount": "100"}]},
        {"transaction_set": []},
        {"transaction_set": [12, 13]},
        {"transaction_set": [{"transaction_type": "refund", "amount": "5.00", "is_success": False}]},
        {"transaction_set": [{"transaction_type": "purchase", "is_success": True}]},
    ],
    ids=str,
)
def test_anything_else_counts_as_paid(details: dict[str, Any]) -> None:
    assert payments.payment_of(an_order(**details), RULES) is Payment.RECEIVED


@pytest.mark.parametrize(
    ("status", "details"),
    [
        (300, {}),
        (546, {}),
        (200, paid_by(payment_type="funds_transfer")),
        (350, paid_by(payment_type="other", slug="havale-eft")),
        (400, {"is_payable": True}),
        (400, {"transaction_set": [{"transaction_type": "purchase", "amount": "100.00", "is_success": False}]}),
        (400, {"transaction_set": [{"transaction_type": "purchase", "amount": "100.00", "status": "failed"}]}),
        (350, {"transaction_set": [{"type": "pre_auth", "amount": "100.00", "status": "pending"}]}),
    ],
    ids=str,
)
def test_a_payment_that_has_not_arrived_is_awaited(status: int, details: dict[str, Any]) -> None:
    assert payments.payment_of(an_order(status, **details), RULES) is Payment.AWAITED


def test_an_order_in_cancellation_was_paid_as_it_was_before() -> None:
    order = an_order(50)
    order.status_before_cancellation = 300
    assert payments.payment_of(order, RULES) is Payment.AWAITED


def test_nothing_to_pay_is_neither_paid_nor_awaited() -> None:
    assert payments.payment_of(an_order(300, amount="0.00"), RULES) is Payment.FREE
    points = {"loyaltytransaction_set": [{"amount": "-50.00"}]}
    assert payments.payment_of(an_order(400, amount="0.00", **points), RULES) is Payment.RECEIVED


def test_the_merchant_says_what_is_paid_on_delivery() -> None:
    order = an_order(**paid_by(payment_type="courier_pos"))
    assert payments.payment_of(order, RefundRules(paid_on_delivery=["courier pos"])) is Payment.ON_DELIVERY
    assert payments.payment_of(an_order(**paid_by(slug="cod")), RefundRules(paid_on_delivery=[])) is Payment.RECEIVED


@pytest.mark.parametrize(
    ("said", "discount"),
    [
        ("12.50", "12.50"),
        ("-12.50", "12.50"),
        (12.5, "12.5"),
        ("0.00", "0.00"),
        (None, None),
        ("", None),
        ("abc", None),
        ("NaN", None),
        ({}, None),
        (True, None),
        ("1e30", None),
    ],
    ids=str,
)
def test_an_items_own_discount_is_read_or_says_nothing(said: object, discount: str | None) -> None:
    item = OrderItem(details={"discount_amount": said})
    assert payments.line_discount(item) == (None if discount is None else Decimal(discount))


@pytest.mark.parametrize(
    ("details", "discount"),
    [
        ({"net_shipping_amount": "0.00"}, "29.90"),
        ({"net_shipping_amount": "9.90"}, "20.00"),
        ({"net_shipping_amount": "29.90"}, "0.00"),
        ({"net_shipping_amount": "99.00"}, "0.00"),
        ({"net_shipping_amount": None}, "0.00"),
        ({"net_shipping_amount": "free"}, "0.00"),
        ({"net_shipping_amount": "24.92", "shipping_tax_rate": "20.00"}, "0.00"),
        ({"discountitem_set": [{"amount": "29.90", "offer_type": "free_shipping"}]}, "29.90"),
        ({"discountitem_set": [{"amount": "99.90", "offer_type": {"value": "CargoDiscount"}}]}, "29.90"),
        ({"discountitem_set": [{"amount": "29.90", "offer_type": "basket"}, None, 4]}, "0.00"),
        ({"discountitem_set": "none"}, "0.00"),
    ],
    ids=str,
)
def test_a_coupon_on_shipping_is_told_by_what_is_left_or_by_its_kind(details: dict[str, Any], discount: str) -> None:
    assert payments.shipping_discount(an_order(shipping="29.90", **details), RULES) == Decimal(discount)


@pytest.mark.parametrize(
    ("details", "spent"),
    [
        ({"discountitem_set": [{"amount": "30.00", "offer_type": "gift_card"}]}, ("30.00", True)),
        (
            {"transaction_set": [{"transaction_type": "purchase", "payment_type": "gift_card", "amount": "30.00"}]},
            ("30.00", False),
        ),
        ({"gift_card_amount": "30.00"}, ("30.00", False)),
        (paid_by(payment_type="gift_card"), ("100.00", False)),
        (paid_by(payment_type="credit_card"), ("0.00", False)),
    ],
    ids=str,
)
def test_what_a_gift_card_paid(details: dict[str, Any], spent: tuple[str, bool]) -> None:
    assert payments.gift_card_spent(an_order(**details), RULES) == (Decimal(spent[0]), spent[1])


def test_a_coupon_on_the_cheapest_shipping_is_told_from_its_tax() -> None:
    order = an_order(shipping="0.01", net_shipping_amount="0.00", shipping_tax_rate="20.00")
    assert payments.shipping_discount(order, RULES) == Decimal("0.01")
