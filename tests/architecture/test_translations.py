"""Whatever is marked for translation in the code is in the catalogues: `make messages` was run."""

import ast
from pathlib import Path

import pytest
from babel.messages import pofile

from tests.architecture.source import ROOT, calls_of, modules

MARKS = ("gettext", "gettext_noop", "gettext_lazy", "_", "ngettext", "ngettext_lazy")
CATALOGUE = Path(ROOT / "aftercart" / "locale" / "tr" / "LC_MESSAGES" / "django.po")


def known() -> set[str]:
    with CATALOGUE.open("rb") as file:
        ids = [message.id for message in pofile.read_po(file, locale=None)]
    return {one for each in ids for one in ([each] if isinstance(each, str) else each)}


def marked(path: str) -> dict[str, int]:
    """Sentence → line."""
    return {
        call.args[0].value: call.lineno
        for mark in MARKS
        for call in calls_of(modules()[path], mark)
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


KNOWN = known()


@pytest.mark.parametrize("path", [path for path in modules() if marked(path)])
def test_every_sentence_that_is_marked_is_in_the_catalogue(path: str) -> None:
    assert {sentence: line for sentence, line in marked(path).items() if sentence not in KNOWN} == {}
