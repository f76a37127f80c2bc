"""The pages of an account that only read: sign in, my orders, one order. All work without JavaScript."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from aftercart.account import words
from aftercart.account.access import PRIVATE, customer_page, page_methods, safe_next, see_other, signed_in_customer
from aftercart.account.addresses import address_now
from aftercart.account.listing import listed, read_wanted, states, times
from aftercart.account.parcels import parcels
from aftercart.account.progress import order_progress
from aftercart.account.reading import OwnOrder, own_order
from aftercart.account.timeline import timeline
from aftercart.account.wishes import judged, requests_of, shown_requests, what_is_possible
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest
from aftercart.customers.sign_in import can_be_an_email, start_session
from aftercart.fastpath import CompiledQuery, batch
from aftercart.orders.models import Order, OrderItem
from aftercart.statuses import Status

PAGE_SIZE = 10
NAMES_SHOWN = 2


def order_context(own: OwnOrder, *, now: datetime) -> dict[str, Any]:
    """What the templates of an order need; `possible` is what its owner may do now, or why not."""
    judged_now = judged(own, now=now)
    return {
        "order": own.order,
        "items": own.items,
        "headline": words.headline(own.order),
        "progress": order_progress(Status(own.order.status)),
        "parcels": parcels(own.items),
        "payment": words.payment_name(own.order),
        "possible": what_is_possible(own, judged_now),
        "closes": next((found for found in judged_now if found.closes_at), None),
        "address": address_now(own),
    }


def sign_in_page(
    request: HttpRequest,
    *,
    next_url: str,
    status: int = 200,
    email: str = "",
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """The sign-in form, returning to where the customer was."""
    context = {"next": next_url, "email": email, "errors": errors or {}, "ways": settings.SIGN_IN}
    response = render(request, "sign_in.html", context, status=status)
    response["Cache-Control"] = PRIVATE["Cache-Control"]
    return response


@sensitive_post_parameters("password")
@page_methods
def sign_in_by_password(request: HttpRequest) -> HttpResponse:
    """Sign in, and go on to where the customer was. If the sign-in fails, 400 with the form again."""
    next_url = safe_next(request, reverse("orders"))
    if request.user.is_authenticated:
        return see_other(next_url)
    if request.method != "POST" or "password" not in settings.SIGN_IN:
        return sign_in_page(request, next_url=next_url)
    email, password = request.POST.get("email", "").strip(), request.POST.get("password", "")
    errors = {}
    if not email:
        errors["email"] = gettext("Enter your e-mail address.")
    elif not can_be_an_email(email):
        errors["email"] = gettext("Enter an e-mail address, as in name@example.com.")
    if not password:
        errors["password"] = gettext("Enter your password.")
    if not errors:
        customer = authenticate(request, username=email, password=password)
        if customer is not None:
            start_session(request, customer)
            return see_other(next_url)
        errors["password"] = gettext("The e-mail or the password is not right.")
    return sign_in_page(request, next_url=next_url, status=400, email=email, errors=errors)


@customer_page
def orders_page(request: HttpRequest) -> HttpResponse:
    """My orders, newest first; `?number=`, `?time=` and `?state=` narrow them. Seven statements at most."""
    customer, now = signed_in_customer(request), timezone.now()
    wanted = read_wanted(request.GET)
    page, is_cut = listed(customer, wanted, page=request.GET.get("page"), size=PAGE_SIZE, now=now)
    context = {
        "page": page,
        "orders": _with_first_items(page.object_list),
        "is_cut": is_cut,
        "wanted": wanted,
        "states": states(),
        "times": times(customer, now=now),
    }
    return render(request, "orders.html", context)


def _listed_orders(**ids: int) -> QuerySet[Order]:
    active = CancellationRequest.objects.filter(order=OuterRef("pk"), status__in=ACTIVE_REQUEST_STATUSES)
    orders = Order.objects.filter(pk__in=[*ids.values()]).annotate(is_asked=Exists(active))
    return orders.order_by("-created_date", "-pk")


def _first_items(**ids: int) -> QuerySet[OrderItem]:
    """The first items of each order, and how many it has."""
    items = OrderItem.objects.filter(order_id__in=[*ids.values()])
    placed = items.annotate(
        place=Window(RowNumber(), partition_by=F("order_id"), order_by="pk"),
        of_all=Window(Count("pk"), partition_by=F("order_id")),
    )
    return placed.filter(place__lte=NAMES_SHOWN).order_by("pk")


A_PAGE: dict[str, type] = {f"id{n}": int for n in range(PAGE_SIZE)}
LISTED_ORDERS = CompiledQuery(_listed_orders, **A_PAGE)
FIRST_ITEMS = CompiledQuery(_first_items, **A_PAGE)


def _with_first_items(ids: Iterable[int]) -> list[Any]:
    """Orders of a page, with `first_items`, how many `more_items` they have, and whether something `is_asked`."""
    padded = [*ids, *[0] * PAGE_SIZE]  # no order has this id
    chosen = dict(zip(A_PAGE, padded, strict=False))
    orders: list[Any]
    orders, items = batch(LISTED_ORDERS.bind(**chosen), FIRST_ITEMS.bind(**chosen))
    first: defaultdict[int, list[Any]] = defaultdict(list)
    for item in items:
        first[item.order_id].append(item)
    for order in orders:
        order.first_items = first[order.pk]
        order.more_items = (order.first_items[0].of_all if order.first_items else 0) - NAMES_SHOWN
    return orders


@customer_page
def order_page(request: HttpRequest, number: str) -> HttpResponse:
    """One order: where it is, what happened, what can be done."""
    own = own_order(signed_in_customer(request), number=number)
    requests = requests_of(own.order)
    context = order_context(own, now=timezone.now()) | {
        "requests": shown_requests(requests),
        "timeline": timeline(own.order, requests),
        "money": words.money_sentences(own.order, own.items, requests),
    }
    return render(request, "order.html", context)
