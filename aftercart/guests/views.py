"""The JSON API for guests, as the published storefront calls it: no session, JSON or a form."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Body, Router
from ninja.errors import Throttled

from aftercart.cancellations.representation import shown_request
from aftercart.customers.sign_in import client_address
from aftercart.errors import NotFound
from aftercart.guests import actions
from aftercart.guests.access import SENT, count_guest_link
from aftercart.guests.payloads import GuestCancelPayload, GuestPayload
from aftercart.guests.response_schemas import LinkAskedSchema
from aftercart.http_errors import json_response
from aftercart.mailed_links.lookup import OrderLookup
from aftercart.response_schemas import CancellationRequestSchema, ErrorSchema, FieldErrorsSchema, OrderSchema

router = Router(tags=["Guests"])
TRACKING = {400: FieldErrorsSchema | ErrorSchema, 404: ErrorSchema, 429: ErrorSchema}


@router.post(
    "/users/orders/anonymous/",
    auth=None,
    summary="A guest's order by number and e-mail",
    response={200: list[OrderSchema], **TRACKING},
)
def find(request: HttpRequest, payload: Body[GuestPayload]) -> HttpResponse:
    """200: a list with the one order. 400: one answer for anything wrong; 429 after too many such tries.

    `order` is accepted for `number`, too. 404 if the merchant has switched this off.
    """
    asked = _let_in(payload)
    order = actions.find_order(asked, address=client_address(request), now=timezone.now())
    return json_response([order])


@router.post(
    "/users/orders/anonymous/cancel/",
    auth=None,
    summary="Ask the shop to cancel or take back an item of a guest's order",
    response={201: CancellationRequestSchema, **TRACKING},
)
def cancel_for_guest(request: HttpRequest, payload: Body[GuestCancelPayload]) -> HttpResponse:
    """201: the request. Never cancelled directly. A refund names an active `shipping_company` of the item."""
    asked = _let_in(payload)
    made = actions.ask_to_cancel(asked, payload.wish(), address=client_address(request), now=timezone.now())
    return json_response(shown_request(made), 201)


@router.post(
    "/users/orders/anonymous/link/",
    auth=None,
    summary="Have a link to an order mailed",
    response={202: LinkAskedSchema, 400: FieldErrorsSchema, 429: ErrorSchema},
)
def ask_for_link(request: HttpRequest, payload: Body[GuestPayload]) -> HttpResponse:
    """202 for everybody; the link goes to the order's own e-mail, if there is such an order."""
    now = timezone.now()
    if wait := count_guest_link(request, now=now):
        raise Throttled(wait=wait)
    actions.ask_for_guest_link(payload.asked(), now=now)
    return json_response({"message": gettext(SENT)}, 202)


def _let_in(payload: GuestPayload) -> OrderLookup:
    if not settings.GUEST_TRACKING:
        raise NotFound
    return payload.asked()
