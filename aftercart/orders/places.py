"""Names for places of an address that came only with ids or codes, from the shop's own places."""

from typing import Any

from aftercart.customers.models import City, Country, District, Township

PLACES: dict[str, type[Country | City | Township | District]] = {
    "country": Country,
    "city": City,
    "township": Township,
    "district": District,
}


def name_places(address: dict[str, Any] | None) -> None:
    """Fill in what we know of each place without a name, or of a country without a code.

    One statement for each; none for an address in its detailed form.
    """
    for name, model in PLACES.items():
        place = (address or {}).get(name)
        if not isinstance(place, dict) or (place.get("name") and (name != "country" or place.get("pk"))):
            continue
        pk, code = place.get("pk"), place.get("code")
        if isinstance(pk, int) and 0 < pk < 2**63:
            known = model._default_manager.filter(pk=pk).first()
        else:
            known = Country.objects.filter(code__iexact=code).first() if name == "country" and code else None
        if known is not None:
            place |= {"pk": known.pk, "name": known.name}
            if isinstance(known, Country):
                place["code"] = known.code
