"""One item of ours may be several at Omnitron: a line of three pieces is three items there, which progress separately.

Together they are as far as the least advanced: cancelled or shipped once all are (docs/decisions/0028-parts.md).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aftercart.omnitron import RemoteItem, RemoteOrder
from aftercart.orders.models import OrderItem, OrderItemKey
from aftercart.statuses import CLOSED, Status

IN_CANCELLATION = CLOSED | {Status.CANCELLATION_WAITING}


class InParts(Protocol):
    """An item, as far as its parts go."""

    @property
    def quantity(self) -> int: ...
    @property
    def parts(self) -> Sequence[Mapping[str, int]]: ...


def status_of_all(statuses: Collection[int]) -> int:
    """How far several are together: as the least advanced that goes on; in cancellation or closed once none does."""
    going_on = [status for status in statuses if status not in IN_CANCELLATION]
    if going_on:
        return min(going_on)
    if Status.CANCELLATION_WAITING in statuses:
        return Status.CANCELLATION_WAITING
    return Status.REFUNDED if Status.REFUNDED in statuses else Status.CANCELED


@dataclass(frozen=True, slots=True)
class Parts:
    """All that one of our items is at Omnitron: one item there or several, by their keys."""

    each: tuple[RemoteItem, ...]

    @property
    def pk(self) -> int:
        """The lowest key."""
        return self.each[0].pk

    @property
    def keys(self) -> list[int]:
        """Every key."""
        return [part.pk for part in self.each]

    @property
    def status(self) -> int:
        """As far as all of it is."""
        return status_of_all([part.status for part in self.each])

    @property
    def modified_date(self) -> datetime | None:
        """When any of it changed last: their clock goes forward, so what is read later is never older."""
        return max((part.modified_date for part in self.each if part.modified_date), default=None)

    @property
    def invoiced(self) -> RemoteItem | None:
        """The first part that has an invoice."""
        return next((part for part in self.each if part.invoice_number), None)

    @property
    def invoice_number(self) -> str:
        """The first invoice."""
        return self.invoiced.invoice_number if self.invoiced else ""

    @property
    def invoice_date(self) -> datetime | None:
        """The date of the first invoice."""
        return self.invoiced.invoice_date if self.invoiced else self.each[0].invoice_date

    @property
    def tracking_number(self) -> str:
        """The first parcel's."""
        return next((part.tracking_number for part in self.each if part.tracking_number), "")

    @property
    def delivered_date(self) -> datetime | None:
        """When the last of what goes on arrived; None while any of it has not."""
        left = [part for part in self.each if part.status not in CLOSED] or self.each
        dates = [part.delivered_date for part in left]
        return max((date for date in dates if date), default=None) if all(dates) else None

    @property
    def going_on(self) -> tuple[RemoteItem, ...]:
        """The parts that are not cancelled, given back or about to be."""
        return tuple(part for part in self.each if part.status not in IN_CANCELLATION)

    @property
    def kept(self) -> list[dict[str, int]]:
        """As `OrderItem.parts` stores them: nothing for a single item there."""
        if len(self.each) == 1:
            return []
        return [{"pk": part.pk, "status": part.status, "quantity": part.quantity} for part in self.each]


def matched(items: Sequence[OrderItem], remote: RemoteOrder) -> Mapping[int, Parts]:
    """Our item's id → what it is at Omnitron: all that has our id there as its remote id."""
    found: dict[int, list[RemoteItem]] = {item.id: [] for item in items}
    for part in remote.items:
        if part.remote_id in found:
            found[part.remote_id].append(part)
    return {pk: Parts(tuple(sorted(parts, key=lambda part: part.pk))) for pk, parts in found.items() if parts}


def says_more(item: OrderItem, theirs: Parts) -> bool:
    """Whether its parts there tell more than the item: unknown parts, or one that is not as far as the item."""
    kept = theirs.kept
    if kept == item.parts:
        return False
    other = bool(item.parts) and keys_of(item) != theirs.keys
    # Those of an item that was cancelled as a whole here were not written one by one.
    before = item.parts if item.status not in IN_CANCELLATION else []
    return other or any(part["status"] != item.status for part in (*kept, *before))


def keys_of(item: OrderItem) -> list[int]:
    """Omnitron's keys of an item, as far as they are known."""
    own = [] if item.omnitron_pk is None else [item.omnitron_pk]
    return [part["pk"] for part in item.parts] or own


def is_in_pieces(item: InParts) -> bool:
    """Whether each piece is an item of its own at Omnitron, so that some of them can be cancelled there."""
    return len(item.parts) == item.quantity and all(part["quantity"] == 1 for part in item.parts)


def ahead(item: OrderItem) -> dict[int, int]:
    """Status → pieces, of those that go on and are further than the item as a whole."""
    found: dict[int, int] = {}
    for part in item.parts if item.status not in IN_CANCELLATION else ():
        if part["status"] not in IN_CANCELLATION and part["status"] > item.status:
            found[part["status"]] = found.get(part["status"], 0) + part["quantity"]
    return found


def in_cancellation(parts: Iterable[Mapping[str, Any]]) -> int:
    """How many pieces of these parts (as kept) are cancelled, given back or about to be."""
    return sum(part["quantity"] for part in parts if part["status"] in IN_CANCELLATION)


def note_parts(items: Iterable[OrderItem], theirs: Mapping[int, Parts]) -> None:
    """Set on the items, in memory, what they are at Omnitron now, for the rules."""
    for item in items:
        if item.id in theirs:
            item.omnitron_pk = theirs[item.id].pk
            take_parts(item, theirs[item.id])


def take_parts(item: OrderItem, theirs: Parts) -> None:
    """Set on an item, in memory, what it is at Omnitron, and so how many of its pieces came back."""
    item.returned_quantity, item.parts = returned_by(item, theirs.kept), theirs.kept


def returned_by(item: OrderItem, parts: Sequence[Mapping[str, Any]]) -> int:
    """How many pieces of an item came back once these (as kept) are its parts.

    As many as before if it is one item there, or if all of it is in cancellation: its status tells. Pieces that were
    withdrawn from are the first to go; pieces that go on again after a rejected plan are no longer counted.
    """
    if not parts or status_of_all([part["status"] for part in parts]) in IN_CANCELLATION:
        return item.returned_quantity
    gone, was = in_cancellation(parts), in_cancellation(item.parts)
    more = max(item.returned_quantity, gone - item.withdrawn_quantity)
    found = more if gone >= was else min(item.returned_quantity, gone)
    return min(found, item.quantity - item.withdrawn_quantity)


def keep_counts(items: Iterable[OrderItem]) -> None:
    """Write what `take_parts` has counted. Of an item without parts the requests count, and nothing is written here."""
    counted = [item for item in items if item.parts]
    if counted:
        OrderItem.objects.bulk_update(counted, ["returned_quantity"])


def goes_on(item: OrderItem, keys: Collection[int]) -> bool:
    """Whether any part of an item goes on once those of these keys are cancelled."""
    return any(part["status"] not in IN_CANCELLATION and part["pk"] not in keys for part in item.parts)


def cancelled_in_part(item: OrderItem, keys: Collection[int]) -> list[dict[str, int]]:
    """An item's parts once Omnitron has agreed to cancel those of these keys."""
    waiting = int(Status.CANCELLATION_WAITING)
    return [{**part, "status": waiting if part["pk"] in keys else part["status"]} for part in item.parts]


def keep_noted(items: Sequence[OrderItem]) -> None:
    """Write what was noted of items that are several at Omnitron (`note_parts`)."""
    several = [item for item in items if item.parts]
    if several:
        OrderItem.objects.bulk_update(several, ["omnitron_pk", "parts", "returned_quantity"])
        keep_keys({item.id: keys_of(item) for item in several})


def store_keys(items: Sequence[OrderItem], theirs: Mapping[int, Parts]) -> None:
    """Store Omnitron's keys. No row need be locked for it, and known keys are not written again."""
    unknown = [item for item in items if item.id in theirs and keys_of(item) != theirs[item.id].keys]
    if not unknown:
        return
    former = [item.id for item in unknown if item.parts]
    for item in unknown:
        item.omnitron_pk = theirs[item.id].pk
        take_parts(item, theirs[item.id])
    OrderItem.objects.bulk_update(unknown, ["omnitron_pk", "parts"])
    keep_counts(unknown)
    keep_keys({item.id: theirs[item.id].keys for item in unknown}, former=former)


def keep_keys(keys: Mapping[int, Sequence[int]], *, former: Collection[int] = ()) -> None:
    """Store which items (our id → all keys there) have which keys of parts; `former`: items that had others."""
    if former:
        OrderItemKey.objects.filter(order_item__in=former).delete()
    rows = [
        OrderItemKey(omnitron_pk=key, order_item_id=item) for item, own in keys.items() if len(own) > 1 for key in own
    ]
    if rows:
        OrderItemKey.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["omnitron_pk"], update_fields=["order_item"]
        )
