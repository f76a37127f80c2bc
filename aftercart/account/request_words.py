"""A request in plain words: how far it is, and what happens next."""

from collections.abc import Mapping

from django.utils.translation import gettext

from aftercart.account import words
from aftercart.account.progress import Step, line
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest, RequestStatus
from aftercart.cancellations.rules import REFUND
from aftercart.orders.payments import Back, back_of
from aftercart.statuses import gettext_noop

ASKED = gettext_noop("You asked")
CHECKED = gettext_noop("Being checked")
DECIDES = gettext_noop("The shop decides")
AGREED = gettext_noop("Agreed")
DONE = gettext_noop("Done")
DECLINED = gettext_noop("Declined")
TAKING_BACK = gettext_noop("Being taken back")
TAKEN_BACK = gettext_noop("Taken back")

LINES: Mapping[str, tuple[tuple[str, ...], int]] = {
    RequestStatus.WAITING: ((ASKED, DECIDES, AGREED, DONE), 1),
    RequestStatus.CONFIRMED: ((ASKED, DECIDES, AGREED, DONE), 1),
    RequestStatus.WAITING_APPROVAL: ((ASKED, DECIDES, AGREED, DONE), 1),
    RequestStatus.APPROVED: ((ASKED, DECIDES, AGREED, DONE), 2),
    RequestStatus.COMPLETED: ((ASKED, DECIDES, AGREED, DONE), 3),
    RequestStatus.REJECTED: ((ASKED, DECLINED), 1),
    RequestStatus.WITHDRAWING: ((ASKED, TAKING_BACK, TAKEN_BACK), 1),
    RequestStatus.WITHDRAWN: ((ASKED, TAKEN_BACK), 1),
}

# Status → what is said of a cancellation, and of a return.
NEXT: Mapping[str, tuple[str, str]] = {
    RequestStatus.CONFIRMED: (
        gettext_noop("The shop has read your request and is working on it."),
        gettext_noop("The shop has read your request and is working on it."),
    ),
    RequestStatus.WAITING_APPROVAL: (
        gettext_noop("Someone at the shop still has to approve your request."),
        gettext_noop("Someone at the shop still has to approve your request."),
    ),
    RequestStatus.APPROVED: (
        gettext_noop("The shop has agreed and cancels this next."),
        gettext_noop("The shop has agreed and takes this back."),
    ),
    RequestStatus.COMPLETED: (gettext_noop("This is cancelled."), gettext_noop("Your return is done.")),
    RequestStatus.REJECTED: (
        gettext_noop("The shop has declined your request: this stays ordered."),
        gettext_noop("The shop has declined your request: this stays with you."),
    ),
    RequestStatus.WITHDRAWING: (
        gettext_noop("You have taken this request back. We are telling the shop, and show its answer here."),
        gettext_noop("You have taken this request back. We are telling the shop, and show its answer here."),
    ),
    RequestStatus.WITHDRAWN: (
        gettext_noop("You have taken this request back: this stays ordered."),
        gettext_noop("You have taken this request back: this stays with you."),
    ),
}
SENT = gettext_noop("The shop sends the money back the way you paid.")
FOLLOWS = gettext_noop("Once it has arrived there, your money follows.")
GOES: Mapping[Back, str] = {
    Back.MONEY: gettext_noop("the way you paid"),
    Back.POINTS: gettext_noop("as loyalty points"),
    Back.GIFT_CARD: gettext_noop("to your gift card"),
    Back.NOT_PAID: gettext_noop("no payment has arrived yet"),
    Back.FREE: gettext_noop("nothing was paid for it"),
    Back.SENT_BACK: gettext_noop("sent back already"),
}
BEING_CHECKED = gettext_noop("We are checking whether the shop has cancelled this already. That takes a few minutes.")
LOOK_HERE = gettext_noop("You will find the decision here; you need not do anything.")
NOT_TAKEN_BACK = gettext_noop("You wanted to take it back, but the shop had gone on with it already.")


def request_progress(request: CancellationRequest) -> list[Step]:
    """How far the request is, as a line of steps."""
    if request.being_checked and request.status == RequestStatus.WAITING:
        return line((ASKED, CHECKED, DECIDES, DONE), 1)
    labels, now = LINES[request.status]
    return line(labels, now)


def what_next(request: CancellationRequest) -> list[str]:
    """What happens next, in a few sentences."""
    said: list[str] = []
    status = request.status
    if request.being_checked and status == RequestStatus.WAITING:
        said.append(gettext(BEING_CHECKED))
    elif status == RequestStatus.WAITING:
        said.append(words.because(request.because, cancellation_type=request.cancellation_type))
    else:
        cancelled, returned = NEXT[status]
        said.append(gettext(returned if request.cancellation_type == REFUND else cancelled))
        said += _money(request)
    if status in ACTIVE_REQUEST_STATUSES and status != RequestStatus.WITHDRAWING:
        if request.withdrawal_date is not None:
            said.append(gettext(NOT_TAKEN_BACK))
        if status != RequestStatus.APPROVED:
            said.append(gettext(LOOK_HERE))
        if request.fully_refund_as_loyalty_money:
            said.append(words.money_back(request.order, request_back(request)))
    return said


def request_back(request: CancellationRequest) -> Back:
    """What becomes of the money for what a request asks."""
    delivered = request.cancellation_type == REFUND
    return back_of(request.order, delivered=delivered, as_loyalty=request.fully_refund_as_loyalty_money)


def money_goes(request: CancellationRequest) -> str:
    """Where the money goes, in a few words."""
    back = request_back(request)
    if request.iban and back is Back.MONEY:
        account = {"iban": request.iban[-4:], "holder": request.holder_name}
        return gettext("to the account …%(iban)s of %(holder)s") % account
    return gettext(GOES[back])


def _money(request: CancellationRequest) -> list[str]:
    """What is said of the money once something has been agreed."""
    is_return = request.cancellation_type == REFUND
    if request.status != RequestStatus.COMPLETED and not (is_return and request.status == RequestStatus.APPROVED):
        return []
    back = request_back(request)
    if back is not Back.MONEY:
        return [words.money_back(request.order, back)]
    return [gettext(SENT if request.status == RequestStatus.COMPLETED else FOLLOWS)]
