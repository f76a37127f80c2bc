"""A case is made of what is compared behind a claim, and of nothing else."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aftercart.cancellations.case import OF_ITEM, OF_ORDER, Basis, columns_of, shown_columns
from aftercart.cancellations.eligibility import eligibility
from aftercart.cancellations.rules import CANCEL, REFUND, WishedItem, refusals, request_refusals
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.orders.models import Order, OrderItem
from aftercart.statuses import Status

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SETTINGS = DynamicSettings({"EXTRA_CANCEL_RULES": {"has_invoice": True, "hour_gap": {"is_active": True, "time": 60}}})
statuses = st.sampled_from([int(status) for status in Status])
part = st.fixed_dictionaries({"pk": st.integers(1, 9), "status": statuses, "quantity": st.just(1)})
items = st.lists(
    st.fixed_dictionaries(
        {
            "status": statuses,
            "quantity": st.integers(1, 3),
            "returned_quantity": st.integers(0, 1),
            "invoice_number": st.sampled_from([None, "A1"]),
            "parent": st.sampled_from([None, 1]),
            "omnitron_pk": st.sampled_from([None, 7]),
            "parts": st.lists(part, max_size=3),
        }
    ),
    min_size=1,
    max_size=4,
)


@given(
    items=items,
    asked=st.sets(st.integers(1, 4)),
    order_status=statuses,
    age=st.sampled_from([timedelta(0), timedelta(hours=2)]),
    kind=st.sampled_from([CANCEL, REFUND]),
    attempt_open=st.booleans(),
)
def test_a_case_is_made_of_nothing_but_what_is_compared(
    items: list[dict[str, Any]], asked: set[int], order_status: int, age: timedelta, kind: str, attempt_open: bool
) -> None:
    order = Order(status=order_status, created_date=NOW - age, invoice_number=None)
    lines = [OrderItem(pk=pk, product={"name": f"Cup {pk}"}, **values) for pk, values in enumerate(items, 1)]
    for line in lines:
        line.active_request = object() if line.pk in asked else None
    # The same, with nothing else that could be read.
    bare_order = SimpleNamespace(**{name: getattr(order, name) for name in OF_ORDER})
    beside = ("pk", "name", "active_request")
    bare = [SimpleNamespace(**{name: getattr(line, name) for name in (*OF_ITEM, *beside)}) for line in lines]

    def judged(order: Any, lines: Any) -> Any:
        basis = Basis.of(order, lines, SETTINGS, attempt_open=attempt_open)
        case = basis.case([(line, WishedItem(line.pk, 1, kind)) for line in lines], now=NOW)
        return case, refusals(case), request_refusals(case), eligibility(case)

    assert judged(bare_order, bare) == judged(order, lines)
    assert columns_of(bare_order, bare) == columns_of(order, lines)


def test_items_that_are_judged_alike_are_judged_once() -> None:
    """What the flags are kept by: an item's own texts and dates would make each of them another one."""
    row = SimpleNamespace(**dict.fromkeys(OF_ITEM, "some text"))
    row.__dict__.update(id=7, parent=8, status=400, quantity=2, returned_quantity=0, withdrawn_quantity=0)
    shown = shown_columns(row, has_active_request=False)
    assert {value for value in shown if not isinstance(value, int)} <= {"known", None, ()}
    row.id, row.parent, row.invoice_number = 9, None, "another text"
    assert shown_columns(row, has_active_request=False) == shown
