"""The engine of the pages: Jinja2 through Django's TEMPLATES, with what its templates may use (decision 0062).

Mails and the back office keep Django's own engine. A page's template is looked for in the merchant's folders first, and
may extend the one of the same name behind it.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.core.checks import CheckMessage, Warning
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template import TemplateDoesNotExist
from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from aftercart import formatting
from aftercart.account import page_words
from aftercart.account.parcels import picture, safe_link
from aftercart.pages import shop
from aftercart.withdrawals.page_parts import open_withdrawal, withdrawal_of

BEHIND = "behind:"
# Folders of a merchant's own whose templates are in Django's language.
NOT_PAGES = frozenset({"admin", "mails", "unfold"})
WAY_OVER = "Pages are made by Jinja2: docs/pages.md says how what stands in Django's language is said in its own."
# Macros that every template may call, each in the file of its name.
PARTS = ("field", "field_error", "moment", "postal_address", "tick")


class Pages(Jinja2):
    """Django's backend of Jinja2, for the pages alone: what is not in our own folder of them is the next engine's."""

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.ours = Path(self.template_dirs[-1])

    def get_template(self, template_name: str) -> Any:
        """A page's template. Raises TemplateDoesNotExist for any other, so that Django asks the next engine."""
        if not _is_page(self.ours, template_name):
            raise TemplateDoesNotExist(template_name, backend=self)
        return super().get_template(template_name)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """What `aftercart check` and every command say of a merchant's own templates that no page could be made of."""
        files = [file for folder in self.template_dirs[:-1] for file in sorted(Path(folder).rglob("*.html"))]
        return [said for file in files if NOT_PAGES.isdisjoint(file.parts) for said in self._faults(file)]

    def _faults(self, file: Path) -> list[CheckMessage]:
        try:
            self.env.compile(file.read_text(), filename=str(file))
        except TemplateSyntaxError as fault:
            return [Warning(f"{file}, line {fault.lineno}: {fault.message}", hint=WAY_OVER, id="aftercart.W001")]
        return []


@lru_cache(maxsize=1024)
def _is_page(folder: Path, name: str) -> bool:
    return (folder / name).is_file()


class OneBehindAnother(BaseLoader):
    """Templates by name, from the first of several folders; each `behind:` in front of a name skips one that has it."""

    def __init__(self, folders: list[str | Path]) -> None:
        self.folders = [Path(folder) for folder in folders]

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The source, where it stands, and whether it is still the same."""
        name = template.removeprefix(BEHIND * template.count(BEHIND))
        found = [path for folder in self.folders if (path := folder / name).is_file()]
        if ".." in Path(name).parts or len(found) <= template.count(BEHIND):
            raise TemplateNotFound(name)
        path = found[template.count(BEHIND)]
        changed = path.stat().st_mtime
        return path.read_text(), str(path), lambda: path.is_file() and path.stat().st_mtime == changed


class PageEnvironment(Environment):
    """Where `{% extends "order.html" %}` in an `order.html` means the one behind it."""

    def join_path(self, template: str, parent: str) -> str:
        """The name that is loaded where a template names another one."""
        return f"{BEHIND}{parent}" if parent.removeprefix(BEHIND * parent.count(BEHIND)) == template else template


def environment(*, loader: Any, **options: Any) -> Environment:
    """The environment of a process, as Django's backend asks for it."""
    made = PageEnvironment(
        loader=OneBehindAnother(loader.searchpath),
        lstrip_blocks=True,
        **{**options, "undefined": StrictUndefined, "cache_size": -1},
    )
    made.filters |= {
        "address_lines": formatting.address_lines,
        "day": lambda value: date_format(value, "j F Y"),
        "exact_moment": lambda value: formatting.moment(value, zone=True),
        "first_words": page_words.first_words,
        "iso": formatting.iso,
        "moment": formatting.moment,
        "money": formatting.money,
        "picture": picture,
        "safe_link": safe_link,
        "status_label": page_words.status_name,
        "tone": page_words.tone,
        "translated": translation.gettext,
        "urlencode": lambda value, safe="/": quote(str(value), safe=safe),
    }
    made.globals |= {
        "_": page_sentence,
        "ngettext": page_plural,
        "pgettext": page_word,
        "querystring": querystring,
        "static": static_file,
        "url": url,
        "open_withdrawal": open_withdrawal,
        "withdrawal_of": withdrawal_of,
        **{name: _part(made, name) for name in PARTS},
        "status": _once_in_each_language(_part(made, "status")),
    }
    return made


def _part(made: Environment, name: str) -> Callable[..., Markup]:
    def macro() -> Callable[..., Markup]:
        found: Callable[..., Markup] = getattr(made.get_template(f"parts/{name}.html").module, name)
        return found

    macro_once = macro if made.auto_reload else lru_cache(maxsize=1)(macro)

    def part(*args: Any, **named: Any) -> Markup:
        return macro_once()(*args, **named)

    return part


def _once_in_each_language(part: Callable[..., Markup]) -> Callable[..., Markup]:
    """For a part that says the same whenever it is called with the same."""
    made = lru_cache(maxsize=256)(lambda _language, *args: part(*args))
    return lambda *args: made(translation.get_language(), *args)


def of_every_page(request: HttpRequest) -> dict[str, Any]:
    """What every page's template may name, beside what its view says."""
    return shop(request) | {
        "user": getattr(request, "user", None) or AnonymousUser(),
        "messages": get_messages(request),
        "here": getattr(request.resolver_match, "url_name", ""),
        "language": translation.get_language(),
        "languages": languages(),
        "csrf_input": SimpleLazyObject(lambda: _csrf_input(request)),
    }


def _csrf_input(request: HttpRequest) -> Markup:
    return Markup('<input type="hidden" name="csrfmiddlewaretoken" value="%s">') % get_token(request)


@lru_cache(maxsize=1)
def languages() -> list[tuple[str, str]]:
    """The languages to choose from: code, and name as its speakers write it."""
    codes = [code for code, _name in settings.LANGUAGES]
    names = [str(translation.get_language_info(code)["name_local"]) for code in codes]
    return [(code, name[:1].upper() + name[1:]) for code, name in zip(codes, names, strict=True)]


@pass_context
def page_sentence(context: Context, message: str, **named: Any) -> Markup:
    """A sentence of the template in the reader's language; what is named is escaped, the sentence itself is markup."""
    text = _sentence(context.get("language") or translation.get_language(), message)
    return text % named if named else text


def page_word(context: str, message: str) -> Markup:
    """The same for a word that means several things."""
    return Markup(translation.pgettext(context, message))  # noqa: S704 (the template's own words)


def page_plural(one: str, many: str, number: int, **named: Any) -> Markup:
    """The same where the sentence depends on a number."""
    return Markup(translation.ngettext(one, many, number)) % named  # noqa: S704 (the template's own words)


@lru_cache(maxsize=4096)
def _sentence(_language: str | None, message: str) -> Markup:
    return Markup(translation.gettext(message))  # noqa: S704 (the template's own words)


def url(name: str, *args: Any) -> str:
    """The address of a page."""
    return reverse(name, args=args) if args else _address(name)


@lru_cache(maxsize=256)
def _address(name: str) -> str:
    return reverse(name)


def static_file(name: str) -> str:
    """The address of a file of ours."""
    return _static_file(settings.STORAGES["staticfiles"]["BACKEND"], name)


@lru_cache(maxsize=256)
def _static_file(_storage: str, name: str) -> str:
    return static(name)


@pass_context
def querystring(context: Context, **changed: Any) -> str:
    """The query of this page with some of it changed; None takes it away."""
    query = context["request"].GET.copy()
    for name, value in changed.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"
