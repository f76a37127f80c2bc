"""The places that an address may lie in, in the back office."""

from collections.abc import Sequence

from django.contrib import admin

from aftercart.customers.models import City, Country, District, Township
from aftercart.row_versions import VersionedAdmin


class PlaceAdmin(VersionedAdmin):
    """A place that addresses point to is switched off, and never deleted (the database refuses it)."""

    list_per_page = 100
    show_full_result_count = False
    search_fields: Sequence[str] = ("name",)
    list_filter: Sequence[str] = ("is_active",)


@admin.register(Country)
class CountryAdmin(PlaceAdmin):
    """Countries that the shop delivers to."""

    list_display = ("name", "code", "is_active")
    search_fields = ("name", "code")


@admin.register(City)
class CityAdmin(PlaceAdmin):
    """Cities or provinces; those with a priority stand first in the customers' list."""

    list_display = ("name", "country", "priority", "postcode", "is_active")
    list_select_related = ("country",)
    list_filter = ("is_active", "country")
    autocomplete_fields = ("country",)


@admin.register(Township)
class TownshipAdmin(PlaceAdmin):
    """Townships of a city."""

    list_display = ("name", "city", "postcode", "is_active")
    list_select_related = ("city",)
    autocomplete_fields = ("city",)


@admin.register(District)
class DistrictAdmin(PlaceAdmin):
    """Districts of a township; an address may do without one."""

    list_display = ("name", "township", "postcode", "is_active")
    list_select_related = ("township",)
    autocomplete_fields = ("city", "township")
