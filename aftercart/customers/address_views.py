"""The JSON API for the address book, as the published storefront calls it."""

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router

from aftercart.customers.address_book import own_address, remove_address, save_address
from aftercart.customers.address_copy import copy_of, flat_copy_of
from aftercart.customers.address_payloads import AddressPayload
from aftercart.customers.models import Address
from aftercart.customers.response_schemas import AddressSchema, DetailedAddressSchema
from aftercart.http_errors import json_response
from aftercart.paging import page_of
from aftercart.response_schemas import REFUSALS, ErrorSchema, PageSchema

router = Router(tags=["Address book"])
READ = {401: ErrorSchema}
ENTRY = {200: AddressSchema, 404: ErrorSchema, **REFUSALS}


@router.get(
    "/address/detailed/",
    summary="Addresses with their places",
    response={200: PageSchema[DetailedAddressSchema], **READ},
)
def detailed_addresses(request: HttpRequest) -> HttpResponse:
    """The address book, the primary address first; all of it, unless a page is asked for."""
    book = Address.objects.belonging_to(request.user).with_places()  # type: ignore[arg-type]
    return json_response(page_of(request, book, copy_of, size=100))


@router.get("/address/", summary="Addresses", response={200: PageSchema[AddressSchema], **READ})
def addresses(request: HttpRequest) -> HttpResponse:
    """The address book, with places by their ids; ten to a page."""
    book = Address.objects.belonging_to(request.user)  # type: ignore[arg-type]
    return json_response(page_of(request, book, flat_copy_of, size=10))


@router.post("/address/", summary="Add an address", response={201: AddressSchema, **REFUSALS})
def add(request: HttpRequest, payload: Body[AddressPayload]) -> HttpResponse:
    """201 with the address; the same address again is the same address."""
    address = save_address(customer=request.user, fields=payload)  # type: ignore[arg-type]
    return json_response(flat_copy_of(address), 201)


@router.get("/address/{int:pk}/", summary="One address", response={200: AddressSchema, 404: ErrorSchema, **READ})
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The address; 404 for unknown and others' entries alike."""
    return json_response(flat_copy_of(own_address(request.user, pk)))  # type: ignore[arg-type]


@router.patch("/address/{int:pk}/", summary="Change an address", response=ENTRY)
def change(request: HttpRequest, pk: int, payload: Body[AddressPayload]) -> HttpResponse:
    """What is given changes; `{"primary": true}` alone moves the primary address here."""
    address = save_address(customer=request.user, fields=payload, pk=pk)  # type: ignore[arg-type]
    return json_response(flat_copy_of(address))


@router.put("/address/{int:pk}/", summary="Replace an address", response=ENTRY)
def replace(request: HttpRequest, pk: int, payload: Body[AddressPayload]) -> HttpResponse:
    """As a change, but everything that is required must be given."""
    address = save_address(customer=request.user, fields=payload, pk=pk, whole=True)  # type: ignore[arg-type]
    return json_response(flat_copy_of(address))


@router.delete("/address/{int:pk}/", summary="Remove an address", response={204: None, 404: ErrorSchema, **REFUSALS})
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """204, whatever body came along. Orders keep their copy; the oldest other address becomes the primary one."""
    remove_address(customer=request.user, pk=pk)  # type: ignore[arg-type]
    return HttpResponse(status=204, headers={"Cache-Control": "no-store, private"})
