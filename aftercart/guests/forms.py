"""The cancellation form for guests who came by a mailed link: everything is a request, and there is no account."""

from collections.abc import Sequence
from datetime import datetime

from django.http import QueryDict

from aftercart.account.cancel_form import CancelForm
from aftercart.account.reading import OwnOrder
from aftercart.account.wishes import Possible, type_of, why_not
from aftercart.cancellations import statements
from aftercart.cancellations.checking import checked
from aftercart.cancellations.eligibility import Eligibility, Way
from aftercart.cancellations.rules import (
    CANCEL,
    REFUND,
    CancellationCase,
    Wish,
    WishedItem,
    asking_refusals,
    request_refusals,
)
from aftercart.errors import Refused
from aftercart.orders.models import OrderItem
from aftercart.refusals import Refusal


def _against(case: CancellationCase) -> Sequence[Refusal]:
    return asking_refusals(case) or request_refusals(case)


def judged_requests(own: OwnOrder, *, now: datetime) -> list[Eligibility]:
    """What would become of asking the shop for each item, alone and with all of its pieces."""
    basis = own.basis

    def one(item: OrderItem) -> Eligibility:
        wished = WishedItem(item.pk, 0, type_of(item))
        against = _against(basis.case([(item, wished)], now=now))
        return Eligibility(Way.NONE, refusals=tuple(against)) if against else Eligibility(Way.REQUEST)

    return [one(item) for item in own.items]


def what_a_guest_may_ask(own: OwnOrder, judged: Sequence[Eligibility]) -> Possible:
    """What the shop may be asked for now; `judged`: its items, by `judged_requests`."""
    found = list(zip(own.items, judged, strict=True))
    types = {type_of(item) for item, eligibility in found if not eligibility.refusals}
    closed = [why_not(eligibility) for _, eligibility in found if eligibility.refusals]
    return Possible(CANCEL in types, REFUND in types, "" if types or not closed else closed[0])


def look_ahead_for_guest(own: OwnOrder, wish: Wish, *, now: datetime) -> None:
    """Judge a wish as the action will, without claiming anything. Raises FieldErrors, Refused."""
    chosen, _reasons, _pickup = checked(wish, own.items, own.order.customer, statements.REASONS.all())
    against = _against(own.basis.case(chosen, now=now))
    if against:
        raise Refused(against)


class GuestForm(CancelForm):
    """The account's form without what only an account has: an address book, loyalty points."""

    judge = staticmethod(judged_requests)

    def __init__(self, own: OwnOrder, *, now: datetime, data: QueryDict | None = None) -> None:
        super().__init__(own, own.order.customer, now=now, data=data)
        self.addresses, self.pickup_address = [], ""
        self.may_be_loyalty = self.as_loyalty = False
