"""Nothing is promised for what was not paid: not in the options, on a page, in a mail; and no page says two things."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.mails.models import Mail, MailKind
from aftercart.mails.rendering import rendered
from aftercart.orders.models import Order, OrderItem
from tests import builders

PROMISES = (
    "the way you paid",
    "credited to you as loyalty points",
    "your money follows",
    "goes back to your gift card",
)
AT_THE_DOOR = {"payment_option": {"pk": 5, "name": "Cash on delivery", "payment_type": "pay_on_delivery"}}
UNPAID: dict[str, dict[str, Any]] = {
    "paid at the door": {"details": AT_THE_DOOR},
    "told by a slug alone": {"details": {"payment_option_slug": "kapida-odeme"}},
    "a transfer not seen": {"status": 350, "details": {"payment_option": {"payment_type": "funds_transfer"}}},
    "waits for its payment": {"status": 300},
    "free": {"amount": "0.00", "item_fields": {"price": "0.00"}},
    "sent back already": {"amount": "66.66", "refund_amount": "66.66"},
}


def options(client: Any, order: Order, query: str) -> Any:
    return client.read(f"/orders/{order.number}/cancellation-options/?{query}").json()


def page_of(customer: Any, order: Order, path: str = "", form: dict[str, Any] | None = None) -> str:
    browser = Client()
    browser.force_login(customer, backend="django.contrib.auth.backends.ModelBackend")
    where = f"/account/orders/{order.number}/{path}"
    answer = browser.post(where, form, follow=True) if form else browser.get(where)
    assert answer.status_code == 200, answer.content
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def review(customer: Any, order: Order, item: int, **more: str) -> str:
    return page_of(customer, order, "cancel/", {"step": "review", "item": item, f"reason-{item}": "1", **more})


@pytest.mark.parametrize("why", UNPAID)
def test_nothing_is_promised_for_what_was_not_paid(why: str, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, **{"items": 2, "status": 400, "amount": "66.66"} | UNPAID[why])
    first, second = order.items.values_list("pk", flat=True)
    for query in (f"items={first}", f"items={first},{second}", f"items={first}&as_loyalty=1"):
        estimate = options(at_ada, order, query)["choice"]["estimate"]
        assert (estimate["amount"], estimate["routes"]) == ("0.00", [])
    shown = options(at_ada, order, "")
    assert shown["loyalty_money"]["possible"] is False
    assert {entry["cancel"]["estimate"]["amount"] for entry in shown["items"]} == {"0.00"}
    said = [review(ada, order, first), review(ada, order, first, as_loyalty="on")]
    said.append(page_of(ada, order, "cancel/", {"step": "confirm", "item": first, f"reason-{first}": "1"}))
    assert "is on its way to the shop" in said[-1] or "has your request" in said[-1]
    assert at_ada.cancel(order, builders.a_body(order, only=2)).status_code in (200, 204, 400)
    said.append(page_of(ada, order))
    for mail in Mail.objects.exclude(kind=MailKind.NEW_LINK):
        written = rendered(mail)
        said += [written.text, written.html]
    assert [(text, promise) for text in said for promise in PROMISES if promise in text] == []


@pytest.mark.parametrize("why", ["paid at the door", "a transfer not seen", "waits for its payment"])
def test_page_and_mail_say_that_no_payment_has_arrived(why: str, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, **{"items": 2, "status": 400, "amount": "66.66"} | UNPAID[why])
    item = order.items.earliest("pk").pk
    assert "No payment has arrived yet, so nothing is sent back." in review(ada, order, item)
    assert at_ada.cancel(order, builders.a_body(order, only=1)).status_code == 204
    assert "No payment has arrived yet" in page_of(ada, order)
    mail = Mail.objects.get(kind=MailKind.CANCELLED)
    assert "No payment has arrived yet" in rendered(mail).text


def test_what_was_paid_at_the_door_comes_back_once_it_was_delivered(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=2, status=550, amount="66.66", details=AT_THE_DOOR)
    first, second = order.items.values_list("pk", flat=True)
    OrderItem.objects.filter(pk=second).update(status=400)
    estimates = {pk: options(at_ada, order, f"items={pk}")["choice"]["estimate"] for pk in (first, second)}
    assert estimates[first]["amount"] == "33.33"
    assert (estimates[second]["amount"], estimates[second]["rules"][0]["code"]) == ("0.00", "nothing_paid")


def test_what_the_merchant_calls_paid_on_delivery_is(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, items=1, amount="33.33", details={"payment_option": {"payment_type": "courier_pos"}})
    item = order.items.get().pk
    assert options(at_ada, order, f"items={item}")["choice"]["estimate"]["amount"] == "33.33"
    DynamicSetting.objects.create(name="REFUND_RULES", value={"paid_on_delivery": ["courier pos"]})
    assert options(at_ada, order, f"items={item}")["choice"]["estimate"]["amount"] == "0.00"


def test_a_gift_card_gets_its_part_back(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    listed = [{"pk": 1, "amount": "33.33", "offer_type": "gift_card", "name": "Card"}]
    fields = {"items": 2, "amount": "33.33", "discount_amount": "33.33", "details": {"discountitem_set": listed}}
    order = stock(ada, **fields)
    item = order.items.earliest("pk").pk

    def routes() -> dict[str, str]:
        estimate = options(at_ada, order, f"items={item}")["choice"]["estimate"]
        assert estimate["amount"] == "33.33"
        return {route["code"]: route["amount"] for route in estimate["routes"]}

    assert routes() == {"money": "16.67", "gift_card": "16.66"}
    DynamicSetting.objects.create(name="REFUND_RULES", value={"gift_cards_back_to": "money"})
    assert routes() == {"money": "33.33"}


def test_yen_come_back_whole_and_what_is_shown_adds_up(stock: Any, ada: Any, at_ada: Any) -> None:
    fields = {"items": 3, "amount": "2000.00", "discount_amount": "1000.00", "currency": "jpy"}
    order = stock(ada, item_fields={"price": "1000.00"}, **fields)
    found = [
        options(at_ada, order, f"items={pk}")["choice"]["estimate"] for pk in order.items.values_list("pk", flat=True)
    ]
    assert [one["amount"] for one in found] == ["666.00", "667.00", "667.00"]
    assert sum(int(re.sub(r"\D", "", one["text"])) for one in found) == 2000
