"""How far something has come, as a line of steps. Pure: a status in, steps out; names are translated by the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aftercart.statuses import AFTER_SHIPMENT, Status, gettext_noop

ORDERED = gettext_noop("Ordered")
PREPARED = gettext_noop("Being prepared")
ON_ITS_WAY = gettext_noop("On its way")
DELIVERED = gettext_noop("Delivered")
BEING_CANCELLED = gettext_noop("Being cancelled")
CANCELLED = gettext_noop("Cancelled")
RETURNED = gettext_noop("Returned")


class Place(StrEnum):
    """Where a step lies, seen from now."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the line."""

    label: str
    """English; the page translates it."""
    place: Place


def line(labels: Sequence[str], now: int) -> list[Step]:
    """Steps of which the one with this index is the present one; the last one, once reached, is done."""
    last = len(labels) - 1
    return [
        Step(label, Place.DONE if at < now or at == now == last else Place.NOW if at == now else Place.AHEAD)
        for at, label in enumerate(labels)
    ]


def order_progress(status: Status) -> list[Step]:
    """From the order to the door; or to its end, where it was cancelled or came back."""
    if status == Status.CANCELLATION_WAITING:
        return line((ORDERED, BEING_CANCELLED, CANCELLED), 1)
    if status == Status.CANCELED:
        return line((ORDERED, CANCELLED), 1)
    if status == Status.REFUNDED:
        return line((ORDERED, DELIVERED, RETURNED), 2)
    if status == Status.DELIVERED:
        now = 3
    elif status in AFTER_SHIPMENT:
        now = 2
    else:
        now = 1 if status == Status.PREPARING else 0
    return line((ORDERED, PREPARED, ON_ITS_WAY, DELIVERED), now)
