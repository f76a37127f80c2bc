"""Address changes in the back office."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftercart.address_changes.models import AddressChange
from aftercart.back_office.duties import DutyAdmin, DutyFilter, OpenFilter
from aftercart.back_office.reading import ReadOnlyInline
from aftercart.back_office.showing import NOTHING, badge, code_and_sentence, link_to, readable_address, shown
from aftercart.orders.admin import OrderAdmin
from aftercart.refusals import ADDRESS_CHANGE, to_staff

State = AddressChange.State
WHY = to_staff(ADDRESS_CHANGE)
COLOURS: dict[Any, str] = {
    State.OPEN: "info",
    State.UNKNOWN: "warning",
    State.WAITING_APPROVAL: "warning",
    State.SUBMITTED: "success",
    State.NOT_SENT: "danger",
    State.REFUSED: "danger",
}


class AddressChangeColumns:
    """What the list, the page and the order's tab show alike."""

    old = staticmethod(display(description=_("old address"))(lambda change: readable_address(change.old_address)))
    new = staticmethod(display(description=_("new address"))(lambda change: readable_address(change.new_address)))

    @display(description=_("state"), ordering="state")
    def state_shown(self, change: AddressChange) -> str:
        """The state in words."""
        return badge(change.get_state_display(), COLOURS.get(change.state, ""))

    @display(description=_("because"), ordering="because")
    def why(self, change: AddressChange) -> str:
        """What closed it."""
        return code_and_sentence(change.because, WHY)


@admin.register(AddressChange)
class AddressChangeAdmin(AddressChangeColumns, DutyAdmin):
    """Wishes to send an order elsewhere."""

    open_rows = Q(state__in=[State.OPEN, State.UNKNOWN, State.WAITING_APPROVAL])
    list_display = ("age", "order_shown", "goes_to", "state_shown", "why", "duty", "attempts", "error")
    list_filter = (OpenFilter, DutyFilter, "state", "created_date")
    list_select_related = ("order", "customer")
    search_fields = ("order__number__exact", "customer__email__iexact")
    search_help_text = _("Order number or e-mail")
    ordering = ("-created_date",)
    approval = staticmethod(shown("needs_approval", _("needs approval")))
    readonly_fields = (
        "order_shown",
        "customer_shown",
        "state_shown",
        "why",
        "old",
        "new",
        "approval",
        *DutyAdmin.duty_readonly_fields,
    )
    fieldsets = (
        (
            None,
            {"fields": (("order_shown", "customer_shown"), ("state_shown", "why"), ("created_date", "closed_date"))},
        ),
        (_("What was asked"), {"fields": (("old", "new"), "approval")}),
        (_("Settling it with Omnitron"), {"fields": DutyAdmin.duty_fields}),
    )

    @display(description=_("order"), ordering="order__number")
    def order_shown(self, change: AddressChange) -> str:
        """The order's number, leading to it."""
        return link_to(change.order)

    @display(description=_("new address"))
    def goes_to(self, change: AddressChange) -> str:
        """The new address line."""
        return str(change.new_address.get("line") or NOTHING)

    @display(description=_("customer"))
    def customer_shown(self, change: AddressChange) -> str:
        """Who asked."""
        return link_to(change.customer)


class AddressChangeInline(AddressChangeColumns, ReadOnlyInline):
    """An order's address changes."""

    model = AddressChange
    fields = ("link", "state_shown", "why", "old", "new", "last_error")
    readonly_fields = fields

    @display(description=_("created"))
    def link(self, change: AddressChange) -> str:
        """When, leading to the change."""
        return link_to(change, shown("created_date", "")(change))


OrderAdmin.also_shows(inlines=(AddressChangeInline,))
