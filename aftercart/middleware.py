"""What HTTP demands of every answer, seen to here so that no new endpoint can forget it."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from aftercart import http_errors
from aftercart.errors import TooManyTries, TryLater
from aftercart.request_bodies import UNREAD

logger = logging.getLogger(__name__)

TELL_AGAIN_SECONDS = 60.0
Answering = Callable[[HttpRequest], HttpResponseBase]


def head_as_get(get_response: Answering) -> Answering:
    """HEAD is answered wherever GET is, with the same headers; the server omits the body (RFC 9110, 9.3.2)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        try:
            return get_response(request)
        finally:
            request.method = "HEAD"

    return middleware


def kept_by_no_cache(get_response: Answering) -> Answering:
    """No cache stores our answers, except those that say that they are the same for everybody."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return middleware


def lost_cookies(get_response: Answering) -> Answering:
    """Log cookies that the server could not hand over: whoever sent them is signed out here (production.md).

    No browser sends an empty header; granian makes one out of a header with a non-ASCII byte.
    """
    told = -TELL_AGAIN_SECONDS

    def middleware(request: HttpRequest) -> HttpResponseBase:
        nonlocal told
        if request.META.get("HTTP_COOKIE") == "" and time.monotonic() - told >= TELL_AGAIN_SECONDS:
            told = time.monotonic()
            logger.warning("cookies were lost on their way: one of them has a byte outside of ASCII")
        return get_response(request)

    return middleware


class BodyAndMethod:
    """What kept a request from its view, or a view from its answer, as JSON or as a page like every other error."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """A body that could not be read, and a method that is not allowed."""
        unread = request.META.get(UNREAD)
        if unread is not None:
            return http_errors.answer_without_view(request, unread)
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and response["Content-Type"] != "application/json":
            return _not_allowed(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Try again later: raised below the views, for example by the check of a password."""
        return http_errors.answer_without_view(request, error) if isinstance(error, TooManyTries | TryLater) else None


def _not_allowed(request: HttpRequest, refused: HttpResponseNotAllowed) -> HttpResponse:
    """405, with what is allowed."""
    allowed = {method.strip() for method in refused["Allow"].split(",") if method.strip()}
    response = http_errors.method_not_allowed(request)
    response["Allow"] = ", ".join(sorted(allowed | {"HEAD"} if "GET" in allowed else allowed))
    return response
