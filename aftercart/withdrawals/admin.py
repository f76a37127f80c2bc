"""Withdrawals in the back office: what was declared, how far it is carried out, and what someone has to see to."""

from collections.abc import Mapping

from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.duties import DutyAdmin, DutyFilter, OpenFilter
from aftercart.back_office.reading import ReadOnlyInline
from aftercart.back_office.showing import NOTHING, badge, code_and_sentence, lines, link_to, shown
from aftercart.cancellations.admin import OfAnOrder
from aftercart.cancellations.models import CancellationRequest
from aftercart.mails.models import Mail
from aftercart.orders.admin import OrderAdmin
from aftercart.refusals import CANCELLATION, WITHDRAWAL, to_staff
from aftercart.withdrawals.estimates import shown_withdrawal_estimate as shown_as_told
from aftercart.withdrawals.execution import settle_by_hand
from aftercart.withdrawals.models import Withdrawal
from aftercart.withdrawals.reading import withdrawal_eligibility

State = Withdrawal.State
STATE_COLOURS: Mapping[str, str] = {State.RECORDED: "info", State.DONE: "success", State.NEEDS_BACK_OFFICE: "danger"}
REASONS = to_staff(CANCELLATION) | to_staff(WITHDRAWAL)


class WithdrawalColumns:
    """What the list, the page and the order's tab all show."""

    @display(description=_("state"), ordering="state")
    def state_shown(self, withdrawal: Withdrawal) -> str:
        """The state in words."""
        return badge(withdrawal.get_state_display(), STATE_COLOURS.get(withdrawal.state, ""))

    @display(description=_("what stands in the way"))
    def why(self, withdrawal: Withdrawal) -> str:
        """Every reason in words."""
        return lines([code_and_sentence(code, REASONS) for code in withdrawal.reasons] or [NOTHING])

    @display(description=_("items"))
    def what(self, withdrawal: Withdrawal) -> str:
        """What was declared."""
        return lines(f"{item.get('quantity')} × {item.get('name')}" for item in withdrawal.items)


@admin.register(Withdrawal)
class WithdrawalAdmin(WithdrawalColumns, OfAnOrder):
    """Declarations of withdrawal: a right, so nothing here declines one."""

    open_rows = ~Q(state=State.DONE)
    list_display = ("age", "order_shown", "what", "state_shown", "why", "duty", "attempts", "error")
    list_filter = (OpenFilter, DutyFilter, "state", "how", "created_date")
    list_select_related = ("order",)
    actions = (*DutyAdmin.actions, "seen_to")  # type: ignore[assignment]
    readonly_fields = (
        "order_shown",
        "customer_shown",
        "state_shown",
        "why",
        "what",
        "gives_back",
        "last_day",
        "carried",
        "mails",
        *DutyAdmin.duty_readonly_fields,
    )
    fieldsets = (
        (
            None,
            {"fields": (("order_shown", "customer_shown"), ("state_shown", "why"), ("created_date", "closed_date"))},
        ),
        (
            _("What was declared"),
            {
                "fields": (
                    "statement",
                    "what",
                    ("name", "contact"),
                    ("how", "uuid"),
                    ("iban", "holder_name"),
                    ("gives_back", "last_day"),
                )
            },
        ),
        (_("The acknowledgement"), {"fields": ("mails",)}),
        (_("Carrying it out"), {"fields": ("carried", *DutyAdmin.duty_fields)}),
    )

    @display(description=_("comes back (estimate)"))
    def gives_back(self, withdrawal: Withdrawal) -> str:
        """The refund that the consumer was told of, and why."""
        told = shown_as_told(withdrawal.estimate, withdrawal.order)
        if told is None:
            return NOTHING
        parts = [f"{part['message']}: {part['text']}" for part in told["parts"]]
        return lines(
            [
                *parts,
                f"{gettext('Comes back (estimate)')}: {told['text']}",
                *(rule["message"] for rule in told["rules"]),
            ]
        )

    @display(description=_("last day of the period"))
    def last_day(self, withdrawal: Withdrawal) -> str:
        """Until when the contract could be withdrawn from, by the present state of its parcels."""
        order = withdrawal.order
        day = withdrawal_eligibility(order, list(order.items.all()), now=withdrawal.created_date).last_day
        return date_format(day, "DATE_FORMAT") if day else NOTHING

    @display(description=_("requests"))
    def carried(self, withdrawal: Withdrawal) -> str:
        """The attempts and requests that came of it."""
        attempts = [piece.attempt for piece in withdrawal.pieces.all() if piece.attempt]
        requests = CancellationRequest.objects.filter(attempt__in=attempts).select_related("order_item")
        found = [link_to(request, f"{request.order_item}: {request.get_status_display()}") for request in requests]
        return lines(found or [NOTHING])

    @display(description=_("mails"))
    def mails(self, withdrawal: Withdrawal) -> str:
        """Whether it was acknowledged, and to whom."""
        written = Mail.objects.filter(kind=Mail.Kind.WITHDRAWAL_ACKNOWLEDGED, about=withdrawal.about)
        return lines([link_to(mail, f"{mail.to}: {_sent(mail)}") for mail in written] or [NOTHING])

    @admin.action(description=_("The shop has seen to it"), permissions=["retry"])
    def seen_to(self, request: HttpRequest, queryset: QuerySet[Withdrawal]) -> None:
        """Close what someone has carried out by hand."""
        waiting = list(queryset.filter(state=State.NEEDS_BACK_OFFICE).order_by())
        count = settle_by_hand([withdrawal.pk for withdrawal in waiting], now=timezone.now())
        for withdrawal in waiting:
            self.log_change(request, withdrawal, gettext("The shop has seen to it"))
        if count:
            text = ngettext("%(count)d withdrawal is closed.", "%(count)d withdrawals are closed.", count)
            messages.success(request, text % {"count": count})
        else:
            messages.warning(request, gettext("None of these waits for the back office."))


def _sent(mail: Mail) -> str:
    return gettext("Sent") if mail.sent_date else gettext("Not sent yet")


class WithdrawalInline(WithdrawalColumns, ReadOnlyInline):
    """An order's withdrawals, as a tab."""

    model = Withdrawal
    fields = ("link", "what", "state_shown", "why", "closed_date")
    readonly_fields = fields

    @display(description=_("declared"))
    def link(self, withdrawal: Withdrawal) -> str:
        """When, leading to the withdrawal."""
        return link_to(withdrawal, shown("created_date", "")(withdrawal))


OrderAdmin.also_shows(inlines=(WithdrawalInline,))
