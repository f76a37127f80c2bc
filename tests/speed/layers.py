"""What each layer of the fast path brings: all of them, each one off with those that need it, and none; in turns."""

from collections.abc import Callable
from pathlib import Path

from tests.speed.findings import Findings
from tests.speed.ground import Ground, a_ground
from tests.speed.scenes import COMPLETED, Pace
from tests.speed.turns import Requests, in_turns

# FASTPATH, by what is off. One process of a few threads each: they are all there at once, with their connections.
CHOICES = {
    "all on": "on",
    "fast routes off": "rows,compiled,prepared,batch",
    "batches off": "rows,compiled,prepared,routes",
    "prepared-statement cache off, and batches": "rows,compiled,routes",
    "compiled statements off": "rows,prepared,batch,routes",
    "row decoders off, and all of these": "routes",
    "all off": "off",
}
ONE, THREADS = "all on", 4
WARM_UP = 8 * THREADS


def measure(findings: Findings, folder: Path, orders: int, pace: Pace, tell: Callable[[str], None]) -> None:
    """On PostgreSQL: the completed order as JSON, and a direct cancel of two items."""
    needed = len(CHOICES) * (pace.rounds * pace.cancels + WARM_UP)
    tell(f"layers: {orders} orders, {needed} to cancel")
    with a_ground("postgres", folder, orders=orders, cancels=needed) as ground:
        for name, value in CHOICES.items():
            ground.subjects[name] = ground.house.product(name, workers=1, threads=THREADS, FASTPATH=value)
        _compare("completed order", ground, findings, pace, _reads(ground, pace), 200, tell)
        _compare("direct cancel of 2 items", ground, findings, pace, _cancels(ground, pace), 204, tell)


def _reads(ground: Ground, pace: Pace) -> Requests:
    return lambda _, number: ground.gets("ordinary", COMPLETED, pace.batch if number else WARM_UP)


def _cancels(ground: Ground, pace: Pace) -> Requests:
    return lambda _, number: ground.cancels(pace.cancels if number else WARM_UP)


def _compare(
    what: str,
    ground: Ground,
    findings: Findings,
    pace: Pace,
    requests: Requests,
    status: int,
    tell: Callable[[str], None],
) -> None:
    costs = in_turns(
        [*ground.subjects.values()],
        dict.fromkeys(ground.subjects, requests),
        rounds=pace.rounds,
        status=status,
        tell=lambda text: tell(f"layers, {what}: {text}"),
    )
    for name, cost in costs.items():
        findings.layer(what, name, cost, costs[ONE])
