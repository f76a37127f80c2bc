"""The pages of the address book: list, add, edit, remove, and which one is the main address."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from aftercart.account.access import customer_page, safe_next, see_other, signed_in_customer
from aftercart.account.address_form import AddressForm, blank_form, form_of, next_level, typed_form
from aftercart.customers.address_book import make_primary, own_address, remove_address
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address


@customer_page
def addresses_page(request: HttpRequest) -> HttpResponse:
    """The address book, the main address first."""
    book = Address.objects.belonging_to(signed_in_customer(request)).with_places()
    return render(request, "addresses.html", {"book": [(address, copy_of(address)) for address in book]})


@customer_page
def new_address(request: HttpRequest) -> HttpResponse:
    """Add an entry. POST `places`: the same form with the lists of what was chosen; `save`: do it."""
    customer = signed_in_customer(request)
    if request.method != "POST":
        return _form(request, blank_form(customer))
    return _saved(request, typed_form(customer, request.POST))


@customer_page
def edit_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an entry; the same steps. Orders keep their own copies."""
    customer = signed_in_customer(request)
    address = own_address(customer, pk)
    if request.method != "POST":
        return _form(request, form_of(customer, address))
    return _saved(request, typed_form(customer, request.POST, address))


@customer_page
def delete_address(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: ask for confirmation. POST: remove the entry."""
    customer = signed_in_customer(request)
    address = own_address(customer, pk)
    if request.method != "POST":
        return render(request, "address_delete.html", {"address": address, "copy": copy_of(address)})
    remove_address(customer=customer, pk=pk)
    messages.success(request, gettext("The address is no longer in your address book."))
    return see_other(reverse("addresses"))


@customer_page
def primary_address(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: make an entry the main address. GET leads back to the list."""
    if request.method == "POST":
        address = make_primary(customer=signed_in_customer(request), pk=pk)
        messages.success(request, gettext("“%(title)s” is your main address now.") % {"title": address.title})
    return see_other(reverse("addresses"))


def _saved(request: HttpRequest, form: AddressForm) -> HttpResponse:
    if request.POST.get("step") == "places":
        return _form(request, form)
    address = form.save()
    if address is None:
        return _form(request, form, status=400)
    messages.success(request, gettext("The address is in your address book."))
    going_on = safe_next(request, "")
    if not going_on:
        return see_other(reverse("addresses"))
    return see_other(f"{going_on}{'&' if '?' in going_on else '?'}{urlencode({'address': address.pk})}")


def _form(request: HttpRequest, form: AddressForm, status: int = 200) -> HttpResponse:
    levels = form.levels
    context = {
        "form": form,
        "levels": levels,
        "next_level": next_level(levels),
        "next": safe_next(request, ""),
    }
    return render(request, "address_form.html", context, status=status)
