"""The JSON API for requests, as the storefront knows it: reasons, asking the shop, and taking a request back."""

from typing import TypedDict
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Body, Router

from aftercart.bodies import LARGEST_ID, nested
from aftercart.cancellations.actions import request_cancellation, withdraw_request
from aftercart.cancellations.checking import FOREIGN_ITEM
from aftercart.cancellations.payloads import BulkPayload, SinglePayload, unnested
from aftercart.cancellations.reading import offered_reasons, requests_of_own_order
from aftercart.cancellations.representation import shown_reason, shown_request
from aftercart.errors import FieldErrors, NotFound
from aftercart.http_errors import json_response
from aftercart.idempotency.decorator import idempotent, wish_of
from aftercart.orders.models import Order, OrderQuerySet
from aftercart.paging import page_of, positive
from aftercart.response_schemas import (
    REFUSALS,
    CancellationReasonSchema,
    CancellationRequestSchema,
    ErrorSchema,
    PageSchema,
)

router = Router(tags=["Cancellation requests"])


@router.get(
    "/users/orders/cancellation_reasons/",
    auth=None,
    summary="Reasons to choose from",
    response=PageSchema[CancellationReasonSchema],
)
def reasons(request: HttpRequest) -> HttpResponse:
    """The active reasons, all on one page unless `?limit=` says otherwise; `?cancellation_type=` narrows them.

    No session is needed: guests choose reasons, too.
    """
    offered = offered_reasons(request.GET.get("cancellation_type", "").strip())
    return json_response(page_of(request, offered, shown_reason))


@router.post(
    "/users/orders/bulk_cancellation_requests/",
    summary="Ask the shop to cancel or take back items",
    response={201: list[CancellationRequestSchema], 404: ErrorSchema, 503: ErrorSchema, **REFUSALS},
)
@idempotent
def ask(request: HttpRequest, payload: Body[BulkPayload]) -> HttpResponse:
    """201: the requests. Never cancelled directly. `id`: the order's id or number; without, its first item tells."""
    try:
        requests = request_cancellation(
            customer=request.user,  # type: ignore[arg-type]
            orders=_named(payload),
            wish=payload.wish(),
            now=timezone.now(),
            attempt_id=wish_of(request),
        )
    except NotFound:
        if payload.id is not None:
            raise
        raise FieldErrors(nested({("cancel_order_items", 0, "order_item"): gettext(FOREIGN_ITEM)})) from None
    return json_response([shown_request(one) for one in requests], 201)


def _named(payload: BulkPayload) -> OrderQuerySet:
    """The orders that a body may mean by an id or a number; without either, that of its first item."""
    first = payload.cancel_order_items[0].order_item
    return Order.objects.holding(first) if payload.id is None else Order.objects.named(payload.id, holding=first)


@router.post(
    "/users/orders/cancellation_requests/{request_id}/withdraw/",
    summary="Take a request back",
    response={200: CancellationRequestSchema, 404: ErrorSchema, 503: ErrorSchema, **REFUSALS},
)
@idempotent
def take_request_back(request: HttpRequest, request_id: str) -> HttpResponse:
    """200: `withdrawn`, or `withdrawing` until Omnitron has agreed. 400: the shop has decided. By `id` or `uuid`."""
    taken = withdraw_request(
        customer=request.user,  # type: ignore[arg-type]
        **_which(request_id),
        now=timezone.now(),
    )
    return json_response(shown_request(taken))


@router.get(
    "/users/orders/{order_id}/cancellation_requests/",
    summary="Requests of an order",
    response={200: PageSchema[CancellationRequestSchema], 401: ErrorSchema, 404: ErrorSchema},
)
def requests_of_an_order(request: HttpRequest, order_id: str) -> HttpResponse:
    """Everything that was asked of the shop for this order (by its id), the latest first."""
    found = requests_of_own_order(request.user, _key(order_id))  # type: ignore[arg-type]
    return json_response(page_of(request, found, shown_request))


@router.post(
    "/users/orders/{order_id}/cancellation_requests/",
    summary="Ask the shop to cancel or take back one item",
    response={201: CancellationRequestSchema, 404: ErrorSchema, 503: ErrorSchema, **REFUSALS},
)
@idempotent
def ask_for_one(request: HttpRequest, order_id: str, payload: Body[SinglePayload]) -> HttpResponse:
    """201: the request. As the bulk call, for one item of the order with this id."""
    key = _key(order_id)
    try:
        made = request_cancellation(
            customer=request.user,  # type: ignore[arg-type]
            orders=Order.objects.filter(pk=key),
            wish=payload.wish(order_id=key),
            now=timezone.now(),
            attempt_id=wish_of(request),
        )
    except FieldErrors as found:
        raise FieldErrors(unnested(found.errors)) from None
    (own,) = (request for request in made if request.order_item_id == payload.order_item)
    return json_response(shown_request(own), 201)


def _key(text: str) -> int:
    key = positive(text)
    if key is None or key > LARGEST_ID:
        raise NotFound
    return key


class Which(TypedDict, total=False):
    """What names a request to the verb: one of the two."""

    request_uuid: UUID
    request_id: int


def _which(text: str) -> Which:
    """A request by its id, or by its uuid."""
    try:
        return {"request_uuid": UUID(text)} if "-" in text else {"request_id": _key(text)}
    except ValueError:
        raise NotFound from None
