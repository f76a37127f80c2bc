"""What customers are offered to choose from, in the back office: reasons, and carriers that take returns."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.showing import shown
from aftercart.cancellations.admin_words import kind_text
from aftercart.cancellations.models import CancellationReason, CancellationRequest, EasyReturnShippingCompany
from aftercart.row_versions import VersionedAdmin


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A reason, its translations as JSON."""

    class Meta:
        model = CancellationReason
        fields = (
            *("subject", "cancellation_type", "order", "omnitron_pk"),
            *("is_active", "extra_information_needed", "translations"),
        )
        labels = {
            "subject": _("subject"),
            "cancellation_type": _("kind"),
            "omnitron_pk": _("key at Omnitron"),
            "is_active": _("offered"),
            "extra_information_needed": _("needs an explanation"),
            "translations": _("translations"),
        }

    def clean_translations(self) -> dict[str, str]:
        """Texts by language code: anything else would fail where a customer reads the list."""
        value = self.cleaned_data.get("translations") or {}
        known = [code for code, _name in settings.LANGUAGES]
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ValidationError(gettext("This must be texts by language code."))
        unknown = [code for code in value if code not in known]
        if unknown:
            text = gettext("Unknown language %(code)s; known are %(known)s.")
            raise ValidationError(text % {"code": unknown[0], "known": ", ".join(known)})
        return value


class CarrierForm(forms.ModelForm):  # type: ignore[type-arg]
    """A carrier."""

    class Meta:
        model = EasyReturnShippingCompany
        fields = ("label", "value", "is_active")
        labels = {"value": _("code"), "label": _("name"), "is_active": _("offered")}


@admin.register(CancellationReason)
class CancellationReasonAdmin(VersionedAdmin):
    """Reasons that customers choose from. Those that were used are switched off, not deleted."""

    form = ReasonForm
    list_display = ("text", "kind", "order", "active", "needs_words")
    text = staticmethod(shown("subject", _("subject")))
    list_filter = ("cancellation_type", "is_active")
    search_fields = ("subject",)
    ordering = ("cancellation_type", "order", "pk")
    fieldsets = (
        (None, {"fields": (("subject", "cancellation_type"), ("order", "omnitron_pk"))}),
        (None, {"fields": ("is_active", "extra_information_needed")}),
        (
            _("Translations"),
            {
                "fields": ("translations",),
                "description": _('The subject by language code, as JSON: {"tr": "Fikrimi değiştirdim"}'),
            },
        ),
    )
    kind = staticmethod(
        display(description=_("kind"), ordering="cancellation_type")(lambda reason: kind_text(reason.cancellation_type))
    )
    active = staticmethod(display(description=_("offered"), boolean=True)(lambda reason: reason.is_active))
    needs_words = staticmethod(
        display(description=_("needs an explanation"), boolean=True)(lambda reason: reason.extra_information_needed)
    )

    def has_delete_permission(self, request: HttpRequest, obj: CancellationReason | None = None) -> bool:
        """Only reasons that no request names: it would lose its reason."""
        used = obj is not None and CancellationRequest.objects.filter(reason=obj).exists()
        return bool(super().has_delete_permission(request, obj)) and not used


@admin.register(EasyReturnShippingCompany)
class EasyReturnAdmin(VersionedAdmin):
    """Carriers that take returns."""

    form = CarrierForm
    fields = ("label", "value", "is_active")
    list_display = ("name", "code", "active")
    name = staticmethod(shown("label", _("name")))
    code = staticmethod(shown("value", _("code")))
    list_filter = ("is_active",)
    search_fields = ("label", "value")
    ordering = ("label",)
    active = staticmethod(display(description=_("offered"), boolean=True)(lambda carrier: carrier.is_active))
