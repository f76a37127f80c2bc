"""What the pages' templates ask for by a filter: statuses and requests in a word or a sentence."""

from django.utils.translation import gettext

from aftercart.account.request_words import what_next
from aftercart.cancellations.models import CancellationRequest
from aftercart.statuses import AFTER_SHIPMENT, LABELS, Status

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


def first_words(request: CancellationRequest) -> str:
    """What happens next with a request, in one sentence."""
    return what_next(request)[0]


def status_name(code: int) -> str:
    """A status by its name."""
    return gettext(LABELS[Status(code)])


def tone(code: int) -> str:
    """The colour of a status, which says the same as its name."""
    known = Status(code)
    return TONES.get(known, "moving" if known in AFTER_SHIPMENT else "active")
