"""A guest's pages: asking for a link, the order that it opens, and asking the shop. All work without JavaScript."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from aftercart import http_errors
from aftercart.account import words
from aftercart.account.access import see_other
from aftercart.account.estimates import back_in, comes_back, pieces_of, shown_estimate
from aftercart.account.pages import order_context
from aftercart.account.reading import OwnOrder
from aftercart.account.timeline import timeline
from aftercart.account.wishes import requests_of, shown_requests
from aftercart.cancellations.actions import request_cancellation
from aftercart.cancellations.rules import Wish
from aftercart.errors import FieldErrors, Refused
from aftercart.guests.access import SENT, count_guest_link, guest_page
from aftercart.guests.actions import ask_for_guest_link, ask_for_new_link
from aftercart.guests.forms import GuestForm, judged_requests, look_ahead_for_guest, what_a_guest_may_ask
from aftercart.guests.reading import guest_order_behind
from aftercart.mailed_links.links import LinkExpired
from aftercart.mailed_links.lookup import read_lookup
from aftercart.orders.models import Order

HOUR = 60 * 60


@guest_page
def ask_page(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: have a link mailed, and say so, whether or not there is such an order."""
    typed = {name: request.POST.get(name, "").strip() for name in ("number", "email")}
    if request.method != "POST":
        return render(request, "guest/ask.html", {"typed": typed, "errors": {}})
    now = timezone.now()
    if wait := count_guest_link(request, now=now):
        return _too_many(request, wait)
    try:
        ask_for_guest_link(read_lookup(**typed), now=now)
    except FieldErrors as found:
        errors = {name: " ".join(texts) for name, texts in found.errors.items()}
        return render(request, "guest/ask.html", {"typed": typed, "errors": errors}, status=400)
    return see_other(reverse("guest-asked"))


@guest_page
def asked_page(request: HttpRequest) -> HttpResponse:
    """What everybody is told."""
    hours = max(1, settings.GUEST_LINK_MAX_AGE // HOUR)
    return render(request, "guest/asked.html", {"sent": gettext(SENT), "hours": hours})


@guest_page
def new_link(request: HttpRequest, signed: str) -> HttpResponse:
    """POST: mail a new link for one that has expired. A fresh one leads to its order."""
    try:
        guest_order_behind(signed)
    except LinkExpired as over:
        if request.method != "POST":
            raise
        now = timezone.now()
        if wait := count_guest_link(request, now=now):
            return _too_many(request, wait)
        ask_for_new_link(over.order_id, now=now)
        return see_other(reverse("guest-asked"))
    return see_other(reverse("guest-order", args=[signed]))


@guest_page
def guest_order_page(request: HttpRequest, signed: str) -> HttpResponse:
    """The order: where it is, what happened, what may be asked of the shop."""
    own, now = guest_order_behind(signed), timezone.now()
    requests = requests_of(own.order)
    context = order_context(own, now=now) | {
        "signed": signed,
        "possible": what_a_guest_may_ask(own, judged_requests(own, now=now)),
        "requests": shown_requests(requests),
        "timeline": timeline(own.order, requests),
        "money": words.money_sentences(own.order, own.items, requests),
    }
    return render(request, "guest/order.html", context)


@guest_page
def guest_cancel_page(request: HttpRequest, signed: str) -> HttpResponse:
    """GET: the form. POST `review`: the confirming page; `edit`: back; `confirm`: ask the shop, on to the order."""
    own, now = guest_order_behind(signed), timezone.now()
    data = request.POST if request.method == "POST" else None
    form = GuestForm(own, now=now, data=data)
    step = request.POST.get("step", "review")
    if data is None or step == "edit":
        return _form(request, form, signed)
    try:
        wish = form.wish()
        if step != "confirm":
            look_ahead_for_guest(own, wish, now=now)
            return _confirm(request, form, wish)
        orders = Order.objects.filter(pk=own.order.pk)
        made = request_cancellation(customer=own.order.customer, orders=orders, wish=wish, now=now)
    except FieldErrors as found:
        form.show_errors(found.errors)
    except Refused as refused:
        # Something may have happened since the form was made: show it as it is now.
        form = GuestForm(guest_order_behind(signed), now=now, data=data)
        form.show_refused(refused)
    else:
        messages.info(request, words.requested_message(made))
        return see_other(reverse("guest-order", args=[signed]))
    return _form(request, form, signed, status=400)


def _form(request: HttpRequest, form: GuestForm, signed: str, status: int = 200) -> HttpResponse:
    possible = what_a_guest_may_ask(form.own, form.judged)
    context = {"form": form, "order": form.own.order, "possible": possible, "signed": signed}
    return render(request, "guest/cancel.html", context, status=status)


def _confirm(request: HttpRequest, form: GuestForm, wish: Wish) -> HttpResponse:
    own: OwnOrder = form.own
    subjects = {choice.value: choice.label for choices in form.reasons.values() for choice in choices}
    estimate = comes_back(own.order, own.items).estimate(pieces_of(wish, own.items))
    context = {
        "form": form,
        "order": own.order,
        "because": [gettext("Without an account, the shop looks at every wish before anything is cancelled.")],
        "chosen": [(line, subjects.get(line.reason, "")) for line in form.chosen],
        "any_return": any(line.is_return for line in form.chosen),
        "all_return": all(line.is_return for line in form.chosen),
        "money_back": words.money_back(own.order, back_in(estimate)),
        "estimate": shown_estimate(estimate, own.order),
        "closes": None,
    }
    return render(request, "cancel_confirm.html", context)


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    response = http_errors.page(
        request, 429, gettext("That was asked too often."), gettext("Please wait an hour, or ask the shop.")
    )
    response["Retry-After"] = str(wait)
    return response
