"""The JSON API to cancellations."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Router

from aftercart import omnitron_client
from aftercart.cancellations.actions import Outcome, cancel_order
from aftercart.cancellations.payloads import CancelPayload
from aftercart.cancellations.representation import shown_request
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
    outcome = cancel_order(
        customer=request.user,  # type: ignore[arg-type]
        order=order_number,
        wish=payload.wish(),
        now=timezone.now(),
        omnitron=omnitron_client.omnitron(),
        attempt_id=wish_of(request),
    )
    return shown_outcome(outcome)


def shown_outcome(outcome: Outcome) -> HttpResponse:
    """204, or 200 and the requests."""
    if outcome.requests is None:
        return HttpResponse(status=204, headers={"Cache-Control": "no-store, private"})
    return json_response([shown_request(request) for request in outcome.requests])
