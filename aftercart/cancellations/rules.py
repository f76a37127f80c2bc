"""When a customer may cancel. Pure: facts in, refusals out; imports nothing of Django and reads no clock.

`RULES` lists the reference's table in the reference's order, and `refusals.py` its sentences word for word, so that the
code and the reference can be compared side by side. Whether a refusal is final, or sends the wish to the back
office, is the merchant's choice (`CANCELLATION_FALLBACK`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aftercart.dynamic_settings.schema import CancellationFallback, ExtraCancelRules
from aftercart.refusals import (
    CANCELLATION,
    IN_PROGRESS,
    ITEM_STATUS,
    NEEDS_REQUEST,
    NOTHING_LEFT,
    OPEN_REQUEST,
    Final,
    Refusal,
)
from aftercart.statuses import AFTER_SHIPMENT, BEFORE_SHIPMENT, CLOSED, DIRECTLY_CANCELLABLE, Status

GOING_ON = frozenset(Status) - CLOSED - {Status.CANCELLATION_WAITING}
CANCEL = "cancel"
REFUND = "refund"
LONG_OVER = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WishedItem:
    """One item that the customer wants to cancel or give back, as asked for."""

    order_item: int
    reason: int
    cancellation_type: str = CANCEL
    description: str = ""
    quantity: int | None = None
    shipping_company: int | None = None
    iban: str = ""
    holder_name: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that one cancellation asks for."""

    items: tuple[WishedItem, ...]
    pickup_address: int | None = None
    fully_refund_as_loyalty_money: bool = False
    is_withdrawal: bool = False
    """Whether it carries out a withdrawal from the contract, whose pieces are counted already."""

    def kept(self) -> dict[str, Any]:
        """As an attempt keeps it."""
        return {
            "items": [{name: getattr(item, name) for name in WishedItem.__slots__} for item in self.items],
            "pickup_address": self.pickup_address,
            "fully_refund_as_loyalty_money": self.fully_refund_as_loyalty_money,
            "is_withdrawal": self.is_withdrawal,
        }


class OrderFacts(NamedTuple):
    """What is known of an order itself."""

    status: int
    has_invoice: bool = False
    attempt_open: bool = False


class ItemFacts(NamedTuple):
    """What is known of a chosen item."""

    id: int
    name: str
    status: int
    quantity: int = 1
    gone: int = 0
    """How many of its pieces the wish cannot be about: they came back, or are on their way back."""
    has_invoice: bool = False
    has_active_request: bool = False
    parts: tuple[tuple[int, int], ...] = ()
    """Status and pieces of each, if it is several items at Omnitron."""
    is_part_alone: bool = False
    """Whether it is part of a set that the wish is not about."""
    in_pieces: bool = False
    """Whether each of its pieces is, or may be, an item of its own there: then some of them can be cancelled there."""

    def pieces_in(self, statuses: Collection[int]) -> int:
        """How many of its pieces are in these statuses."""
        parts = self.parts or ((self.status, self.quantity),)
        return sum(pieces for status, pieces in parts if status in statuses)

    @property
    def left(self) -> int:
        """How many pieces the wish may be about."""
        return self.quantity - self.gone

    def wished(self, quantity: int | None) -> int:
        """How many pieces are meant: without a number, all that are left."""
        return self.left if quantity is None else quantity


@dataclass(frozen=True, slots=True)
class CancellationCase:
    """The facts that are judged: the order, the chosen items beside what is wished of them, and the rules in force."""

    order: OrderFacts
    created_date: datetime
    now: datetime
    chosen: tuple[tuple[ItemFacts, WishedItem], ...]
    fully_refund_as_loyalty_money: bool = False
    rules: ExtraCancelRules = field(default_factory=ExtraCancelRules)
    fallback: CancellationFallback = field(default_factory=CancellationFallback)

    @property
    def directly_cancellable(self) -> frozenset[int]:
        """The statuses in which direct cancellation is possible, the merchant's extra ones included."""
        return directly_cancellable(self.rules)


def directly_cancellable(rules: ExtraCancelRules) -> frozenset[int]:
    """The statuses in which direct cancellation is possible, the merchant's extra ones included."""
    return DIRECTLY_CANCELLABLE | frozenset(rules.extra_direct_cancellable_statuses)


Rule = Callable[[CancellationCase], Iterator[Refusal]]


def direct_way_closes_at(rules: ExtraCancelRules, created_date: datetime) -> datetime | None:
    """The last instant at which an order may be cancelled directly; None without a time limit."""
    gap = rules.hour_gap
    if not gap.is_active:
        return None
    try:
        return created_date + timedelta(minutes=gap.time)
    except OverflowError:  # the calendar's end means that the date is unknown: there is nothing to count from
        return LONG_OVER


def is_past_gap(rules: ExtraCancelRules, created_date: datetime, now: datetime) -> bool:
    """Whether the time to cancel an order directly has passed; exactly at the limit it has not."""
    closes_at = direct_way_closes_at(rules, created_date)
    return closes_at is not None and now > closes_at


def order_already_cancelled(case: CancellationCase) -> Iterator[Refusal]:
    """The order is cancelled."""
    if case.order.status == Status.CANCELED:
        yield Refusal("order_already_cancelled")


def cancellation_in_progress(case: CancellationCase) -> Iterator[Refusal]:
    """An attempt is open for the order, or a chosen item is in cancellation."""
    if case.order.attempt_open:
        yield Refusal(IN_PROGRESS)
    for item, _ in case.chosen:
        if item.status == Status.CANCELLATION_WAITING:
            yield Refusal(IN_PROGRESS, item.id)


def active_request(case: CancellationCase) -> Iterator[Refusal]:
    """A chosen item has an active request."""
    for item, _ in case.chosen:
        if item.has_active_request:
            yield Refusal(OPEN_REQUEST, item.id)


def nothing_left(case: CancellationCase) -> Iterator[Refusal]:
    """All pieces of a chosen item have come back, although the line goes on."""
    for item, _ in case.chosen:
        if item.left < 1:
            yield Refusal(NOTHING_LEFT, item.id, {"name": item.name})


def order_status(case: CancellationCase) -> Iterator[Refusal]:
    """The order's status does not allow direct cancellation."""
    if case.order.status not in case.directly_cancellable and case.order.status != Status.CANCELED:
        yield Refusal("order_status_not_cancellable")


def invoice(case: CancellationCase) -> Iterator[Refusal]:
    """Invoiced orders are not cancelled directly, if the merchant says so."""
    if case.rules.has_invoice and (case.order.has_invoice or any(item.has_invoice for item, _ in case.chosen)):
        yield Refusal("order_has_invoice")


def hour_gap(case: CancellationCase) -> Iterator[Refusal]:
    """The time for it has passed; exactly at the limit is still in time."""
    if is_past_gap(case.rules, case.created_date, case.now):
        yield Refusal("cancellation_expired")


def item_status(case: CancellationCase) -> Iterator[Refusal]:
    """A chosen item's status does not allow direct cancellation."""
    for item, wished in case.chosen:
        # A return is judged by the requests' own rules, and one in cancellation has been named above.
        if wished.cancellation_type == REFUND or item.status == Status.CANCELLATION_WAITING:
            continue
        going_on = item.pieces_in(GOING_ON)
        wanted = min(item.wished(wished.quantity), going_on)
        if not wanted or item.pieces_in(case.directly_cancellable) < wanted:
            yield _item_refused(item)


def part_of_set(case: CancellationCase) -> Iterator[Refusal]:
    """A set is one thing: the shop decides whether a part of it may go alone."""
    for item, _ in case.chosen:
        if item.is_part_alone:
            yield Refusal("part_of_set", item.id, {"name": item.name})


def needs_request(case: CancellationCase) -> Iterator[Refusal]:
    """Omnitron's cancel call cannot express a return, loyalty money, or a part (or the rest) of a single item there."""
    for item, wished in case.chosen:
        in_part = item.wished(wished.quantity) < item.pieces_in(GOING_ON) and not item.in_pieces
        if wished.cancellation_type == REFUND or in_part or case.fully_refund_as_loyalty_money:
            yield Refusal(NEEDS_REQUEST, item.id)


RULES: tuple[Rule, ...] = (
    order_already_cancelled,
    cancellation_in_progress,
    active_request,
    nothing_left,
    order_status,
    invoice,
    hour_gap,
    item_status,
    part_of_set,
    needs_request,
)


def refusals(case: CancellationCase) -> list[Refusal]:
    """Everything that speaks against cancelling directly, in the reference's order; empty: go ahead."""
    return [refusal for rule in RULES for refusal in rule(case)]


def is_final(refusal: Refusal, fallback: CancellationFallback) -> bool:
    """Whether this refusal ends the wish (400) instead of sending it to the back office (200)."""
    always = CANCELLATION[refusal.code].final is Final.ALWAYS
    return always or not fallback.enabled or refusal.code in fallback.final


def asking_refusals(case: CancellationCase) -> list[Refusal]:
    """What ends a wish that asks the shop at once, without trying the direct way: the final refusals.

    A merchant who takes no requests refuses it, even if the direct way would be open.
    """
    found = [refusal for refusal in refusals(case) if is_final(refusal, case.fallback)]
    if not found and not case.fallback.enabled:
        return [Refusal(NEEDS_REQUEST, item.id) for item, _ in case.chosen]
    return ending(found, case.fallback)


def ending(found: Sequence[Refusal], fallback: CancellationFallback) -> list[Refusal]:
    """What to answer if any refusal is final: all of them; empty if none is."""
    final = [refusal for refusal in found if is_final(refusal, fallback)]
    # That a wish needs a request is worth telling the customer only if nothing else speaks against it.
    alone = all(refusal.code == NEEDS_REQUEST for refusal in final)
    return [refusal for refusal in found if alone or refusal.code != NEEDS_REQUEST] if final else []


def request_refusals(case: CancellationCase) -> list[Refusal]:
    """What speaks against requests for the chosen items: always final.

    `cancel` needs an item that has not shipped, `refund` one that has.
    """
    return [
        _item_refused(item)
        for item, wished in case.chosen
        if item.status not in (BEFORE_SHIPMENT if wished.cancellation_type == CANCEL else AFTER_SHIPMENT)
    ]


def _item_refused(item: ItemFacts) -> Refusal:
    return Refusal(ITEM_STATUS, item.id, {"name": item.name})
