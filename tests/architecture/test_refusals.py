"""One table of codes: whatever is refused, or goes to the shop instead, has all of its words there."""

import ast
import re

import pytest

from aftercart import refusals
from aftercart.dynamic_settings.schema import ALWAYS_FINAL, FALLBACK_CODES
from aftercart.orders.words import BECAUSE
from aftercart.refusals import ADDRESS_CHANGE, CANCELLATION, GUEST, SENTENCES, WITHDRAWAL, Final, Refusal, to_staff
from tests.architecture.source import calls_of, modules, names_in, texts_in

TABLES = {"cancellation": CANCELLATION, "address change": ADDRESS_CHANGE, "withdrawal": WITHDRAWAL, "guest": GUEST}
CONSTANTS = {name: value for name, value in vars(refusals).items() if name.isupper() and isinstance(value, str)}
ALL_CODES = sorted({code for table in TABLES.values() for code in table})
WITH_THE_SHOP = [code for code, said in CANCELLATION.items() if said.final is Final.CHOSEN or not said.sentence]


def _codes_refused(path: str) -> set[str]:
    """The codes that a module makes refusals of, as far as they stand there."""
    found = set()
    for call in calls_of(modules()[path], "Refusal"):
        code = call.args[0]
        if isinstance(code, ast.Constant):
            found.add(str(code.value))
        elif isinstance(code, ast.Name) and code.id in CONSTANTS:
            found.add(CONSTANTS[code.id])
    return found


@pytest.mark.parametrize("path", [path for path in modules() if any(calls_of(modules()[path], "Refusal"))])
def test_whatever_is_refused_has_its_sentence(path: str) -> None:
    assert _codes_refused(path) <= set(SENTENCES)


def test_of_every_rule_it_is_said_whether_it_is_final() -> None:
    of_the_rules = _codes_refused("aftercart/cancellations/rules.py")
    assert len(of_the_rules) > 9
    assert {code for code in of_the_rules if CANCELLATION[code].final is None} == set()
    assert {code for code, said in CANCELLATION.items() if said.final} == of_the_rules


@pytest.mark.parametrize("code", WITH_THE_SHOP)
def test_whatever_sends_a_wish_to_the_shop_is_explained_to_the_customer(code: str) -> None:
    assert BECAUSE[code]


@pytest.mark.parametrize(
    "code", [code for code, said in CANCELLATION.items() if said.final in (Final.ALWAYS, Final.NAMED)]
)
def test_what_ends_a_wish_is_never_why_the_shop_was_asked(code: str) -> None:
    assert code not in BECAUSE


@pytest.mark.parametrize("code", [code for code in CANCELLATION if code != refusals.MADE_THERE])
def test_the_back_office_reads_why(code: str) -> None:
    assert to_staff(CANCELLATION)[code]


@pytest.mark.parametrize("code", ALL_CODES)
def test_no_code_is_kept_that_nobody_uses(code: str) -> None:
    names = {name for name, value in CONSTANTS.items() if value == code}
    others = [path for path in modules() if path != "aftercart/refusals.py"]
    assert any(code in texts_in(path) or names & names_in(path) for path in others)


@pytest.mark.parametrize("code", [code for code in CONSTANTS.values() if "_" in code])
def test_a_code_that_has_a_name_is_not_spelled_again(code: str) -> None:
    """The gateway knows Omnitron's codes, some of which are the same."""
    ours = [path for path in modules() if not path.startswith("aftercart/omnitron/")]
    assert [path for path in ours if code in texts_in(path)] == ["aftercart/refusals.py"]


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_asks_for_nothing_but_the_items_name(code: str) -> None:
    assert set(re.findall(r"{(\w*)}", SENTENCES[code])) <= {"name"}
    assert Refusal(code, 1, {"name": "Ada's cup"}).message


def test_what_merchants_have_chosen_stays_valid() -> None:
    assert ALWAYS_FINAL == ("order_already_cancelled", "cancellation_in_progress", "cancellation_request_100_1")
    assert set(FALLBACK_CODES) >= {
        *ALWAYS_FINAL,
        "order_status_not_cancellable",
        "order_has_invoice",
        "cancellation_expired",
        "item_status_not_cancellable",
        "part_of_set",
        "needs_request",
    }
