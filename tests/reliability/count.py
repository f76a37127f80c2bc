"""The books after a drill: what was wished for, what was answered, and what has become of it on both sides."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.reliability.laws import ACTIVE, CANCELLED, broken_laws, parts_there
from tests.reliability.load import Load

STATUSES = (204, 200, 400, 503, 0)


@dataclass
class Count:
    """To the unit; `broken` holds every law that does not hold and every sum that differs, as sentences."""

    orders: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    others: dict[str, Counter[int]] = field(default_factory=dict)
    unclear: int = 0
    unanswered: int = 0
    promised: int = 0
    cancelled: tuple[int, int] = (0, 0)
    asked: tuple[int, int] = (0, 0)
    lost: int = 0
    doubled: int = 0
    dead: int = 0
    p50: float = 0.0
    p99: float = 0.0
    broken: list[str] = field(default_factory=list)

    def rows(self) -> list[tuple[str, object]]:
        """The table."""
        return [
            ("orders to cancel", self.orders),
            ("requests sent", self.answers.total()),
            *((f"  answered {status}", self.answers[status]) for status in STATUSES),
            ("reads, by status", ", ".join(f"{w} {dict(sorted(c.items()))}" for w, c in self.others.items())),
            ("answered otherwise", self.unclear),
            ("orders without an answer", self.unanswered),
            ("items promised (204, 200)", self.promised),
            ("cancelled here = Omnitron", "{} = {}".format(*self.cancelled)),
            ("requests here = Omnitron", "{} = {}".format(*self.asked)),
            ("lost, doubled, dead", f"{self.lost}, {self.doubled}, {self.dead}"),
            ("p50, p99", f"{self.p50 * 1000:.0f} ms, {self.p99 * 1000:.0f} ms"),
        ]


def counted(load: Load, facts: Any, remote: Any) -> Count:
    """Count everything, here (`facts`) and at Omnitron (`remote`)."""
    here = {int(pk): status in CANCELLED for order in facts["orders"].values() for pk, status in order["items"].items()}
    there: dict[int, bool] = {}
    asked_there: Counter[str] = Counter()
    planned: Counter[int] = Counter()
    known = _Remembered(remote)
    for number in facts["orders"]:
        order = known.order(number)
        there |= {pk: all(part in CANCELLED for part in parts) for pk, parts in parts_there(order).items()}
        asked_there.update(str(r["remote_id"]) for r in order["cancellationrequest_set"] if r["status"] in ACTIVE)
        planned.update(pk for plan in order["cancellationplan_set"] for pk in _items_of(plan))
    active = [request for request in facts["requests"] if request["status"] in ACTIVE]
    touched = {pk for pk, cancelled in here.items() if cancelled} | {r["order_item_id"] for r in facts["requests"]}
    entered = [e for e in facts["events"] if e["to_status"] in CANCELLED and e["from_status"] not in CANCELLED]
    moves = Counter(event["order_item_id"] for event in entered if event["order_item_id"])
    doubled = [what for times in (asked_there, planned, moves) for what, count in times.items() if count > 1]
    times = sorted(answer.seconds for answer in load.answers if answer.what == "cancel") or [0.0]
    # A process that was killed leaves no answer (0), which the storefront knows to repeat.
    unclear = [answer for answer in load.answers if answer.status and not answer.is_clear()]
    count = Count(
        orders=len(load.seed["orders"]),
        answers=load.statuses(),
        others={what: load.statuses(what) for what in ("page", "json", "style")},
        unclear=len(unclear),
        unanswered=len(load.unanswered),
        promised=len(load.wished),
        cancelled=(sum(here.values()), sum(there.values())),
        asked=(sum(len(request["open_names"]) for request in active), asked_there.total()),
        lost=len(load.wished - touched),
        doubled=len(doubled),
        dead=int(facts["dead_duties"]),
        p50=times[len(times) // 2],
        p99=times[int(len(times) * 0.99)],
        broken=broken_laws(facts, known, wished=load.wished),
    )
    count.broken += [f"an answer that nobody can live with: {answer}" for answer in unclear[:5]]
    count.broken += [f"no answer at all: {sorted(load.unanswered)[:5]}"] if load.unanswered else []
    count.broken += [f"{name} differ: {sums}" for name, sums in _sums(count) if sums[0] != sums[1]]
    count.broken += [f"done twice: {doubled[:5]}"] if doubled else []
    return count


def _sums(count: Count) -> list[tuple[str, tuple[int, int]]]:
    return [("cancelled items", count.cancelled), ("requests", count.asked)]


def _items_of(plan: Any) -> list[int]:
    return [int(item["order_item"]) for item in plan["cancellationplanorderitem_set"]]


class _Remembered:
    """Omnitron's orders, each read once."""

    def __init__(self, remote: Any) -> None:
        self._remote = remote
        self._orders: dict[str, Any] = {}

    def order(self, number: str) -> Any:
        if number not in self._orders:
            self._orders[number] = self._remote.order(number)
        return self._orders[number]
