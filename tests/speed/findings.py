"""What a run found: rows for the tables, and the figure behind each promise."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.speed.turns import Cost, ratio

# What is promised, in the order in which it is shown: key, sentence, must, aim, unit. Lower is better unless `More`.
PROMISES: tuple[tuple[str, str, float, float, str], ...] = (
    ("completed/floor", "completed order, JSON, 3 items, PostgreSQL: × the floor by hand", 2.5, 1.9, "×"),
    ("usual/completed", "the same: usual DRF view / ours", 12, 18, "more"),
    ("oscar/completed", "the same: django-oscar's API (order and lines) / ours", 30, 50, "more"),
    ("vendure/completed", "the same: Vendure, warm / ours", 10, 15, "more"),
    ("cancel/floor", "direct cancel of 2 items: × the floor that writes the same durable rows", 3, 2, "×"),
    ("usual/cancel", "the same: usual DRF view / ours", 6, 10, "more"),
    ("large/small", "completed order, largest stock / smallest", 1.15, 1.05, "×"),
    ("100/3", "completed order, 100 items / 3 items", 6, 4.5, "×"),
    (
        "giant/ordinary",
        "a customer with very many orders / an ordinary one, the worst of order and list, PostgreSQL's time",
        1.5,
        1.2,
        "×",
    ),
    ("usual/page", "a page of 50 orders with 10 items each: usual DRF view / ours", 8, 15, "more"),
    ("hanging/unloaded", "GETs' p99 while Omnitron hangs and every cancel waits: × unloaded", 2, 1.5, "×"),
    ("memory", "two web workers, proportional set size", 160, 130, "MB"),
    ("embedded/100", "embedded, 100 direct cancels at once: slowest", 5, 2, "s"),
    ("embedded/writers", "embedded, 8 saturated writers: fewest / most commits", 0.3, 0.6, "more of 1"),
)


@dataclass
class Findings:
    """Filled by the scenes; read by the report and the picture."""

    figures: dict[str, float] = field(default_factory=dict)
    costs: list[dict[str, Any]] = field(default_factory=list)
    latencies: list[dict[str, Any]] = field(default_factory=list)
    memory: list[dict[str, Any]] = field(default_factory=list)
    phases: list[tuple[str, float, float]] = field(default_factory=list)
    """Of a direct cancel: what, milliseconds of the app and of the database."""
    layers: list[tuple[str, str, float, float, float]] = field(default_factory=list)
    """Of the fast path: what, what is off, milliseconds of the app and of the database, and both as × all on."""
    remarks: list[str] = field(default_factory=list)

    def cost(self, what: str, ground: Any, costs: dict[str, Cost], statements: dict[str, float] | None = None) -> None:
        """Keep what an endpoint cost everyone, each beside the product's own."""
        ours = costs.get("product")
        for name, cost in costs.items():
            app, database, total = cost.medians()
            self.costs.append(
                {
                    "what": what,
                    "backend": ground.backend,
                    "orders": ground.orders,
                    "who": name,
                    "app": app,
                    "database": database,
                    "total": total,
                    "to_ours": ratio(cost.total, ours.total) if ours else None,
                    "bytes": cost.body_bytes,
                    "statements": (statements or {}).get(name),
                }
            )

    def layer(self, what: str, off: str, cost: Cost, all_on: Cost) -> None:
        app, database, _ = cost.medians()
        self.layers.append((what, off, app, database, ratio(cost.total, all_on.total)))

    def latency(self, what: str, ground: Any, who: str, **figures: float) -> None:
        self.latencies.append({"what": what, "backend": ground.backend, "orders": ground.orders, "who": who, **figures})

    def promise(self, key: str, values: list[float] | float) -> None:
        self.figures[key] = median(values) if isinstance(values, list) else values


def kept(key: str, value: float) -> str:
    """What a figure is worth: `aim`, `must` or `missed`."""
    _, _, must, aim, unit = next(promise for promise in PROMISES if promise[0] == key)
    if unit.startswith("more"):
        return "aim" if value >= aim else "must" if value >= must else "missed"
    return "aim" if value <= aim else "must" if value <= must else "missed"
