"""Shops that others built, as far as their packages install here: the same order, each by its own API."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.reliability.servers import a_database, free_port
from tests.speed import vendure
from tests.speed.findings import Findings
from tests.speed.ground import Ground
from tests.speed.load import request
from tests.speed.scenes import COMPLETED, Pace
from tests.speed.subjects import HERE, THREADS, WORKERS, House, venv
from tests.speed.turns import in_turns, ratio

Tell = Callable[[str], None]


def measure(ground: Ground, findings: Findings, pace: Pace, var: Path, tell: Tell) -> None:
    """Whoever can be had, in turns with our completed order."""
    for name, scene in {"django-oscar": oscar, "Vendure": vendure.measure}.items():
        try:
            scene(ground, findings, pace, var, tell)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            why = str(getattr(error, "stderr", "") or error).strip().splitlines()
            findings.remarks.append(f"{name} was not measured: {why[-1] if why else error}")
            tell(f"{name}: not measured: {why[-1] if why else error}")


def oscar(ground: Ground, findings: Findings, pace: Pace, var: Path, tell: Tell) -> None:
    """django-oscar's API: the order, then its lines."""
    python = venv(var / "oscar", HERE / "requirements-oscar.lock")
    folder = ground.house.folder / "oscar"
    folder.mkdir()
    with a_database("postgres", folder) as database:
        environment = {
            "DJANGO_SETTINGS_MODULE": "oscarshop.settings",
            "PYTHONPATH": str(HERE),
            "PYTHONWARNINGS": "ignore",
        }
        house = House(folder, database, ground.sandbox.port, environment)
        house.run("-m", "django", "migrate", "--verbosity", "0", python=python)
        told = json.loads(house.run("-m", "oscarshop.stock", python=python))
        tell(f"django-oscar: {len(told)} orders")
        port = free_port()
        command = [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
        command += ["--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "60", "oscarshop.wsgi"]
        theirs = house.start("django-oscar", command, port=port, cwd=HERE)
        ours = ground.house.product()

        def two_each(_subject: Any, number: int) -> list[bytes]:
            few = max(4, pace.batch // 10)
            some = [told[(number * few + n) % len(told)] for n in range(few)]
            return [
                request("GET", path, asked["cookie"])
                for asked in some
                for path in (f"/api/orders/{asked['id']}/", f"/api/orders/{asked['id']}/lines/")
            ]

        try:
            costs = in_turns(
                [ours, theirs],
                {"product": _ours(ground, pace), "django-oscar": two_each},
                rounds=pace.rounds,
                per_request={"django-oscar": 2},
                tell=lambda text: tell(f"django-oscar: {text}"),
            )
        finally:
            ours.stop()
            theirs.stop()
    findings.cost("completed order, beside django-oscar's API", ground, costs)
    findings.promise("oscar/completed", ratio(costs["django-oscar"].total, costs["product"].total))


def _ours(ground: Ground, pace: Pace) -> Any:
    return lambda _subject, number: ground.gets("ordinary", COMPLETED, pace.batch, start=number * pace.batch)


def scratch(var: Path, name: str) -> Path:
    """A folder for packages that are kept from run to run."""
    folder = var / name
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o755)
    return folder
