"""How far something has come, as a line of steps. Pure: a status in, steps out; names are translated by the page."""

from collections.abc import Mapping, Sequence
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


TO_THE_DOOR = (ORDERED, PREPARED, ON_ITS_WAY, DELIVERED)
# The steps that an order of a status goes, and the index of the one where it is.
PROGRESS: Mapping[Status, tuple[Sequence[str], int]] = {
    Status.CANCELLATION_WAITING: ((ORDERED, BEING_CANCELLED, CANCELLED), 1),
    Status.CANCELED: ((ORDERED, CANCELLED), 1),
    Status.WAITING: (TO_THE_DOOR, 0),
    Status.PAYMENT_WAITING: (TO_THE_DOOR, 0),
    Status.CONFIRMATION_WAITING: (TO_THE_DOOR, 0),
    Status.APPROVED: (TO_THE_DOOR, 0),
    Status.PREPARING: (TO_THE_DOOR, 1),
    **dict.fromkeys(AFTER_SHIPMENT, (TO_THE_DOOR, 2)),
    Status.DELIVERED: (TO_THE_DOOR, 3),
    Status.REFUNDED: ((ORDERED, DELIVERED, RETURNED), 2),
}


class StepState(StrEnum):
    """Where a step lies, seen from now."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the line."""

    label: str
    """English; the page translates it."""
    place: StepState


def line(labels: Sequence[str], now: int) -> list[Step]:
    """The steps, with the one at this index as the present one; the last one, once reached, is done."""
    last = len(labels) - 1
    return [
        Step(
            label, StepState.DONE if at < now or at == now == last else StepState.NOW if at == now else StepState.AHEAD
        )
        for at, label in enumerate(labels)
    ]


def order_progress(status: Status) -> list[Step]:
    """From the order to the customer's door; or to its end, if it was cancelled or came back."""
    return line(*PROGRESS[status])
