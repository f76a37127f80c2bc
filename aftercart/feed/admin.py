"""News from Omnitron in the back office: how far it has been read, which orders are stale, what does not agree."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.duties import DutyAdmin, DutyFilter
from aftercart.back_office.figures import Figure, heading, since
from aftercart.back_office.reading import ReadOnlyAdmin
from aftercart.back_office.showing import NOTHING, badge, link_to, plain, readable_json, shown
from aftercart.feed.models import FeedCursor, OrderNews, ReconciliationReport, WebhookEvent
from aftercart.orders.unread import UnreadRow


class RecurringAdmin(DutyAdmin):
    """Recurring duties: what matters is that they are done in time."""

    def figures(self, _request: HttpRequest) -> list[Figure]:
        """Overdue and given up: one statement."""
        now = timezone.now()
        is_due = Q(next_attempt_at__lte=now)
        rows = self.model._default_manager.order_by().filter(is_due | Q(is_dead=True))
        found = rows.aggregate(
            due=Count("pk", filter=is_due),
            oldest=Min("next_attempt_at", filter=is_due),
            dead=Count("pk", filter=Q(is_dead=True)),
        )
        return [
            self._figure(_("Due"), found["due"], note=since(found["oldest"], now), query="duty=due", colour=""),
            self._figure(_("Given up"), found["dead"], query="duty=given_up", colour="danger"),
        ]

    def _figure(self, title: object, value: int, *, note: str = "", query: str = "", colour: str) -> Figure:
        meta = self.model._meta
        link = f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?{query}"
        of = heading(meta.verbose_name_plural)
        return Figure(of=of, title=title, value=value, note=note, link=link, colour=colour, details=())


@admin.register(FeedCursor)
class FeedCursorAdmin(RecurringAdmin):
    """Omnitron's lists of changes."""

    list_display = ("__str__", "read_up_to", "last_read", "duty", "error")
    read_up_to = staticmethod(shown("position", _("read up to")))
    last_read = staticmethod(shown("read_date", _("last read")))
    readonly_fields = ("read_up_to", "last_read", *DutyAdmin.duty_readonly_fields)
    fieldsets = ((None, {"fields": (("read_up_to", "last_read"), *DutyAdmin.duty_fields)}),)


@admin.register(OrderNews)
class OrderNewsAdmin(RecurringAdmin):
    """Orders with news."""

    list_display = ("order_shown", "learned", "duty", "attempts", "error")
    list_filter = (DutyFilter,)
    list_select_related = ("order",)
    search_fields = ("order__number__exact",)
    ordering = ("-learned_date",)
    learned = staticmethod(shown("learned_date", _("last learned")))
    readonly_fields = ("order_shown", "learned", *DutyAdmin.duty_readonly_fields)
    fieldsets = ((None, {"fields": (("order_shown", "learned"), *DutyAdmin.duty_fields)}),)

    @display(description=_("order"))
    def order_shown(self, news: OrderNews) -> str:
        """A link to the order."""
        return link_to(news.order)


@admin.register(UnreadRow)
class UnreadRowAdmin(RecurringAdmin):
    """Rows that no release has understood yet: they hold up no others, and can be tried again."""

    list_display = ("__str__", "of_list", "remote_pk", "first", "last", "duty", "error")
    list_filter = (DutyFilter, "of_list")
    search_fields = ("number__exact", "remote_pk__exact")
    first = staticmethod(shown("created_date", _("seen first")))
    last = staticmethod(shown("seen_date", _("seen last")))
    as_it_came = staticmethod(shown("row", _("as it came"), as_json=True))
    readonly_fields = ("first", "last", "as_it_came", *DutyAdmin.duty_readonly_fields)
    fieldsets = (
        (None, {"fields": (("number", "of_list", "remote_pk"), ("first", "last"), *DutyAdmin.duty_fields)}),
        (_("As it came"), {"fields": ("as_it_came",)}),
    )


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Webhooks that were received, for thirty days."""

    list_display = ("uuid", "event_type", "order_shown", "received")
    list_filter = ("event_type", "received_date")
    list_select_related = ("order",)
    search_fields = ("order__number__exact",)
    received = staticmethod(shown("received_date", _("received")))
    fields = ("uuid", "event_type", "order_shown", "received")
    readonly_fields = fields

    @display(description=_("order"))
    def order_shown(self, event: WebhookEvent) -> str:
        """A link to the order; none if we don't have it."""
        return link_to(event.order)


@admin.register(ReconciliationReport)
class ReconciliationReportAdmin(RecurringAdmin):
    """Results of comparing with Omnitron."""

    list_display = ("started", "finished", "compared", "differing", "repaired_count", "duty", "error")
    started = staticmethod(shown("started_date", _("started")))
    finished = staticmethod(shown("finished_date", _("finished")))
    readonly_fields = ("started", "finished", "differing", "listed", *DutyAdmin.duty_readonly_fields)
    fieldsets = (
        (None, {"fields": (("started", "finished"), ("compared", "differing", "repaired_count"), "listed")}),
        (_("Comparing"), {"fields": DutyAdmin.duty_fields}),
    )

    @display(description=_("differences"), ordering="difference_count")
    def differing(self, report: ReconciliationReport) -> str:
        """How many, alarming where there are any."""
        if report.finished_date is None and not report.difference_count:
            return NOTHING
        return badge(str(report.difference_count), "danger" if report.difference_count else "success")

    @display(description=_("list"))
    def listed(self, report: ReconciliationReport) -> str:
        """The first two hundred."""
        return readable_json(report.differences)

    def figures(self, request: HttpRequest) -> list[Figure]:
        """Includes what the last comparison left open."""
        last: Any = self.model._default_manager.exclude(finished_date=None).first()
        left = last.difference_count - last.repaired_count if last else 0
        note = format_html("{}", plain(last.started_date)) if last else ""
        return [self._figure(_("Differences"), left, note=note, colour="danger"), *super().figures(request)]
