"""Every sentence that is marked for translation is in the catalogue: who adds one is told to run `make messages`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import pofile
from django.utils.translation.template import templatize

import aftercart

PRODUCT = Path(aftercart.__file__).parent
CATALOGUE = PRODUCT / "locale" / "tr" / "LC_MESSAGES" / "django.po"
# Which argument is the sentence; of a plural, its singular.
FUNCTIONS = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "_"), 0),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), 1),
}
# What Django makes of a template is not Python, but its sentences stand in calls, and plain between calls of `_`.
CALL = re.compile(r"""(?:\bn?gettext|\bpgettext\(u?'[^']*', |\b_)\(?u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
# Those of the package that draws the back office, in a template of its that ours replaces: its own catalogue has them.
OF_UNFOLD = {"Yes, I’m sure", "No, take me back"}


def in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            sentence = node.args[FUNCTIONS[node.func.id]]
            if isinstance(sentence, ast.Constant):
                yield sentence.value


def in_template(source: str) -> Iterator[str]:
    for sentence in CALL.findall(templatize(source)):
        yield ast.literal_eval(sentence)


def marked() -> set[str]:
    found: set[str] = set()
    for file in PRODUCT.rglob("*.py"):
        found.update(in_python(file.read_text()))
    for file in (PRODUCT / "templates").rglob("*.*"):
        found.update(in_template(file.read_text()))
    return found


def test_every_marked_sentence_is_in_the_catalogue_and_no_other() -> None:
    with CATALOGUE.open("rb") as file:
        messages = [message.id for message in pofile.read_po(file) if message.id]
    known = {one if isinstance(one, str) else one[0] for one in messages}
    assert marked() - known - OF_UNFOLD == set(), "run `make messages`, and translate them"
    assert known - marked() == set(), "run `make messages`: nobody says these any more"
