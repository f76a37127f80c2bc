"""What the ways to sign in share: whether one is chosen, where it leads on, and how often it may be tried."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from aftercart.account.access import BEHIND_A_LINK, page_methods, safe_next
from aftercart.customers.sign_in import client_address
from aftercart.customers.sign_in_links import LinkOver
from aftercart.http_errors import not_found, page
from aftercart.sign_in.mailing import SECONDS
from aftercart.throttling.counting import network_of, seconds_until_allowed

LONGEST_NEXT = 2000


def way(name: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponseBase]]:
    """A page of one way to sign in: 404 where the merchant has not chosen it; private; told to no other site."""

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @sensitive_post_parameters()
        @page_methods
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
            response: HttpResponseBase
            try:
                response = view(request, **kwargs) if name in settings.SIGN_IN else not_found(request)
            except LinkOver:
                context = {"next": where_to(request), "ways": settings.SIGN_IN}
                response = render(request, "sign_in/over.html", context, status=404)
            for header, value in BEHIND_A_LINK.items():
                response[header] = value
            return response

        return guarded

    return around


def where_to(request: HttpRequest) -> str:
    """Where the customer goes on: a page of ours, or their orders."""
    wanted = safe_next(request, "")
    return wanted if wanted and len(wanted) <= LONGEST_NEXT and "\0" not in wanted else reverse("orders")


def only_looks(request: HttpRequest) -> bool:
    """HEAD is answered as GET is (aftercart/middleware.py); but who only looks at a link must not use it up."""
    return bool(request.META["REQUEST_METHOD"] == "HEAD")


def failed(request: HttpRequest) -> HttpResponse:
    """One answer for all that may be wrong with another system's word; the log knows what it was."""
    return render(request, "sign_in/failed.html", {"next": where_to(request)}, status=400)


def out_of_reach(request: HttpRequest) -> HttpResponse:
    """503: the other system cannot be asked."""
    hint = gettext("Please try again in a minute.")
    response = page(request, 503, gettext("The shop's login does not answer."), hint)
    response["Retry-After"] = "60"
    return response


def count_sign_in_link(request: HttpRequest, *, now: datetime) -> int:
    """Count one asking for a link by a network; 0 where it is allowed, else the seconds to wait."""
    return seconds_until_allowed(
        scope="sign-in: links asked for from a network",
        key=network_of(client_address(request)),
        limit=settings.SIGN_IN_LINKS_PER_ADDRESS,
        seconds=SECONDS,
        now=now,
    )
