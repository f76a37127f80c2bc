"""Django's makemessages, which also reads the pages' templates, in their own language."""

from pathlib import Path

from django.core.management.commands import makemessages
from jinja2 import Environment
from jinja2.ext import extract_from_ast

PAGES = Path("templates", "pages").parts
FUNCTIONS = ("_", "ngettext", "pgettext")


def page_sentences(source: str) -> list[tuple[str, tuple[str | None, ...]]]:
    """What a page's template says: the function, and its texts."""
    tree = Environment().parse(source)  # noqa: S701 (nothing is rendered)
    found = extract_from_ast(tree, FUNCTIONS, babel_style=False)
    return [(function, texts if isinstance(texts, tuple) else (texts,)) for _line, function, texts in found]


class PageOrOther(makemessages.BuildFile):
    """A file whose sentences are collected."""

    def preprocess(self) -> None:
        """A page's template as lines of Python that say the same, which gettext can read."""
        parts = Path(self.path).parts
        if not any(parts[n : n + len(PAGES)] == PAGES for n in range(len(parts))):
            super().preprocess()
            return
        said = page_sentences(Path(self.path).read_text())
        lines = [f"{function}({', '.join(repr(text) for text in texts)})" for function, texts in said]
        Path(self.work_path).write_text("\n".join(lines))


class Command(makemessages.Command):
    """Django's, with our files."""

    build_file_class = PageOrOther
