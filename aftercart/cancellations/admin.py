"""Cancellations in the back office: the pages of attempts and requests, and where Django finds all the others."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.duties import DutyAdmin, DutyFilter, OpenFilter
from aftercart.back_office.showing import link_to, readable_address, shown
from aftercart.cancellations import admin_offers  # noqa: F401  registers reasons and carriers
from aftercart.cancellations.admin_tabs import RequestInline  # adds to the pages of orders, too
from aftercart.cancellations.admin_words import AttemptColumns, RequestColumns, wish_lines
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    ATTEMPT_OPEN_STATES,
    CancellationAttempt,
    CancellationRequest,
)


class OfAnOrder(DutyAdmin):
    """Duties that belong to an order: found by its number or the customer's e-mail."""

    search_fields = ("order__number__exact", "order__customer__email__iexact")
    search_help_text = _("Order number or e-mail")
    ordering = ("-created_date",)

    @display(description=_("order"), ordering="order__number")
    def order_shown(self, row: Any) -> str:
        """The order's number, leading to it."""
        return link_to(row.order)

    @display(description=_("customer"), ordering="order__customer__email")
    def customer_shown(self, row: Any) -> str:
        """Whose order it is."""
        return link_to(row.order.customer)


@admin.register(CancellationAttempt)
class CancellationAttemptAdmin(AttemptColumns, OfAnOrder):
    """Tries at direct cancellation."""

    open_rows = Q(state__in=ATTEMPT_OPEN_STATES)
    list_display = ("age", "order_shown", "state_shown", "why", "duty", "attempts", "error")
    list_filter = (OpenFilter, DutyFilter, "state", "created_date")
    list_select_related = ("order",)
    inlines = (RequestInline,)
    readonly_fields = ("order_shown", "customer_shown", "state_shown", "why", "wished", *DutyAdmin.duty_readonly_fields)
    fieldsets = (
        (
            None,
            {"fields": (("order_shown", "customer_shown"), ("state_shown", "why"), ("created_date", "closed_date"))},
        ),
        (_("What was asked"), {"fields": ("wished",)}),
        (_("Settling it with Omnitron"), {"fields": DutyAdmin.duty_fields}),
    )

    @display(description=_("what was asked"))
    def wished(self, attempt: CancellationAttempt) -> str:
        """The wish in words."""
        return wish_lines(attempt)


@admin.register(CancellationRequest)
class CancellationRequestAdmin(RequestColumns, OfAnOrder):
    """Wishes for the back office to decide."""

    open_rows = Q(status__in=ACTIVE_REQUEST_STATUSES)
    list_display = ("age", "order_shown", "what", "status_shown", "why", "duty", "attempts", "error")
    list_filter = (OpenFilter, DutyFilter, "status", "cancellation_type", "being_checked", "created_date")
    list_select_related = ("order", "order_item", "reason")
    carrier = staticmethod(shown("easy_return_company", _("easy-return carrier")))
    code = staticmethod(shown("easy_return_code", _("easy-return code")))
    iban_shown = staticmethod(shown("iban", _("IBAN")))
    holder = staticmethod(shown("holder_name", _("account holder")))
    loyalty = staticmethod(shown("fully_refund_as_loyalty_money", _("as loyalty money")))
    remote = staticmethod(shown("omnitron_pk", _("key at Omnitron")))
    modified = staticmethod(shown("modified_date", _("modified")))
    readonly_fields = (
        "order_shown",
        "customer_shown",
        "status_shown",
        "why",
        "item",
        "kind",
        "reason_said",
        "note",
        "carrier",
        "code",
        "iban_shown",
        "holder",
        "loyalty",
        "remote",
        "modified",
        "pickup",
        "attempt_shown",
        *DutyAdmin.duty_readonly_fields,
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("order_shown", "customer_shown"),
                    ("status_shown", "why"),
                    ("created_date", "modified"),
                    ("attempt_shown", "remote"),
                )
            },
        ),
        (
            _("What was asked"),
            {
                "fields": (
                    ("kind", "item"),
                    "reason_said",
                    ("carrier", "code"),
                    "pickup",
                    ("iban_shown", "holder"),
                    "loyalty",
                )
            },
        ),
        (_("What was answered"), {"fields": ("note",)}),
        (_("Handing it to Omnitron"), {"fields": DutyAdmin.duty_fields}),
    )

    @display(description=_("pickup address"))
    def pickup(self, request: CancellationRequest) -> str:
        """Where the parcel is collected."""
        return readable_address(request.pickup_address)

    @display(description=_("cancellation attempt"))
    def attempt_shown(self, request: CancellationRequest) -> str:
        """The try at a direct cancellation that it came from."""
        return link_to(request.attempt, request.attempt.get_state_display() if request.attempt else None)
