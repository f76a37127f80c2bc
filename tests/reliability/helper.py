"""A process that knows the models, and does with the services' databases what tests ask for.

One for each kind of database and all its tests: to start one takes longer than most of what it is asked for.
"""

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_helpers: dict[str, subprocess.Popen[str]] = {}


def ask(database: str, environment: Mapping[str, str], verb: str, wishes: Mapping[str, Any]) -> Any:
    """Do something in this database (a DATABASE_URL): see tests/reliability/inside.py.

    `environment`: of the process, where one has to be started.
    """
    kind = database.partition(":")[0]
    if kind not in _helpers or _helpers[kind].poll() is not None:
        _helpers[kind] = _start({**environment, "DATABASE_URL": database})
    helper = _helpers[kind]
    assert helper.stdin is not None
    assert helper.stdout is not None
    helper.stdin.write(json.dumps({"database": database, "verb": verb, "wishes": wishes}) + "\n")
    helper.stdin.flush()
    told = json.loads(helper.stdout.readline() or '{"wrong": "it has ended"}')
    assert "wrong" not in told, told["wrong"]
    return told["answer"]


def _start(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    helper = subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.inside"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(helper.communicate, timeout=20)  # it ends where its input does
    return helper
