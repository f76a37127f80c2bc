"""Doors for the systems beside us: whoever places orders hands them over here, and has links to them made."""

from datetime import timedelta
from io import BytesIO
from typing import cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.security import HttpBearer

from aftercart.errors import NotAllowed, NotFound, TokenRefused
from aftercart.http_errors import json_response
from aftercart.integration.models import IntegrationToken, Scope, hash_of
from aftercart.integration.response_schemas import CompletedLink, HandedOver
from aftercart.orders import signed_number
from aftercart.orders.documents import orders_in
from aftercart.orders.intake import align_key_counters
from aftercart.orders.models import Order
from aftercart.orders.report import Report
from aftercart.response_schemas import ErrorSchema, FieldErrorsSchema

router = Router(tags=["Integration"])
BY_TOKEN = {401: ErrorSchema, 403: ErrorSchema, 503: ErrorSchema}


class TokenFor(HttpBearer):
    """`Authorization: Bearer aft_…`: a token that may be used (else 401), for what is asked (else 403)."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> IntegrationToken:
        """The token's row. Raises TokenRefused, the same for a missing, unknown, expired or revoked token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        now = timezone.now()
        usable = IntegrationToken.objects.usable(now=now)
        known = usable.filter(token_hash=hash_of(token)).first() if scheme.lower() == "bearer" else None
        if known is None:
            raise TokenRefused
        if self.scope not in known.scopes:
            raise NotAllowed(str(self.scope))
        known.note_use(now=now)
        return known

    def authenticate(self, request: HttpRequest, token: str) -> IntegrationToken | None:
        """Not used: the answer for a missing token is the same as for a wrong one."""
        raise AssertionError


@router.post(
    "/integration/orders/",
    auth=TokenFor(Scope.ORDERS),
    response={200: HandedOver, 413: FieldErrorsSchema, **BY_TOKEN},
    summary="Hand over orders",
)
def hand_over_orders(request: HttpRequest) -> HttpResponse:
    """Orders in the wire's shape: one, a list, a page, completed orders, or one of these per line.

    Each is in whole or not at all. Safe to repeat: an order that is in already is only brought up to date. The report
    names every order that was refused, with the path of what is wrong; the others are in all the same.
    """
    report = Report()
    for found in orders_in(BytesIO(request.body)):
        report.take(found, now=timezone.now(), actor=_actor(request), match_email=True)
    with transaction.atomic():
        align_key_counters()
    return json_response(report.as_dict())


@router.post(
    "/integration/orders/{path:number}/completed-link/",
    auth=TokenFor(Scope.LINKS),
    response={200: CompletedLink, 404: ErrorSchema, **BY_TOKEN},
    summary="Make a link to a completed order",
)
def completed_link(request: HttpRequest, number: str) -> HttpResponse:
    """The signed link that an order's owner opens, fresh from now on; each call makes another."""
    order = Order.objects.numbered(number).only("number").first()
    if order is None:
        raise NotFound
    signed = signed_number.sign(order.number)
    until = timezone.now() + timedelta(seconds=settings.COMPLETED_LINK_MAX_AGE)
    path = f"/orders/completed/{signed}/"
    return json_response(
        {"url": f"{settings.SITE_URL}{path}", "path": path, "signed_number": signed, "valid_until": until}
    )


def _actor(request: HttpRequest) -> str:
    token = cast("IntegrationToken", request.auth)  # type: ignore[attr-defined]
    return f"integration: {token.name}"
