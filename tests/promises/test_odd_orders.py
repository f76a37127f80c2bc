"""What the intake takes is understood at every door; what it does not take is refused with its path."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from aftercart.cancellations.models import EasyReturnShippingCompany
from aftercart.customers.models import Customer
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.mailed_links.links import TO_ORDER
from aftercart.mails.models import Mail
from aftercart.mails.rendering import rendered
from aftercart.orders import signed_number
from aftercart.orders.intake import take_in
from aftercart.orders.models import Order, OrderItem
from tests import builders, odd_orders
from tests.conftest import SignedIn

HTML = {"Accept": "text/html"}
WHOLE = os.environ.get("ODD_ORDERS") == "each"


@pytest.fixture(scope="module")
def accepted() -> list[odd_orders.Odd]:
    return odd_orders.accepted()


@pytest.fixture
def nil(omnitron: Any) -> Customer:
    EasyReturnShippingCompany.objects.create(pk=1, value="yurtici", label="Yurtiçi")
    customer = Customer.objects.create_superuser("nil@example.org", "secret", pk=7001, username="nil")
    builders.an_address(customer)
    return customer


def test_whatever_is_refused_is_named_by_its_path() -> None:
    unnamed = []
    parts = [path for path in odd_orders.paths() if path.split(".")[-1] not in odd_orders.IDENTITY]
    for path in parts:
        for variant in odd_orders.VARIANTS:
            for reason in odd_orders.reasons_of(path, variant):
                where = reason.split(":")[0]
                if not (path.startswith(where) or where.startswith(path.removesuffix(".id").removesuffix(".pk"))):
                    unnamed.append((path, variant, reason))
    assert not unnamed


def test_nothing_that_may_be_missing_is_refused_for_being_null_or_blank() -> None:
    needed = {"id", "number", "status", "amount", "created_date", "price"}
    refused = [
        (path, variant)
        for path in odd_orders.paths()
        for variant in ("missing", "null")
        if odd_orders.reasons_of(path, variant) and path.split(".")[-1] not in {*needed, "pk"}
    ]
    assert refused == [(odd_orders.CARRIER, "missing"), (odd_orders.CARRIER, "null")]


def doors(order: Order, *, with_admin: bool) -> Iterator[tuple[str, str, Any]]:
    """Every page and door of an order: method, path, what is sent."""
    number, items = order.number, [item.pk for item in order.items.all()]
    yield "GET", f"/users/orders/{order.pk}/", None
    yield "GET", f"/orders/completed/{signed_number.sign(number)}/", None
    yield "GET", f"/orders/{number}/cancellation-options/?items={items[0]}&as_loyalty=1", None
    for name in ("order", "change-address", "withdraw"):
        yield "PAGE", reverse(name, args=[number]), None
    is_return = order.status == 550
    form: dict[str, Any] = {"step": "review", "item": items}
    form |= {f"reason-{pk}": "4" if is_return else "1" for pk in items}
    yield "PAGE", reverse("cancel", args=[number]), {**form, f"carrier-{items[0]}": "1"}
    address = order.customer.addresses.first()
    assert address is not None
    yield "PAGE", reverse("change-address", args=[number]), {"address": str(address.pk)}
    yield "PAGE", reverse("withdraw", args=[number]), {"name": "Nil", "contact": "nil@example.org", "all": "on"}
    signed = TO_ORDER.sign(order)
    yield "PAGE", reverse("guest-order", args=[signed]), None
    yield "PAGE", reverse("guest-cancel", args=[signed]), form
    if with_admin:
        yield "PAGE", reverse("admin:orders_order_change", args=[order.pk]), None
    yield "POST", "/orders/address_change/", {"order": order.pk, "address": address.pk}
    wish = builders.a_body(
        order, reason=4 if is_return else 1, only=1, cancellation_type="refund" if is_return else "cancel"
    )
    wish["cancel_order_items"][0] |= {"shipping_company": 1} if is_return else {}
    yield "POST", f"/orders/{number}/cancel/", wish
    yield "PAGE", reverse("order", args=[number]), None


def walk(nil: Customer, orders: list[Order]) -> list[tuple[str, str, int]]:
    """Go through every door of these orders, by the fast routes and by Django in turn; where it did not go on."""
    stuck = []
    browsers = [SignedIn(nil), SignedIn(nil, fast_routes=False)]

    def knock(browser: SignedIn, method: str, path: str, data: Any) -> None:
        if method == "GET":
            status = browser.read(path).status_code
        elif method == "POST":
            status = browser.send(path, data).status_code
        elif data is None:
            status = browser.get(path, headers=HTML).status_code
        else:
            status = browser.post(path, data, headers={**HTML, "X-CSRFToken": browser.token}).status_code
        if status >= 500 or status == 404:
            stuck.append((method, path, status))

    for number, order in enumerate(orders):
        for method, path, data in doors(order, with_admin=number % 8 == 0):
            knock(browsers[number % 2], method, path, data)
    for number in range(1, len(orders) // 50 + 2):
        knock(browsers[0], "GET", f"/users/orders/?limit=50&page={number}", None)
    for number in range(1, len(orders) // 10 + 2):
        knock(browsers[0], "PAGE", f"/account/orders/?page={number}", None)
    knock(browsers[0], "PAGE", reverse("admin:orders_order_changelist"), None)
    for mail in Mail.objects.select_related("order__customer"):
        assert rendered(mail).text
    return stuck


def test_what_is_taken_in_is_understood_at_every_door(accepted: list[odd_orders.Odd], nil: Customer) -> None:
    """Batches by default; ODD_ORDERS=each walks each by itself, which takes an hour."""
    made = (odd_orders.odd(*one, n) for n, one in enumerate(accepted)) if WHOLE else odd_orders.merged(accepted)
    orders = []
    for wire in made:
        taken = take_in(wire, now=timezone.now(), match_email=True)
        orders.append(Order.objects.select_related("customer").get(pk=taken.id))
    assert len(orders) > len(odd_orders.VARIANTS)
    assert walk(nil, orders) == []


MOMENTS = ["9999-12-31T23:59:59Z", "9999-12-30T12:00:00Z", "0001-01-01T00:00:00Z", "0001-01-02T12:00:00Z"]
NOT_RECEIVED = {"removed_date"}


def kept_badly(nil: Customer) -> list[Order]:
    """Orders as they may have come in before anybody looked: every part that is kept as JSON, and every date."""
    orders = []
    for variant, value in odd_orders.VARIANTS.items():
        if value is odd_orders.MISSING or variant in ("NUL", "half a character", "nested deeply"):
            continue  # no database keeps these
        orders.append(order := builders.an_order(nil, items=2, status=400 + 150 * (len(orders) % 2)))
        wire = dict.fromkeys(odd_orders.ORDER_DETAILS, value)
        place = dict.fromkeys(("pk", "name", "code"), value)
        address = dict.fromkeys((*odd_orders.AddressMessage.model_fields, "hash_data", "user"), value)
        Order.objects.filter(pk=order.pk).update(
            details=wire, shipping_address=address, billing_address=address | {"country": place, "city": place}
        )
        order.items.update(
            details=dict.fromkeys(odd_orders.ITEM_DETAILS, value),
            product=dict.fromkeys(odd_orders.PRODUCT, value),
            easy_return_companies=[{"pk": value}, {"pk": value, "shipping_company": value}, value, {}],
        )
    for n, moment in enumerate(MOMENTS * 2):
        orders.append(order := builders.an_order(nil, items=2, status=400 if n < len(MOMENTS) else 550))
        Order.objects.filter(pk=order.pk).update(**dict.fromkeys(dates_of(Order), moment))
        order.items.update(**dict.fromkeys(dates_of(OrderItem), moment))
    return [Order.objects.select_related("customer").get(pk=order.pk) for order in orders]


def dates_of(model: type[Model]) -> list[str]:
    dates = [field.name for field in model._meta.fields if field.get_internal_type() == "DateTimeField"]
    return [name for name in dates if name not in NOT_RECEIVED]


def test_what_was_kept_before_is_shown_as_unknown(nil: Customer) -> None:
    in_time = {"hour_gap": {"is_active": True, "time": 60}}
    DynamicSetting.objects.update_or_create(name="EXTRA_CANCEL_RULES", defaults={"value": in_time})
    assert walk(nil, kept_badly(nil)) == []
