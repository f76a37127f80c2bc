"""Filling the shop from Omnitron's list of orders: a page at a time, by the same intake as files.

The position is a row, written after each page: a killed pull goes on where it was, and doing something twice is
harmless. Network calls are made between transactions, never inside one.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aftercart.omnitron import NotSent, Omnitron, OutcomeUnknown, Page, RemoteOrder, Unreadable
from aftercart.orders.intake import Taken, take_in
from aftercart.orders.models import Order, OrderItem, PullPosition
from aftercart.orders.omnitron_wire import lines_of, wire_of
from aftercart.orders.said import OmnitronKeys
from aftercart.orders.unread import UnreadRow, forget_unread, keep
from aftercart.orders.wire import OrderRefused

TRIES = 3
PAUSE_SECONDS = 1.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one order of Omnitron's list: taken in, or refused for these reasons."""

    number: str
    taken: Taken | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PulledPage:
    """A page that is in. `count`: how many orders the list has in all."""

    count: int
    orders: tuple[Pulled, ...]


def pull(
    *,
    omnitron: Omnitron,
    clock: Callable[[], datetime],
    since: datetime | None = None,
    page_size: int = 100,
    restart: bool = False,
    match_email: bool = False,
    pause: float = PAUSE_SECONDS,
) -> Iterator[PulledPage]:
    """Read Omnitron's list to its end, from where an interrupted pull of the same list stopped.

    `since` (aware): only what changed there at or after that moment. Each page is in when it is yielded. Where
    something cannot be read after three attempts, the position still points at that page. Raises OmnitronError.
    """
    reader = OrderReader(omnitron, pause)
    position = _position(since=since, page_size=page_size, restart=restart)
    last: object = None
    while True:
        page = reader.page(position)
        read = (position.since, [row.pk for row in page.results], [row.pk for row in page.unread])
        orders = reader.take_in(page, clock=clock, match_email=match_email)
        # A list that repeats itself does not advance: better to stop than to loop.
        more = page.has_next and read != last
        if more:
            _advance(position, page)
        else:
            position.delete()
        yield PulledPage(page.count, orders)
        if not more:
            return
        last = read


def _position(*, since: datetime | None, page_size: int, restart: bool) -> PullPosition:
    name = f"orders since {since.isoformat()}" if since else "orders"
    known = PullPosition.objects.filter(name=name, page_size=page_size).first()
    if known is not None and not restart:
        return known
    position = PullPosition(name=name, since=since, page=1, page_size=page_size)
    position.save()
    return position


def _advance(position: PullPosition, page: Page[RemoteOrder]) -> None:
    newest = max((order.modified_date for order in page.results if order.modified_date), default=None)
    if position.since is not None and newest is not None and newest > position.since:
        # Pages of a list sorted by change shift while orders change; a moment does not.
        position.since, position.page = newest, 1
    else:
        position.page += 1
    position.save()


class OrderReader:
    """Reads from Omnitron, patiently: reading twice does no harm."""

    def __init__(self, omnitron: Omnitron, pause: float = PAUSE_SECONDS) -> None:
        self.omnitron, self.pause = omnitron, pause

    def page(self, position: PullPosition) -> Page[RemoteOrder]:
        """The page that the position points at."""
        number, limit, since = position.page, position.page_size, position.since
        if since is None:
            return self._patiently(lambda: self.omnitron.orders(page=number, limit=limit))
        return self._patiently(lambda: self.omnitron.order_updates(since=since, page=number, limit=limit))

    def take_in(
        self, page: Page[RemoteOrder], *, clock: Callable[[], datetime], match_email: bool
    ) -> tuple[Pulled, ...]:
        """Everything of one page: read what belongs to it, then take in one order after the other."""
        remote_ids = [order.remote_id for order in page.results if order.remote_id]
        known = set(Order.objects.filter(pk__in=remote_ids).values_list("pk", flat=True))
        ours: dict[int | None, set[int]] = defaultdict(set)
        for pk, order_id in OrderItem.objects.filter(order__in=known).values_list("pk", "order_id"):
            ours[order_id].add(pk)
        orders = [self._with_items(order, ours[order.remote_id]) for order in page.results]
        wanted = {item.product for order in orders for item in order.items if item.product is not None}
        read = self._patiently(lambda: self.omnitron.products(pks=wanted))
        products = {product.pk: product for product in read}
        pulled = [Pulled(row.number or f"with Omnitron's key {row.pk}", None, (row.reason,)) for row in page.unread]
        unread = list(page.unread)
        for order in orders:
            is_known = order.remote_id in known
            try:
                if order.unread_items and not is_known:
                    raise OrderRefused(*(f"an item of it: {row.reason}" for row in order.unread_items))
                wire = wire_of(order, products, known=is_known)
                keys = OmnitronKeys(order.pk, lines_of(order), is_whole=not order.unread_items)
                taken = take_in(wire, now=clock(), actor="omnitron", keys=keys, match_email=match_email)
                pulled.append(Pulled(order.number, taken))
            except OrderRefused as refusal:
                pulled.append(Pulled(order.number, None, refusal.reasons))
                row = order.model_dump(mode="json", exclude={"items", "unread_items"})
                unread.append(Unreadable("; ".join(refusal.reasons), row, order.pk, order.number))
        self._keep(page, unread, pulled, now=clock())
        return tuple(pulled)

    def _keep(self, page: Page[RemoteOrder], unread: list[Unreadable], pulled: list[Pulled], *, now: datetime) -> None:
        is_in = {one.number for one in pulled if one.taken is not None}
        forget_unread(UnreadRow.List.PULLED, [order.pk for order in page.results if order.number in is_in])
        keep(UnreadRow.List.PULLED, unread, now=now)

    def _with_items(self, order: RemoteOrder, ours: Collection[int]) -> RemoteOrder:
        items = self._patiently(lambda: self.omnitron.order_items(order=order.pk, item_ids=ours))
        return order.model_copy(update={"items": items.results, "unread_items": items.unread})

    def _patiently(self, read: Callable[[], T]) -> T:
        for tries in range(1, TRIES):
            try:
                return read()
            except (NotSent, OutcomeUnknown):
                time.sleep(self.pause * tries)
        return read()
