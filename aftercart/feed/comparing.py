"""Comparing one order of ours with Omnitron's: every difference, and what a repair would do about it.

These are no differences: Omnitron shows 50 while a part is in cancellation (our items say it more precisely); a request
that we closed is still open there (its parcel left, and staff see that); and whatever a duty of ours is about to do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aftercart.address_changes.models import AddressChange
from aftercart.address_changes.settlement import same_address
from aftercart.cancellations.models import CancellationRequest
from aftercart.omnitron import RemoteCancellationRequest, RemoteOrder
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.news import tracking_of
from aftercart.orders.parts import IN_CANCELLATION, Parts, matched, says_more
from aftercart.statuses import CLOSED, Status, may_move, may_return

TAKE_OVER = "take over what Omnitron says"
GIVE_BACK = "give the former status back"
HAND_OVER = "hand the request to Omnitron"
FOLLOW = "take over the request's status"
ADOPT = "make the request ours too"
TAKE_ADDRESS = "take over Omnitron's address"
COUNT = "count the pieces that came back"
BY_HAND = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that Omnitron and we disagree on. `repair` is empty if someone must look at it."""

    order: str
    item: int | None
    what: str
    ours: str
    theirs: str
    repair: str = BY_HAND

    def as_dict(self) -> dict[str, Any]:
        """As the report keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ours:
    """All that we know of an order, read before Omnitron was asked.

    `requests`: the active ones that Omnitron should have, each with what it has under our id. `came_back`: by the
    items' ids, how many pieces the completed requests were about.
    """

    order: Order
    items: list[OrderItem]
    requests: list[tuple[CancellationRequest, RemoteCancellationRequest | None]]
    submitted: AddressChange | None
    came_back: Mapping[int, int]


def differences(ours: Ours, remote: RemoteOrder | None) -> list[Difference]:
    """Every difference of one order; `remote` is None if Omnitron does not know it."""
    number = ours.order.number
    if remote is None:
        return [Difference(number, None, "order unknown at Omnitron", _status(ours.order.status), "")]
    return [
        *_items(ours, remote),
        *_order(ours.order, remote),
        *_pieces(ours),
        *_requests(number, ours.requests),
        *_address(ours, remote),
    ]


def _order(order: Order, remote: RemoteOrder) -> Iterator[Difference]:
    if remote.status not in (order.status, Status.CANCELLATION_WAITING):
        yield Difference(
            order.number,
            None,
            _what_of(order.status, remote.status),
            _status(order.status),
            _status(remote.status),
            _repair_of(order.status, remote.status),
        )
    yield from _papers(order.number, None, order, remote)


def _items(ours: Ours, remote: RemoteOrder) -> Iterator[Difference]:
    number, theirs = ours.order.number, matched(ours.items, remote)
    for item in ours.items:
        their = theirs.get(item.pk)
        if their is None and item.removed_date is not None:
            continue
        if their is None:
            yield Difference(number, item.pk, "item unknown at Omnitron", _status(item.status), "")
            continue
        if their.status != item.status:
            yield Difference(
                number,
                item.pk,
                _what_of(item.status, their.status),
                _status(item.status),
                _status(their.status),
                _repair_of(item.status, their.status),
            )
        elif says_more(item, their):
            yield Difference(number, item.pk, "parts", _parts(item.parts), _parts(their.kept), TAKE_OVER)
        yield from _papers(number, item.pk, item, their)
    for part in remote.items:
        if part.remote_id not in theirs:
            yield Difference(number, None, "item unknown here", "", f"{part.pk}: {_status(part.status)}")


def _parts(parts: Iterable[Mapping[str, int]]) -> str:
    return ", ".join(f"{part['pk']}: {_status(part['status'])}" for part in parts)


def _pieces(ours: Ours) -> Iterator[Difference]:
    """Pieces for which Omnitron completed a request, and which we would still offer."""
    for item in ours.items:
        pieces = min(ours.came_back.get(item.pk, 0), item.quantity - item.withdrawn_quantity)
        if item.status not in CLOSED and not item.parts and item.returned_quantity < pieces:
            what, here = "pieces that came back", str(item.returned_quantity)
            yield Difference(ours.order.number, item.pk, what, here, str(pieces), COUNT)


def _papers(
    number: str, item: int | None, ours: Order | OrderItem, theirs: RemoteOrder | Parts
) -> Iterator[Difference]:
    """Tracking and invoice numbers. Values that only we have are no contradiction."""
    if tracking_of(ours, theirs) != (ours.tracking_number or None):
        yield Difference(number, item, "tracking number", ours.tracking_number or "", theirs.tracking_number, TAKE_OVER)
    if theirs.invoice_number and theirs.invoice_number != ours.invoice_number:
        # An invoice is never replaced by another once it is issued: somebody must look at two.
        repair = BY_HAND if ours.invoice_number else TAKE_OVER
        yield Difference(number, item, "invoice number", ours.invoice_number or "", theirs.invoice_number, repair)


def _requests(
    number: str, requests: Iterable[tuple[CancellationRequest, RemoteCancellationRequest | None]]
) -> Iterator[Difference]:
    for request, there in requests:
        if there is None:
            yield Difference(
                number,
                request.order_item_id,
                "request unknown at Omnitron",
                f"{request.pk}: {request.status}",
                "",
                HAND_OVER,
            )
        elif there.status != request.status or request.omnitron_pk is None:
            yield Difference(
                number,
                request.order_item_id,
                "status of a request",
                f"{request.pk}: {request.status}",
                there.status,
                FOLLOW,
            )


def _address(ours: Ours, remote: RemoteOrder) -> Iterator[Difference]:
    """The address, if a change was submitted: before that, both sides may write the same place differently."""
    here, there = ours.order.shipping_address, remote.shipping_address
    if ours.submitted is not None and there and not same_address(there, here):
        yield Difference(ours.order.number, None, "delivery address", _line(here), _line(there), TAKE_ADDRESS)


def _what_of(ours: int, theirs: int) -> str:
    return "cancelled on one side" if (ours in IN_CANCELLATION) != (theirs in IN_CANCELLATION) else "status"


def _repair_of(ours: int, theirs: int) -> str:
    if may_move(ours, theirs):
        return TAKE_OVER
    return GIVE_BACK if may_return(ours, theirs) else BY_HAND


def _status(status: int) -> str:
    return str(int(status))


def _line(address: Mapping[str, Any]) -> str:
    parts = (address.get(name) for name in ("first_name", "last_name", "line", "postcode"))
    return ", ".join(str(part) for part in parts if part)
