"""Public names that two modules of the product define: `python -m tests.architecture.names` prints them.

A name that means one thing can be looked up, searched for and changed. Counted are top-level functions and classes.
"""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

PRODUCT = Path(__file__).parents[2] / "aftercart"

# What a framework looks up under this very name: the module is the name, this is its role.
ROLES = {
    "Command": "Django's management commands",
    "DatabaseWrapper": "Django's database backends",
    "EmailBackend": "Django's mail backends",
    "main": "what a command line calls",
}


def public_names(package: Path = PRODUCT) -> Mapping[str, list[str]]:
    """Name → the modules that define it, as paths. Not those of migrations, which nobody calls."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(package.rglob("*.py")):
        if "migrations" in file.parts:
            continue
        names = {
            node.name
            for node in ast.parse(file.read_text()).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_"
        }
        for name in names:
            found[name].append(str(file.relative_to(package)))
    return found


def defined_twice(names: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Those that two modules define and that are no role."""
    return {name: modules for name, modules in names.items() if len(modules) > 1 and name not in ROLES}


if __name__ == "__main__":
    names = public_names()
    twice = defined_twice(names)
    for name, modules in sorted(twice.items()):
        print(f"{name}: {', '.join(modules)}")
    shared = sum(len(modules) > 1 for modules in names.values())
    print(f"{len(names)} names; {shared} ({shared / len(names):.1%}) defined twice, {len(twice)} no role")
