"""Middleware and listeners that have to see every request: if there are any, the fast routes are off."""

from collections.abc import Iterator
from weakref import ReferenceType

from django.conf import settings
from django.core.signals import request_finished, request_started

# The middleware whose part the fast routes do themselves, or whose part is nothing where they answer.
STOOD_FOR = frozenset(
    {
        "aftercart.middleware.head_as_get",
        "aftercart.middleware.kept_by_no_cache",
        "aftercart.middleware.lost_cookies",
        "django.middleware.security.SecurityMiddleware",
        "aftercart.static_files.StaticFilesMiddleware",
        "aftercart.customers.sessions.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "aftercart.customers.sessions.CustomerMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "csp.middleware.CSPMiddleware",
        "simple_history.middleware.HistoryRequestMiddleware",
        "aftercart.middleware.BodyAndMethod",
    }
)


def onlookers() -> list[str]:
    """The names of other middleware, and of listeners to a request's beginning and end besides Django's own."""
    return [*(name for name in settings.MIDDLEWARE if name not in STOOD_FOR), *sorted({*_listeners()})]


def _listeners() -> Iterator[str]:
    for signal in (request_started, request_finished):
        for _, receiver, *_ in signal.receivers:
            listener = receiver() if isinstance(receiver, ReferenceType) else receiver
            module = getattr(listener, "__module__", "")
            if listener is not None and module.split(".", maxsplit=1)[0] != "django":
                yield f"{module}.{getattr(listener, '__qualname__', type(listener).__qualname__)}"
