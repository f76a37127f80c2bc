"""The JSON API for cancellations."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Router

from aftercart import omnitron_client
from aftercart.cancellations.actions import Outcome, cancel_order, earlier_outcome
from aftercart.cancellations.payloads import CancelPayload
from aftercart.cancellations.reading import look
from aftercart.cancellations.representation import shown_request
from aftercart.customers.models import Customer
from aftercart.http_errors import json_response
from aftercart.idempotency.decorator import idempotent, wish_of
from aftercart.response_schemas import REFUSALS, CancellationRequestSchema, ErrorSchema

router = Router(tags=["Cancellations"])


@router.post(
    "/orders/{path:order_number}/cancel/",
    summary="Cancel Order Items Directly",
    response={204: None, 200: list[CancellationRequestSchema], 404: ErrorSchema, 503: ErrorSchema, **REFUSALS},
)
@idempotent
def cancel(request: HttpRequest, order_number: str, payload: Body[CancelPayload]) -> HttpResponse:
    """204: cancelled and sent to Omnitron. 200: requests for the back office, listed. 400: every refusal."""
    customer, wish, attempt_id = request.user, payload.wish(), wish_of(request)
    assert isinstance(customer, Customer)
    outcome = earlier_outcome(customer, attempt_id) or cancel_order(
        customer=customer,
        order=look(order_number),
        wish=wish,
        now=timezone.now(),
        omnitron=omnitron_client.omnitron(),
        attempt_id=attempt_id,
    )
    return shown_outcome(outcome)


def shown_outcome(outcome: Outcome) -> HttpResponse:
    """204, or 200 and the requests."""
    if outcome.requests is None:
        return HttpResponse(status=204, headers={"Cache-Control": "no-store, private"})
    return json_response([shown_request(request) for request in outcome.requests])
