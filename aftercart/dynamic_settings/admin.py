"""Dynamic settings in the back office: every known one is listed, stored or not, with what is in force."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.dynamic_settings.schema import BY_NAME, SCHEMAS, DynamicSettingSchema, validated
from aftercart.row_versions import VersionedAdmin

MONOSPACED = {"rows": 16, "spellcheck": "false", "style": "font-family: monospace; max-width: 56rem"}


class Indented(json.JSONEncoder):
    """JSON with one thing per line, as forms are given only an encoder."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "indent": 2})


class ReadableJSONField(forms.JSONField):
    """JSON that says where it cannot be read."""

    def to_python(self, value: Any) -> Any:
        """The value; the line and column of what is wrong."""
        try:
            return super().to_python(value)
        except ValidationError:
            try:
                json.loads(value)
            except (TypeError, ValueError) as error:
                raise ValidationError(gettext("This is not JSON: %(why)s"), params={"why": error}) from None
            raise


class DynamicSettingForm(forms.ModelForm):  # type: ignore[type-arg]
    """The value as text; the model says what is wrong with it."""

    value = ReadableJSONField(
        label=_("value"), encoder=Indented, required=False, widget=UnfoldAdminTextareaWidget(attrs=MONOSPACED)
    )

    class Meta:
        model = DynamicSetting
        fields = ("value",)


def default_of(schema: type[DynamicSettingSchema]) -> Any:
    """A setting's defaults, as they would be stored."""
    return schema().model_dump(mode="json")


def in_force(setting: DynamicSetting | None, schema: type[DynamicSettingSchema]) -> Any:
    """What requests are judged by, whatever is stored."""
    if setting is None or setting.problems():
        return default_of(schema)
    return validated(schema.name, setting.value).model_dump(mode="json")


def as_text(value: Any) -> SafeString:
    """JSON, indented."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="font-mono text-xs whitespace-pre-wrap break-words py-1">{}</pre>', text)


def mark(setting: DynamicSetting | None) -> tuple[str, str, list[str]]:
    """Text and colour of where a setting stands, and what is wrong with it."""
    if setting is None:
        return gettext("default"), "", []
    problems = setting.problems()
    if problems:
        return gettext("not valid, defaults apply"), "danger", problems
    return gettext("stored"), "success", []


@admin.register(DynamicSetting)
class DynamicSettingAdmin(SimpleHistoryAdmin, VersionedAdmin):  # type: ignore[misc]
    """One page per known setting; saving the page stores it, deleting it brings the defaults back."""

    form = DynamicSettingForm
    readonly_fields = ("purpose", "standing", "default_value", "modified_date")
    history_list_display = ("stored",)
    fieldsets = (
        (None, {"fields": ("purpose", "standing", "value")}),
        (_("Without a stored value"), {"fields": ("default_value", "modified_date")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Known settings are listed already, unknown ones would do nothing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DynamicSetting | None = None) -> bool:
        """Only what is stored; then the defaults apply again."""
        return bool(super().has_delete_permission(request, obj)) and (obj is None or not obj._state.adding)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> DynamicSetting | None:
        """The stored setting; a known one that is not stored stands there with its defaults, ready to be saved."""
        found: DynamicSetting | None = super().get_object(request, object_id, from_field)
        if found is None and object_id in BY_NAME:
            return DynamicSetting(name=object_id, value=default_of(BY_NAME[object_id]))
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All known settings; a table of the stored ones would hide what is in force."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        self.request = request
        stored = {setting.name: setting for setting in DynamicSetting.objects.all()}
        rows = []
        for schema in SCHEMAS:
            setting = stored.pop(schema.name, None)
            text, colour, problems = mark(setting)
            rows.append(
                {
                    "name": schema.name,
                    "purpose": gettext(schema.purpose),
                    "link": reverse("admin:dynamic_settings_dynamicsetting_change", args=[schema.name]),
                    "mark": text,
                    "colour": colour,
                    "problems": problems,
                    "value": as_text(in_force(setting, schema)),
                    "modified": setting.modified_date if setting else None,
                }
            )
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "settings": rows,
            "unknown": sorted(stored),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/dynamic_settings/dynamicsetting/all.html", context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        """Brings an earlier value back; as every page that stores, behind a lock."""
        with transaction.atomic():
            return super().history_form_view(request, object_id, version_id, extra_context)

    @display(description=_("purpose"))
    def purpose(self, setting: DynamicSetting) -> str:
        """What the setting is for."""
        schema = BY_NAME.get(setting.name)
        return gettext(schema.purpose) if schema else gettext("Unknown: nothing reads this setting.")

    @display(description=_("in force"))
    def standing(self, setting: DynamicSetting) -> str:
        """Whether the stored value counts; asked of the database, as a form may have put its own into `setting`."""
        text, colour, problems = mark(DynamicSetting.objects.filter(pk=setting.pk).first())
        label = render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})
        return label + format_html_join("", '<div class="text-red-600 dark:text-red-500">{}</div>', zip(problems))

    @display(description=_("default value"))
    def default_value(self, setting: DynamicSetting) -> str:
        """What applies while nothing is stored."""
        schema = BY_NAME.get(setting.name)
        return as_text(default_of(schema)) if schema else ""

    @display(description=_("value"))
    def stored(self, record: Any) -> str:
        """What was stored at that time."""
        return as_text(record.value)

    def figures(self, _request: HttpRequest) -> list[Any]:
        """What the front page says of the settings, in the shape of the back office's figures."""
        whys = [setting.problems() for setting in DynamicSetting.objects.all()]
        invalid = [problems for problems in whys if problems]
        title = ngettext("not valid, its defaults apply", "not valid, their defaults apply", len(invalid))
        return [
            {
                "of": gettext("Dynamic settings"),
                "title": title,
                "value": len(invalid),
                "note": "",
                "link": reverse("admin:dynamic_settings_dynamicsetting_changelist"),
                "colour": "danger",
                "details": [problem for problems in invalid for problem in problems],
            }
        ]
