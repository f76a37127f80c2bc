"""What a customer may ask for with each item, what they have asked for already, and what would become of a wish."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language, gettext

from aftercart.account import words
from aftercart.account.reading import OwnOrder
from aftercart.cancellations import statements
from aftercart.cancellations.checking import checked
from aftercart.cancellations.eligibility import Eligibility, eligibility
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest
from aftercart.cancellations.rules import CANCEL, REFUND, Wish, WishedItem
from aftercart.customers.models import Customer
from aftercart.errors import Refused
from aftercart.fastpath import CompiledQuery
from aftercart.http_errors import sentence
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.payments import NOTHING_COMES, back_of, was_delivered
from aftercart.statuses import AFTER_SHIPMENT


@dataclass(frozen=True, slots=True)
class Possible:
    """What may be asked for with an order: cancelling, returning, both or neither; and if neither, why."""

    cancel: bool
    give_back: bool
    why_not: str = ""


def type_of(item: OrderItem) -> str:
    """What can be asked for an item: a return once it has left, a cancellation before."""
    return REFUND if item.status in AFTER_SHIPMENT else CANCEL


def why_not(found: Eligibility) -> str:
    """The sentence of what speaks against a wish; empty where nothing does."""
    return sentence(found.refusals[0]) if found.refusals else ""


def what_is_possible(own: OwnOrder, judged_now: Sequence[Eligibility]) -> Possible:
    """What the owner may wish for, as each item is judged."""
    reasons = [(item, why_not(found)) for item, found in zip(own.items, judged_now, strict=True)]
    open_types = {type_of(item) for item, reason in reasons if not reason}
    closed = [reason for _, reason in reasons if reason]
    return Possible(CANCEL in open_types, REFUND in open_types, "" if open_types or not closed else closed[0])


def judged(own: OwnOrder, *, now: datetime, as_loyalty: bool = False) -> list[Eligibility]:
    """What becomes of the wish that can be asked for each item, alone and with all of its pieces."""
    basis = own.basis
    wished = [(item, WishedItem(item.pk, 0, type_of(item))) for item in own.items]
    return [eligibility(basis.case([one], now=now, as_loyalty=as_loyalty)) for one in wished]


def loyalty_possible(own: OwnOrder, *, now: datetime) -> bool:
    """Whether loyalty points can be asked for instead of money, with any of the items: only if money would be due."""
    if back_of(own.order, delivered=any(was_delivered(item) for item in own.items)) in NOTHING_COMES:
        return False
    return any(not found.refusals for found in judged(own, now=now, as_loyalty=True))


def look_ahead(own: OwnOrder, wish: Wish, customer: Customer, *, now: datetime) -> Eligibility:
    """Judge a wish as the action will, without claiming anything. Raises FieldErrors, Refused."""
    chosen, _reasons, _pickup = checked(wish, own.items, customer, statements.REASONS.all())
    found = eligibility(own.basis.case(chosen, now=now, as_loyalty=wish.fully_refund_as_loyalty_money))
    if found.refusals:
        raise Refused(found.refusals)
    return found


REQUESTS = CompiledQuery(
    lambda order: (
        CancellationRequest.objects.filter(order_id=order)
        .select_related("order_item", "reason", "easy_return_company")
        .order_by("-created_date", "pk")
    ),
    order=int,
)


def requests_of(order: Order) -> list[CancellationRequest]:
    """Everything that was asked of the shop for this order, the latest first."""
    found: list[CancellationRequest] = REQUESTS.all(order=order.pk)
    for request in found:
        request.order = order
    return found


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as a page shows it."""

    request: CancellationRequest
    active: bool
    reason: str
    because: str
    note: str


def shown_requests(requests: list[CancellationRequest]) -> list[ShownRequest]:
    """The requests with what is said about them."""
    return [
        ShownRequest(
            request=request,
            active=request.status in ACTIVE_REQUEST_STATUSES,
            reason=request.reason.subject_in(get_language()),
            because=words.because(request.because, cancellation_type=request.cancellation_type),
            note=gettext(request.closing_note) if request.closing_note else "",
        )
        for request in requests
    ]
