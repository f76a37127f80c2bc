"""The Turkish catalogue is whole: every sentence has its translation, with the same placeholders, and is compiled."""

import gettext as catalogues
import re

from tests.browser.catalogue import FOLDER, messages

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def test_every_sentence_is_translated_with_its_placeholders() -> None:
    for message in messages():
        one = message.id if isinstance(message.id, str) else message.id[-1]
        said = message.string if isinstance(message.string, str) else message.string[-1]
        assert said, f"not translated: {one}"
        assert not message.fuzzy, f"only guessed: {one}"
        assert set(PLACEHOLDER.findall(one)) == set(PLACEHOLDER.findall(said)), one


def test_the_compiled_catalogue_says_the_same() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = catalogues.GNUTranslations(file)
    for message in messages():
        if message.context:
            assert compiled.pgettext(message.context, message.id) == message.string
        elif isinstance(message.id, str):
            assert compiled.gettext(message.id) == message.string
