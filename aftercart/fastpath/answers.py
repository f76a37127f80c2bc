"""Answers of fast routes, with the headers and in the language that Django's middleware would have given them."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils import translation

from aftercart import http_errors
from aftercart.fastpath.routes import RouteAnswer

LONGEST_CACHED = 200  # characters of a header that a client chooses, in what is cached
VARY = "Accept-Language, Cookie"


def as_json(content: Any, *, language: str, headers: Mapping[str, str]) -> RouteAnswer:
    """200 with JSON."""
    body = http_errors.dumped(content)
    return RouteAnswer(200, {**_common(language), "Content-Type": "application/json", **_sized(body), **headers}, body)


def of_response(response: HttpResponse, *, language: str) -> RouteAnswer:
    """What a view of Django's would have answered."""
    body = response.content
    return RouteAnswer(response.status_code, {**_common(language), **_sized(body), **dict(response.items())}, body)


def language_of(request: Any) -> str:
    """The language that Django would choose: by the cookie, by Accept-Language."""
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    if len(cookie) + len(accepted) > LONGEST_CACHED:
        return translation.get_language_from_request(request)
    return _chosen(cookie, accepted)


@lru_cache(maxsize=256)
def _chosen(cookie: str, accepted: str) -> str:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    return translation.get_language_from_request(request)


def _common(language: str) -> dict[str, str]:
    """What the middleware between Django's door and a view would have said."""
    return {
        "Content-Language": language,
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Vary": VARY,
        "Cache-Control": "no-store, private",
    }


def _sized(body: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(body))}


@lru_cache(maxsize=64)
def security_headers(scheme: str, forwarded: str) -> dict[str, str] | None:
    """What Django's security middleware adds to an answer to such a request; None where it will not have it."""
    environ = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": scheme, "wsgi.input": BytesIO()}
    if forwarded:
        environ["HTTP_X_FORWARDED_PROTO"] = forwarded
    response: Any = SecurityMiddleware(lambda _request: HttpResponse())(WSGIRequest(environ))
    del response["Content-Type"]
    return dict(response.items()) if response.status_code == 200 else None
