"""A cancellation on a fast route: session and order come in one round trip, and the verb is called.

Only what the storefront sends when all is well. A form, an idempotency key, a malformed body, no session, no CSRF
token, another's order: these are left to the ordinary view, and nothing has happened by then.
"""

from io import BytesIO
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone, translation
from pydantic import ValidationError

from aftercart import http_errors, omnitron_client
from aftercart.bodies import BadBody, json_object
from aftercart.cancellations.actions import cancel_order
from aftercart.cancellations.payloads import CancelPayload
from aftercart.cancellations.reading import Seen, looking
from aftercart.cancellations.views import shown_outcome
from aftercart.customers import sessions
from aftercart.fastpath import Route, RouteAnswer, batch, between
from aftercart.fastpath.answers import language_of, of_response
from aftercart.orders.models import can_be_a_number

JSON = ("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8")
ORDERS, CANCEL = "/orders/", "/cancel/"
_csrf = CsrfViewMiddleware(lambda _request: HttpResponse())


def cancel_fast(environ: WSGIEnvironment, path: str) -> RouteAnswer | None:
    """The answer to a well-formed cancellation of a signed-in customer's order."""
    number = between(path, ORDERS, CANCEL)
    if not number or not can_be_a_number(number):
        return None
    if "HTTP_IDEMPOTENCY_KEY" in environ or environ.get("CONTENT_TYPE", "").lower() not in JSON:
        return None
    request = WSGIRequest(environ)
    answer = _cancel(request, number)
    if answer is None:
        environ["wsgi.input"] = BytesIO(request.body)  # the next reader reads it again
    return answer


def _cancel(request: WSGIRequest, number: str) -> RouteAnswer | None:
    key = sessions.session_key_of(request)
    # A failed check is logged: let a token that isn't there at all be reported once, not twice.
    if key is None or not request.META.get("HTTP_X_CSRFTOKEN") or not _is_meant(request):
        return None
    try:
        payload = CancelPayload.model_validate(json_object(request.body))
    except (BadBody, ValidationError):
        return None
    found, *facts = batch(sessions.at_the_door().bind(key=key), *looking(number))
    now = timezone.now()
    customer, seen = sessions.customer_in(found, now=now), Seen.of(facts)
    if customer is None or seen is None or seen.order.customer_id != customer.pk:
        return None
    language = language_of(request)
    with translation.override(language):
        try:
            outcome = cancel_order(
                customer=customer, order=seen, wish=payload.wish(), now=now, omnitron=omnitron_client.omnitron()
            )
            response = shown_outcome(outcome)
        except Exception as error:  # noqa: BLE001 (the table knows them all)
            response = http_errors.answer(error)
    return of_response(response, language=language)


def _is_meant(request: HttpRequest) -> bool:
    """Whether Django finds the CSRF token right, for a view without exemption."""
    _csrf.process_request(request)
    return _csrf.process_view(request, HttpResponse, (), {}) is None


ROUTES = (Route("POST", ORDERS, cancel_fast),)
