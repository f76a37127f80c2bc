"""The JSON API for places, for the select boxes of an address form: each list whole, unless a page is asked for.

No session is needed: guests fill in addresses, too, and a list of cities is no secret.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Router

from aftercart.customers import places
from aftercart.customers.response_schemas import CitySchema, CountrySchema, DistrictSchema, TownshipSchema
from aftercart.errors import FieldErrors
from aftercart.http_errors import json_response
from aftercart.paging import page_of, positive
from aftercart.response_schemas import FieldErrorsSchema, PageSchema

router = Router(tags=["Address book"], auth=None)
NOT_SAID = {400: FieldErrorsSchema}
LARGEST = 10_000


@router.get("/address/country/", summary="Countries", response=PageSchema[CountrySchema])
def countries(request: HttpRequest) -> HttpResponse:
    """The active countries."""
    return _listed(request, places.all_countries())


@router.get("/address/city/", summary="Cities of a country", response={200: PageSchema[CitySchema], **NOT_SAID})
def cities(request: HttpRequest) -> HttpResponse:
    """The active cities of `?country=`."""
    return _listed(request, places.cities_of(_inside(request, "country")))


@router.get("/address/township/", summary="Townships of a city", response={200: PageSchema[TownshipSchema], **NOT_SAID})
def townships(request: HttpRequest) -> HttpResponse:
    """The active townships of `?city=`."""
    return _listed(request, places.townships_of(_inside(request, "city")))


@router.get(
    "/address/district/", summary="Districts of a township", response={200: PageSchema[DistrictSchema], **NOT_SAID}
)
def districts(request: HttpRequest) -> HttpResponse:
    """The active districts of `?township=`."""
    return _listed(request, places.districts_of(_inside(request, "township")))


def _inside(request: HttpRequest, name: str) -> int | None:
    """The place to look in. Blank or `undefined` is a select box without a choice yet: the list is empty."""
    if name not in request.GET:
        raise FieldErrors({name: [gettext("This field is required.")]})
    return positive(request.GET[name])


def _listed(request: HttpRequest, rows: list[places.Row]) -> HttpResponse:
    return json_response(page_of(request, rows, lambda row: row, largest=LARGEST))
