"""Every sentence is in every language: marked ones are in the catalogues, translated, compiled, and no others."""

import ast
import gettext as catalogues
import re
from collections.abc import Iterator

import pytest
from django.utils.translation.template import templatize

from aftercart.command_line.management.commands.makemessages import page_sentences
from tests.architecture.catalogues import LANGUAGES, PRODUCT, folder_of, messages

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
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


def in_page(source: str) -> Iterator[str]:
    for function, texts in page_sentences(source):
        yield texts[FUNCTIONS[function]]


def in_template(source: str) -> Iterator[str]:
    for sentence in CALL.findall(templatize(source)):
        yield ast.literal_eval(sentence)


@pytest.fixture(scope="module")
def marked() -> set[str]:
    found: set[str] = set()
    for file in PRODUCT.rglob("*.py"):
        found.update(in_python(file.read_text()))
    for file in (PRODUCT / "templates").rglob("*.*"):
        is_page = PRODUCT / "templates" / "pages" in file.parents
        found.update((in_page if is_page else in_template)(file.read_text()))
    return found - OF_UNFOLD


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_marked_sentence_is_in_the_catalogue_and_no_other(language: str, marked: set[str]) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in messages(language)}
    assert marked - known == set(), "run `make messages`, and translate them"
    assert known - marked == set(), "run `make messages`: nobody says these any more"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_its_placeholders(language: str) -> None:
    for message in messages(language):
        one = message.id if isinstance(message.id, str) else message.id[-1]
        said = message.string if isinstance(message.string, str) else message.string[-1]
        assert said, f"not translated: {one}"
        assert not message.fuzzy, f"only guessed: {one}"
        assert set(PLACEHOLDER.findall(one)) == set(PLACEHOLDER.findall(said)), one


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_the_same(language: str) -> None:
    with (folder_of(language) / "django.mo").open("rb") as file:
        compiled = catalogues.GNUTranslations(file)
    for message in messages(language):
        if message.context:
            assert compiled.pgettext(message.context, message.id) == message.string
        elif isinstance(message.id, str):
            assert compiled.gettext(message.id) == message.string
