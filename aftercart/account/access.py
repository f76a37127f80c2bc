"""Access to the account's pages: signed in, private. Pages may redirect to the sign-in; JSON never does."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from aftercart.customers.models import Customer
from aftercart.errors import NotFound, TryLater
from aftercart.http_errors import not_found, page
from aftercart.mailed_links.links import LinkExpired

PRIVATE = {"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex"}
# A link in a mail or a history must not lead anyone else here, nor tell other sites about it.
BEHIND_A_LINK = {**PRIVATE, "Referrer-Policy": "no-referrer"}
page_methods = require_http_methods(["GET", "HEAD", "POST"])


def customer_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """A page for a signed-in customer. What isn't theirs and what doesn't exist are the same 404; TryLater is 503."""

    @page_methods
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            response = view(request, **kwargs)
        except NotFound:
            response = not_found(request)
        except TryLater as later:
            hint = gettext("Wait a moment, then look into your order: it shows what became of it.")
            response = page(request, 503, gettext(later.template), hint)
            response["Retry-After"] = str(later.seconds)
        for name, value in PRIVATE.items():
            response[name] = value
        return response

    return guarded


def link_page(over: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponseBase]]:
    """A page opened by a mailed link, without an account. What we never signed is a 404 like any other.

    `over`: the template that says that the link has expired.
    """

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @page_methods
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: object) -> HttpResponseBase:
            response: HttpResponseBase
            try:
                response = view(request, **kwargs)
            except NotFound:
                response = not_found(request)
            except LinkExpired:
                response = render(request, over, kwargs, status=404)
            for name, value in BEHIND_A_LINK.items():
                response[name] = value
            return response

        return guarded

    return around


def signed_in_customer(request: HttpRequest) -> Customer:
    """The signed-in customer of a request; only behind `customer_page`."""
    customer = request.user
    assert isinstance(customer, Customer)
    return customer


def see_other(url: str) -> HttpResponse:
    """Go on with a GET: a reload repeats nothing."""
    return HttpResponseRedirect(url, status=303)


def safe_next(request: HttpRequest, default: str) -> str:
    """Where the form or the link wants to go on, if that is a page of ours."""
    wished = str(request.POST.get("next") or request.GET.get("next") or "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wished, allowed_hosts=hosts, require_https=request.is_secure())
    return wished if safe else default
