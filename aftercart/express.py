"""The express: requests that come all day long, answered before Django has made a request of them.

Most of what a request passes on its way through Django (signals, a dozen middleware, routing, a session object) does
nothing for these. A *way* looks at what the server was asked and either answers or, in any doubt, returns None: then
Django answers, by the same verbs and the same representation. Tests hold the two equal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.middleware.security import SecurityMiddleware
from django.utils import translation

from aftercart import http_errors, request_bodies

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

LONGEST_KEPT = 200  # characters of a header that a client chooses, in what is kept
VARY = "Accept-Language, Cookie"
STATUS_LINES = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}


class Asked:
    """As much of a request as a way looks at, under the names that Django gives it."""

    def __init__(self, environ: Environ) -> None:
        self.META = environ
        self.COOKIES = parse_cookie(environ.get("HTTP_COOKIE", ""))


class Answer(NamedTuple):
    """An answer as it leaves: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Way(NamedTuple):
    """What may answer a request of this method whose path begins so. `answer`: the environ and the path."""

    method: str
    prefix: str
    answer: Callable[[Environ, str], Answer | None]


class Express:
    """The WSGI application around Django's."""

    def __init__(self, django: Callable[[Environ, StartResponse], Iterable[bytes]], *ways: Way) -> None:
        self.django, self.ways = django, ways

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of the first way that has one, else Django's. The body is read before either is asked."""
        request_bodies.take(environ)
        answer = None
        if ways := [*self._ways_of(environ)]:
            _end_old_connection()  # as Django does before and after each of its own requests
            try:
                answer = _first(ways, environ)
            finally:
                _end_old_connection()
        if answer is None:
            return self.django(environ, start_response)
        start_response(STATUS_LINES[answer.status], [*answer.headers.items()])
        return [answer.body]

    def answer(self, environ: Environ) -> Answer | None:
        """What is answered before Django is asked; None where it has to be."""
        request_bodies.take(environ)
        return _first([*self._ways_of(environ)], environ)

    def _ways_of(self, environ: Environ) -> Iterable[Way]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        return (way for way in self.ways if way.method == method and path.startswith(way.prefix))


def _first(ways: Sequence[Way], environ: Environ) -> Answer | None:
    path: str = environ["PATH_INFO"]
    if not path.isascii():  # WSGI hands its bytes over as they are
        return None
    if request_bodies.UNREAD in environ or not _is_for_us(environ):
        return None
    secured = _security_headers(environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_PROTO", "")[:LONGEST_KEPT])
    if secured is None:
        return None
    for way in ways:
        try:
            answer = way.answer(environ, path)
        except Exception as error:  # noqa: BLE001 (the table knows them all, as for every other view)
            language = language_of(Asked(environ))  # the thread still speaks that of the request before
            with translation.override(language):
                answer = of_response(http_errors.answer(error), language=language)
        if answer is not None:
            return answer._replace(headers={**secured, **answer.headers})
    return None


def _is_for_us(environ: Environ) -> bool:
    """Whether Django would answer at this `Host` at all."""
    host: str = environ["HTTP_HOST"] if "HTTP_HOST" in environ else environ.get("SERVER_NAME", "")
    return len(host) <= LONGEST_KEPT and _is_allowed(host, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=64)
def _is_allowed(host: str, _allowed: tuple[str, ...]) -> bool:
    request = HttpRequest()
    request.META["HTTP_HOST"] = host
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def between(path: str, before: str, after: str) -> str:
    """What stands in a path between these; empty where there is nothing."""
    return path[len(before) : -len(after)] if path.startswith(before) and path.endswith(after) else ""


def as_json(content: Any, *, language: str, headers: Mapping[str, str]) -> Answer:
    """200 with JSON."""
    body = http_errors.dumped(content)
    return Answer(200, {**_said(language), "Content-Type": "application/json", **_sized(body), **headers}, body)


def of_response(response: HttpResponse, *, language: str) -> Answer:
    """What a view of Django's would have answered."""
    body = response.content
    return Answer(response.status_code, {**_said(language), **_sized(body), **dict(response.items())}, body)


def language_of(request: Any) -> str:
    """The language that Django would choose: by the cookie, by Accept-Language."""
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    if len(cookie) + len(accepted) > LONGEST_KEPT:
        return translation.get_language_from_request(request)
    return _chosen(cookie, accepted)


@lru_cache(maxsize=256)
def _chosen(cookie: str, accepted: str) -> str:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    return translation.get_language_from_request(request)


def _said(language: str) -> dict[str, str]:
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
def _security_headers(scheme: str, forwarded: str) -> dict[str, str] | None:
    """What Django's security middleware adds to an answer to such a request; None where it will not have it."""
    environ = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": scheme, "wsgi.input": BytesIO()}
    if forwarded:
        environ["HTTP_X_FORWARDED_PROTO"] = forwarded
    response: Any = SecurityMiddleware(lambda _request: HttpResponse())(WSGIRequest(environ))
    del response["Content-Type"]
    return dict(response.items()) if response.status_code == 200 else None


def _end_old_connection() -> None:
    """What `close_old_connections` does, which asks the connection about itself for longer than a statement takes."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.connection is None:
        return
    connection.health_check_done = False
    is_old = connection.close_at is not None and monotonic() >= connection.close_at
    if is_old or connection.errors_occurred or not connection.autocommit:
        connection.close_if_unusable_or_obsolete()
