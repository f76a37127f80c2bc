"""The product's own source, parsed, for checks of how it is written."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def modules() -> dict[str, ast.Module]:
    """Path from the root → what is written there; without migrations."""
    files = sorted((ROOT / "aftercart").rglob("*.py"))
    return {
        str(file.relative_to(ROOT)): ast.parse(file.read_text(), str(file))
        for file in files
        if "migrations" not in file.parts
    }


def calls_of(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Every call of something of this name, whatever it is reached by."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id == name) or (
                isinstance(called, ast.Attribute) and called.attr == name
            ):
                yield node


@cache
def names_in(path: str) -> frozenset[str]:
    """Every name that stands in a module."""
    nodes = list(ast.walk(modules()[path]))
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(found | {node.attr for node in nodes if isinstance(node, ast.Attribute)})


@cache
def texts_in(path: str) -> frozenset[str]:
    """Every text that stands in a module."""
    nodes = ast.walk(modules()[path])
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
