"""Whether cost grows with the number of orders, and with a customer's: databases of all sizes measured in turns."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from tests.speed.findings import Findings
from tests.speed.ground import Ground, a_ground
from tests.speed.scenes import COMPLETED, DETAIL, Pace
from tests.speed.subjects import Subject
from tests.speed.turns import in_turns, ratio

PAGE = "/users/orders/?limit=10"  # as many as an ordinary customer has
SIZES, QUICK_SIZES = (1_000, 100_000, 1_000_000), (1_000, 10_000)


def measure(
    backend: str, findings: Findings, folder: Path, pace: Pace, quick: bool, tell: Callable[[str], None]
) -> None:
    """One product per size, all of them up at once."""
    sizes = QUICK_SIZES if quick else SIZES
    with contextlib.ExitStack() as ends:
        grounds: dict[str, Ground] = {}
        subjects: list[Subject] = []
        for orders in sizes:
            place = folder / f"{backend}-{orders}"
            ground = ends.enter_context(a_ground(backend, place, orders=orders, giant=orders == sizes[-1]))
            tell(f"{backend}: {orders} orders stocked in {ground.told['seconds']} s")
            name = f"at {orders}"
            subject = ground.house.product(name)
            grounds[name], ground.subjects[name] = ground, subject
            subjects.append(subject)
        costs = in_turns(
            subjects,
            {
                subject.name: lambda subject, number: grounds[subject.name].gets(
                    "ordinary", COMPLETED, pace.batch, start=number * pace.batch
                )
                for subject in subjects
            },
            rounds=pace.rounds,
            tell=lambda text: tell(f"{backend}: all sizes, {text}"),
        )
        for name, cost in costs.items():
            findings.cost("completed order, by stock", grounds[name], {"product": cost})
        if backend == "postgres":
            findings.promise("large/small", ratio(costs[subjects[-1].name].total, costs[subjects[0].name].total))
        _giant(grounds[subjects[-1].name], subjects[-1], findings, pace, tell)


def _giant(ground: Ground, subject: Subject, findings: Findings, pace: Pace, tell: Callable[[str], None]) -> None:
    """The customer with very many orders, next to ordinary ones: what an order and their list cost the database."""
    worst = 0.0
    for what, path in {"completed order": COMPLETED, "order by its id": DETAIL, "page of ten orders": PAGE}.items():
        times: dict[str, list[float]] = {"ordinary": [], "giant": []}
        batch = pace.batch if path != PAGE else max(4, pace.batch // 12)
        for number in range(pace.rounds + 1):
            for kind, known in times.items():
                requests = ground.gets(kind, path, batch, start=number * batch)
                cost = in_turns([subject], {subject.name: lambda _subject, _number, r=requests: r}, rounds=1)
                if number:
                    known.append(cost[subject.name].database[0])
        if ground.backend != "postgres":
            continue
        found = ratio(times["giant"], times["ordinary"])
        findings.remarks.append(
            f"PostgreSQL's time for the {what} of a customer with {ground.told['giant']} orders / of an ordinary one:"
            f" {found:.2f}."
        )
        worst = max(worst, found)
    if worst:
        findings.promise("giant/ordinary", worst)
    tell(f"{ground.backend}: the customer with very many orders")
