"""What tests share lives in plain modules: whoever looks for a helper does not have to know which test had it first."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def modules_imported(source: str) -> Iterator[str]:
    """What a module imports, wherever in it: each module, and each name of a module as if it were one, too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


def from_tests(source: str) -> list[str]:
    """The test modules among them."""
    return [name for name in modules_imported(source) if any(part.startswith("test_") for part in name.split("."))]


def test_nothing_is_imported_from_a_test_module() -> None:
    files = sorted(TESTS.rglob("*.py"))
    assert len(files) > 100
    found = {str(path.relative_to(TESTS)): from_tests(path.read_text()) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.promises.test_news import hear",
        "from .test_news import hear",
        "from . import test_news",
        "import tests.promises.test_news",
        "def late():\n    from tests.promises.test_news import hear",
    ],
)
def test_every_manner_of_importing_one_is_found(source: str) -> None:
    assert from_tests(source)
