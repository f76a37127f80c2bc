"""The lists of places: what is active, in the order in which people look for it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydantic import TypeAdapter

from aftercart.customers import response_schemas
from aftercart.customers.models import City, Country, District, Township
from aftercart.customers.turkish_collation import turkish_key
from aftercart.response_schemas import PageSchema
from tests.storefront import Storefront

WIRE = Path(__file__).parents[1] / "data" / "wire"
ALPHABET = ["Adana", "Çorum", "Diyarbakır", "Iğdır", "ISPARTA", "İstanbul", "İZMİR", "Ordu", "Ömerli", "Şırnak", "Uşak"]


@pytest.fixture
def turkey(transactional_db: None) -> Country:
    return Country.objects.create(name="Türkiye", code="TR")


@pytest.fixture
def kadikoy(turkey: Country) -> Township:
    istanbul = City.objects.create(country=turkey, name="İstanbul", priority=1)
    kadikoy = Township.objects.create(city=istanbul, name="Kadıköy")
    District.objects.create(city=istanbul, township=kadikoy, name="Moda", postcode="34710")
    return kadikoy


def get(path: str) -> Any:
    """Without a session, as a guest's checkout asks."""
    response = Storefront().read(path)
    assert response.status_code == 200, response.content
    return response.json()


def names(path: str) -> list[str]:
    return [row["name"] for row in get(path)["results"]]


def paths_to(township: Township) -> dict[str, str]:
    return {
        "country": "/address/country/",
        "city": f"/address/city/?country={township.city.country_id}",
        "township": f"/address/township/?city={township.city_id}",
        "district": f"/address/district/?township={township.pk}",
    }


@pytest.mark.parametrize("kind", ["country", "city", "township", "district"])
def test_lists_have_the_published_examples_fields(kind: str, kadikoy: Township) -> None:
    schema = PageSchema[getattr(response_schemas, f"{kind.title()}Schema")]  # type: ignore[misc]
    page = get(paths_to(kadikoy)[kind])
    TypeAdapter(schema).validate_json(json.dumps(page))
    assert (page["count"], len(page["results"])) == (1, 1)
    published = json.loads((WIRE / f"{kind}_list.json").read_text())["results"][0]
    assert published.keys() <= page["results"][0].keys()


@pytest.mark.parametrize("start", [0, 3, 7])
def test_names_are_in_turkish_order(start: int, turkey: Country) -> None:
    for name in [*ALPHABET[start:], *ALPHABET[:start]]:
        City.objects.create(country=turkey, name=name)
    assert names(f"/address/city/?country={turkey.pk}") == ALPHABET


def test_cities_with_a_priority_stand_first(turkey: Country) -> None:
    for name, priority in (("Adana", None), ("İzmir", 2), ("İstanbul", 1), ("Bursa", 2)):
        City.objects.create(country=turkey, name=name, priority=priority)
    assert names(f"/address/city/?country={turkey.pk}") == ["İstanbul", "Bursa", "İzmir", "Adana"]


@pytest.mark.parametrize(
    "ordered",
    [
        ["a", "â", "b", "c", "ç", "d"],
        ["gz", "ğa", "h", "ı", "i", "j"],
        ["oz", "öa", "p", "q", "r", "sz", "şa", "t", "uz", "üa", "v", "w", "x"],
        ["1. Bölge", "Ada", "ada 2", "東京"],
        ["", "A", "Aa"],
    ],
)
def test_letters_stand_where_the_turkish_alphabet_has_them(ordered: list[str]) -> None:
    assert sorted({*ordered}, key=lambda name: (turkish_key(name), name)) == ordered


@pytest.mark.parametrize("model", [Country, City, Township, District])
def test_what_is_switched_off_hides_all_that_lies_in_it(model: Any, kadikoy: Township) -> None:
    model.objects.update(is_active=False)
    listed = [kind for kind, path in paths_to(kadikoy).items() if names(path)]
    assert listed == ["country", "city", "township", "district"][: [Country, City, Township, District].index(model)]


def test_a_list_is_whole_unless_a_page_is_asked_for(turkey: Country) -> None:
    City.objects.bulk_create(City(country=turkey, name=f"City {number:03d}") for number in range(250))
    path = f"/address/city/?country={turkey.pk}"
    assert len(get(path)["results"]) == 250
    page = get(f"{path}&limit=100+&page=3+")
    assert (page["count"], len(page["results"]), page["next"]) == (250, 50, None)
    assert get(page["previous"])["results"][0]["name"] == "City 100"
    assert get(f"{path}&page_size=1")["results"][0]["name"] == "City 000"
    assert get(f"{path}&page=2")["results"] == []


@pytest.mark.parametrize("value", ["", "+", "undefined", "null", "abc", "-1", "0", "1.5", "9" * 30, "%00", "999999"])
@pytest.mark.parametrize(
    "path", ["/address/city/?country=", "/address/township/?city=", "/address/district/?township="]
)
def test_nothing_lies_in_a_place_that_is_none(path: str, value: str, kadikoy: Township) -> None:
    assert get(path + value) == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_padded_value_is_the_value(kadikoy: Township) -> None:
    for path in paths_to(kadikoy).values():
        assert len(names(f"{path}+&limit=10+" if "?" in path else f"{path}?limit=10+")) == 1


@pytest.mark.parametrize(("path", "name"), [("city", "country"), ("township", "city"), ("district", "township")])
def test_a_list_without_its_place_says_what_it_needs(path: str, name: str, transactional_db: None) -> None:
    response = Client().get(f"/address/{path}/", headers={"Accept": "application/json"})
    assert response.status_code == 400
    assert response.json().keys() == {name}


def test_a_list_is_one_statement_however_long_it_is(kadikoy: Township) -> None:
    client = Client()
    for path in paths_to(kadikoy).values():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        assert len(seen) == 1
