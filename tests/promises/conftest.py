"""What the promises' tests share beside a shop."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders


@pytest.fixture
def lines(omnitron: Any) -> Callable[..., Any]:
    """Make an order of lines of three, each piece an item of its own at Omnitron."""

    def make(customer: Any, *, items: int = 2, **fields: Any) -> Any:
        order = builders.an_order(customer, items=items, item_fields={"quantity": 3}, amount="199.98", **fields)
        omnitron.add_orders([builders.as_wire(order)], apart=True)
        return order

    return make
