"""The commands that operators are told to run, read from where they are told: the page, the units, the Procfile."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.reliability.servers import ROOT

PAGE = ROOT / "docs" / "production.md"
UNITS = ROOT / "deploy" / "systemd"
PROCFILE = ROOT / "deploy" / "Procfile"
PLACE = "/srv/aftercart"
"""Where the units have the installation; its `.venv/bin` is where commands come from."""


def on_the_page() -> dict[str, list[str]]:
    """Process → command, of the table in docs/production.md."""
    table = PAGE.read_text().split("## What to run", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\w+) \| `([^`]+)`", table, re.MULTILINE)
    return {name: shlex.split(command) for name, command in rows}


def in_units() -> dict[str, list[str]]:
    """The same, of the units."""
    return {unit.stem.removeprefix("aftercart-"): shlex.split(setting(unit, "ExecStart")) for unit in units()}


def in_the_procfile() -> dict[str, list[str]]:
    """The same, of the Procfile, with the variables' defaults in place."""
    rows = re.findall(r"^(\w+): (.+)$", PROCFILE.read_text(), re.MULTILINE)
    return {name: shlex.split(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", command)) for name, command in rows}


def units() -> Iterator[Path]:
    """The unit files."""
    yield from sorted(UNITS.glob("*.service"))


def setting(unit: Path, name: str) -> str:
    """What a unit says under a name; the last one counts."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)[-1]


def short(command: list[str]) -> list[str]:
    """A command without where it is installed and where it listens: what must be the same everywhere."""
    words = [word.removeprefix(f"{PLACE}/.venv/bin/") for word in command]
    for option in ("--host", "--port"):
        if option in words:
            at = words.index(option)
            del words[at : at + 2]
    return words


def here(command: list[str]) -> list[str]:
    """The command as this environment's interpreter runs it, without the interpreter itself."""
    return ["-m", *short(command)]


def supervisor_of(folder: Path, *, port: int) -> str:
    """A configuration of supervisord that runs the Procfile as platforms do: what ends is started again."""
    commands = {name: " ".join([sys.executable, *here(words)]) for name, words in in_the_procfile().items()}
    commands["web"] += f" --port {port}"
    programs = "".join(
        f"[program:{name}]\ncommand={command}\ndirectory={ROOT}\nautorestart=true\nstartretries=20\nstartsecs=0\n"
        f"stdout_logfile={folder / name}.log\nredirect_stderr=true\n\n"
        for name, command in commands.items()
    )
    return f"[supervisord]\nnodaemon=true\nlogfile={folder / 'supervisord.log'}\npidfile={folder / 'pid'}\n\n{programs}"
