"""`make bench`: product, floor and others measured in turns, on PostgreSQL and SQLite, into docs/speed.md.

`ARGUMENTS="--quick"`: small, in a few minutes. `--only NAME[,NAME]`: some scenes. `--dry`: print, write nothing.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.reliability.servers import ROOT, postgres_url
from tests.speed import embedded, layers, others, phases, report, scale, scenes
from tests.speed.findings import Findings
from tests.speed.ground import Ground, a_ground
from tests.speed.scenes import Pace
from tests.speed.subjects import HERE, venv

NAMES = ("endpoints", "sizes", "load", "hanging", "phases", "others", "scale", "embedded", "layers")
QUICK = Pace(rounds=3, batch=40, cancels=8, seconds=1.5, warm_up=40)
FULL = Pace()
BASE = 1000  # orders of the ground that everyone is measured on


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    parser.add_argument("--only", default="", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--dry", action="store_true", help="print the tables instead of writing docs/speed.md")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [*NAMES]
    unknown = set(wanted) - {*NAMES}
    if unknown:
        parser.error(f"no scene is called {', '.join(sorted(unknown))}")
    began = time.monotonic()
    # Told to end, it takes its servers and databases along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def tell(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.0f} s  {text}\n")
        sys.stdout.flush()

    findings = Findings()
    var = Path(os.environ.get("VAR", ROOT / "var")).resolve() / "bench"
    var.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=var) as folder:
        run(findings, {*wanted}, Path(folder), var, QUICK if options.quick else FULL, options.quick, tell)
    command = "make bench" + (f' ARGUMENTS="{" ".join(sys.argv[1:])}"' if sys.argv[1:] else "")
    text = report.tables(findings, command=command, seconds=time.monotonic() - began)
    if options.dry or options.only:
        sys.stdout.write(text)
    else:
        report.write(findings, text)
        tell("docs/speed.md and docs/speed.svg are written")
    return 0


def run(
    findings: Findings,
    wanted: set[str],
    folder: Path,
    var: Path,
    pace: Pace,
    quick: bool,
    tell: Callable[[str], None],
) -> None:
    """Every scene that is wanted, on every backend that is there."""
    usual = _usual(findings, var, tell) if wanted - {"layers"} else None
    backends = ["postgres", "sqlite"]
    if postgres_url() is None:
        findings.remarks.append("No PostgreSQL answered: measured on SQLite alone.")
        backends.remove("postgres")
    for backend in backends:
        needed = pace.cancels_needed + phases.WARM_UP + phases.MEASURED
        if wanted & {"endpoints", "sizes", "load", "hanging", "phases", "others"}:
            tell(f"{backend}: {BASE} orders, {needed} to cancel")
            with a_ground(backend, folder / backend, orders=BASE, cancels=needed) as ground:
                _everyone(ground, findings, wanted, pace, usual, tell)
                if "phases" in wanted and backend == "postgres":
                    with _to_the_end("the phases of a cancel", findings, tell):
                        phases.measure(ground, findings, tell)
                if "others" in wanted and backend == "postgres":
                    others.measure(ground, findings, pace, var, tell)
        if "scale" in wanted:
            with _to_the_end(f"scale on {backend}", findings, tell):
                scale.measure(backend, findings, folder, pace, quick, tell)
    if "layers" in wanted and "postgres" in backends:
        with _to_the_end("the layers of the fast path", findings, tell):
            layers.measure(findings, folder / "layers", BASE, pace, tell)
    if "embedded" in wanted:
        tell("sqlite: embedded")
        with (
            _to_the_end("embedded", findings, tell),
            a_ground("sqlite", folder / "embedded", orders=BASE, cancels=200) as ground,
        ):
            embedded.at_once(ground, findings, tell)
            embedded.fairness(ground, findings, 4 if quick else 20, tell)


@contextlib.contextmanager
def _to_the_end(name: str, findings: Findings, tell: Callable[[str], None]) -> Iterator[None]:
    """What one scene meets is said, and does not take the others' figures along."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (whatever it is: the other figures took long)
        findings.remarks.append(f"Not measured to its end: {name} ({error!r:.200}).")
        tell(f"{name}: {traceback.format_exc()}")


def _everyone(
    ground: Ground, findings: Findings, wanted: set[str], pace: Pace, usual: str | None, tell: Callable[[str], None]
) -> None:
    with contextlib.ExitStack() as ends:
        ends.callback(ground.stop)
        ours = ground.subjects["product"] = ground.house.product()
        floor = ground.subjects["floor"] = ground.house.floor()
        tell(f"{ground.backend}: {scenes.agree(ground, floor, ours)}")
        if usual:
            ground.subjects["usual"] = ground.house.usual(usual)
        if "endpoints" in wanted:
            scenes.endpoints(ground, findings, pace, _named(ground.backend, tell))
        if "load" in wanted:
            scenes.under_load(ground, findings, pace, _named(ground.backend, tell))
        if "sizes" in wanted:
            scenes.sizes(ground, findings, pace, _named(ground.backend, tell))
        if "hanging" in wanted and ground.backend == "postgres":
            # As shipped: the deadline of the settings, not the one that a busy machine needs, and all threads.
            ground.stop()
            ground.subjects["product"] = ground.house.product(threads=32, OMNITRON_TIMEOUT="2")
            with _to_the_end("Omnitron hangs", findings, tell):
                scenes.hanging(ground, findings, pace, _named(ground.backend, tell))


def _named(name: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: tell(f"{name}: {text}")


def _usual(findings: Findings, var: Path, tell: Callable[[str], None]) -> str | None:
    """The Python of the usual implementation, or None where its packages do not install."""
    tell("the usual implementation's packages")
    try:
        return venv(var / "usual", HERE / "requirements-usual.lock")
    except subprocess.CalledProcessError as error:
        findings.remarks.append("The usual implementation was not measured: its packages did not install.")
        tell(f"not installed: {str(error.stderr)[-300:]}")
        return None


if __name__ == "__main__":
    sys.exit(main())
