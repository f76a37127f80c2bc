"""The catalogues of sentences: one for each language but English, which the sentences are in."""

from pathlib import Path
from typing import Any

from babel.messages import pofile
from django.conf import settings

import aftercart

PRODUCT = Path(aftercart.__file__).parent
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]


def folder_of(language: str) -> Path:
    """Where the catalogue and its compiled form lie."""
    return PRODUCT / "locale" / language / "LC_MESSAGES"


def messages(language: str) -> list[Any]:
    """All messages of a language."""
    with (folder_of(language) / "django.po").open("rb") as file:
        return [message for message in pofile.read_po(file, locale=None) if message.id]
