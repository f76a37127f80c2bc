"""The express: the order as JSON, answered before the other middleware has begun.

A storefront reads completed orders all day long, and most of what a request passes on its way (routing, messages, CSRF,
a customer with all his fields) does nothing for it. What the express cannot answer with 200 (no session, another's
order, an expired link, a page, any doubt at all) it leaves to the ordinary way, which says the same by the same
representation: a test holds the two equal.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from aftercart.account import rows
from aftercart.account.door import BEHIND_A_LINK
from aftercart.customers.sessions import key_of
from aftercart.exchange import Call
from aftercart.http_errors import json_response, wants_json
from aftercart.orders import signed_number

COMPLETED = "/orders/completed/"
DETAIL = "/users/orders/"
VARY = "Accept-Language, Cookie"


class ExpressMiddleware:
    """Stands first behind the middleware that secures every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The express's answer if it has one."""
        if request.method == "GET":
            path = request.path_info
            if path.startswith(COMPLETED):
                return completed(request, path[len(COMPLETED) : -1]) or self.get_response(request)
            if path.startswith(DETAIL) and path[len(DETAIL) : -1].isdecimal():
                return detail(request, path[len(DETAIL) : -1]) or self.get_response(request)
        return self.get_response(request)


def completed(request: HttpRequest, signed: str) -> HttpResponse | None:
    """The completed order behind a fresh link, for its owner's session."""
    key = key_of(request)
    if key is None or not wants_json(request):
        return None
    try:
        number = signed_number.read(signed)
    except (signed_number.Expired, signed_number.NotGenuine):
        return None
    found = rows.BY_NUMBER.call(number=number, key=key), rows.ITEMS_BY_NUMBER.call(number=number)
    return _answer(request, *found, _as_completed, BEHIND_A_LINK)


def detail(request: HttpRequest, order_id: str) -> HttpResponse | None:
    """An order of the account by its id."""
    key = key_of(request)
    if key is None or len(order_id) > len(str(2**63)) - 1:
        return None
    found = rows.BY_ID.call(id=int(order_id), key=key), rows.ITEMS_BY_ID.call(order=int(order_id))
    return _answer(request, *found, _as_it_is, {})


def _as_completed(order: dict[str, Any]) -> dict[str, Any]:
    return {"campaigns": [], "order": order}


def _as_it_is(order: dict[str, Any]) -> dict[str, Any]:
    return order


def _answer(
    request: HttpRequest,
    order: Call,
    items: Call,
    shape: Callable[[dict[str, Any]], dict[str, Any]],
    headers: dict[str, str],
) -> HttpResponse | None:
    language = translation.get_language_from_request(request)
    shown = rows.shown_to_owner(order, items, language=language, now=timezone.now())
    if shown is None:
        return None
    # What the middleware behind us would have said.
    said = {"Content-Language": language, "X-Frame-Options": settings.X_FRAME_OPTIONS, "Vary": VARY}
    response = json_response(shape(shown), headers={**headers, **said})
    response["Content-Length"] = str(len(response.content))
    return response
