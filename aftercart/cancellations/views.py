"""The JSON door to cancellations."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Router

from aftercart import connections
from aftercart.cancellations.actions import Outcome, cancel_order
from aftercart.cancellations.payloads import CancelPayload
from aftercart.cancellations.representation import shown_request
from aftercart.http_errors import json_response
from aftercart.idempotency.door import idempotent, wish_of
from aftercart.shapes import REFUSALS, CancellationRequestShape, ErrorShape

router = Router(tags=["Cancellations"])


@router.post(
    "/orders/{path:order_number}/cancel/",
    summary="Cancel Order Items Directly",
    response={204: None, 200: list[CancellationRequestShape], 404: ErrorShape, 503: ErrorShape, **REFUSALS},
)
@idempotent
def cancel(request: HttpRequest, order_number: str, payload: Body[CancelPayload]) -> HttpResponse:
    """204: cancelled and sent to Omnitron. 200: requests for the back office, listed. 400: every refusal."""
    outcome = cancel_order(
        customer=request.user,  # type: ignore[arg-type]
        order=order_number,
        wish=payload.wish(),
        now=timezone.now(),
        omnitron=connections.omnitron(),
        attempt_id=wish_of(request),
    )
    return shown_outcome(outcome)


def shown_outcome(outcome: Outcome) -> HttpResponse:
    """204, or 200 and the requests."""
    if outcome.requests is None:
        return HttpResponse(status=204, headers={"Cache-Control": "no-store, private"})
    return json_response([shown_request(request) for request in outcome.requests])
