"""The settings reference names every variable that is read, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import aftercart.settings

GROUPS = Path(aftercart.settings.__file__).parent
ROOT = GROUPS.parent.parent
# They read what is no setting of the service: a password on its way into the file, ports of the demo.
TOOLS = ("command_line", "demo")


def variables() -> Iterator[str]:
    for file in GROUPS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("env")), args=[ast.Constant(str(name)), *_]):
                    yield name


def documented() -> set[str]:
    table = (ROOT / "docs/configuration.md").read_text().split("## Dynamic settings")[0]
    cells = re.findall(r"^\| (`[A-Z].*?) \|", table, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}


def test_the_reference_names_every_variable_and_no_other() -> None:
    read = {*variables()}
    assert len(read) > 80
    assert read == documented()


def test_the_environment_is_read_by_the_settings_alone() -> None:
    elsewhere = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "aftercart").rglob("*.py")
        if not {"settings", *TOOLS} & {*file.relative_to(ROOT).parts}
        and re.search(r"os\.environ(?!\.setdefault\(\"DJANGO_SETTINGS_MODULE\")|getenv|environ\.Env", file.read_text())
    ]
    assert not elsewhere
