"""What a fast route is: a function that answers a request before Django has built one, or steps aside.

It is named with its app (`account/fast_routes.py`, `cancellations/fast_routes.py`), and `wsgi.py` asks it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from django.http import parse_cookie


class RequestHead:
    """As much of a request as a fast route looks at, under the names that Django gives it."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.META = environ
        self.COOKIES = parse_cookie(environ.get("HTTP_COOKIE", ""))


class RouteAnswer(NamedTuple):
    """An answer as it leaves: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Route(NamedTuple):
    """A function that may answer requests with this method and this beginning of their path.

    `answer`: takes the environ and the path, and returns None in any doubt, before anything has happened.
    """

    method: str
    prefix: str
    answer: Callable[[WSGIEnvironment, str], RouteAnswer | None]


def between(path: str, before: str, after: str) -> str:
    """The part of a path between these; empty if there is none."""
    return path[len(before) : -len(after)] if path.startswith(before) and path.endswith(after) else ""
