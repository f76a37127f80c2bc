"""The web server: `python -m aftercart.serve --workers 2 …`, with granian's own options.

The same as `granian --interface wsgi --no-ws … aftercart.wsgi:application`, but everything that all workers need is
loaded once, before they are forked: they share this memory until one of them writes to it. Where processes are
spawned instead (macOS), each loads it for itself, as with granian alone.
"""

import gc
import sys
from pathlib import Path

import granian.cli
from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.loader import get_template
from django.utils import translation

import aftercart.wsgi  # Django, set up: what follows needs it
from aftercart import urls

FIXED = ("--interface", "wsgi", "--no-ws")
TARGET = f"{aftercart.wsgi.__name__}:application"


def load() -> None:
    """Do what the first requests would do, and what takes memory: sentences, templates, the API document."""
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("Orders")
    for folder in engines["django"].engine.dirs:  # type: ignore[attr-defined]
        for template in Path(folder).rglob("*.html"):
            try:
                get_template(str(template.relative_to(folder)))
            except (TemplateDoesNotExist, TemplateSyntaxError):  # a merchant's own, unfinished: its page will tell
                continue
    urls.api.get_openapi_schema()


def main() -> None:
    """Load, then let granian do what it does."""
    load()
    gc.collect()
    gc.freeze()  # the collector would write to what is shared
    gc.set_threshold(10_000)  # a request makes some thousand objects, hardly any of them in circles
    sys.setswitchinterval(0.0005)  # who answers at once waits less for who is busy: 5 ms would be two answers

    granian.cli.cli(args=[*FIXED, *sys.argv[1:], TARGET], auto_envvar_prefix="GRANIAN")


if __name__ == "__main__":
    main()
