"""Short files and short functions: each is read in one look."""

import ast

import pytest

from tests.architecture.source import ROOT, modules

LONGEST_FILE, LONGEST_FUNCTION = 300, 50
PRODUCT = [path for path in modules() if not path.startswith("aftercart/demo/")]


@pytest.mark.parametrize("path", PRODUCT)
def test_a_file_and_its_functions_are_short(path: str) -> None:
    functions = [each for each in ast.walk(modules()[path]) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {each.name: (each.end_lineno or 0) - each.lineno + 1 for each in functions}
    assert {name: lines for name, lines in lengths.items() if lines >= LONGEST_FUNCTION} == {}
    assert len((ROOT / path).read_text().splitlines()) < LONGEST_FILE
