"""The JSON API for the right of withdrawal: whether, until when, from what, and what is refunded."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Router

from aftercart.account.estimates import shown_estimate
from aftercart.account.options import read_choice
from aftercart.account.reading import own_order
from aftercart.account.response_schemas import EstimateSchema
from aftercart.http_errors import json_response, sentence
from aftercart.refusals import Refusal
from aftercart.response_schemas import ErrorSchema, FieldErrorsSchema, RefusalSchema, Shape
from aftercart.withdrawals.estimates import estimate_of
from aftercart.withdrawals.reading import WithdrawalEligibility, withdrawal_eligibility
from aftercart.withdrawals.rules import offered, why_not_offered

router = Router(tags=["Withdrawal"])


class WithdrawalItemSchema(Shape):
    """One item of the contract: how many pieces may be withdrawn from, and if none, why."""

    id: int
    quantity: int
    offered: int
    refusals: list[RefusalSchema]


class WithdrawalOptionsSchema(Shape):
    """The right of withdrawal as it stands now.

    `last_day` is a day where the goods went, `ends_at` the first instant after it; both are null while something is
    still to be delivered, as the period of `days` begins then. `estimate`: the refund for the choice, or for everything
    on offer. `page`: where it is declared.
    """

    id: int
    number: str
    asked_at: datetime
    possible: bool
    refusals: list[RefusalSchema]
    days: int
    last_day: date | None
    ends_at: datetime | None
    items: list[WithdrawalItemSchema]
    estimate: EstimateSchema | None
    page: str


@router.get(
    "/orders/{path:order_number}/withdrawal-options/",
    summary="Get Withdrawal Options",
    response={200: WithdrawalOptionsSchema, 400: FieldErrorsSchema, 401: ErrorSchema, 404: ErrorSchema},
)
def withdrawal_options(request: HttpRequest, order_number: str, items: str = "") -> HttpResponse:
    """Whether the contract can be withdrawn from, until when, and what is refunded.

    `items=1,2:3` asks for the refund for item 1 and three pieces of item 2; without it, for everything on offer.
    """
    own = own_order(request.user, number=order_number)  # type: ignore[arg-type]
    eligibility = withdrawal_eligibility(own.order, own.items, now=timezone.now())
    named = {item.pk: wished.quantity for item, wished in read_choice(own, items)} if items.strip() else None
    return json_response(_shown(eligibility, named))


def _shown(eligibility: WithdrawalEligibility, named: dict[int, int | None] | None) -> dict[str, Any]:
    order = eligibility.order
    left = {facts.id: offered(facts) for _, facts in eligibility.lines if offered(facts)}
    # An item without a number means all of it; what is not on offer gives no refund.
    declared = left if named is None else {pk: min(named[pk] or left[pk], left[pk]) for pk in named if pk in left}
    refused = eligibility.refusals if eligibility.settings.enabled else [Refusal("withdrawal_not_offered")]
    estimate = shown_estimate(estimate_of(eligibility, declared), order) if declared and not refused else None
    return {
        "id": order.pk,
        "number": order.number,
        "asked_at": eligibility.now,
        "possible": eligibility.is_open,
        "refusals": [_refusal(refusal) for refusal in refused],
        "days": eligibility.settings.days,
        "last_day": eligibility.last_day,
        "ends_at": eligibility.period.end if eligibility.period else None,
        "items": [
            {
                "id": facts.id,
                "quantity": facts.quantity,
                "offered": left.get(facts.id, 0),
                "refusals": [_refusal(refusal)] if (refusal := why_not_offered(facts)) else [],
            }
            for _, facts in eligibility.lines
        ],
        "estimate": estimate,
        "page": reverse("withdraw", args=[order.number]),
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "message": sentence(refusal), "order_item": refusal.order_item}
