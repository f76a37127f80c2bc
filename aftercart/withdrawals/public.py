"""The public page for people without an account and without a link: order number and e-mail, and one answer for all."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from aftercart import http_errors
from aftercart.account.access import page_methods, see_other
from aftercart.customers.sign_in import client_address
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import WithdrawalRules
from aftercart.errors import FieldErrors
from aftercart.mailed_links.lookup import read_lookup
from aftercart.throttling.counting import network_of, seconds_until_allowed
from aftercart.withdrawals.actions import ask_for_withdrawal_link

TRIES_PER_ADDRESS = 20
TRIES_SECONDS = 60 * 60


@page_methods
def ask_to_withdraw_page(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: have a link mailed, and say so, whether or not there is such an order."""
    in_force = dynamic_settings.read_setting(WithdrawalRules)
    if not in_force.enabled:
        return http_errors.not_found(request)  # type: ignore[return-value]
    typed = {name: request.POST.get(name, "").strip() for name in ("number", "email")}
    context = {"label": in_force.label_in(get_language()), "typed": typed, "errors": {}}
    if request.method != "POST":
        return _private(render(request, "withdrawals/ask.html", context))
    now = timezone.now()
    wait = seconds_until_allowed(
        scope="withdrawal: links asked for from an address",
        key=network_of(client_address(request)),
        limit=TRIES_PER_ADDRESS,
        seconds=TRIES_SECONDS,
        now=now,
    )
    if wait:
        return _too_many(request, wait)
    try:
        asked = read_lookup(**typed)
    except FieldErrors as found:
        context["errors"] = {name: " ".join(texts) for name, texts in found.errors.items()}
        return _private(render(request, "withdrawals/ask.html", context, status=400))
    ask_for_withdrawal_link(asked, now=now)
    return see_other(reverse("withdraw-asked"))


@page_methods
def asked_to_withdraw_page(request: HttpRequest) -> HttpResponse:
    """What everybody is told."""
    days = settings.WITHDRAWAL_LINK_MAX_AGE // (24 * 60 * 60)
    return _private(render(request, "withdrawals/asked.html", {"days": days}))


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    hint = gettext("Please wait an hour, or ask the shop; a withdrawal by mail or e-mail is just as good.")
    response = http_errors.page(request, 429, gettext("That was asked too often."), hint)
    response["Retry-After"] = str(wait)
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
