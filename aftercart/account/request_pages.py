"""The pages of one request: what was asked, what the shop says, how to send it back, and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from aftercart.account.access import customer_page, see_other, signed_in_customer
from aftercart.account.request_words import money_goes, request_progress, what_next
from aftercart.account.wishes import shown_requests
from aftercart.cancellations.actions import withdraw_request
from aftercart.cancellations.models import CancellationRequest, RequestStatus
from aftercart.customers.models import Customer
from aftercart.errors import NotFound, Refused
from aftercart.http_errors import sentence

SHOWN = ("order", "order__customer", "order_item", "reason", "easy_return_company")


@customer_page
def request_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One request. Three statements."""
    own = _own_request(signed_in_customer(request), uuid)
    return render(request, "request.html", _context(own))


@customer_page
def take_back_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """GET: ask for confirmation. POST: take the request back, then on to its page."""
    customer = signed_in_customer(request)
    own = _own_request(customer, uuid)
    if request.method != "POST":
        return render(request, "request_take_back.html", _context(own))
    try:
        done = withdraw_request(customer=customer, request_uuid=uuid, now=timezone.now())
    except Refused as refused:
        context = _context(_own_request(customer, uuid)) | {"error": sentence(refused.refusals[0])}
        return render(request, "request.html", context, status=400)
    if done.status == RequestStatus.WITHDRAWN:
        messages.success(request, gettext("Your request is taken back."))
    else:
        messages.info(request, gettext("We are taking your request back; its page shows when that is done."))
    return see_other(reverse("request", args=[uuid]))


def _own_request(customer: Customer, uuid: UUID) -> CancellationRequest:
    own = CancellationRequest.objects.filter(order__customer=customer, uuid=uuid)
    found = own.select_related(*SHOWN).first()
    if found is None:
        raise NotFound
    return found


def _context(own: CancellationRequest) -> dict[str, object]:
    together = (
        CancellationRequest.objects.filter(attempt=own.attempt_id).exclude(pk=own.pk).select_related("order_item")
    )
    return {
        "own": own,
        "order": own.order,
        "asked": shown_requests([own])[0],
        "progress": request_progress(own),
        "what_next": what_next(own),
        "money_goes": money_goes(own),
        "error": "",
        "together": list(together) if own.attempt_id else [],
    }
