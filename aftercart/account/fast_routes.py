"""The order as JSON, and what may be done with it, on fast routes: a storefront asks for them all day long.

Whatever is not answered with 200 (no session, another's order, an expired link, a page, any doubt at all) is left to
the ordinary views, which use the same representation.
"""

from collections.abc import Callable, Mapping
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.http import QueryDict
from django.utils import timezone, translation

from aftercart.account import rows
from aftercart.account.access import BEHIND_A_LINK
from aftercart.account.options import shown_options
from aftercart.account.reading import with_items
from aftercart.cancellations import statements
from aftercart.customers.sessions import at_the_door, customer_in, session_key_of
from aftercart.fastpath import RequestHead, Route, RouteAnswer, Statement, batch, between
from aftercart.fastpath.answers import as_json, language_of
from aftercart.orders import signed_number
from aftercart.orders.models import can_be_a_number

COMPLETED = "/orders/completed/"
DETAIL = "/users/orders/"
ORDERS, OPTIONS = "/orders/", "/cancellation-options/"


def surely_wants_json(asked: RequestHead) -> bool:
    """Whether it is asked for as the published storefront does. All other ways are left to Django."""
    said = asked.META
    return (
        said.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest"
        or said.get("HTTP_ACCEPT") == "application/json"
        or said.get("QUERY_STRING") == "format=json"
    )


def completed_fast(environ: WSGIEnvironment, path: str) -> RouteAnswer | None:
    """The completed order behind a fresh link, for its owner's session."""
    asked = RequestHead(environ)
    key = session_key_of(asked)
    if key is None or not surely_wants_json(asked) or path[-1] != "/":
        return None
    try:
        number = signed_number.read(path[len(COMPLETED) : -1])
    except (signed_number.Expired, signed_number.NotGenuine):
        return None
    found = rows.BY_NUMBER.bind(number=number, key=key), rows.ITEMS_BY_NUMBER.bind(number=number)
    return _answer(asked, *found, lambda order: {"campaigns": [], "order": order}, BEHIND_A_LINK)


def detail(environ: WSGIEnvironment, path: str) -> RouteAnswer | None:
    """An order of the account by its id."""
    order_id = path[len(DETAIL) : -1]
    if not order_id.isdecimal() or len(order_id) > len(str(2**63)) - 1 or path[-1] != "/":
        return None
    asked = RequestHead(environ)
    key = session_key_of(asked)
    if key is None:
        return None
    found = rows.BY_ID.bind(id=int(order_id), key=key), rows.ITEMS_BY_ID.bind(order=int(order_id))
    return _answer(asked, *found, lambda order: order, {})


def options(environ: WSGIEnvironment, path: str) -> RouteAnswer | None:
    """The cancellation options of an order of the account."""
    number = between(path, ORDERS, OPTIONS)
    asked = RequestHead(environ)
    key = session_key_of(asked)
    if key is None or not number or not can_be_a_number(number):
        return None
    known = {"number": number}
    door, orders, items, reasons = batch(
        at_the_door().bind(key=key),
        statements.ORDER.bind(**known),
        statements.ITEMS_BY_NUMBER.bind(**known),
        statements.OFFERED_REASONS.bind(),
    )
    now = timezone.now()
    customer = customer_in(door, now=now)
    if customer is None or not orders or orders[0].customer_id != customer.pk:
        return None
    language, query = language_of(asked), QueryDict(environ.get("QUERY_STRING", ""))
    with translation.override(language):
        shown = shown_options(
            with_items(orders[0], items),
            reasons,
            now=now,
            items=query.get("items", ""),
            as_loyalty=query.get("as_loyalty", ""),
        )
    return as_json(shown, language=language, headers={})


ROUTES = (Route("GET", COMPLETED, completed_fast), Route("GET", DETAIL, detail), Route("GET", ORDERS, options))


def _answer(
    asked: RequestHead,
    order: Statement,
    items: Statement,
    shape: Callable[[dict[str, Any]], Any],
    headers: Mapping[str, str],
) -> RouteAnswer | None:
    language = language_of(asked)
    shown = rows.shown_to_owner(order, items, language=language, now=timezone.now())
    return None if shown is None else as_json(shape(shown), language=language, headers=headers)
