"""The result of an import."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aftercart.orders.documents import Found
from aftercart.orders.intake import IntakeOutcome, take_in
from aftercart.orders.wire import OrderRefused


@dataclass(frozen=True, slots=True)
class RefusedOrder:
    """An order that is not in, and why."""

    file: str
    place: str
    number: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """Counts of what came in, and every refusal."""

    counts: Counter[IntakeOutcome] = field(default_factory=Counter)
    refused: list[RefusedOrder] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many orders were looked at."""
        return sum(self.counts.values()) + len(self.refused)

    def take(self, found: Found, *, now: datetime, file: str = "", actor: str = "aftercart", match_email: bool) -> None:
        """Take in one order of a document, and report what became of it."""
        number = str(found.order.get("number") or "")[:128] if isinstance(found.order, dict) else ""
        if found.error:
            self.refuse(file=file, place=found.place, number="", reasons=[found.error])
            return
        try:
            self.count(take_in(found.order, now=now, actor=actor, match_email=match_email).outcome)
        except OrderRefused as refusal:
            self.refuse(file=file, place=found.place, number=number, reasons=refusal.reasons)

    def count(self, outcome: IntakeOutcome) -> None:
        """One more order is in."""
        self.counts[outcome] += 1

    def refuse(self, *, file: str, place: str, number: str, reasons: Iterable[str]) -> None:
        """One more order is not."""
        self.refused.append(RefusedOrder(file, place, number, tuple(reasons)))

    def as_dict(self) -> dict[str, Any]:
        """`{"new", "changed", "unchanged", "refused": [{"file", "place", "number", "reasons"}]}`."""
        refused = [
            {"file": one.file, "place": one.place, "number": one.number, "reasons": list(one.reasons)}
            for one in self.refused
        ]
        return {**{str(outcome): self.counts[outcome] for outcome in IntakeOutcome}, "refused": refused}

    def as_text(self) -> str:
        """One line for each refusal, and one with the counts."""
        lines = []
        for one in self.refused:
            where = ", ".join(filter(None, (one.file, one.place, one.number and f"order {one.number}")))
            lines += [f"refused: {where}: {reason}" for reason in one.reasons]
        counts = ", ".join(f"{self.counts[outcome]} {outcome}" for outcome in IntakeOutcome)
        return "\n".join([*lines, f"{counts}, {len(self.refused)} refused"])
