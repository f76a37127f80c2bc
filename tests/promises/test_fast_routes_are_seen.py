"""Nobody misses a request that a fast route answers: neither the logs, nor who listens to Django, nor the customer."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from django.db import OperationalError
from django.test import RequestFactory, override_settings
from django.urls import path
from django.utils import translation

from aftercart import http_errors
from aftercart.fastpath import Route
from aftercart.fastpath.onlookers import onlookers
from aftercart.fastpath.wsgi import WithFastRoutes

pytestmark = pytest.mark.fastpath


def fail(_environ: Any, _path: str) -> Any:
    raise OperationalError("away")


def failing_view(_request: Any) -> Any:
    return http_errors.answer(OperationalError("away"))


FAILING = Route("GET", "/orders/", fail)
urlpatterns = [path("orders/", failing_view)]


class Lines(logging.Handler):
    """What is logged of requests."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, str, int, str]] = []

    def emit(self, record: Any) -> None:
        self.lines.append((record.levelno, record.getMessage(), record.status_code, record.request.path))


@pytest.fixture
def lines() -> Iterator[list[tuple[int, str, int, str]]]:
    handler = Lines()
    logging.getLogger("django.request").addHandler(handler)
    yield handler.lines
    logging.getLogger("django.request").removeHandler(handler)


def answered(*routes: Route) -> str:
    """The status line of an answer, by Django where there are no routes."""
    told: list[str] = []

    def start(status: str, _headers: Any, _error: Any = None) -> Any:
        told.append(status)

    environ = RequestFactory().get("/orders/", headers={"X-Requested-With": "XMLHttpRequest"}).META
    WithFastRoutes(WSGIHandler(), *routes)(environ, start)
    return told[0]


def test_a_route_that_fails_is_logged_as_django_logs_a_view(lines: list[Any], transactional_db: None) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        assert answered() == answered(FAILING) == "503 Service Unavailable"
    by_django, by_a_route = lines
    assert by_django == by_a_route == (logging.ERROR, "Service Unavailable: /orders/", 503, "/orders/")


def test_a_route_that_fails_says_so_in_the_language_of_whoever_asks() -> None:
    application = WithFastRoutes(lambda _environ, _start: [], FAILING)
    asked = RequestFactory().get("/orders/", headers={"Accept-Language": "tr"}).META
    with translation.override("en"):  # the request before left this behind
        answer = application.answer(asked)
    assert answer is not None
    assert (answer.status, answer.headers["Content-Language"], answer.headers["Retry-After"]) == (503, "tr", "5")
    assert json.loads(answer.body)["non_field_errors"].startswith("Şu anda")


def a_middleware(get_response: Any) -> Any:
    return get_response


def is_answered_early() -> bool:
    application = WithFastRoutes(lambda _environ, _start: [], FAILING)
    return application.answer(RequestFactory().get("/orders/").META) is not None


def test_as_shipped_nobody_else_has_to_see_every_request() -> None:
    assert onlookers() == []
    assert is_answered_early()


def test_where_a_middleware_was_added_there_are_no_fast_routes(settings: Any) -> None:
    settings.MIDDLEWARE = [f"{__name__}.a_middleware", *settings.MIDDLEWARE]
    assert onlookers() == [f"{__name__}.a_middleware"]
    assert not is_answered_early()


def test_where_somebody_listens_to_djangos_requests_there_are_no_fast_routes() -> None:
    def listener(**_facts: Any) -> None:
        """An application-performance monitor, say."""

    request_finished.connect(listener)
    try:
        assert not is_answered_early()
    finally:
        request_finished.disconnect(listener)
