"""Embedded, on SQLite: a hundred cancels at the same moment, and writers that all want to write all the time."""

import subprocess
import sys
from collections.abc import Callable

from tests.reliability.servers import ROOT
from tests.speed.findings import Findings
from tests.speed.ground import Ground
from tests.speed.load import drive

AT_ONCE, WRITERS = 100, 8


def at_once(ground: Ground, findings: Findings, tell: Callable[[str], None]) -> None:
    """The slowest of a hundred direct cancels that arrive together at one worker."""
    subject = ground.house.product(workers=1)
    try:
        drive(subject.port, ground.cancels(32), connections=16)  # every thread has its connections
        done = drive(subject.port, ground.cancels(AT_ONCE), connections=AT_ONCE)
    finally:
        subject.stop()
    slowest = max(done.milliseconds) / 1000
    failed = {status: count for status, count in done.statuses.items() if status != 204}
    if failed:
        findings.remarks.append(f"Of {AT_ONCE} cancels at once, embedded, some were not answered 204: {failed}.")
    findings.promise("embedded/100", float("inf") if any(status >= 500 for status in failed) else slowest)
    findings.latency(
        f"{AT_ONCE} cancels at once", ground, "product", p50=done.percentile(0.5), p99=slowest * 1000, rate=done.rate
    )
    tell(f"{AT_ONCE} cancels at once")


def fairness(ground: Ground, findings: Findings, seconds: float, tell: Callable[[str], None]) -> None:
    """How many commits each of eight processes gets that do nothing but write."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.speed.writers", str(seconds)],
            cwd=ROOT,
            env=ground.house.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(WRITERS)
    ]
    for process in processes:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("a writer did not begin")
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    commits = sorted(int(process.communicate()[0]) for process in processes)
    findings.promise("embedded/writers", commits[0] / commits[-1])
    findings.remarks.append(
        f"{WRITERS} saturated writers on SQLite, {seconds:g} s: {commits[0]} to {commits[-1]} commits each,"
        f" {sum(commits) / seconds:.0f} a second together."
    )
    tell(f"{WRITERS} writers")
