"""A mailed link opens one order for one reader, as both were when it was mailed; then it ends, and says so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.mailed_links.mailing import ask_for_order_link, send_order_link
from aftercart.mailed_links.models import AskedLink
from aftercart.mails.models import Mail
from aftercart.orders.models import Order

OVER = "time is over"
Opens = AskedLink.Opens


def address_changed(order: Any, other: Any) -> None:
    order.customer.email = "new@example.com"
    order.customer.save()


def orders_address_changed(order: Any, other: Any) -> None:
    Order.objects.filter(pk=order.pk).update(user_email="another@example.com")


def switched_off(order: Any, other: Any) -> None:
    order.customer.is_active = False
    order.customer.save()


def handed_over(order: Any, other: Any) -> None:
    Order.objects.filter(pk=order.pk).update(customer=other)


def another_under_its_id(order: Any, other: Any) -> None:
    Order.objects.filter(pk=order.pk).update(number="another-number")


def pages(order: Any) -> list[str]:
    to_order, to_withdraw = TO_ORDER.sign(order), TO_WITHDRAW.sign(order)
    return [f"/guest/orders/{to_order}/", f"/guest/orders/{to_order}/cancel/", f"/withdrawals/{to_withdraw}/"]


@pytest.mark.parametrize(
    "what", [address_changed, orders_address_changed, switched_off, handed_over, another_under_its_id]
)
def test_a_link_ends_with_its_reason(stock: Any, ada: Any, eve: Any, what: Callable[[Any, Any], None]) -> None:
    order = stock(ada, status=400)
    links = pages(order)
    assert [Client().get(link).status_code for link in links] == [200, 200, 200]
    what(order, eve)
    for link in links:
        answer = Client().get(link)
        assert answer.status_code == 404
        assert OVER in answer.content.decode()
        assert order.number not in answer.content.decode()
        assert Client().post(link, {"step": "confirm"}).status_code == 404


def test_what_does_not_make_it_anothers_ends_nothing(stock: Any, ada: Any) -> None:
    order = stock(ada, status=400)
    links = pages(order)
    ada.first_name, ada.email = "Augusta", ada.email.upper()
    ada.save()
    Order.objects.filter(pk=order.pk).update(status=500, modified_date=timezone.now() + timedelta(hours=1))
    assert [Client().get(link).status_code for link in links] == [200, 200, 200]


def mailed_to(order: Any, opens: Any, *emails: str) -> list[str]:
    """To whom links go where all of these ask."""
    Mail.objects.all().delete()
    now = timezone.now()
    for email in emails:
        ask_for_order_link(opens, number=order.number, email=email, now=now)
        send_order_link(AskedLink.objects.get().pk, now=now)
    return [mail.to for mail in Mail.objects.order_by("pk")]


def test_a_new_link_goes_to_where_the_customer_is_now_and_not_to_an_old_mailbox(stock: Any, ada: Any, eve: Any) -> None:
    order = stock(ada, status=400)
    all_of_them = ("ada@example.com", "new@example.com", "eve@example.com")
    assert mailed_to(order, Opens.ORDER, *all_of_them) == ["ada@example.com"]
    address_changed(order, eve)
    assert mailed_to(order, Opens.ORDER, *all_of_them) == ["new@example.com"]
    handed_over(order, eve)
    assert mailed_to(order, Opens.ORDER, *all_of_them) == ["eve@example.com"]


def test_who_is_switched_off_may_still_withdraw_and_nothing_else(stock: Any, ada: Any, eve: Any) -> None:
    order = stock(ada, status=400)
    switched_off(order, eve)
    assert mailed_to(order, Opens.ORDER, ada.email) == []
    assert mailed_to(order, Opens.WITHDRAWAL, ada.email) == [ada.email]
