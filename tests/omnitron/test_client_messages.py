"""Reading is tolerant where sources disagree, and strict where a guess could do harm."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aftercart.omnitron import (
    STATUS_CODES,
    RemoteCancellationPlan,
    RemoteCancellationRequest,
    RemoteItem,
    RemoteOrder,
    RemoteProduct,
    RemoteReason,
)
from tests.omnitron.wire import ORDER, item

STATUS = {
    "code as text": ("50", 50),
    "code": (50, 50),
    "name": ("cancellation_waiting", 50),
    "name in capitals": ("APPROVED", 400),
    "canceled": ("canceled", 100),
    "cancelled": ("cancelled", 100),
    "value and label": ({"value": "550", "label": "Teslim edildi"}, 550),
    "value is a name": ({"value": "delivered", "label": "x"}, 550),
    "a code of tomorrow": ("777", 777),
}


@pytest.mark.parametrize(("wire_value", "code"), STATUS.values(), ids=STATUS.keys())
def test_a_status_is_read_from_code_or_name(wire_value: object, code: int) -> None:
    assert RemoteOrder.model_validate(ORDER | {"status": wire_value}).status == code
    assert RemoteItem.model_validate(item(1, status=wire_value)).status == code


@pytest.mark.parametrize("wire_value", ["", "moon", None, True, -5, [], {}, {"value": None}, 4.5], ids=repr)
def test_an_unreadable_status_is_refused(wire_value: object) -> None:
    with pytest.raises(ValidationError):
        RemoteOrder.model_validate(ORDER | {"status": wire_value})


def test_every_status_of_the_reference_is_known() -> None:
    assert sorted(set(STATUS_CODES.values())) == [
        50, 100, 200, 300, 350, 400, 450, 500, 510, 520, 540, 544, 545, 546, 547, 550, 600,
    ]  # fmt: skip


@pytest.mark.parametrize("changes", [{"pk": 7}, {"id": 7}, {"pk": "7"}], ids=repr)
def test_pk_or_id(changes: dict) -> None:
    data = {name: value for name, value in ORDER.items() if name != "pk"} | changes
    assert RemoteOrder.model_validate(data).pk == 7


@pytest.mark.parametrize("channel", [1, "1", {"pk": 1, "name": "Web"}, {"id": 1}], ids=repr)
def test_a_relation_is_a_number_or_an_object(channel: object) -> None:
    assert RemoteOrder.model_validate(ORDER | {"channel": channel}).channel == 1


EXTRA_FIELDS = [
    ({"id": "99"}, 99),
    ({"id": 99}, 99),
    ({"id": "abc"}, None),
    ({"id": True}, None),
    ({"id": "²"}, None),
    ({"id": "9" * 5000}, None),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("extra_field", "remote_id"), EXTRA_FIELDS, ids=lambda value: repr(value)[:20])
def test_the_remote_id_stands_in_the_extra_field(extra_field: object, remote_id: int | None) -> None:
    assert RemoteOrder.model_validate(ORDER | {"extra_field": extra_field}).remote_id == remote_id


def test_empty_and_missing_are_the_same() -> None:
    empty = dict.fromkeys(
        [
            "amount",
            "invoice_number",
            "invoice_date",
            "tracking_number",
            "shipping_address",
            "customer",
            "channel",
        ]
    )
    for value in (None, ""):
        order = RemoteOrder.model_validate(ORDER | dict.fromkeys(empty, value))
        assert order.amount is None
        assert order.invoice_number == ""
        assert order.invoice_date is None
        assert order.shipping_address is None
        assert order.channel is None
    assert RemoteItem.model_validate(item(1, quantity=None, product={"pk": 3, "name": "Kazak"})).quantity == 1
    assert RemoteItem.model_validate(item(1, product={"pk": 3, "name": "Kazak"})).product == 3


def test_an_address_may_be_a_number() -> None:
    assert RemoteOrder.model_validate(ORDER | {"shipping_address": 12}).shipping_address == {"pk": 12}


def test_times_are_always_aware() -> None:
    order = RemoteOrder.model_validate(
        ORDER
        | {
            "date_placed": "2025-01-01T10:00:00",
            "invoice_date": "2025-01-02",
            "modified_date": "2025-01-01T13:00:00+03:00",
        }
    )
    assert order.date_placed == order.modified_date == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert order.invoice_date == datetime(2025, 1, 2, tzinfo=UTC)


def test_messages_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        RemoteOrder.model_validate(ORDER).status = 100  # type: ignore[misc]


PLANS = {
    "flat": {"order": 7, "order_number": "N1", "order_items": [1, 2]},
    "order object": {"order": {"pk": 7, "number": "N1"}, "order_items": [{"pk": 1}, {"pk": 2}]},
    "one payment plan": {"order": 7, "order_number": "N1", "payment_plan": {"order_items": [1, 2]}},
    "payment plans": {
        "order": {"pk": 7, "number": "N1"},
        "payment_plans": [{"order_items": [1]}, {"order_items": [1, 2]}],
    },
}


@pytest.mark.parametrize("data", PLANS.values(), ids=PLANS.keys())
@pytest.mark.parametrize("status", ["status", "cancellation_plan_status", "cancel_status"])
def test_a_plan_names_its_order_and_items(data: dict, status: str) -> None:
    plan = RemoteCancellationPlan.model_validate({"pk": 5, "plan_type": "cancel", status: "Waiting"} | data)
    assert (plan.order, plan.order_number, plan.order_items, plan.status) == (7, "N1", (1, 2), "waiting")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MESSAGES = [
    RemoteOrder, RemoteItem, RemoteCancellationRequest, RemoteCancellationPlan, RemoteProduct, RemoteReason,
]  # fmt: skip


def data_for(model: type) -> st.SearchStrategy:
    names = [*model.model_fields, "id", "payment_plans", "productimage_set", "cancel_items"]
    return st.tuples(st.just(model), ANYTHING | st.dictionaries(st.sampled_from(names), ANYTHING))


@given(st.sampled_from(MESSAGES).flatmap(data_for))
def test_whatever_comes_is_read_or_refused(case: tuple) -> None:
    model, data = case
    try:
        message = model.model_validate(data)
    except ValidationError:
        return
    assert isinstance(message.pk, int)


def test_the_library_knows_no_django() -> None:
    # The package around it may; so it is imported as if it stood alone.
    code = """
import sys, types
aftercart = sys.modules["aftercart"] = types.ModuleType("aftercart")
aftercart.__path__ = ["aftercart"]
import aftercart.omnitron
sys.exit(any(name.split(".")[0] in {"django", "celery"} for name in sys.modules))
"""
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("remote_id", ["SHOP-77", "", {"id": 1}, True, "9" * 30], ids=repr)
def test_a_remote_id_that_is_not_ours_is_no_reason_to_refuse_the_rest(remote_id: object) -> None:
    assert RemoteOrder.model_validate({**ORDER, "remote_id": remote_id, "has_gift_box": None}).remote_id is None
