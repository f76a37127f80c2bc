"""The completed order, as JSON or as a page, behind its signed link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from ninja import Router
from ninja.errors import AuthenticationError

from aftercart.account.access import BEHIND_A_LINK
from aftercart.account.options import shown_options
from aftercart.account.pages import order_context, sign_in_page
from aftercart.account.reading import own_order
from aftercart.account.response_schemas import CancellationOptionsSchema
from aftercart.cancellations.statements import OFFERED_REASONS
from aftercart.errors import NotFound
from aftercart.http_errors import json_response, not_found, wants_json
from aftercart.orders import signed_number
from aftercart.response_schemas import CompletedOrderSchema, ErrorSchema, FieldErrorsSchema

router = Router(tags=["Orders"])


@router.get(
    "/orders/{path:order_number}/cancellation-options/",
    summary="Get Cancellation Options",
    response={200: CancellationOptionsSchema, 400: FieldErrorsSchema, 401: ErrorSchema, 404: ErrorSchema},
)
def cancellation_options(
    request: HttpRequest, order_number: str, items: str = "", as_loyalty: str = ""
) -> HttpResponse:
    """Whether, until when, why not, and what is refunded: for the whole order, each item, and a choice of them.

    `items=1,2:3` asks for item 1 and three pieces of item 2 together; `as_loyalty=1` judges everything as a wish for
    loyalty points. What is `direct` here is sent to Omnitron by a POST, and 204 once it agrees.
    """
    own = own_order(request.user, number=order_number)  # type: ignore[arg-type]
    reasons = OFFERED_REASONS.all()
    return json_response(shown_options(own, reasons, now=timezone.now(), items=items, as_loyalty=as_loyalty))


@router.get(
    "/orders/completed/{signed}/",
    auth=None,
    summary="Get Completed Order Details",
    response={200: CompletedOrderSchema, 401: ErrorSchema, 404: ErrorSchema},
)
def completed(request: HttpRequest, signed: str) -> HttpResponse:
    """The owner's order, while the link is fresh. `?format=json` for JSON, a page otherwise.

    401 without a session; one and the same 404 for unknown, foreign and expired.
    """
    response = _completed(request, signed)
    for name, value in BEHIND_A_LINK.items():
        response[name] = value
    return response


def _completed(request: HttpRequest, signed: str) -> HttpResponse:
    as_json = wants_json(request)
    if not request.user.is_authenticated:
        if as_json:
            raise AuthenticationError
        return sign_in_page(request, next_url=request.path, status=401)
    expired = False
    try:
        number = signed_number.read(signed)
    except signed_number.Expired as late:
        number, expired = late.number, True
    except signed_number.NotGenuine:
        number = ""  # looked up all the same, so that timing does not tell a forged link from a genuine one
    try:
        own = own_order(request.user, number=number)
    except NotFound:
        if as_json:
            raise
        return not_found(request)  # type: ignore[return-value]
    if expired:
        if as_json:
            raise NotFound
        return render(request, "link_expired.html", {"order": own.order}, status=404)
    now = timezone.now()
    if as_json:
        return json_response({"campaigns": [], "order": own.shown(now=now)})
    return render(request, "completed.html", order_context(own, now=now))
