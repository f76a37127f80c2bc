"""The ground that is measured on: a database with orders in it, Omnitron's stand-in, and who asks for what."""

import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.reliability.remote import RemoteSandbox, a_sandbox_process
from tests.reliability.servers import a_database
from tests.speed.load import request
from tests.speed.subjects import House, Subject

# A machine that is measured is busy: a cancel must not end as "unknown" for that.
PATIENT = {"OMNITRON_TIMEOUT": "10"}


@dataclass
class Ground:
    """A filled database and its house. `told`: what `stock.py` says is in it."""

    backend: str
    orders: int
    house: House
    told: dict[str, Any]
    sandbox: RemoteSandbox
    subjects: dict[str, Subject] = field(default_factory=dict)
    _cancels: Iterator[dict[str, Any]] = field(default_factory=lambda: iter(()))

    def __post_init__(self) -> None:
        self._cancels = iter(self.told["asked"].get("cancel", []))

    def customer(self, asked: dict[str, Any]) -> dict[str, str]:
        return self.told["customers"][str(asked["customer"])]

    def some(self, kind: str, count: int, start: int = 0) -> list[dict[str, Any]]:
        """So many orders of a kind, round and round."""
        return [*itertools.islice(itertools.cycle(self.told["asked"][kind]), start, start + count)]

    def gets(self, kind: str, path: str, count: int, start: int = 0) -> list[bytes]:
        """GETs by their owners; `path` may name `{signed}`, `{id}` and `{number}`."""
        return [
            request("GET", path.format(**asked), self.customer(asked)["cookie"])
            for asked in self.some(kind, count, start)
        ]

    def cancels(self, count: int, items: int = 2) -> list[bytes]:
        """Cancels of orders that were not touched yet, two of three items each."""
        made = [self.cancel(asked, items) for asked in itertools.islice(self._cancels, count)]
        if len(made) < count:
            raise RuntimeError("the stock has no orders left to cancel")
        return made

    def fresh(self) -> dict[str, Any]:
        """An order that nobody has cancelled yet."""
        return next(self._cancels)

    def cancel(self, asked: dict[str, Any], items: int = 2) -> bytes:
        customer = self.customer(asked)
        body = json.dumps(wish(asked, items)).encode()
        path = f"/orders/{asked['number']}/cancel/"
        return request("POST", path, customer["cookie"], token=customer["token"], body=body)

    def stop(self, *names: str) -> None:
        for name in names or [*self.subjects]:
            self.subjects.pop(name).stop()


def wish(asked: dict[str, Any], items: int = 2) -> dict[str, Any]:
    """The body of a cancel as the published storefront sends it."""
    chosen = range(asked["first_item"], asked["first_item"] + items)
    wished = [{"cancellation_type": "cancel", "order_item": pk, "reason": "1", "description": ""} for pk in chosen]
    return {"return_policy": True, "cancel_order_items": wished}


@contextlib.contextmanager
def a_ground(
    backend: str, folder: Path, *, orders: int, cancels: int = 0, giant: bool = False, stock: Sequence[str] = ()
) -> Iterator[Ground]:
    """A migrated and filled database, gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with a_sandbox_process(folder, plan_delay=-1) as sandbox, a_database(backend, folder) as database:
        house = House(
            folder=folder,
            database=database,
            sandbox=sandbox.port,
            settings=dict(PATIENT),
        )
        house.run("manage.py", "migrate", "--verbosity", "0", DATABASE_STATEMENT_SECONDS="0")
        out = folder / "told.json"
        wishes = ["--orders", str(orders), "--cancels", str(cancels), "--out", str(out), *stock]
        if giant:
            wishes.append("--giant")
        if cancels:
            wishes += ["--sandbox", str(sandbox.port)]
        house.run("-m", "tests.speed.stock", *wishes, DATABASE_STATEMENT_SECONDS="0")
        ground = Ground(backend, orders, house, json.loads(out.read_text()), sandbox)
        try:
            yield ground
        finally:
            ground.stop()
