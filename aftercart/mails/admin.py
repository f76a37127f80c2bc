"""Mails in the back office: how far each is, what its reader sees, and an example of every kind."""

import logging
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from aftercart.back_office.duties import DutyAdmin, DutyFilter, OpenFilter
from aftercart.back_office.reading import ReadOnlyInline
from aftercart.back_office.showing import NOTHING, badge, link_to, shown
from aftercart.mails.examples import example
from aftercart.mails.models import Mail, MailKind
from aftercart.mails.rendering import rendered
from aftercart.orders.admin import OrderAdmin

logger = logging.getLogger(__name__)


class MailColumns:
    """What the list, the page and the order's tab all show."""

    sent = staticmethod(shown("sent_date", _("sent")))

    @display(description=_("kind"), ordering="kind")
    def kind_shown(self, mail: Mail) -> str:
        """What it tells."""
        return str(mail.get_kind_display())

    @display(description=_("state"))
    def state_shown(self, mail: Mail) -> str:
        """Sent, merged into another mail, waiting, given up, or never to be sent."""
        if mail.sent_date is not None:
            return badge(gettext("Sent"), "success")
        if mail.joined_id is not None:
            return badge(gettext("Told in another mail"), "success")
        if mail.is_dead:
            return badge(gettext("Given up"), "danger")
        return badge(gettext("Not sent yet"), "info") if mail.next_attempt_at else badge(gettext("Not sent"), "warning")


@admin.register(Mail)
class MailAdmin(MailColumns, DutyAdmin):
    """What customers were told, or will be."""

    open_rows = Q(next_attempt_at__isnull=False) | Q(is_dead=True)
    list_display = ("age", "kind_shown", "order_shown", "to", "state_shown", "duty", "attempts", "error")
    list_filter = (OpenFilter, DutyFilter, "kind", "language", "created_date")
    list_select_related = ("order",)
    search_fields = ("order__number__exact", "to__iexact", "message_id__exact")
    search_help_text = _("Order number, e-mail or Message-ID")
    ordering = ("-created_date",)
    actions_list = ("examples",)
    readonly_fields = (
        "kind_shown",
        "order_shown",
        "state_shown",
        "sent",
        "told_in",
        "as_seen",
        *DutyAdmin.duty_readonly_fields,
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind_shown", "order_shown"),
                    ("to", "language"),
                    ("state_shown", "told_in"),
                    ("created_date", "sent"),
                    "message_id",
                )
            },
        ),
        (_("What the reader sees"), {"fields": ("as_seen",)}),
        (_("Sending it"), {"fields": DutyAdmin.duty_fields}),
    )

    @display(description=_("order"), ordering="order__number")
    def order_shown(self, mail: Mail) -> str:
        """The order's number, leading to it."""
        return link_to(mail.order)

    @display(description=_("told in"))
    def told_in(self, mail: Mail) -> str:
        """The mail that contains this one's news, too."""
        return link_to(mail.joined) if mail.joined else NOTHING

    @display(description=_("mail"))
    def as_seen(self, mail: Mail) -> str:
        """The mail as its templates make it now."""
        return _previewed(mail)

    @action(  # type: ignore[untyped-decorator]
        description=_("Examples of all mails"), permissions=["view"], icon="preview", url_path="examples"
    )
    def examples(self, request: HttpRequest) -> HttpResponse:
        """One of each kind, in the language that `?language=` names."""
        languages = [code for code, _name in settings.LANGUAGES]
        wanted = request.GET.get("language", "")
        language = wanted if wanted in languages else languages[0]
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Examples of all mails"),
            "opts": self.opts,
            "languages": [(code, get_language_info(code)["name_local"], code == language) for code in languages],
            "examples": [
                (kind, kind.label, _previewed(example(kind, language=language, now=now))) for kind in MailKind
            ],
        }
        return TemplateResponse(request, "admin/mails/mail/examples.html", context)


def _previewed(mail: Mail) -> str:
    """A mail in a frame without scripts, requests or links, with its text beneath."""
    companions = list(mail.companions.order_by("pk")) if mail.pk else []
    try:
        told = rendered(mail, companions)
    except Exception as error:  # a merchant's own templates: the page meant to help must not fail because of them
        logger.exception("mail %s cannot be rendered", mail.pk)
        return f"{type(error).__name__}: {error}"
    return render_to_string("admin/mails/mail/preview.html", {"told": told})


class MailInline(MailColumns, ReadOnlyInline):
    """What the customer was told of an order."""

    model = Mail
    fields = ("link", "kind_shown", "to", "state_shown", "sent")
    readonly_fields = fields

    @display(description=_("created"))
    def link(self, mail: Mail) -> Any:
        """When, leading to the mail."""
        return link_to(mail, shown("created_date", "")(mail))


OrderAdmin.also_shows(inlines=(MailInline,))
