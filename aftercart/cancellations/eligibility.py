"""What would become of a wish: done at once, by a request, or not at all, why, and until when. Pure.

One function for everything that looks ahead (the pages, the options), made of the same functions that judge a POST.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aftercart.cancellations.rules import (
    CancellationCase,
    direct_way_closes_at,
    ending,
    refusals,
    request_refusals,
)
from aftercart.refusals import Refusal


class Way(StrEnum):
    """How a wish goes."""

    DIRECT = "direct"
    REQUEST = "request"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What becomes of a wish, as far as our own rules decide it: Omnitron may turn a direct one into a request."""

    way: Way
    refusals: tuple[Refusal, ...] = ()
    """Why it is impossible, if there is no way."""
    because: tuple[Refusal, ...] = ()
    """What closes the direct way, if a request is possible; the first one is named in the POST's answer."""
    closes_at: datetime | None = None
    """The last instant of the direct way, if it is open and has one."""
    afterwards: Way | None = None
    """Which way is left after that instant, should nothing else change."""


def eligibility(case: CancellationCase) -> Eligibility:
    """The way that a wish would go now."""
    found = refusals(case)
    if ended := ending(found, case.fallback):
        return Eligibility(Way.NONE, refusals=tuple(ended))
    if found:
        against = request_refusals(case)
        return (
            Eligibility(Way.NONE, refusals=tuple(against))
            if against
            else Eligibility(Way.REQUEST, because=tuple(found))
        )
    closes_at = direct_way_closes_at(case.rules, case.created_date)
    if closes_at is None:
        return Eligibility(Way.DIRECT)
    later = eligibility(replace(case, now=closes_at + timedelta(microseconds=1)))
    return Eligibility(Way.DIRECT, closes_at=closes_at, afterwards=later.way)
