"""What the templates need beside Django's own: money, statuses and addresses as people read them."""

from django import template
from django.utils.translation import gettext

from aftercart.account.parcels import picture, safe_link
from aftercart.account.request_words import what_next
from aftercart.cancellations.models import CancellationRequest
from aftercart.formatting import address_lines, iso, moment, money
from aftercart.statuses import AFTER_SHIPMENT, LABELS, Status

register = template.Library()
register.filter("safe_link", safe_link)
register.filter("picture", picture)
register.filter("translated", gettext)
register.filter("money", money)
register.filter("address_lines", address_lines)
register.filter("moment", moment)
register.filter("iso", iso)

TONES: dict[Status, str] = {
    Status.CANCELLATION_WAITING: "waiting",
    Status.CANCELED: "closed",
    Status.REFUNDED: "closed",
    Status.WAITING: "waiting",
    Status.PAYMENT_WAITING: "waiting",
    Status.CONFIRMATION_WAITING: "waiting",
    Status.REVIEW_STARTED: "waiting",
    Status.REVIEW_WAITING: "waiting",
    Status.WAITING_FOR_PAYMENT: "waiting",
    Status.DELIVERED: "done",
    Status.PAID: "done",
}


@register.filter
def first_words(request: CancellationRequest) -> str:
    """What happens next with a request, in one sentence."""
    return what_next(request)[0]


@register.inclusion_tag("parts/status.html")
def status(code: int) -> dict[str, str]:
    """A status as a badge: its label, and a colour that says the same."""
    known = Status(code)
    tone = TONES.get(known, "moving" if known in AFTER_SHIPMENT else "active")
    return {"label": gettext(LABELS[known]), "tone": tone}
