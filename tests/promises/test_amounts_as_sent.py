"""An amount is kept and shown as it was sent, in every currency and at every door; or it is refused, never changed."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.customers.models import Customer
from aftercart.orders.intake import OrderRefused, take_in
from aftercart.orders.models import Order
from aftercart.orders.pull import pull
from tests.conftest import SignedIn

DATA = Path(__file__).parents[1] / "data"
SENT = {
    "try": ["1349.00", "0.10"],
    "huf": ["1349.50", "0.10"],
    "jpy": ["1349.00", "1.00"],
    "kwd": ["1349.255", "0.500"],
    "clf": ["1349.2551", "0.5000"],
}


def an_order_in(currency: str, amount: str, price: str) -> dict[str, Any]:
    order = deepcopy(json.loads((DATA / "completed.json").read_text())["order"])
    order |= {"currency": currency, "amount": amount, "discount_amount": price, "shipping_amount": "0.00"}
    for item in order["orderitem_set"]:
        item |= {"price": price, "retail_price": price, "price_currency": currency}
    result: dict[str, Any] = order
    return result


def shown(number: str) -> tuple[str, str, str]:
    order = Order.objects.get(number=number)
    answer = SignedIn(Customer.objects.get(pk=order.customer_id)).read(f"/users/orders/{order.pk}/").json()
    return answer["amount"], answer["orderitem_set"][0]["price"], answer["orderitem_set"][0]["retail_price"]


@pytest.mark.parametrize("currency", SENT)
def test_what_came_in_from_a_file_is_shown_as_it_was_sent(currency: str, omnitron: Any) -> None:
    amount, price = SENT[currency]
    order = an_order_in(currency, amount, price)
    take_in(order, now=timezone.now())
    assert shown(order["number"]) == (amount, price, price)
    assert take_in(order, now=timezone.now()).outcome == "unchanged"


@pytest.mark.parametrize("currency", SENT)
def test_what_came_from_omnitron_is_shown_as_it_was_sent(currency: str, omnitron: Any) -> None:
    amount, price = SENT[currency]
    order = an_order_in(currency, amount, price)
    omnitron.add_orders([order])
    list(pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, pause=0))
    assert shown(order["number"]) == (amount, price, price)


@pytest.mark.parametrize(
    ("currency", "price", "places"), [("try", "10.005", "two"), ("jpy", "10.005", "two"), ("kwd", "1.0005", "three")]
)
def test_what_the_currency_cannot_be_paid_with_is_refused_at_both_doors(
    currency: str, price: str, places: str, omnitron: Any
) -> None:
    order = an_order_in(currency, "20.00", price)
    said = f"orderitem_set.0.price: has more than {places} decimal places"
    with pytest.raises(OrderRefused, match=said):
        take_in(order, now=timezone.now())
    omnitron.add_orders([order])
    (page,) = pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, pause=0)
    assert said in page.orders[0].reasons
    assert not Order.objects.exists()


def test_news_of_a_part_need_not_repeat_the_currency(omnitron: Any) -> None:
    order = an_order_in("kwd", "1349.255", "0.500")
    take_in(order, now=timezone.now())
    later = {name: order[name] for name in ("id", "number", "status", "created_date")}
    later["user"] = Order.objects.get(number=order["number"]).customer_id
    later |= {"modified_date": timezone.now().isoformat(), "amount": "1349.255", "refund_amount": "0.255"}
    take_in(later, now=timezone.now())
    assert str(Order.objects.get(number=order["number"]).refund_amount) == "0.255"
