"""One maker for each kind of event of an order, and what an event holds is written down with it."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_type_hints
from uuid import uuid4

import pytest

from aftercart.orders import events
from aftercart.orders.models import Order, OrderEvent, OrderItem
from tests.architecture.source import calls_of, modules

MAKERS = [
    maker
    for name, maker in vars(events).items()
    if inspect.isfunction(maker) and maker.__module__ == events.__name__ and not name.startswith("_")
]
NOW = datetime(2026, 11, 28, tzinfo=UTC)
ORDER = Order(pk=1, status=400)
EXAMPLES: dict[Any, Any] = {
    Order: ORDER,
    OrderItem: OrderItem(pk=2, order=ORDER, status=400),
    OrderItem | None: None,
    datetime: NOW,
    int: 100,
    int | None: 5,
    str: "said",
    events.Address: {"line": "Elsewhere 2"},
}


def _made(maker: Callable[..., OrderEvent], *, all_said: bool) -> OrderEvent:
    kinds = get_type_hints(maker)
    given = {
        name: EXAMPLES.get(kinds[name]) or uuid4()
        for name, parameter in inspect.signature(maker).parameters.items()
        if all_said or parameter.default is inspect.Parameter.empty
    }
    if kinds.get("item") == OrderItem | None:
        given["item"] = None
    return maker(**given)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_what_an_event_holds_is_written_down(maker: Callable[..., OrderEvent]) -> None:
    said = (maker.__doc__ or "").partition("Data:")[2]
    for all_said in (True, False):
        data = _made(maker, all_said=all_said).data
        assert said.strip() == "none." or data
        assert [key for key in data if f"`{key}`" not in said] == []


def test_each_kind_has_its_maker() -> None:
    made = [_made(maker, all_said=False).kind for maker in MAKERS]
    assert sorted(made) == sorted(OrderEvent.Kind)


@pytest.mark.parametrize("path", [path for path in modules() if path != "aftercart/orders/events.py"])
def test_nobody_else_makes_events(path: str) -> None:
    by_hand = [call.lineno for call in calls_of(modules()[path], "OrderEvent")]
    for writing in ("create", "get_or_create", "update_or_create"):
        by_hand += [
            call.lineno
            for call in calls_of(modules()[path], writing)
            if "OrderEvent" in {getattr(node, "id", "") for node in _inside(call.func)}
        ]
    assert by_hand == []


def _inside(node: Any) -> list[Any]:
    found = [node]
    while hasattr(found[-1], "value"):
        found.append(found[-1].value)
    return found
