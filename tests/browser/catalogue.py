"""The Turkish catalogue, as translators have it."""

from pathlib import Path
from typing import Any

from babel.messages import pofile

import aftercart

FOLDER = Path(aftercart.__file__).parent / "locale" / "tr" / "LC_MESSAGES"


def messages() -> list[Any]:
    """Its sentences."""
    with (FOLDER / "django.po").open("rb") as file:
        return [message for message in pofile.read_po(file, locale=None) if message.id]
