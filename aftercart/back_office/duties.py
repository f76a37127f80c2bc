"""Pages of duties: how far each is, what stopped it, and trying again."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.db import transaction
from django.db.models import Count, Min, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from aftercart.back_office.figures import Figure, heading, since
from aftercart.back_office.reading import ReadOnlyAdmin
from aftercart.back_office.showing import NOTHING, badge, plain, shown
from aftercart.duties import Duty, retry_now
from aftercart.row_versions import OPENED


def retriable(rows: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
    """Dead and waiting duties. What is being done at this moment is left alone: it may still succeed."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return rows.filter(Q(is_dead=True) | Q(next_attempt_at__isnull=False)).filter(free)


class DutyFilter(admin.SimpleListFilter):
    """Given up, due, or waiting."""

    title = _("what is left to do")
    parameter_name = "duty"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("given_up", _("Given up")), ("due", _("Due")), ("waiting", _("Waiting")), ("none", _("Nothing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of one choice."""
        now = timezone.now()
        match self.value():
            case "given_up":
                return queryset.filter(is_dead=True)
            case "due":
                return queryset.filter(next_attempt_at__lte=now)
            case "waiting":
                return queryset.filter(next_attempt_at__gt=now)
            case "none":
                return queryset.filter(is_dead=False, next_attempt_at__isnull=True)
        return queryset


TRY_AGAIN: dict[str, Any] = {
    "title": _("Try again now?"),
    "description": _("The worker does it at once, and counts its attempts from the start."),
    "form_class": None,
    "form_submit_text": _("Try again now"),
}


# The dialog is asked for with the version that the page carries, and its form is sent to the same address.
WITH_VERSION = {"hx-include": f"[name={OPENED}]"}


class DutyAdmin(ReadOnlyAdmin):
    """Rows with a duty: how far it is, what stopped it, and trying again."""

    open_rows = Q()
    """Rows that are not at their end yet; a duty that is given up is always one of them."""
    # Of rows that workers write, what somebody decides by: not how often they tried meanwhile.
    compared_fields = ("is_dead", "state", "status", "reasons")
    actions = ("try_again_now",)
    actions_detail = ("try_this_again",)
    due_at = staticmethod(shown("next_attempt_at", _("due at")))
    held_until = staticmethod(shown("lease_until", _("held by a worker until")))
    duty_fields = (("duty", "attempts"), ("due_at", "held_until"), "whole_error")
    duty_readonly_fields = ("duty", "due_at", "held_until", "whole_error")

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change such rows may have them tried again, where something is left to do."""
        meta = self.model._meta
        if not request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
            return False
        row = None if object_id is None else self.get_object(request, str(object_id))
        return object_id is None or row is None or retriable(self._row(row), now=timezone.now()).exists()

    def _row(self, row: Model) -> QuerySet[Any]:
        return self.model._default_manager.filter(pk=row.pk)  # type: ignore[no-any-return]

    def _try_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        chosen = list(retriable(rows, now=timezone.now()).order_by())
        count = retry_now(
            retriable(self.model._default_manager.filter(pk__in=[row.pk for row in chosen]), now=timezone.now())
        )
        for row in chosen:
            self.log_change(request, row, gettext("Try again now"))
        if count:
            text = ngettext("%(count)d will be tried again now.", "%(count)d will be tried again now.", count)
            messages.success(request, text % {"count": count})
        else:
            messages.warning(request, gettext("Nothing is left to do there, or it is being done at this moment."))

    @admin.action(description=_("Try again now"), permissions=["retry"])
    def try_again_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Bring the chosen duties back at once."""
        self._try_again(request, queryset)

    @action(description=_("Try again now"), permissions=["retry"], icon="replay", dialog=TRY_AGAIN, attrs=WITH_VERSION)  # type: ignore[untyped-decorator]
    def try_this_again(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        """Bring this duty back at once; asked for by a form, so that no link can do it."""
        with transaction.atomic():
            row, changed = self.get_object(request, object_id), self.changed_rows(request, [object_id])
            for sentence in changed:
                messages.error(request, sentence)
            if row is not None and not changed:
                self._try_again(request, self._row(row))
        meta = self.model._meta
        there = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": there})

    @display(description=_("next attempt"), ordering="next_attempt_at")
    def duty(self, row: Duty) -> str:
        """How the duty stands at this moment."""
        now = timezone.now()
        if row.is_dead:
            return badge(gettext("Given up"), "danger")
        if row.next_attempt_at is None:
            return NOTHING
        if row.lease_until is not None and row.lease_until > now:
            return badge(gettext("Being done"), "info")
        if row.next_attempt_at <= now:
            return badge(gettext("Due"), "warning")
        return badge(gettext("in %(time)s") % {"time": timeuntil(row.next_attempt_at, now, depth=1)}, "info")

    @display(description=_("age"), ordering="created_date")
    def age(self, row: Any) -> str:
        """How long ago it was asked for; the moment itself for whoever points at it."""
        moment = plain(row.created_date)
        return format_html('<span title="{}">{}</span>', moment, timesince(row.created_date, depth=1))

    @display(description=_("last error"))
    def error(self, row: Duty) -> str:
        """The beginning of what went wrong last."""
        text = row.last_error
        return format_html('<span title="{}">{}</span>', text, text[:60] + "…" * (len(text) > 60)) if text else NOTHING

    @display(description=_("last error"))
    def whole_error(self, row: Duty) -> str:
        """All of what went wrong last."""
        shape = '<div class="font-mono text-xs whitespace-pre-wrap break-words">{}</div>'
        return format_html(shape, row.last_error) if row.last_error else NOTHING

    def figures(self, _request: HttpRequest) -> list[Figure]:
        """What the front page says of these rows: a statement for each, of which two go by a partial index."""
        now = timezone.now()
        meta = self.model._meta
        rows = self.model._default_manager.order_by()
        due = rows.filter(next_attempt_at__lte=now).aggregate(count=Count("pk"), oldest=Min("next_attempt_at"))
        dead = rows.filter(is_dead=True).aggregate(count=Count("pk"), oldest=Min("created_date"))
        unfinished = rows.filter(self.open_rows).aggregate(count=Count("pk"), oldest=Min("created_date"))
        here = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        name = heading(meta.verbose_name_plural)

        def figure(title: object, count: int, oldest: datetime | None, query: str, colour: str) -> Figure:
            link = f"{here}?{query}"
            note = since(oldest, now)
            return Figure(of=name, title=title, value=count, note=note, link=link, colour=colour, details=())

        return [
            figure(_("Not finished"), unfinished["count"], unfinished["oldest"], "is_open=1", ""),
            figure(_("Due"), due["count"], due["oldest"], "duty=due", "warning"),
            figure(_("Given up"), dead["count"], dead["oldest"], "duty=given_up", "danger"),
        ]


class OpenFilter(admin.SimpleListFilter):
    """Finished or not."""

    title = _("finished")
    parameter_name = "is_open"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: DutyAdmin) -> None:
        super().__init__(request, params, model, model_admin)
        self.open_rows = model_admin.open_rows

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("1", _("Not finished")), ("0", _("Finished"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of one choice."""
        if self.value() not in ("0", "1"):
            return queryset
        return queryset.filter(self.open_rows) if self.value() == "1" else queryset.exclude(self.open_rows)
