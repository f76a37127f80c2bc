"""Measuring in turns: A B A B, medians, ratios within one round."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.speed.load import Driven, drive
from tests.speed.subjects import Subject

Requests = Callable[[Subject, int], Sequence[bytes]]


@dataclass
class Cost:
    """What one request cost one subject, in milliseconds of CPU, round by round."""

    app: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    body_bytes: float = 0

    @property
    def total(self) -> list[float]:
        return [app + database for app, database in zip(self.app, self.database, strict=True)]

    def medians(self) -> tuple[float, float, float]:
        """Of the app, of the database, of both."""
        return median(self.app), median(self.database), median(self.total)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios within one round each: neighbours who are busy are busy for both."""
    return median(a / b for a, b in zip(ours, theirs, strict=True) if b)


def in_turns(
    subjects: Sequence[Subject],
    requests: Mapping[str, Requests],
    *,
    rounds: int,
    status: int = 200,
    per_request: Mapping[str, int] | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Cost]:
    """CPU per request of each subject. `requests[name](subject, round)` makes a batch; a first round warms up.

    `per_request`: how many requests count as one (an order and its lines are two).
    """
    costs = {subject.name: Cost() for subject in subjects}
    for number in range(rounds + 1):
        shift = number % len(subjects)
        for subject in [*subjects[shift:], *subjects[:shift]]:
            batch = requests[subject.name](subject, number)
            subject.meter.start()
            driven = drive(subject.port, batch, connections=2)
            app, database = subject.meter.stop()
            expect(driven, status, subject)
            if number:
                whole = len(batch) / (per_request or {}).get(subject.name, 1)
                costs[subject.name].app.append(app / whole)
                costs[subject.name].database.append(database / whole)
                costs[subject.name].body_bytes = driven.body_bytes / whole
        tell(f"round {number}/{rounds}")
    return costs


def expect(driven: Driven, status: int, subject: Subject) -> None:
    """A figure counts only if every answer was the one that was asked for."""
    if set(driven.statuses) != {status}:
        log = subject.log.read_text(errors="replace")[-1500:]
        raise RuntimeError(f"{subject.name} answered {dict(driven.statuses)} instead of {status}: {log}")
