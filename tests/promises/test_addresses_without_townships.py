"""Addresses where no townships are known: most countries have none, and nobody is asked for what cannot be chosen."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address, City, Country, Customer, District, Township
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import Order
from tests import builders
from tests.storefront import Storefront

PAGE = "/account/addresses/new/"


@pytest.fixture
def ulm(transactional_db: None) -> City:
    germany = Country.objects.create(name="Germany", code="DE")
    return City.objects.create(country=germany, name="Ulm")


@pytest.fixture
def front(ada: Any) -> Storefront:
    return Storefront(ada)


def a_form(city: City) -> dict[str, Any]:
    return {
        "title": "Home",
        "first_name": "Ada",
        "last_name": "Yıldız",
        "phone_number": "0731 123456",
        "country": str(city.country_id),
        "city": str(city.pk),
        "line": "Hafengasse 1",
        "postcode": "89073",
    }


def at_pages(customer: Customer) -> Client:
    client = Client()
    client.force_login(customer, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def add(front: Storefront, where: City, **fields: Any) -> Any:
    return front.bytes("POST", "/address/", json.dumps(a_form(where) | fields))


def change(front: Storefront, pk: int, fields: dict[str, Any]) -> Any:
    return front.bytes("PATCH", f"/address/{pk}/", json.dumps(fields))


@pytest.mark.parametrize("said", [{}, {"township": "", "district": ""}, {"township": None, "district": None}])
def test_an_address_does_without_where_none_are_known(said: dict[str, Any], front: Storefront, ulm: City) -> None:
    response = add(front, ulm, **said)
    assert response.status_code == 201, response.content
    assert (response.json()["township"], response.json()["district"]) == (None, None)
    (shown,) = front.read("/address/detailed/").json()["results"]
    assert (shown["city"]["name"], shown["township"]["name"], shown["district"]["name"]) == ("Ulm", "", "")


def test_replacing_it_demands_none_either(front: Storefront, ulm: City) -> None:
    pk = add(front, ulm).json()["pk"]
    response = front.bytes("PUT", f"/address/{pk}/", json.dumps(a_form(ulm) | {"line": "Münsterplatz 1"}))
    assert response.status_code == 200, response.content
    assert response.json()["line"] == "Münsterplatz 1"


def test_a_city_that_has_townships_asks_for_one_and_its_neighbour_does_not(front: Storefront, ulm: City) -> None:
    berlin = City.objects.create(country=ulm.country, name="Berlin")
    mitte = Township.objects.create(city=berlin, name="Mitte")
    assert add(front, berlin).json().keys() == {"township"}
    assert add(front, berlin, township=mitte.pk).status_code == 201
    assert add(front, ulm).status_code == 201
    Township.objects.update(is_active=False)
    assert add(front, berlin, title="Office").status_code == 201


def test_a_country_without_townships_asks_for_the_city_alone(front: Storefront, ulm: City) -> None:
    assert add(front, ulm, city="").json().keys() == {"city"}


def test_a_township_of_elsewhere_is_refused(front: Storefront, ulm: City) -> None:
    assert add(front, ulm, township=builders.the_places().township_id).json().keys() == {"township"}


def test_a_district_lies_in_no_township_that_is_missing(front: Storefront, ulm: City) -> None:
    assert add(front, ulm, district=builders.the_places().pk).json().keys() == {"district"}
    assert not Address.objects.exists()


def test_who_moves_there_leaves_the_old_township_behind(front: Storefront, ulm: City, ada: Customer) -> None:
    pk = builders.an_address(ada, phone_number="+49 731 123456").pk
    assert change(front, pk, {"country": ulm.country_id, "city": ulm.pk}).json().keys() == {"township"}
    response = change(front, pk, {"country": ulm.country_id, "city": ulm.pk, "township": None, "district": None})
    assert response.status_code == 200, response.content
    assert Address.objects.filter(pk=pk, city=ulm, township=None, district=None).exists()


def test_a_district_that_the_merchant_demands_is_demanded_where_there_is_one(front: Storefront, ulm: City) -> None:
    DynamicSetting.objects.create(name="ADDRESS_DISTRICT_REQUIRED", value=True)
    moda = builders.the_places()
    assert add(front, ulm).status_code == 201
    turkish = {"township": moda.township_id, "phone_number": "05551112233"}
    assert add(front, moda.city, **turkish).json().keys() == {"district"}
    District.objects.update(is_active=False)
    assert add(front, moda.city, **turkish).status_code == 201


def test_the_page_asks_for_none_and_saves(ada: Customer, ulm: City) -> None:
    chosen = {**a_form(ulm), "step": "places"}
    client = at_pages(ada)
    page = client.post(PAGE, chosen).content.decode()
    township = page[page.index('<select id="township"') :]
    assert "disabled" in township[: township.index(">")]
    assert "First choose" not in township[: township.index("</select>")]
    assert "Update the lists" in page
    assert client.post(PAGE, a_form(ulm)).status_code == 303
    assert Address.objects.get().township is None


def test_an_order_goes_there_and_omnitron_hears_of_it(
    front: Storefront, omnitron: Any, stock: Any, ada: Customer, ulm: City
) -> None:
    before = copy_of(builders.an_address(ada, country="DE"))
    order = stock(ada, status=400, shipping_address=before)
    there = add(front, ulm).json()["pk"]
    response = front.bytes("POST", "/orders/address_change/", json.dumps({"order": order.pk, "address": there}))
    assert response.status_code == 200, response.content
    address = Order.objects.get(pk=order.pk).shipping_address
    assert (address["city"]["name"], address["township"]["pk"]) == ("Ulm", None)
    assert address["hash_data"] == copy_of(Address.objects.get(pk=there))["hash_data"]
    assert omnitron.order(order.number)["shipping_address"]["city"]["name"] == "Ulm"
    shown = at_pages(ada).get(f"/account/orders/{order.number}/").content.decode()
    assert "Hafengasse 1" in shown
    assert "89073" in shown
