"""Attempts and requests as tabs of other pages, and what the list of orders shows of them."""

from django.contrib.admin import display
from django.db.models import Exists, F, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.reading import ReadOnlyInline
from aftercart.back_office.showing import NOTHING, badge, link_to, shown
from aftercart.cancellations.admin_words import AttemptColumns, RequestColumns, wish_lines
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    ATTEMPT_OPEN_STATES,
    CancellationAttempt,
    CancellationRequest,
)
from aftercart.orders.admin import OrderAdmin
from aftercart.orders.models import Order


class RequestInline(RequestColumns, ReadOnlyInline):
    """Requests, as a tab."""

    model = CancellationRequest
    fields = ("link", "kind", "item", "reason_said", "status_shown", "why", "note", "last_error")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CancellationRequest]:
        """With what the columns name."""
        rows: QuerySet[CancellationRequest] = super().get_queryset(request)
        return rows.select_related("order_item", "reason")

    @display(description=_("created"))
    def link(self, request: CancellationRequest) -> str:
        """When, leading to the request."""
        return link_to(request, shown("created_date", "")(request))


class AttemptInline(AttemptColumns, ReadOnlyInline):
    """An order's attempts, as a tab."""

    model = CancellationAttempt
    fields = ("link", "state_shown", "why", "wished", "closed_date", "last_error")
    readonly_fields = fields

    @display(description=_("created"))
    def link(self, attempt: CancellationAttempt) -> str:
        """When, leading to the attempt."""
        return link_to(attempt, shown("created_date", "")(attempt))

    @display(description=_("what was asked"))
    def wished(self, attempt: CancellationAttempt) -> str:
        """The wish in words."""
        return wish_lines(attempt)


@display(description=_("attempt"))
def open_attempt(order: Order) -> str:
    """Whether a direct cancellation is under way."""
    return badge(gettext("open"), "warning") if order.has_open_attempt else NOTHING  # type: ignore[attr-defined]


@display(description=_("requests"))
def requests(order: Order) -> str:
    """How many requests there are, and how many of them wait for an answer."""
    count, active = order.request_count, order.active_request_count  # type: ignore[attr-defined]
    if not count:
        return NOTHING
    return badge(
        gettext("%(active)d of %(count)d open") % {"active": active, "count": count}, "warning" if active else ""
    )


def _counted(rows: QuerySet[CancellationRequest]) -> Coalesce:
    """How many of these rows the order has, by a subquery, so that the columns do not multiply each other."""
    # Func instead of Count: an aggregate would group by the outer row.
    counted = rows.filter(order=OuterRef("pk")).order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


OrderAdmin.also_shows(
    columns=(open_attempt, requests),
    inlines=(AttemptInline, RequestInline),
    annotations={
        "has_open_attempt": Exists(
            CancellationAttempt.objects.filter(order=OuterRef("pk"), state__in=ATTEMPT_OPEN_STATES)
        ),
        "request_count": _counted(CancellationRequest.objects.all()),
        "active_request_count": _counted(CancellationRequest.objects.filter(status__in=ACTIVE_REQUEST_STATUSES)),
    },
)
