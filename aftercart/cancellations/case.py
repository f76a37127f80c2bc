"""The case that is judged: what is read of an order for it, and the one place that makes it.

Everything that a case is made of is in `OrderColumns` and `ItemColumns`, under the models' names. A wish is judged
first and claimed afterwards; under the claim the same columns are read again and compared one by one (`claim.take`). So
a fact that is not compared cannot be judged. Orders that are shown come as rows, which have these columns, too, except
those with a default, which describe an item as a whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from aftercart.cancellations.rules import CancellationCase, ItemFacts, OrderFacts, Wish, WishedItem
from aftercart.cancellations.sets import parts_alone, with_their_sets
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.dynamic_settings.schema import CancellationFallback, ExtraCancelRules
from aftercart.orders.models import OrderItem
from aftercart.orders.parts import is_in_pieces


class OrderColumns(NamedTuple):
    """What an order is judged by."""

    status: int
    invoice_number: str | None
    created_date: datetime


class ItemColumns(NamedTuple):
    """What an item is judged by."""

    has_active_request: bool
    """Not a column: an annotation."""
    id: int
    parent: int | None
    invoice_number: str | None
    status: int
    quantity: int
    returned_quantity: int
    withdrawn_quantity: int
    omnitron_pk: int | None = None
    parts: Sequence[Mapping[str, int]] = ()


class Columns(NamedTuple):
    """An order and all of its items, as judged; equal to what is read again where nothing has changed."""

    order: OrderColumns
    items: list[ItemColumns]


OF_ORDER = OrderColumns._fields
OF_ITEM = ItemColumns._fields[1:]
_order = attrgetter(*OF_ORDER)
_item = attrgetter(*OF_ITEM)
# What tells an item from others that are judged alike; it comes first.
TOLD_APART = ("id", "parent", "invoice_number")
# What rows do not have; it has defaults.
NOT_IN_ROWS = ("omnitron_pk", "parts")
_alike = attrgetter(*(name for name in OF_ITEM if name not in TOLD_APART + NOT_IN_ROWS))
_order_again = attrgetter(*(f"order__{name}" for name in OF_ORDER))


def columns_of(order: Any, items: Iterable[OrderItem]) -> Columns:
    """The columns of an order and its items, each of which has its active request with it."""
    lines = [ItemColumns(item.active_request is not None, *_item(item)) for item in items]
    return Columns(OrderColumns(*_order(order)), lines)


def columns_again(rows: Sequence[Any]) -> Columns | None:
    """The same for the rows of `statements.COLUMNS_AGAIN`; None without any item."""
    if not rows:
        return None
    lines = [ItemColumns(row.requested__pk is not None, *_item(row)) for row in rows]
    return Columns(OrderColumns(*_order_again(rows[0])), lines)


@dataclass(frozen=True, slots=True)
class Basis:
    """What all cases of one order are made of, at one moment."""

    columns: Columns
    lines: Mapping[int, ItemColumns]
    """The items' columns by their ids."""
    named: Mapping[int, OrderItem]
    """The items by their ids: their names appear in sentences, and nothing else of them is read."""
    settings: DynamicSettings
    attempt_open: bool

    @classmethod
    def of(cls, order: Any, items: Sequence[OrderItem], settings: DynamicSettings, *, attempt_open: bool) -> "Basis":
        """Of an order with its items, which have their active requests, and the rules in force."""
        columns = columns_of(order, items)
        lines = {line.id: line for line in columns.items}
        return cls(columns, lines, {item.pk: item for item in items}, settings, attempt_open)

    def case(
        self,
        chosen: Iterable[tuple[OrderItem, WishedItem]],
        *,
        now: datetime,
        wish: Wish | None = None,
        as_loyalty: bool = False,
    ) -> CancellationCase:
        """The case of what is chosen, with everything that goes with it. `wish`: the one that is judged, if any."""
        lines = self.columns.items
        picked = with_their_sets([(self.lines[item.pk], wished) for item, wished in chosen], lines)
        alone = parts_alone(picked, lines)
        facts = [
            (facts_of(line, name=self.named[line.id].name, wish=wish, is_alone=line.id in alone), wished)
            for line, wished in picked
        ]
        return case_of(
            order_facts(self.columns.order, attempt_open=self.attempt_open),
            tuple(facts),
            settings=self.settings,
            created_date=self.columns.order.created_date,
            now=now,
            as_loyalty=wish.fully_refund_as_loyalty_money if wish else as_loyalty,
        )


def case_of(
    order: OrderFacts,
    chosen: tuple[tuple[ItemFacts, WishedItem], ...],
    *,
    settings: DynamicSettings,
    created_date: datetime,
    now: datetime,
    as_loyalty: bool = False,
) -> CancellationCase:
    """The case of these facts."""
    return CancellationCase(
        order=order,
        created_date=created_date,
        now=now,
        chosen=chosen,
        fully_refund_as_loyalty_money=as_loyalty,
        rules=settings.get(ExtraCancelRules),
        fallback=settings.get(CancellationFallback),
    )


def order_facts(order: OrderColumns, *, attempt_open: bool) -> OrderFacts:
    """What the rules need to know of an order itself."""
    return OrderFacts(status=order.status, has_invoice=bool(order.invoice_number), attempt_open=attempt_open)


def shown_order_facts(row: Any) -> OrderFacts:
    """The same of an order that is shown, model or row, with `attempt_open` beside it."""
    return order_facts(OrderColumns(*_order(row)), attempt_open=row.attempt_open)


def shown_columns(row: Any, has_active_request: bool) -> ItemColumns:
    """The columns of an item that is shown, model or row, without what tells it from others that are judged alike."""
    return ItemColumns(has_active_request, 0, None, "known" if row.invoice_number else None, *_alike(row))


def gone(line: Any, wish: Wish | None) -> int:
    """How many pieces a wish cannot be about; pieces of a withdrawal were counted when it was declared."""
    return 0 if wish and wish.is_withdrawal else int(line.returned_quantity + line.withdrawn_quantity)


def facts_of(line: ItemColumns, *, name: str = "", wish: Wish | None = None, is_alone: bool = False) -> ItemFacts:
    """What the rules need to know of an item, for a wish or, without one, for any of a shopper's own.

    `is_alone`: it is part of a set that is not wished for with it.
    """
    return ItemFacts(
        id=line.id,
        name=name,
        status=line.status,
        quantity=line.quantity,
        gone=gone(line, wish),
        has_invoice=bool(line.invoice_number),
        has_active_request=line.has_active_request,
        parts=tuple((part["status"], part["quantity"]) for part in line.parts),
        is_part_alone=is_alone,
        # What Omnitron has not told us yet is asked when a wish comes; until then it is promised to nobody.
        in_pieces=is_in_pieces(line) or (wish is not None and line.omnitron_pk is None),
    )
