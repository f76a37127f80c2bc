"""What is fast has one room: no other module asks which database it speaks to, or touches the insides of libraries.

An upgrade of Django or psycopg is then read in two folders, along a list that is complete.
"""

import ast
import contextlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import aftercart

ROOT = Path(aftercart.__file__).parent
ROOMS = ("fastpath", "database")
# Whose subject is the database itself: a column's type; the copy and the check of an installation.
ABOUT_THE_DATABASE = {"orders/amounts.py", "command_line/backups.py", "command_line/installation.py"}
LIBRARIES = ("django", "psycopg")
# What each of Django's own session stores sets, and has no other name.
OF_THEIR_KIND = {"customers/sessions.py": {"_session_key"}}
# Documented, in spite of their names: Django's models and managers, Python's named tuples; history's and passlib's.
DOCUMENTED = {"_meta", "_state", "_default_manager", "_base_manager", "_make", "_replace", "_asdict", "_fields"}
DOCUMENTED |= {"_change_reason", "_calc_checksum"}


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the product by its path below the package, migrations apart."""
    paths = (path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in sorted(paths)}


def in_the_rooms(path: str) -> bool:
    return path.split("/", maxsplit=1)[0] in ROOMS


def asks_for_the_vendor(node: ast.AST) -> bool:
    """`connection.vendor`, or a method that Django calls for one vendor alone."""
    if isinstance(node, ast.FunctionDef):
        return re.fullmatch("as_(sqlite|postgresql|mysql|oracle)", node.name) is not None
    return isinstance(node, ast.Attribute) and node.attr == "vendor"


def test_only_two_rooms_and_who_speaks_about_databases_asks_which_one_it_is() -> None:
    asking = {path for path, tree in sources().items() if any(asks_for_the_vendor(node) for node in ast.walk(tree))}
    assert {path for path in asking if not in_the_rooms(path)} == ABOUT_THE_DATABASE


def is_private(name: str) -> bool:
    return re.match("_(?!_)[a-zA-Z]", name) is not None and name not in DOCUMENTED


@cache
def ours() -> set[str]:
    """Every name that some module of ours defines, or sets on its own objects."""
    names: set[str] = set()
    for tree in sources().values():
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                    names.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                    names.add(name)
    return names


def reached_for(tree: ast.Module) -> Iterator[str]:
    """Private names that a module uses and nobody here defines: imported, as attributes, by `getattr`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if is_private(name) and name not in ours():
                yield name
            case ast.ImportFrom(module=str(module), names=names) if module.split(".", maxsplit=1)[0] in LIBRARIES:
                yield from (part for part in [*module.split("."), *(alias.name for alias in names)] if is_private(part))
            case ast.Call(func=ast.Name(id="getattr" | "setattr"), args=[_, ast.Constant(value=str(name)), *_]):
                if is_private(name) and name not in ours():
                    yield name


def taken_over(tree: ast.Module) -> Iterator[str]:
    """Private names of a library's class that a class of ours, which inherits from it, uses or defines anew."""
    names = imported(tree)
    for each in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        said = {name for name in re.findall(r"\b_[a-zA-Z]\w*", ast.unparse(each)) if is_private(name)}
        if said:
            bases = filter(None, (library_class(base, names) for base in each.bases))
            yield from said & {name for base in bases for name in names_of(base)}


@cache
def names_of(library_class: type) -> set[str]:
    """Everything that a library's class and those it inherits from define, or set on their objects."""
    names: set[str] = set()
    for each in library_class.__mro__:
        if each.__module__.split(".", maxsplit=1)[0] in LIBRARIES:
            names |= {*vars(each)}
            with contextlib.suppress(OSError):  # made while the program runs, of classes that are asked as well
                names |= set(re.findall(r"self\.(_[a-zA-Z]\w*)", inspect.getsource(each)))
    return names


def imported(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    return names


def library_class(base: ast.expr, names: dict[str, str]) -> type | None:
    """The class that a base names, if it is one of the libraries'."""
    first, *rest = ast.unparse(base).partition("[")[0].split(".")
    dotted = ".".join([names.get(first, first), *rest])
    found = pkgutil.resolve_name(dotted) if dotted.split(".", maxsplit=1)[0] in LIBRARIES else None
    return found if isinstance(found, type) else None


def touched(path: str) -> set[str]:
    return {*reached_for(sources()[path]), *taken_over(sources()[path])}


@pytest.mark.parametrize("path", [path for path in sources() if not in_the_rooms(path)])
def test_no_other_module_touches_what_django_and_psycopg_keep_to_themselves(path: str) -> None:
    assert touched(path) == OF_THEIR_KIND.get(path, set())


def listed() -> set[str]:
    """The names in the first column of the README's table of internals."""
    text = (ROOT / "fastpath" / "README.md").read_text()
    table = text.partition("## What it touches")[2].partition("\n## ")[0]
    return {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall("`([^`]+)`", row)}


def test_the_readme_lists_all_that_the_two_rooms_touch_and_nothing_else() -> None:
    found = {name for path in sources() if in_the_rooms(path) for name in touched(path)}
    used = "\n".join(ast.unparse(tree) for path, tree in sources().items() if in_the_rooms(path))
    assert found - listed() == set(), "not in the list"
    assert {name for name in listed() if not re.search(rf"\b{name}\b", used)} == set(), "in the list, and used no more"
