"""What is measured on one ground: the endpoints' cost, everyone in turns; latency; throughput; statements; memory."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.speed.agreement import ask, same_answers, same_rows
from tests.speed.counting import CountingProxy
from tests.speed.findings import Findings
from tests.speed.ground import Ground, wish
from tests.speed.load import Driven, drive
from tests.speed.subjects import THREADS, WORKERS, Subject
from tests.speed.turns import Requests, expect, in_turns, ratio

COMPLETED = "/orders/completed/{signed}/?format=json"
DETAIL = "/users/orders/{id}/"
OPTIONS = "/orders/{number}/cancellation-options/"
PAGE = "/users/orders/?limit=50"
CANCELS_A_SECOND = 8
# What floor and usual implementation have, too; where a path is missing here, the product is measured alone.
SHARED = {"completed order": COMPLETED, "order by its id": DETAIL}


@dataclass
class Pace:
    """How long everything takes."""

    rounds: int = 8
    batch: int = 150
    cancels: int = 40
    seconds: float = 4
    rate: float = 20  # requests a second at moderate load: what the slowest of all can still bear
    warm_up: int = 8 * WORKERS * THREADS
    """Requests until every thread's connection knows its statements, and PostgreSQL its plans: it makes five anew."""

    @property
    def cancels_needed(self) -> int:
        """Orders to cancel: three subjects in turns, with the round that warms up, and what comes besides."""
        hanging = max(2, self.rounds // 2) * 2 * CANCELS_A_SECOND * self.seconds
        return 3 * (self.rounds * self.cancels + self.warm_up) + int(hanging) + 100


def agree(ground: Ground, floor: Subject, ours: Subject) -> str:
    """Nothing is measured before both have answered and written the same."""
    paths = []
    for kind in ("ordinary", "of 1", "of 10", "of 100", "list"):
        for asked in ground.some(kind, 10):
            customer = ground.customer(asked)
            paths += [(COMPLETED.format(**asked), customer), (DETAIL.format(**asked), customer)]
    paths.append((PAGE, ground.customer(ground.some("list", 1)[0])))
    answers = same_answers(ours.port, floor.port, paths)
    numbers = []
    for subject in (ours, floor):
        asked = ground.fresh()
        numbers.append(asked["number"])
        status, body = ask(subject.port, f"/orders/{asked['number']}/cancel/", ground.customer(asked), wish(asked))
        if status != 204:
            raise RuntimeError(f"{subject.name} answered a cancel with {status}: {body[:500]!r}")
    rows = same_rows(ground.house.database, *numbers)
    return f"{answers} answers equal byte for byte, {rows} rows of a cancel equal"


def _gets(ground: Ground, kind: str, path: str, batch: int, *, first: int = 0) -> Requests:
    """Batches of GETs; `first`: how many the first one has, which warms up."""
    return lambda _subject, number: ground.gets(kind, path, batch if number else first or batch, start=number * batch)


def endpoints(ground: Ground, findings: Findings, pace: Pace, tell: Callable[[str], None]) -> None:
    """CPU per request of product, floor and usual implementation, in turns."""
    everyone = [*ground.subjects.values()]
    on_postgres = ground.backend == "postgres"
    counted = statements(ground) if on_postgres else {}
    for what, path in SHARED.items():
        costs = in_turns(
            everyone,
            {subject.name: _gets(ground, "ordinary", path, pace.batch, first=pace.warm_up) for subject in everyone},
            rounds=pace.rounds,
            tell=lambda text, what=what: tell(f"{what}: {text}"),
        )
        findings.cost(what, ground, costs, counted.get(what))
        if what == "completed order" and on_postgres:
            if "floor" in costs:
                findings.promise("completed/floor", ratio(costs["product"].total, costs["floor"].total))
            if "usual" in costs:
                findings.promise("usual/completed", ratio(costs["usual"].total, costs["product"].total))
    pages = max(4, pace.batch // 12)
    costs = in_turns(
        everyone,
        {subject.name: _gets(ground, "list", PAGE, pages) for subject in everyone},
        rounds=pace.rounds,
        tell=lambda text: tell(f"page of orders: {text}"),
    )
    findings.cost("page of 50 orders, 10 items each", ground, costs, counted.get("page"))
    if on_postgres and "usual" in costs:
        findings.promise("usual/page", ratio(costs["usual"].total, costs["product"].total))
    costs = in_turns(
        everyone,
        {
            subject.name: lambda _, number: ground.cancels(pace.cancels if number else pace.warm_up)
            for subject in everyone
        },
        rounds=pace.rounds,
        status=204,
        tell=lambda text: tell(f"direct cancel: {text}"),
    )
    findings.cost("direct cancel of 2 items", ground, costs, counted.get("cancel"))
    if on_postgres:
        if "floor" in costs:
            findings.promise("cancel/floor", ratio(costs["product"].total, costs["floor"].total))
        if "usual" in costs:
            findings.promise("usual/cancel", ratio(costs["usual"].total, costs["product"].total))
    ours = ground.subjects["product"]
    costs = in_turns([ours], {"product": _gets(ground, "ordinary", OPTIONS, pace.batch)}, rounds=pace.rounds)
    findings.cost("cancellation options", ground, costs, counted.get("options"))


def sizes(ground: Ground, findings: Findings, pace: Pace, tell: Callable[[str], None]) -> None:
    """The completed order with 1 to 1,000 items; sizes in turns, too, so that they can be compared."""
    subject = ground.subjects["product"]
    batches = {
        1: pace.batch,
        3: pace.batch,
        10: pace.batch,
        100: max(10, pace.batch // 4),
        1000: max(4, pace.batch // 30),
    }
    costs = {}
    for number in range(pace.rounds):
        for items, batch in batches.items():
            kind = "ordinary" if items == 3 else f"of {items}"
            found = in_turns([subject], {"product": _gets(ground, kind, COMPLETED, batch)}, rounds=1)["product"]
            known = costs.setdefault(items, found)
            if known is not found:
                known.app += found.app
                known.database += found.database
        tell(f"sizes: round {number + 1}/{pace.rounds}")
    for items, cost in costs.items():
        findings.cost(f"completed order of {items} items", ground, {"product": cost})
    if ground.backend == "postgres":
        findings.promise("100/3", ratio(costs[100].total, costs[3].total))


def under_load(ground: Ground, findings: Findings, pace: Pace, tell: Callable[[str], None]) -> None:
    """p50 and p99 at a fixed moderate load, throughput at saturation, memory afterwards."""
    driven: dict[str, list[Driven]] = {name: [] for name in ground.subjects}
    batch = ground.gets("ordinary", COMPLETED, 400)
    for number in range(3):
        for subject in ground.subjects.values():
            done = drive(subject.port, batch, connections=8, rate=pace.rate, seconds=pace.seconds)
            expect(done, 200, subject)
            driven[subject.name].append(done)
        tell(f"moderate load: round {number + 1}/3")
    for subject in ground.subjects.values():
        saturated = drive(subject.port, batch, connections=16, seconds=pace.seconds)
        expect(saturated, 200, subject)
        every = Driven([latency for done in driven[subject.name] for latency in done.milliseconds])
        findings.latency(
            "completed order",
            ground,
            subject.name,
            p50=every.percentile(0.5),
            p99=every.percentile(0.99),
            rate=saturated.rate,
        )
        memory = subject.memory_mb()
        findings.memory.append({"who": subject.name, "backend": ground.backend, "each": memory, "all": sum(memory)})
        if subject.name == "product" and ground.backend == "postgres":
            findings.promise("memory", sum(memory))
    tell("saturation, memory")


def statements(ground: Ground) -> dict[str, dict[str, float]]:
    """Statements per request of each subject, the ones that begin and end transactions included."""
    counted: dict[str, dict[str, float]] = {}
    makers = {"product": ground.house.product, "floor": ground.house.floor}
    proxy = CountingProxy(ground.house.database)
    try:
        for name in ("product", "floor"):
            subject = makers[name](DATABASE_URL=proxy.url, PGAPPNAME="counted")
            try:
                for what, path in {**SHARED, "options": OPTIONS, "page": PAGE}.items():
                    if name == "floor" and what == "options":
                        continue
                    kind = "list" if what == "page" else "ordinary"
                    warm, some = ground.gets(kind, path, 80), ground.gets(kind, path, 20)
                    drive(subject.port, warm, connections=16)
                    counted.setdefault(what, {})[name] = _counted(proxy, subject, some)
                drive(subject.port, ground.cancels(16), connections=8)
                counted.setdefault("cancel", {})[name] = _counted(proxy, subject, ground.cancels(10))
            finally:
                subject.stop()
    finally:
        proxy.close()
    return counted


def _counted(proxy: CountingProxy, subject: Subject, requests: list[bytes]) -> float:
    before = proxy.count
    drive(subject.port, requests, connections=1)
    return (proxy.count - before) / len(requests)


def hanging(ground: Ground, findings: Findings, pace: Pace, tell: Callable[[str], None]) -> None:
    """The completed order's p99 alone, and while every cancel waits for an Omnitron that says nothing; in turns.

    Of all rounds together: in a single one, three requests make it.
    """
    subject = ground.subjects["product"]
    batch = ground.gets("ordinary", COMPLETED, 400)
    calm, hung = Driven(), Driven()
    seconds, rate = 2 * pace.seconds, 2 * pace.rate
    for number in range(max(2, pace.rounds // 2)):
        calm.milliseconds += drive(subject.port, batch, connections=8, rate=rate, seconds=seconds).milliseconds
        ground.sandbox._call("POST", "/sandbox/faults/", {"kind": "silence_before", "seconds": 60})
        waiting = {"connections": 24, "rate": CANCELS_A_SECOND, "seconds": seconds}
        orders = ground.cancels(int(CANCELS_A_SECOND * seconds))
        cancels = threading.Thread(target=drive, args=(subject.port, orders), kwargs=waiting)
        cancels.start()
        done = drive(subject.port, batch, connections=8, rate=rate, seconds=seconds)
        expect(done, 200, subject)
        hung.milliseconds += done.milliseconds
        cancels.join()
        ground.sandbox.clear_faults()
        tell(f"Omnitron hangs: round {number + 1}")
    unloaded, hanging = calm.percentile(0.99), hung.percentile(0.99)
    findings.latency("completed order, unloaded", ground, "product", p99=unloaded)
    findings.latency("completed order, Omnitron hangs", ground, "product", p99=hanging)
    findings.promise("hanging/unloaded", hanging / unloaded)
