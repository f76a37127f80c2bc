"""One place makes the case that is judged, and what is judged by the clock is judged by the order's limit alone."""

import ast

import pytest

from aftercart.cancellations import rules
from tests.architecture.source import calls_of, modules

CASE_PATH = "aftercart/cancellations/case.py"
RULES_PATH = "aftercart/cancellations/rules.py"
FACTS = ("CancellationCase", "OrderFacts", "ItemFacts")


@pytest.mark.parametrize("name", FACTS)
def test_facts_and_cases_are_made_in_one_place(name: str) -> None:
    """A withdrawal has facts of its own."""
    ours = {path: tree for path, tree in modules().items() if not path.startswith("aftercart/withdrawals/")}
    makers = [path for path, tree in ours.items() if any(calls_of(tree, name))]
    assert makers == [CASE_PATH]


@pytest.mark.parametrize("facts", [rules.CancellationCase, rules.OrderFacts, rules.ItemFacts])
def test_every_fact_is_given(facts: type) -> None:
    """A fact has a default for the tables of tests; where cases are made, one that is forgotten would never be true."""
    (maker,) = calls_of(modules()[CASE_PATH], facts.__name__)
    assert [keyword.arg for keyword in maker.keywords] == list(facts.__annotations__)


def test_every_rule_is_in_force() -> None:
    functions = [node for node in modules()[RULES_PATH].body if isinstance(node, ast.FunctionDef)]
    found = [node.name for node in functions if node.returns and ast.unparse(node.returns) == "Iterator[Refusal]"]
    assert sorted(found) == sorted(rule.__name__ for rule in rules.RULES)


@pytest.mark.parametrize("rule", [rule.__name__ for rule in rules.RULES])
def test_of_time_a_rule_knows_only_whether_the_limit_has_passed(rule: str) -> None:
    """The flags of an order that is shown are judged once for all moments before the limit, and once for all after."""
    (tree,) = (
        node for node in ast.walk(modules()[RULES_PATH]) if isinstance(node, ast.FunctionDef) and node.name == rule
    )
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    asked = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not read & {"now", "created_date"} or asked & {"is_past_gap"}
