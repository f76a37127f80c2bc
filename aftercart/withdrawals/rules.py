"""From what a consumer may withdraw, and until when. Pure: facts in, answers out; reads no clock.

The source is Directive 2011/83/EU, Articles 9 to 11a and 16, with Regulation 1182/71 on how days are counted; what we
made of it is in docs/decisions/0022-withdrawal.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from aftercart.refusals import Refusal
from aftercart.statuses import CLOSED, Status

IN_CANCELLATION = CLOSED | {Status.CANCELLATION_WAITING}


@dataclass(frozen=True, slots=True)
class ContractItem:
    """What is known of an item of the contract."""

    id: int
    status: int
    quantity: int = 1
    withdrawn: int = 0
    """How many pieces were withdrawn from already."""
    returned: int = 0
    """How many others were cancelled or returned already, although the line goes on."""
    delivered: datetime | None = None
    changed: datetime | None = None
    """When the item reached its status, at the latest."""
    is_exempt: bool = False

    @property
    def left(self) -> int:
        """How many pieces the contract is still about."""
        return self.quantity - self.withdrawn - self.returned

    @property
    def arrived(self) -> datetime | None:
        """When the consumer received it; None while it is still to come.

        If nobody told us the day, it is the last change that we know of: it cannot have been later than that.
        """
        if self.delivered is not None:
            return self.delivered
        return self.changed if self.status == Status.DELIVERED else None

    @property
    def is_still_to_come(self) -> bool:
        """Whether it may yet be delivered: cancelled items never will be."""
        return self.arrived is None and self.status not in CLOSED


@dataclass(frozen=True, slots=True)
class Period:
    """When the time for withdrawing is over."""

    last_day: date
    """The last day, where the goods went."""
    end: datetime
    """The first instant after it."""


def period_of(
    items: Iterable[ContractItem], *, days: int, zones: Sequence[tzinfo], working_day_from: Callable[[date], date]
) -> Period | None:
    """The period of an order with all its items; None while it has no end yet.

    Goods of one order that come in several parcels have one period: it begins with the last of them (Article 9(2)),
    so there is no end while anything is still to come. The day of delivery does not count, the last day counts to
    its end, and one that is no working day goes on to the end of the next (`working_day_from`: a day, or the first
    working day after it). Of several time zones that it may have been delivered in, the one with the latest end.
    """
    known = list(items)
    arrivals = [item.arrived for item in known if item.arrived is not None]
    if not arrivals or any(item.is_still_to_come for item in known):
        return None
    arrived = max(arrivals)
    return max((_period(arrived, days, zone, working_day_from) for zone in zones), key=lambda period: period.end)


def _period(arrived: datetime, days: int, zone: tzinfo, working_day_from: Callable[[date], date]) -> Period:
    last_day = working_day_from(arrived.astimezone(zone).date() + timedelta(days=days))
    return Period(last_day, datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone))


def is_over(period: Period | None, *, now: datetime) -> bool:
    """Whether a period is over; one without an end never is."""
    return period is not None and now >= period.end


def why_not_offered(item: ContractItem) -> Refusal | None:
    """Why an item is not offered, whatever the day; None if it is."""
    if item.is_exempt:
        return Refusal("item_exempt", item.id)
    if item.left < 1 and item.withdrawn:
        return Refusal("item_withdrawn", item.id)
    if item.left < 1 or item.status in IN_CANCELLATION:
        return Refusal("item_in_cancellation", item.id)
    return None


def offered(item: ContractItem) -> int:
    """How many pieces of an item may be withdrawn from, whatever the day."""
    return 0 if why_not_offered(item) else item.left


def leaves_nothing(items: Iterable[ContractItem], declared: Mapping[int, int]) -> bool:
    """Whether nothing of the contract is left once these pieces (by item) are withdrawn from, too."""
    return all(item.status in IN_CANCELLATION or item.left <= declared.get(item.id, 0) for item in items)


def withdrawal_refusals(items: Sequence[ContractItem], period: Period | None, *, now: datetime) -> list[Refusal]:
    """What speaks against withdrawing from anything in an order; empty: something is on offer."""
    if is_over(period, now=now):
        return [Refusal("withdrawal_period_over")]
    return [] if any(offered(item) for item in items) else [Refusal("withdrawal_not_offered")]
