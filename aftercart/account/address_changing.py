"""The page that changes a delivery address: choose, compare old and new, done."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from aftercart import omnitron_client
from aftercart.account.access import customer_page, see_other, signed_in_customer
from aftercart.account.addresses import AddressChoice, address_choices, address_now
from aftercart.account.reading import OwnOrder, own_order
from aftercart.address_changes import actions
from aftercart.address_changes.models import AddressChange
from aftercart.errors import FieldErrors, Refused, TryLater
from aftercart.http_errors import sentence


@customer_page
def change_address_page(request: HttpRequest, number: str) -> HttpResponse:
    """GET: the address book. POST `review`: old and new side by side; `confirm`: do it, on to the order."""
    customer = signed_in_customer(request)
    own = own_order(customer, number=number)
    book = address_choices(own, customer)
    step = request.POST.get("step", "review")
    wished = request.POST.get("address") or request.GET.get("address")  # the latter if it was just added to the book
    chosen = next((entry for entry in book if str(entry.address.pk) == wished), None)
    if request.method != "POST" or step == "edit":
        return _form(request, own, book, chosen)
    if chosen is None:
        return _form(request, own, book, chosen, error=gettext("Choose an address."), status=400)
    if step != "confirm":
        if reason := address_now(own).why_not:
            return _form(request, own, book, chosen, error=reason, status=400)
        return render(request, "address_confirm.html", {"order": own.order, "chosen": chosen})
    try:
        change = actions.change_address(
            customer=customer,
            order_id=own.order.pk,
            address_id=chosen.address.pk,
            channel_id=None,
            now=timezone.now(),
            omnitron=omnitron_client.omnitron(),
        )
    except FieldErrors as found:
        listed = " ".join(text for texts in found.errors.values() for text in texts)
        return _form(request, own, book, chosen, error=listed, status=400)
    except Refused as refused:
        return _form(request, own, book, chosen, error=sentence(refused.refusals[0]), status=400)
    except TryLater as later:
        response = _form(request, own, book, chosen, error=gettext(later.template), status=503)
        response["Retry-After"] = str(later.seconds)
        return response
    _tell(request, change)
    return see_other(reverse("order", args=[number]))


def _form(
    request: HttpRequest,
    own: OwnOrder,
    book: list[AddressChoice],
    chosen: AddressChoice | None,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "order": own.order,
        "book": book,
        "chosen": chosen,
        "error": error,
        "address": address_now(own),
    }
    return render(request, "address.html", context, status=status)


def _tell(request: HttpRequest, change: AddressChange) -> None:
    if change.state == AddressChange.State.SUBMITTED:
        messages.success(request, gettext("Your order goes to the new address."))
    else:
        messages.info(
            request,
            gettext("The shop has to approve the new address. Until then your order goes to the old one."),
        )
