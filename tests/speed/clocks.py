"""What processes have used: the scheduler's own nanoseconds, and proportional memory. Linux only."""

import time
from pathlib import Path
from typing import Any

import psycopg


def cpu_ns(pid: int) -> int:
    """CPU time of a process, its ended threads included, as the scheduler counted it; 0 once it is gone."""
    try:
        return time.clock_gettime_ns(~pid << 3 | 2)  # the process's own clock, see clock_getcpuclockid(3)
    except OSError:
        return 0


def group(pid: int) -> list[int]:
    """The processes that were started in a session of their own as `pid`, and all their children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
            except (OSError, IndexError):
                continue
            if session == pid:
                found.append(int(entry.name))
    return sorted(found)


def proportional_kb(pid: int) -> int:
    """Memory of a process, what it shares divided by those who share it."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


class Meter:
    """CPU of a server and of PostgreSQL's backends that work for it, between two moments."""

    def __init__(self, pid: int, *, name: str, database: str) -> None:
        self.pid, self.name = pid, name
        self._asking: Any = psycopg.connect(database, autocommit=True) if database.startswith("postgres") else None
        self._app: dict[int, int] = {}
        self._backends: dict[int, int] = {}

    def start(self) -> None:
        self._app, self._backends = self._now()

    def stop(self) -> tuple[float, float]:
        """Milliseconds of the app and of the database since `start`."""
        app, backends = self._now()
        return _spent(self._app, app), _spent(self._backends, backends)

    def _now(self) -> tuple[dict[int, int], dict[int, int]]:
        backends = []
        if self._asking is not None:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
            backends = [pid for (pid,) in self._asking.execute(query, (self.name,))]
        return {pid: cpu_ns(pid) for pid in group(self.pid)}, {pid: cpu_ns(pid) for pid in backends}

    def close(self) -> None:
        if self._asking is not None:
            self._asking.close()


def _spent(before: dict[int, int], after: dict[int, int]) -> float:
    return sum(now - before.get(pid, 0) for pid, now in after.items()) / 1e6
