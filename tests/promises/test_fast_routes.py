"""A fast route answers what the ordinary way answers: the same bytes and headers, or nothing at all."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftercart.cancellations.models import CancellationAttempt, CancellationRequest, EasyReturnShippingCompany
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders import signed_number
from aftercart.orders.models import Order, OrderItem
from aftercart.statuses import Status
from tests import builders
from tests.conftest import SignedIn

pytestmark = pytest.mark.fastpath

# What the ordinary way adds for pages; a JSON answer has no use for it.
FOR_PAGES = {"Content-Security-Policy"}

amounts = st.decimals(min_value=0, max_value=99999, places=2)
texts = st.none() | st.sampled_from(["", "X-1", "Öğle çayı – 'iki' \"bardak\"", "https://example.com/?a=1&b=2"])
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))
statuses = st.sampled_from([int(status) for status in Status])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(["", "ışık", "1.50"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "ğ", "pk"]), inner, max_size=2),
    max_leaves=4,
)
details = st.dictionaries(st.sampled_from(["bank", "basket", "notes", "segment", "something new"]), json_values)
order_fields = st.fixed_dictionaries(
    {
        "status": statuses,
        "amount": amounts,
        "discount_amount": amounts,
        "shipping_amount": amounts,
        "refund_amount": amounts,
        "currency": st.sampled_from(["try", "eur"]),
        "tracking_number": texts,
        "tracking_url": texts,
        "invoice_number": texts,
        "invoice_date": st.none() | moments,
        "language_code": st.sampled_from(["tr-tr", "en"]),
        "details": details,
        "modified_date": moments,
    }
)
item_fields = st.fixed_dictionaries(
    {
        "status": statuses,
        "quantity": st.integers(1, 9),
        "price": amounts,
        "retail_price": amounts,
        "tax_rate": st.decimals(min_value=0, max_value=99, places=2),
        "product": st.dictionaries(st.sampled_from(["pk", "name", "image", "attributes", "new"]), json_values),
        "easy_return_companies": st.just([]) | st.just([{"pk": 1}, {"pk": 2}]),
        "tracking_number": texts,
        "invoice_number": texts,
        "invoice_date": st.none() | moments,
        "details": details,
        "created_date": moments,
    }
)
rules = st.none() | st.just({"hour_gap": {"is_active": True, "time": 1}}) | st.just({"has_invoice": True})


def read_alike(client: SignedIn, path: str, **headers: str) -> Any:
    """The answer as shipped, which is the same without fast routes, and without anything that exists only for speed."""
    plain = SignedIn(None, fast_routes=False)
    plain.cookies = client.cookies
    shipped = client.read(path, **headers)
    assert_alike(shipped, plain.read(path, **headers))
    for layers in (frozenset({"rows"}), frozenset[str]()):
        with override_settings(FASTPATH=layers):
            assert_alike(shipped, plain.read(path, **headers))
    return shipped


def assert_alike(shipped: Any, plain: Any) -> None:
    assert shipped.status_code == plain.status_code
    assert shipped.json() == plain.json()
    assert shipped.content == plain.content
    assert {k: v for k, v in plain.items() if k not in FOR_PAGES} == dict(shipped.items())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=order_fields,
    items=st.lists(item_fields, min_size=1, max_size=3),
    rule=rules,
    busy=st.booleans(),
    asked=st.booleans(),
    language=st.sampled_from(["en", "tr", "undefined", "de"]),
)
def test_a_random_order_is_shown_alike_from_rows_and_from_models(
    fields: dict[str, Any],
    items: list[dict[str, Any]],
    rule: Any,
    busy: bool,
    asked: bool,
    language: str,
    omnitron: Any,
    ada: Any,
    at_ada: SignedIn,
) -> None:
    for pk, is_active in ((1, True), (2, False)):
        EasyReturnShippingCompany.objects.get_or_create(
            pk=pk, defaults={"value": "c", "label": "C", "is_active": is_active}
        )
    DynamicSetting.objects.all().delete()
    if rule:
        DynamicSetting.objects.create(name="EXTRA_CANCEL_RULES", value=rule)
    order = builders.an_order(ada, items=0, created=timezone.now() - timedelta(minutes=2))
    Order.objects.filter(pk=order.pk).update(**fields)
    rows = OrderItem.objects.bulk_create(OrderItem(order=order, **values) for values in items)
    if busy:
        CancellationAttempt.objects.create(order=order, customer=ada)
    if asked:
        CancellationRequest.objects.create(
            order=order, order_item=rows[0], reason_id=1, cancellation_type="cancel", easy_return_company_id=1
        )
    headers = {"Accept-Language": language}
    completed = f"/orders/completed/{signed_number.sign(order.number)}/"
    for path in (completed, f"/users/orders/{order.pk}/"):
        shipped = read_alike(at_ada, path, **headers)
        assert shipped.status_code == 200
        assert len(shipped.json().get("order", shipped.json())["orderitem_set"]) == len(items)
    options = f"/orders/{order.number}/cancellation-options/"
    for query in ("", "?as_loyalty=1", f"?items={rows[0].pk}:1,{rows[-1].pk}", "?items=%C4%9F&as_loyalty=maybe"):
        with time_machine.travel(timezone.now(), tick=False):  # it says when it was asked, and how long is left
            read_alike(at_ada, options + query, **headers)


def fast_routes_alone(path: str, *, cookie: str = "", **cookies: str) -> Any:
    """What the fast routes say: their answer, or None where they step aside. `cookie`: the header as it is sent."""
    from aftercart.wsgi import application

    header = cookie or "; ".join(f"{name}={value}" for name, value in cookies.items())
    factory = RequestFactory(headers={"X-Requested-With": "XMLHttpRequest", "Cookie": header})
    return application.answer(factory.get(path).META)


@pytest.fixture
def session(at_ada: SignedIn) -> str:
    return str(at_ada.cookies["sessionid"].value)


def test_either_cookie_carries_the_session(stock: Any, ada: Any, session: str) -> None:
    path = f"/orders/completed/{signed_number.sign(stock(ada).number)}/"
    assert fast_routes_alone(path, sessionid=session).status == 200
    assert fast_routes_alone(path, osessionid=session).status == 200


def test_it_steps_aside_in_any_doubt(stock: Any, ada: Any, eve: Any, at_eve: SignedIn, session: str) -> None:
    order = stock(ada)
    signed = signed_number.sign(order.number)
    path = f"/orders/completed/{signed}/"
    assert fast_routes_alone(path) is None
    assert fast_routes_alone(path, cookie='sessionid="\\000"') is None
    assert fast_routes_alone(path, sessionid="nobody's") is None
    assert fast_routes_alone(path, sessionid=at_eve.cookies["sessionid"].value) is None
    assert fast_routes_alone(path[:-3] + "xx/", sessionid=session) is None
    assert fast_routes_alone(f"/orders/completed/{signed_number.sign('999')}/", sessionid=session) is None
    assert fast_routes_alone(f"/users/orders/{10**25}/", sessionid=session) is None
    assert fast_routes_alone(f"/users/orders/{order.pk}/x/", sessionid=session) is None
    options = f"/orders/{order.number}/cancellation-options/"
    assert fast_routes_alone(options, sessionid=session).status == 200
    assert fast_routes_alone(options) is None
    assert fast_routes_alone(options, sessionid=at_eve.cookies["sessionid"].value) is None
    assert fast_routes_alone("/orders/999/cancellation-options/", sessionid=session) is None
    assert fast_routes_alone(f"/orders/{'9' * 200}/cancellation-options/", sessionid=session) is None
    assert fast_routes_alone("/orders/a/b/cancellation-options/", sessionid=session) is None


def test_it_lets_nobody_in_whose_session_has_ended(stock: Any, ada: Any, session: str) -> None:
    from aftercart.customers.models import Session

    path = f"/orders/completed/{signed_number.sign(stock(ada).number)}/"
    assert fast_routes_alone(path, sessionid=session).status == 200
    with undone(Session.objects.filter(pk=session), expire_date=timezone.now() - timedelta(seconds=1)):
        assert fast_routes_alone(path, sessionid=session) is None
    with undone(type(ada).objects.filter(pk=ada.pk), is_active=False):
        assert fast_routes_alone(path, sessionid=session) is None
    with undone(type(ada).objects.filter(pk=ada.pk), password="another"):
        assert fast_routes_alone(path, sessionid=session) is None
    for proof in ("forged", ""):
        with undone(Session.objects.filter(pk=session), proof=proof):
            assert fast_routes_alone(path, sessionid=session) is None
            browser = Client()
            browser.cookies["sessionid"] = session
            assert browser.get(f"{path}?format=json").status_code == 401


@contextlib.contextmanager
def undone(rows: Any, **values: Any) -> Any:
    """Change rows for a while."""
    before = rows.values(*values).get()
    rows.update(**values)
    yield
    rows.update(**before)
