"""The two ways in which the demo runs the service: embedded, and as in production."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

PYTHON = (sys.executable, "-u", "-m")


class Problem(Exception):
    """Something does not work; the text says what, for the person at the terminal."""


def fail(why: str) -> NoReturn:
    """Stop with a sentence."""
    raise Problem(why)


@dataclass(frozen=True)
class Background:
    """A process that does what is due, and the text in its output that tells that it works (`""`: it says nothing)."""

    name: str
    command: tuple[str, ...]
    ready: str = "worker: ready"


@dataclass(frozen=True)
class RunMode:
    """What differs: settings, the folder of the data, how many web processes, and who works in the background."""

    folder: Path
    web_processes: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    background: tuple[Background, ...] = ()


def embedded(var: Path) -> RunMode:
    """One web process, one worker, SQLite, no broker."""
    work = Background("worker", (*PYTHON, "django", "work", "--skip-checks"))
    return RunMode(folder=var, background=(work,))
