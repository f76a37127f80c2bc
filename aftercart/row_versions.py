"""Two people, one row: whoever saves, deletes or acts on a row that changed since they opened it is told, and nothing
is stored.

Every page and list of the back office carries the version of each row that it shows, a digest for each column. Under a
lock it is compared with what is stored; if they differ, the page shows both and carries the new version: saving again
is then a decision. Pages are `VersionedAdmin`s; a test checks that all registered ones are.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from hashlib import blake2b
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import display_for_field, flatten_fieldsets, unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin

OPENED = "opened_version"
NOT_STORED = "-"
CHANGED = gettext_lazy(
    "Somebody changed this after you opened it, and nothing of yours was stored. Compare what is stored now with what "
    "you entered; save again to store yours."
)


class ColumnDifference(NamedTuple):
    """A column that differs, in words."""

    label: str
    stored: str
    yours: str


def field_of_list(pk: object) -> str:
    """The name under which a list carries the version of a row."""
    return f"{OPENED}-{pk}"


def version_of(row: Model | None, names: Sequence[str]) -> str:
    """The version of a row by these fields, many-to-many ones included; one statement for each of those."""
    if row is None:
        return NOT_STORED
    return ".".join(_digest(_value(row, name)) for name in names)


def _value(row: Model, name: str) -> Any:
    field = row._meta.get_field(name)
    if field.many_to_many:
        return sorted(getattr(row, name).values_list("pk", flat=True))
    return field.value_from_object(row)  # type: ignore[union-attr]


def _digest(value: Any) -> str:
    text = json.dumps(value, default=str, sort_keys=True)
    return blake2b(text.encode(), digest_size=4).hexdigest()


class VersionedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that knows what is stored, and refuses to overwrite changes that its reader has not seen."""

    page: "VersionedAdmin"
    reader: HttpRequest
    differences: Sequence[ColumnDifference] = ()

    @cached_property
    def stored(self) -> Model | None:
        """What is stored; when writing, locked until the transaction ends."""
        return self.page.stored_row(self.reader, self.instance.pk)

    @property
    def stored_version(self) -> str:
        """The version that the page carries: of what is stored at this moment."""
        return version_of(self.stored, self.page.versioned_fields(self.fields))

    def clean(self) -> dict[str, Any] | None:
        """What was typed. Raises ValidationError if the stored row has changed since the page was opened."""
        cleaned = super().clean()
        opened = self.data.get(OPENED, "")
        if opened != self.stored_version:
            self.differences = self._differences(opened)
            raise ValidationError(CHANGED)
        return cleaned

    def _differences(self, opened: str) -> list[ColumnDifference]:
        found = []
        names = self.page.versioned_fields(self.fields)
        before, now = opened.split("."), self.stored_version.split(".")
        for index, name in enumerate(names):
            # If nothing was stored yet, nothing of it was seen: the form's own values count.
            changed = (
                NOT_STORED not in (opened, self.stored_version) and before[index : index + 1] != now[index : index + 1]
            )
            stored, yours = self._stored_text(name), self._typed_text(name)
            if changed or (name in self.fields and stored != yours):
                label = str(self.fields[name].label) if name in self.fields else ""
                verbose = getattr(self._meta.model._meta.get_field(name), "verbose_name", name)
                found.append(ColumnDifference(label or str(verbose), stored, yours))
        return found

    def _stored_text(self, name: str) -> str:
        if self.stored is None:
            return gettext("not stored")
        # Of columns that the page does not show (a password's hash) only the fact that they changed is told.
        shown = flatten_fieldsets(self.page.get_fieldsets(self.reader, self.instance))
        return _text(self.stored, name) if name in shown else gettext("changed")

    def _typed_text(self, name: str) -> str:
        if name not in self.fields:
            return ""
        if name not in self.cleaned_data:
            return str(self.data.get(name, ""))
        field, value = self._meta.model._meta.get_field(name), self.cleaned_data[name]
        if field.many_to_many:
            return ", ".join(sorted(str(one) for one in value))
        return _shown(value, field)


def _text(row: Model, name: str) -> str:
    field = row._meta.get_field(name)
    if field.many_to_many:
        return ", ".join(sorted(str(one) for one in getattr(row, name).all()))
    value = getattr(row, name) if field.is_relation else field.value_from_object(row)  # type: ignore[union-attr]
    return _shown(value, field)


def _shown(value: Any, field: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value) if isinstance(value, bool) else str(display_for_field(value, field, "-"))


class VersionedAdmin(ModelAdmin):  # type: ignore[misc]
    """A page of the back office that never overwrites changes that its reader has not seen."""

    change_form_before_template = "admin/opened_version.html"
    compared_fields: Sequence[str] | None = None
    """The columns that make the version; None: all but those that move by themselves."""
    moving_fields: Sequence[str] = ("last_login", "modified_date")

    def versioned_fields(self, form_fields: Iterable[str] = ()) -> list[str]:
        """The names of the columns that make a row's version; on a form, with its many-to-many fields."""
        if self.compared_fields is not None:
            known = {field.name for field in self.opts.concrete_fields}
            return [name for name in self.compared_fields if name in known]
        names = [field.name for field in self.opts.concrete_fields if field.name not in self.moving_fields]
        return names + [field.name for field in self.opts.many_to_many if field.name in form_fields]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, with the stored row; for a new one there is none."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            return form
        return type(form)(
            form.__name__, (VersionedForm, form), {"page": self, "reader": request, "__module__": form.__module__}
        )

    def stored_row(self, request: HttpRequest, pk: Any) -> Model | None:
        """The row as it is stored; locked if it is about to be written."""
        rows = self.model._default_manager.filter(pk=pk)
        return rows.first() if request.method != "POST" else self._locked(rows).first()

    def _locked(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Lock rows against changes by others, and their kind, as rows that are not stored yet have no lock."""
        kind = ContentType.objects.get_for_model(self.model)
        list(ContentType.objects.select_for_update(no_key=True).filter(pk=kind.pk))
        return rows.order_by().select_for_update(no_key=True)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks, and deletes what was seen."""
        with transaction.atomic():
            row, name = self.stored_row(request, unquote(object_id)), field_of_list(unquote(object_id))
            now = version_of(row, self.versioned_fields())
            if row is not None and not self.has_delete_permission(request, row):
                raise PermissionDenied
            if request.method == "POST" and row is not None and request.POST.get(name) != now:
                messages.error(request, self._changed(row, request.POST.get(name, "")))
                return HttpResponseRedirect(request.get_full_path())
            versions = [(name, now)]
            response: HttpResponse = super().delete_view(
                request, object_id, {**(extra_context or {}), "opened_versions": versions}
            )
            return response

    def action_checkbox(self, obj: Model) -> SafeString:
        """The box that chooses a row, with the row's version."""
        hidden = format_html(
            '<input type="hidden" name="{}" value="{}">',
            field_of_list(obj.pk),
            version_of(obj, self.versioned_fields()),
        )
        box: SafeString = super().action_checkbox(obj)
        return box + hidden

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions on a list, each for rows that are as the list showed them."""
        found = super().get_actions(request)
        return {name: (_on_what_was_seen(act), name, text) for name, (act, _name, text) in found.items()}

    def changed_rows(self, request: HttpRequest, keys: Iterable[Any]) -> list[str]:
        """Sentences for those of the rows that are not what the page showed; inside the caller's transaction."""
        carried = {str(key): request.POST.get(field_of_list(key)) or request.GET.get(OPENED) for key in keys}
        rows = self._locked(self.model._default_manager.filter(pk__in=list(carried)))
        names = self.versioned_fields()
        # A list carries its rows' versions; somebody who selects all of a thousand rows has not seen them.
        return [
            self._changed(row, opened)
            for row in rows
            if (opened := carried[str(row.pk)]) is not None and opened != version_of(row, names)
        ]

    def _changed(self, row: Model, opened: str) -> str:
        names, before = self.versioned_fields(), opened.split(".")
        now = version_of(row, names).split(".")
        shown = set(flatten_fieldsets(self.fieldsets or [(None, {"fields": self.fields or ()})]))
        shown |= set(self.compared_fields or ())
        labels = [
            str(getattr(self.opts.get_field(name), "verbose_name", name))
            + (f": {_text(row, name)}" if name in shown else "")
            for index, name in enumerate(names)
            if before[index : index + 1] != now[index : index + 1]
        ]
        sentence = gettext("%(row)s was changed after you opened it; nothing was done. Stored now: %(stored)s.")
        return sentence % {"row": row, "stored": "; ".join(labels)}


def _on_what_was_seen(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def guarded(page: VersionedAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)
        with transaction.atomic():
            changed = page.changed_rows(request, keys)
            for sentence in changed:
                messages.error(request, sentence)
            if changed:
                return None
            response = act(page, request, queryset)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            # A page that asks for confirmation passes on what the list showed.
            names = [field_of_list(key) for key in keys]
            carried = [(name, request.POST[name]) for name in names if name in request.POST]
            response.context_data["opened_versions"] = carried
        return response

    return guarded
