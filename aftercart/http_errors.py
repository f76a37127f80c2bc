"""The only table from an error to its HTTP status and body; sentences are translated here, on their way out.

JSON for clients that asked for JSON, for 404 and 500 too; a page for people. Never a redirect to a login page: the
storefront's proxy would follow it and call it success.
"""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language, gettext, gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from aftercart.bodies import BadBody, field_errors
from aftercart.database.refusals import said_of, seconds_to_wait
from aftercart.errors import (
    AftercartError,
    FieldErrors,
    NotAllowed,
    NotFound,
    Refused,
    TokenRefused,
    TooManyTries,
    TryLater,
)
from aftercart.refusals import Refusal

logger = logging.getLogger(__name__)

NO_SESSION = gettext_lazy("Please sign in.")
NO_CSRF = gettext_lazy("CSRF check failed: send the token of the csrftoken cookie in X-CSRFToken.")
NO_TOKEN = gettext_lazy("Send a valid integration token: Authorization: Bearer …")
NOT_FOR_THIS = gettext_lazy("This integration token is not for this. It needs the scope {scope}.")
NOT_FOUND = gettext_lazy("Not found.")
OUR_FAULT = gettext_lazy("Something went wrong on our side. Nothing was lost; please try again in a moment.")
BROKEN = gettext_lazy("Something went wrong on our side.")
TRY_AGAIN = gettext_lazy("Nothing was lost. Wait a moment and reload this page; your order shows whether it worked.")
BUSY = gettext_lazy("We are busy at the moment. Please try again in a few seconds.")
BUSY_PAGE = gettext_lazy("We are busy at the moment.")
TOO_MANY = gettext_lazy("Too many requests. Please wait a moment.")
UNREADABLE = gettext_lazy("The request could not be read.")
NO_SUCH_METHOD = gettext_lazy("This address does not know that method.")
# What people are told about a request that reached no view: what happened, and what to do next.
PAGES = {
    405: (NO_SUCH_METHOD, gettext_lazy("Go back, reload the page and try again.")),
    408: (
        gettext_lazy("Your request took too long to reach us."),
        gettext_lazy("Nothing was changed. Check your connection and try again."),
    ),
    413: (
        gettext_lazy("What you sent is too large."),
        gettext_lazy("Nothing was changed. Go back, shorten your text and leave files out."),
    ),
    429: (gettext_lazy("Too many attempts to sign in."), gettext_lazy("You can try again in {minutes} minutes.")),
    503: (BUSY_PAGE, TRY_AGAIN),
}
KEY_IN_USE = gettext_lazy("The first request with this Idempotency-Key is still running. Please ask again in a moment.")
KEY_REUSED = gettext_lazy("This Idempotency-Key was used for another request. Use a new one.")


class KeyInUse(AftercartError):
    """The first request with this Idempotency-Key has no answer yet."""

    def __init__(self, *, seconds: int) -> None:
        super().__init__(f"ask again in {seconds} s")
        self.seconds = seconds


class KeyReused(AftercartError):
    """This Idempotency-Key belongs to another path or another body."""


def dumped(body: Any) -> bytes:
    """JSON as it leaves: Decimals as strings, moments in UTC with a Z."""
    try:
        return orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:  # values stored before the intake refused what JSON cannot express: by a slower way
        return json.dumps(body, default=_slowly, ensure_ascii=True).encode()


def _slowly(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z))


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON answer that no cache keeps."""
    response = HttpResponse(dumped(body), status=status, content_type="application/json", headers=headers)
    response["Cache-Control"] = "no-store, private"
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether the client asked for JSON: by `?format=json`, `?json`, Accept, or as a script does."""
    # What the published storefront sends comes first; META, as `headers` copies all of them into another shape first.
    if request.META.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest" or request.content_type == "application/json":
        return True
    try:
        if request.GET.get("format") == "json" or "json" in request.GET:
            return True
    except SuspiciousOperation:  # more fields than anybody reads: Accept decides on the format of this answer
        pass
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def sentence(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language."""
    return gettext(refusal.template).format(**refusal.params)


def refusal_body(refusals: Iterable[Refusal]) -> dict[str, Any]:
    """The body of every refusal by a rule: the first one, then all of them."""
    listed = [{"code": r.code, "message": sentence(r), "order_item": r.order_item} for r in refusals]
    return {"error_code": listed[0]["code"], "non_field_errors": listed[0]["message"], "refusals": listed}


def _general(code: str, message: object) -> dict[str, Any]:
    return {"error_code": code, "non_field_errors": str(message), "refusals": []}


def _retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def answer(error: Exception) -> HttpResponse:  # noqa: PLR0912 (a table is as long as it is)
    """The table. Errors that it does not know are ours: 500."""
    match error:
        case NotFound() | Http404():
            return json_response(_general("not_found", NOT_FOUND), 404)
        case FieldErrors():
            return json_response(error.errors, 400)
        case ValidationError():
            return json_response(field_errors(error.errors), 400)
        case BadBody():
            return json_response({"non_field_errors": [str(error.reason)]}, error.status)
        case RequestDataTooBig():
            return json_response({"non_field_errors": [gettext("The body is too large.")]}, 413)
        case Refused():
            return json_response(refusal_body(error.refusals), 400)
        case TokenRefused():
            return json_response(_general("token_refused", NO_TOKEN), 401, {"WWW-Authenticate": "Bearer"})
        case NotAllowed():
            return json_response(_general("not_allowed", NOT_FOR_THIS.format(scope=error)), 403)
        case AuthenticationError():
            return json_response(_general("not_authenticated", NO_SESSION), 401)
        case TooManyTries():
            return json_response(_general("throttled", TOO_MANY), 429, _retry_after(error.seconds))
        case Throttled():
            return json_response(_general("throttled", TOO_MANY), 429, _retry_after(int(error.wait or 60)))
        case HttpError(__cause__=BadBody() as unread):  # ninja wraps what the parser raises
            return answer(unread)
        case HttpError() if error.status_code == 403:
            return json_response(_general("csrf_failed", NO_CSRF), 403)
        case HttpError() if error.status_code == 405:
            return json_response(_general("method_not_allowed", error.message), 405)
        case HttpError():
            return json_response(_general("refused", error.message), error.status_code)
        case TryLater():
            return json_response(_general(error.code, gettext(error.template)), 503, _retry_after(error.seconds))
        case KeyInUse():
            return json_response(_general("idempotency_key_in_use", KEY_IN_USE), 409, _retry_after(error.seconds))
        case KeyReused():
            return json_response(_general("idempotency_key_reused", KEY_REUSED), 422)
        case DatabaseError() if (seconds := seconds_to_wait(error)) is not None:
            # Away, overloaded, read-only…: it may be well in a moment. A repeat tells whether what was begun was done.
            logger.error("the database did not answer: %s", said_of(error))
            return json_response(_general("busy", BUSY), 503, _retry_after(seconds))
        case SuspiciousOperation():
            return json_response({"non_field_errors": [str(UNREADABLE)]}, 400)
        case _:
            logger.error("unexpected error", exc_info=error)
            return json_response(_general("server_error", OUR_FAULT), 500)


HANDLED = (
    AftercartError,
    BadBody,
    DatabaseError,
    Http404,
    HttpError,
    SuspiciousOperation,
    ValidationError,
    Exception,
)


def _answered(_request: HttpRequest, error: Any) -> HttpResponse:
    return answer(error)


def register(api: NinjaAPI) -> None:
    """Let the JSON API answer by the table alone."""
    for error in HANDLED:
        api.add_exception_handler(error, _answered)


def page(request: HttpRequest, status: int, message: object, hint: object = "") -> HttpResponse:
    """An error as a person sees it: what happened and what to do next."""
    return render(request, "error.html", {"status": status, "message": message, "hint": hint}, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Django's handler404: everything that no view answered."""
    if wants_json(request):
        return answer(NotFound())
    return page(
        request, 404, gettext("This page does not exist."), gettext("Check the link, or look into your orders.")
    )


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500, for what failed in a page or in a middleware. Rendered without the database."""
    error = sys.exception()  # Django is still handling it
    seconds = seconds_to_wait(error) if isinstance(error, DatabaseError) else None
    if seconds is not None:
        if wants_json(request):
            return answer(error)  # type: ignore[arg-type]
        return _bare_page(503, BUSY_PAGE, _retry_after(seconds))
    if wants_json(request):
        return json_response(_general("server_error", OUR_FAULT), 500)
    return _bare_page(500, BROKEN)


def _bare_page(status: int, message: object, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A page made of nothing that may be broken: no session, no context of a request, no database."""
    context = {
        "language": get_language(),
        "status": status,
        "message": message,
        "hint": TRY_AGAIN,
        "shop_name": settings.SHOP_NAME,
        "shop_accent": settings.SHOP_ACCENT.removeprefix("#"),
        "support_url": settings.SHOP_SUPPORT_URL,
        "support_email": settings.SHOP_SUPPORT_EMAIL,
    }
    try:
        content: str = render_to_string("broken.html", context)
    except Exception:
        # Even the templates: a merchant's own may be what broke. Whatever it is, an answer must go out.
        logger.exception("the page of an error could not be made")
        content = f"<!doctype html><title>{status}</title><p>{escape(message)} {escape(TRY_AGAIN)}"
    response = HttpResponse(content, status=status, headers=headers)
    response["Cache-Control"] = "no-store, private"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Django's handler400: a request that could not be read at all."""
    return answer_without_view(request, exception or SuspiciousOperation())


def answer_without_view(request: HttpRequest, error: Exception) -> HttpResponse:
    """The table's answer to a request that got to no view, as JSON or as a page."""
    told = answer(error)
    if wants_json(request):
        return told
    message, hint = PAGES.get(told.status_code, (UNREADABLE, ""))
    minutes = ceil(int(told.get("Retry-After", "0")) / 60)
    response = page(request, told.status_code, message, str(hint).format(minutes=minutes))
    for name, value in told.items():
        response.headers.setdefault(name, value)
    return response


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405, without the `Allow` that belongs to it."""
    return answer_without_view(request, HttpError(405, str(NO_SUCH_METHOD)))
