"""A merchant's own templates, in front of ours."""

from pathlib import Path
from typing import Any


def put_first(settings: Any, folder: Path) -> None:
    """As TEMPLATE_DIRS names it, for the pages and for mails."""
    settings.TEMPLATES = [{**engine, "DIRS": [folder, *engine["DIRS"]]} for engine in settings.TEMPLATES]
