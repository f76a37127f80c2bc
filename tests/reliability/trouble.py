"""What goes wrong during a drill: every process and every server is killed or restarted at random, one at a time."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.brokers import Server
from tests.reliability.releases import collect, next_release, widen
from tests.reliability.remote import RemoteSandbox
from tests.reliability.servers import Shop, free_port

WEB, WORKERS, BEATS = 2, 3, 2
MIGRATION, RELEASE = "columns widened under all", "release swapped"
LONGEST_END = 60.0
"""Seconds within which a process that is told to end has ended: granian gives its workers thirty."""

Process = subprocess.Popen[bytes]


def children(pid: int) -> list[int]:
    """The ids of a process' children that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(stat.parent.name))
    return sorted(found)


@dataclass
class Service:
    """All that runs: web services as documented, workers, beats, and the servers that they need."""

    shop: Shop
    remote: RemoteSandbox
    database: Server | None
    broker: Server | None
    with_celery: bool
    chance: random.Random
    ports: list[int] = field(default_factory=lambda: [free_port() for _ in range(WEB)])
    webs: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    beats: list[Process] = field(default_factory=list)

    def start(self) -> None:
        """Start every process."""
        collect(self.shop)
        self.webs = [self._a_web(port) for port in self.ports]
        self.workers = [self._a_worker() for _ in range(WORKERS)]
        self.beats = [self.shop.start_celery_beat() for _ in range(BEATS)] if self.with_celery else []

    def troubles(self) -> dict[str, Callable[[], None]]:
        """What may happen to it, by what the table calls it."""
        happens: dict[str, Callable[[], None]] = {
            "worker killed": lambda: self._another_worker(self.shop.kill),
            "worker restarted": lambda: self._another_worker(_told_to_end),
            "web process killed": self._kill_a_web_process,
            "web service killed": lambda: self._another_web(self._any(WEB), self.shop.kill),
            "web service restarted": lambda: self._another_web(self._any(WEB), _told_to_end),
            "Omnitron killed": lambda: self._away(self.remote.kill, self.remote.start),
        }
        if self.beats:
            happens["beat killed"] = lambda: self._another_beat(self.shop.kill)
        if (database := self.database) is not None:
            happens["PostgreSQL killed"] = lambda: self._away(database.stop, database.start)
            happens["PostgreSQL restarted"] = lambda: self._away(lambda: database.stop(signal.SIGINT), database.start)
        if (broker := self.broker) is not None:
            happens["RabbitMQ killed"] = lambda: self._away(broker.stop, broker.start)
            happens["RabbitMQ restarted"] = lambda: self._away(lambda: broker.stop(signal.SIGTERM), broker.start)
        return happens

    def migrate(self) -> None:
        """A migration that widens columns, under all that runs and all that was prepared."""
        widen(self.shop.database)

    def swap(self) -> None:
        """The next release, as docs/production.md has it: files collected, workers, beats, then web, one by one."""
        next_release(self.shop)
        for index in range(len(self.workers)):
            self._another_worker(_told_to_end, index)
        for index in range(len(self.beats)):
            self._another_beat(_told_to_end, index)
        for index in range(WEB):
            self._another_web(index, _told_to_end)

    def _any(self, count: int) -> int:
        return self.chance.randrange(count)

    def _a_web(self, port: int) -> Process:
        return self.shop.start_web(workers=2, threads=32, port=port)  # the documented command's own numbers

    def _a_worker(self) -> Process:
        return self.shop.start_celery_worker() if self.with_celery else self.shop.start_worker()

    def _another_worker(self, end: Callable[[Process], None], index: int | None = None) -> None:
        index = self._any(WORKERS) if index is None else index
        end(self.workers[index])
        self.workers[index] = self._a_worker()

    def _another_beat(self, end: Callable[[Process], None], index: int | None = None) -> None:
        index = self._any(BEATS) if index is None else index
        end(self.beats[index])
        self.beats[index] = self.shop.start_celery_beat()

    def _another_web(self, index: int, end: Callable[[Process], None]) -> None:
        end(self.webs[index])
        self.webs[index] = self._a_web(self.ports[index])

    def _kill_a_web_process(self) -> None:
        """Its parent starts another."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.chance.choice(children(self.chance.choice(self.webs).pid)), signal.SIGKILL)

    def _away(self, stop: Callable[[], None], start: Callable[[], None]) -> None:
        stop()
        time.sleep(self.chance.uniform(2, 4))  # what a killed PostgreSQL leaves behind is gone by then
        start()


def _told_to_end(process: Process) -> None:
    process.terminate()
    process.wait(timeout=LONGEST_END)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Trouble:
    """Goes through all that may happen in random order, again and again; the first time with an upgrade in between."""

    service: Service
    every: float
    happened: Counter[str] = field(default_factory=Counter)
    once: threading.Event = field(default_factory=threading.Event)
    """Set when everything has happened once."""
    failure: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def rounds(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What happens next, without end."""
        known = list(self.service.troubles().items())
        self.service.chance.shuffle(known)
        known.insert(len(known) // 2, (MIGRATION, self.service.migrate))
        known.insert(len(known) * 3 // 4, (RELEASE, self.service.swap))
        yield from known
        self.once.set()
        while True:
            yield self.service.chance.choice(list(self.service.troubles().items()))

    def run(self) -> None:
        """Until told to stop, or until something does not come back, which is the drill's failure."""
        try:
            for name, happens in self.rounds():
                if self._stop.wait(self.every):
                    return
                print(f"drill: {name}", file=sys.stderr, flush=True)
                happens()
                self.happened[name] += 1
        except BaseException as failure:  # noqa: BLE001 (told by whoever waits)
            self.failure = failure
            self.once.set()

    def stop(self, seconds: float = 300) -> None:
        """Let nothing more go wrong; what was stopped has been started again. Raises what did not come back."""
        self._stop.set()
        self._thread.join(seconds)
        if self.failure is not None:
            raise AssertionError(f"after {dict(self.happened)}: {self.failure}") from self.failure

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self.run, name="trouble", daemon=True)
        self._thread.start()


@contextmanager
def troubled(service: Service, *, every: float) -> Iterator[Trouble]:
    """Something goes wrong every so many seconds, until it is stopped."""
    trouble = Trouble(service, every)
    trouble.start()
    try:
        yield trouble
    finally:
        trouble._stop.set()
        trouble._thread.join(300)
