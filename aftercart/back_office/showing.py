"""How things are said on the back office's pages: links, badges, addresses, moments, codes."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.admin import display
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

NOTHING = "–"


def link_to(target: Model | None, text: object = None) -> str:
    """A link to a row's page."""
    if target is None:
        return NOTHING
    meta = target._meta
    href = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[target.pk])
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', href, text or target)


def lines(parts: Iterable[object]) -> SafeString:
    """Texts below each other."""
    return format_html_join(mark_safe("<br>"), "{}", ((part,) for part in parts))


def readable_json(value: object) -> str:
    """JSON as a person reads it: in its own order, in its own letters."""
    if not value:
        return NOTHING
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="font-mono text-xs whitespace-pre-wrap break-words">{}</pre>', text)


def folded(summary: object, content: object) -> SafeString:
    """Something long behind something short."""
    # Unfold draws its arrow at a fixed place of the box: the box leaves it room there.
    box = "position: relative; display: inline-block; padding: 0.5rem 2.5rem 0.5rem 0"
    shape = '<details style="{}"><summary class="cursor-pointer">{}</summary>{}</details>'
    return format_html(shape, box, summary, content)


def readable_address(copy: Mapping[str, Any] | None) -> str:
    """An address in the wire's detailed form, as it stands on a parcel."""
    if not copy:
        return NOTHING

    def place(name: str) -> str:
        value = copy.get(name)
        return str(value.get("name") or "") if isinstance(value, Mapping) else str(value or "")

    rows = (
        (copy.get("first_name"), copy.get("last_name")),
        (copy.get("company_name"),),
        (copy.get("line"),),
        (place("district"), place("township")),
        (copy.get("postcode"), place("city"), place("country")),
        (copy.get("phone_number"),),
    )
    texts = (" ".join(str(part) for part in row if part) for row in rows)
    return lines(text for text in texts if text)


def badge(text: object, colour: str = "") -> str:
    """A word on a ground of `success`, `info`, `warning`, `danger` or grey; alike in lists, tabs and pages."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def plain(value: object) -> object:
    """A value as text for a page: moments in local time and in the reader's way, yes and no in words."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        try:
            return date_format(timezone.localtime(value), "DATETIME_FORMAT")
        except OverflowError:  # the calendar's end: kept before such dates were read as none
            return value.isoformat()
    return value


def shown(field: str, label: Any, *, as_json: bool = False) -> Any:
    """A column of a row under a translated label, where the model names none."""

    def value(row: Model) -> object:
        found = getattr(row, field)
        return readable_json(found) if as_json else plain(found)

    value.__name__ = f"shown_{field}"
    return display(description=label, ordering=field)(value)


def code_and_sentence(code: str, sentences: Mapping[str, object]) -> str:
    """A code with its sentence, where one is known: the sentence for people, the code for the logs."""
    sentence = sentences.get(code)
    if not code or sentence is None:
        return conditional_escape(code or NOTHING)
    return format_html('{} <span class="text-xs text-subtle">({})</span>', gettext(str(sentence)), code)
