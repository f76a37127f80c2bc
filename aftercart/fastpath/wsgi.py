"""The WSGI application around Django's: the most frequent requests are answered before Django builds a request object.

Most of what a request goes through in Django (signals, a dozen middleware, routing, a session object) does nothing for
these. A fast route looks at the environ and either answers or, in any doubt, returns None: then Django answers, with
the same verbs and the same representation. Tests hold the two equal.

Errors are logged as Django logs them. If something else has to see every request (`onlookers.py`), there are no fast
routes.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.utils import translation

from aftercart import http_errors, request_bodies
from aftercart.fastpath.answers import LONGEST_CACHED, language_of, of_response, security_headers
from aftercart.fastpath.onlookers import onlookers
from aftercart.fastpath.routes import RequestHead, Route, RouteAnswer

logger = logging.getLogger(__name__)
requests = logging.getLogger("django.request")

STATUS_LINES = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}


class WithFastRoutes:
    """The WSGI application around Django's."""

    def __init__(self, django: WSGIApplication, *routes: Route) -> None:
        self.django, self.routes = django, routes
        if routes and (others := onlookers()):
            self.routes = ()
            logger.warning("no fast routes (aftercart/fastpath/README.md): %s would miss them", ", ".join(others))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of the first route that has one, else Django's. The body is read before either is asked."""
        request_bodies.read_whole_body(environ)
        answer = None
        if routes := [*self._routes_of(environ)]:
            _end_old_connection()  # as Django does before and after each of its own requests
            try:
                answer = _first(routes, environ)
            finally:
                _end_old_connection()
        if answer is None:
            return self.django(environ, start_response)
        start_response(STATUS_LINES[answer.status], [*answer.headers.items()])
        return [answer.body]

    def answer(self, environ: WSGIEnvironment) -> RouteAnswer | None:
        """The answer that needs no Django; None if Django has to be asked."""
        request_bodies.read_whole_body(environ)
        return _first([*self._routes_of(environ)], environ)

    def _routes_of(self, environ: WSGIEnvironment) -> Iterable[Route]:
        if "routes" not in settings.FASTPATH:
            return ()
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        return (route for route in self.routes if route.method == method and path.startswith(route.prefix))


def _first(routes: Sequence[Route], environ: WSGIEnvironment) -> RouteAnswer | None:
    path: str = environ["PATH_INFO"]
    if not path.isascii():  # WSGI hands its bytes over as they are
        return None
    if request_bodies.UNREAD in environ or not _is_for_us(environ):
        return None
    secured = security_headers(environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_PROTO", "")[:LONGEST_CACHED])
    if secured is None:
        return None
    for route in routes:
        try:
            answer = route.answer(environ, path)
        except Exception as error:  # noqa: BLE001 (the table knows them all, as for every other view)
            language = language_of(RequestHead(environ))  # the thread still has the former request's language
            with translation.override(language):
                answer = of_response(http_errors.answer(error), language=language)
        if answer is not None:
            if answer.status >= HTTPStatus.BAD_REQUEST:
                _log(answer, environ)
            return answer._replace(headers={**secured, **answer.headers})
    return None


def _log(answer: RouteAnswer, environ: WSGIEnvironment) -> None:
    """What Django logs of such an answer."""
    level = logging.ERROR if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
    if requests.isEnabledFor(level):
        extra = {"status_code": answer.status, "request": WSGIRequest(environ)}
        requests.log(level, "%s: %s", HTTPStatus(answer.status).phrase, environ["PATH_INFO"], extra=extra)


def _is_for_us(environ: WSGIEnvironment) -> bool:
    """Whether Django would answer at this `Host` at all."""
    host: str = environ["HTTP_HOST"] if "HTTP_HOST" in environ else environ.get("SERVER_NAME", "")
    return len(host) <= LONGEST_CACHED and _is_allowed(host, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=64)
def _is_allowed(host: str, _allowed: tuple[str, ...]) -> bool:
    request = HttpRequest()
    request.META["HTTP_HOST"] = host
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _end_old_connection() -> None:
    """What `close_old_connections` does, whose checks of the connection take longer than a statement."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.connection is None:
        return
    connection.health_check_done = False
    is_old = connection.close_at is not None and monotonic() >= connection.close_at
    if is_old or connection.errors_occurred or not connection.autocommit:
        connection.close_if_unusable_or_obsolete()
