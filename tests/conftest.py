"""Ada owns, Eve is a stranger; the sandbox stands behind every promise."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from aftercart import omnitron_client
from omnitron_sandbox import Sandbox, running
from tests import builders, database

# How long an example takes is the machine's business; that it ends at all is the timeout's. CI tries the same examples
# each time: what new ones find is for a run that somebody watches, and stays as an example of its own.
hypothesis_settings.register_profile("aftercart", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.load_profile("aftercart")


def pytest_configure(config: pytest.Config) -> None:
    """The tests' folders lie in one that is gone after a run in which all went well."""
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="aftercart-tests-")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than processors: tests of real servers spend a third of their time waiting for them."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take longer than others comes first: at the end nobody waits for it alone."""
    items.sort(key=_may_take, reverse=True)


def _may_take(item: pytest.Item) -> float:
    """Seconds, where a test has more of them than others."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker and marker.args else 0.0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave nothing behind, but what may explain a failure."""
    if not session.testsfailed and not hasattr(session.config, "workerinput"):
        shutil.rmtree(session.config.option.basetemp, ignore_errors=True)


def demanded(what: str) -> None:
    """Skip because something is missing here, or fail where nothing may be skipped (REQUIRE_ALL=1)."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, and {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The migrated database, and a copy of it that each test's rows end with."""
    with django_db_blocker.unblock():
        database.keep()


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A request leaves its language behind in its thread, which is the next test's thread, too."""
    translation.activate(django_settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    with running(plan_delay=-1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """Omnitron, empty and without faults, behind the service."""
    _sandbox.reset()
    settings.OMNITRON_URL = _sandbox.url
    settings.OMNITRON_USERNAME = _sandbox.username
    settings.OMNITRON_PASSWORD = _sandbox.password
    settings.OMNITRON_CHANNEL_ID = _sandbox.channel_id
    omnitron_client.forget_omnitron()
    yield _sandbox
    omnitron_client.forget_omnitron()
    _sandbox.clear_faults()
    _sandbox.power(True)


@pytest.fixture
def omnitron(transactional_db: None, sandbox: Sandbox) -> Sandbox:
    """The sandbox behind a shop that has its reason 1, and 4 for a return."""
    cache.clear()
    builders.a_reason(pk=1)
    builders.a_reason(pk=4, cancellation_type="refund", subject="Does not fit")
    return sandbox


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return builders.a_customer("ada")


@pytest.fixture
def eve(transactional_db: None) -> Any:
    return builders.a_customer("eve")


class AsServed(ClientHandler):
    """What answers in service, for Django's test client: the fast routes, and Django behind them."""

    def __call__(self, environ: dict[str, Any]) -> Any:
        from aftercart.wsgi import application  # there are no models before

        answer = application.answer(environ)
        if answer is None:
            return super().__call__(environ)
        response: Any = HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
        response.wsgi_request = WSGIRequest(environ)  # the client asks it for its way to a view
        return response


class SignedIn(Client):
    """A browser's worth of a customer: session, CSRF cookie and header, JSON in and out."""

    def __init__(self, customer: Any = None, *, fast_routes: bool = True, **headers: Any) -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False)
        if fast_routes:
            self.handler = AsServed(enforce_csrf_checks=True)
        self.headers = {"Accept": "application/json", **headers}
        self.customer = customer
        if customer is not None:
            self.force_login(customer, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
        self.token = self.get("/csrf_token/", headers=self.headers).json()["csrf_token"]

    def send(self, path: str, body: Any, **headers: Any) -> Any:
        """POST JSON with the CSRF token."""
        return self.post(
            path,
            body,
            content_type="application/json",
            headers={**self.headers, "X-CSRFToken": self.token, **headers},
        )

    def cancel(self, order: Any, body: Any = None, **headers: Any) -> Any:
        """POST a cancellation, by default of every item."""
        return self.send(f"/orders/{order.number}/cancel/", builders.a_body(order) if body is None else body, **headers)

    def read(self, path: str, **headers: Any) -> Any:
        """GET JSON."""
        return self.get(path, headers={**self.headers, **headers})


@pytest.fixture
def browser_of() -> Callable[..., SignedIn]:
    """Make a signed-in client for a customer."""
    return SignedIn


@pytest.fixture
def at_ada(ada: Any) -> SignedIn:
    return SignedIn(ada)


@pytest.fixture
def at_eve(eve: Any) -> SignedIn:
    return SignedIn(eve)


@pytest.fixture
def stock(omnitron: Sandbox) -> Callable[..., Any]:
    """Make an order that Omnitron knows too."""

    def make(customer: Any, **fields: Any) -> Any:
        order = builders.an_order(customer, **fields)
        omnitron.add_orders([builders.as_wire(order)])
        return order

    return make
