"""What a promise costs: statements, and nothing held while Omnitron is asked."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders
from tests.acts import statements


@pytest.mark.parametrize(("items", "chosen"), [(3, 3), (3, 2), (50, 50)], ids=["all of 3", "2 of 3", "all of 50"])
def test_a_direct_cancel_that_brings_news_takes_at_most_fifteen_statements(
    items: int, chosen: int, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, items=items)
    body = builders.a_body(order, only=1)
    at_ada.cancel(order, body)
    omnitron.approve_plan(omnitron.order(order.number)["cancellationplan_set"][0]["pk"])
    rest = builders.a_body(order)
    rest["cancel_order_items"] = rest["cancel_order_items"][1:chosen]
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.cancel(order, rest).status_code == 204
    assert len(statements(seen)) <= 15, "\n".join(sql[:120] for sql in statements(seen))


@pytest.mark.parametrize(("items", "statements_taken"), [(1, 11), (20, 11), (100, 11)])
def test_a_direct_cancel_takes_eleven_statements(
    items: int, statements_taken: int, stock: Any, ada: Any, at_ada: Any
) -> None:
    """Session, order, items, reasons; attempt, facts; attempt, items, order, events, mail. None is about one item."""
    at_ada.cancel(stock(ada, items=items))  # statements are compiled once per process
    order = stock(ada, items=items)
    body = builders.a_body(order)
    with CaptureQueriesContext(connection) as seen:
        assert at_ada.cancel(order, body).status_code == 204
    assert len(statements(seen)) == statements_taken, "\n".join(sql[:120] for sql in statements(seen))


def test_no_statement_runs_between_the_claim_and_the_settlement(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, settings: Any
) -> None:
    """While Omnitron is slow, no transaction is open: `connections` refuses every call inside one."""
    order = stock(ada)
    seen: list[tuple[int, bool]] = []
    omnitron.fault(operation="cancel", kind="latency", seconds=0.2, times=1)

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((len(omnitron.calls(number=order.number)), connection.in_atomic_block))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        assert at_ada.cancel(order).status_code == 204
    calls = [count for count, _ in seen]
    assert calls == sorted(calls)
    assert calls[0] == 0
    assert set(calls) == {0, max(calls)} or set(calls) <= {0, max(calls) - 1, max(calls)}
    assert not connection.in_atomic_block
