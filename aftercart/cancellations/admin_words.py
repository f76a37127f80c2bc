"""How attempts and requests are said in the back office: states, wishes, and what closed the direct way."""

from typing import Any

from django.contrib.admin import display
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.showing import NOTHING, badge, code_and_sentence, lines, shown
from aftercart.cancellations.models import (
    CancellationAttempt,
    CancellationReason,
    CancellationRequest,
    CancellationType,
    EasyReturnShippingCompany,
    RequestStatus,
)
from aftercart.orders.models import OrderItem
from aftercart.refusals import CANCELLATION, to_staff

State = CancellationAttempt.State
WHY = to_staff(CANCELLATION)
STATE_COLOURS: dict[Any, str] = {
    State.OPEN: "info",
    State.UNKNOWN: "warning",
    State.AGREED: "success",
    State.FELL_BACK: "info",
    State.REFUSED: "danger",
}
STATUS_COLOURS: dict[Any, str] = {
    RequestStatus.WAITING: "warning",
    RequestStatus.CONFIRMED: "info",
    RequestStatus.WAITING_APPROVAL: "warning",
    RequestStatus.APPROVED: "success",
    RequestStatus.REJECTED: "danger",
    RequestStatus.COMPLETED: "success",
    RequestStatus.WITHDRAWING: "warning",
    RequestStatus.WITHDRAWN: "info",
}


def why_text(code: str, item: OrderItem | None = None) -> str:
    """What closed the direct way, with the item's name where the sentence has a place for it."""
    name = item.name if item else gettext("an item")
    known = {key: gettext(sentence).replace("{name}", name) for key, sentence in WHY.items() if key == code}
    return code_and_sentence(code, known)


def kind_text(kind: str) -> str:
    """Cancellation or return."""
    return str(dict(CancellationType.choices).get(kind, kind))


def wish_lines(attempt: CancellationAttempt) -> str:
    """The wish as a person would say it: what, how many, why, and the customer's own words."""
    wished = attempt.wish.get("items") or []
    items = OrderItem.objects.in_bulk([item.get("order_item") for item in wished])
    reasons = CancellationReason.objects.in_bulk([item.get("reason") for item in wished])
    carriers = EasyReturnShippingCompany.objects.in_bulk(
        [item["shipping_company"] for item in wished if item.get("shipping_company")]
    )
    said = []
    for item in wished:
        named = items.get(item.get("order_item"))
        parts: list[object] = [kind_text(item.get("cancellation_type", "")), reasons.get(item.get("reason"), NOTHING)]
        if item.get("shipping_company"):
            parts.append(carriers.get(item["shipping_company"], item["shipping_company"]))
        if item.get("iban"):
            parts.append(f"IBAN …{item['iban'][-4:]}")
        if item.get("description"):
            parts.append(f"“{item['description']}”")
        count = item.get("quantity") or (named.quantity if named else 1)
        said.append(
            format_html(
                '{} × <span class="font-medium">{}</span>: {}',
                count,
                named or f"#{item.get('order_item')}",
                " · ".join(map(str, parts)),
            )
        )
    if attempt.wish.get("fully_refund_as_loyalty_money"):
        said.append(format_html("{}", gettext("All of it as loyalty money")))
    return lines(said or [NOTHING])


class AttemptColumns:
    """What the list, the page and the order's tab all show of attempts."""

    @display(description=_("state"), ordering="state")
    def state_shown(self, attempt: CancellationAttempt) -> str:
        """The state in words."""
        return badge(attempt.get_state_display(), STATE_COLOURS.get(attempt.state, ""))

    @display(description=_("because"), ordering="because")
    def why(self, attempt: CancellationAttempt) -> str:
        """What closed the direct way."""
        return why_text(attempt.because)


class RequestColumns:
    """What the list, the page and the tabs all show of requests."""

    @display(description=_("kind"), ordering="cancellation_type")
    def kind(self, request: CancellationRequest) -> str:
        """Cancellation or return."""
        return kind_text(request.cancellation_type)

    @display(description=_("status"), ordering="status")
    def status_shown(self, request: CancellationRequest) -> str:
        """The status in words; being checked is said beside it."""
        status = badge(request.get_status_display(), STATUS_COLOURS.get(request.status, ""))
        return lines([status, badge(gettext("being checked"))]) if request.being_checked else status

    @display(description=_("because"), ordering="because")
    def why(self, request: CancellationRequest) -> str:
        """What closed the direct way."""
        return why_text(request.because, request.order_item)

    @display(description=_("item"))
    def item(self, request: CancellationRequest) -> str:
        """How many of what."""
        return format_html('<span class="whitespace-nowrap">{} ×</span> {}', request.quantity, request.order_item)

    @display(description=_("what was asked"))
    def what(self, request: CancellationRequest) -> str:
        """Kind and item below each other: lists are wide enough without."""
        return format_html('<div style="min-width: 9rem">{}<br>{}</div>', self.kind(request), self.item(request))

    @display(description=_("reason"))
    def reason_said(self, request: CancellationRequest) -> str:
        """The reason chosen, and the customer's own words."""
        return lines([request.reason, f"“{request.description}”"] if request.description else [request.reason])

    note = staticmethod(shown("closing_note", _("what was answered")))
