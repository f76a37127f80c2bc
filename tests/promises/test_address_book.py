"""The address book, with the published storefront's exact bytes."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pydantic import TypeAdapter

from aftercart.address_changes.models import AddressChange
from aftercart.customers.address_book import BOOK_SIZE, PLACE_NAMES
from aftercart.customers.models import Address, Customer, District
from aftercart.customers.response_schemas import AddressSchema, DetailedAddressSchema
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.response_schemas import PageSchema
from tests import builders
from tests.promises.opened import save
from tests.storefront import Storefront

JSON = {"Accept": "application/json"}


@pytest.fixture
def moda(transactional_db: None) -> District:
    return builders.the_places()


@pytest.fixture
def front(ada: Any) -> Storefront:
    return Storefront(ada)


def places_of(district: District) -> dict[str, str]:
    """Ids as text, as a form's select boxes have them."""
    pks = (district.city.country_id, district.city_id, district.township_id, district.pk)
    return dict(zip(PLACE_NAMES, map(str, pks), strict=True))


def a_form(where: District, /, **fields: Any) -> dict[str, Any]:
    """The measured body of the storefront's address form."""
    return {
        "is_corporate": "false",
        "type": "personal",
        "title": "Ev",
        "first_name": "Ada",
        "last_name": "Yıldız",
        "phone_number": "05551112233",
        **places_of(where),
        "line": "Caferağa Sokak No: 12 D: 4",
        "postcode": "34710",
        "company_name": "",
        "tax_no": "",
        "tax_office": "",
        "e_bill_taxpayer": False,
        **fields,
    }


def put_in(front: Storefront, where: District, /, **fields: Any) -> dict[str, Any]:
    response = front.bytes("POST", "/address/", json.dumps(a_form(where, **fields)))
    assert response.status_code == 201, response.content
    return response.json()


def change(front: Storefront, pk: Any, fields: Any) -> Any:
    return front.bytes("PATCH", f"/address/{pk}/", json.dumps(fields))


def primary_of(customer: Any) -> list[str]:
    return list(Address.objects.belonging_to(customer).filter(primary=True).values_list("title", flat=True))


# --- The storefront's requests ------------------------------------------------------------------------------


def test_an_address_is_added_with_the_storefront_s_bytes(front: Storefront, moda: District, ada: Any) -> None:
    shown = put_in(front, moda)
    TypeAdapter(AddressSchema).validate_python(shown)
    assert {name: str(shown[name]) for name in PLACE_NAMES} == places_of(moda)
    assert shown["user"] == ada.pk
    assert shown["email"] == ada.email
    assert (shown["is_corporate"], shown["primary"], shown["company_name"]) == (False, True, None)


def test_a_company_s_address_is_one_though_is_corporate_says_false(front: Storefront, moda: District) -> None:
    shown = put_in(front, moda, type="corporate", company_name="Motor A.Ş.", tax_no="1234567890", tax_office="Moda")
    assert shown["is_corporate"] is True
    assert change(front, shown["pk"], {"type": "personal", "is_corporate": "false"}).json()["is_corporate"] is False


def test_what_was_written_is_read_at_once(front: Storefront, moda: District) -> None:
    added = put_in(front, moda)
    page = front.read("/address/detailed/").json()
    TypeAdapter(PageSchema[DetailedAddressSchema]).validate_json(json.dumps(page))
    assert [entry["pk"] for entry in page["results"]] == [added["pk"]]
    assert page["results"][0]["district"]["name"] == "Moda"
    assert page["results"][0]["hash_data"] == added["hash_data"]
    assert change(front, added["pk"], {"title": "Yeni"}).status_code == 200
    assert front.read("/address/detailed/").json()["results"][0]["title"] == "Yeni"
    front.remove(f"/address/{added['pk']}/")
    assert front.read("/address/detailed/").json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_change_comes_with_the_whole_form_and_its_owner(front: Storefront, moda: District, ada: Any) -> None:
    pk = put_in(front, moda)["pk"]
    response = change(front, pk, a_form(moda, title="İş", user=ada.pk))
    assert response.status_code == 200, response.content
    assert response.json() == front.read(f"/address/{pk}/").json()
    assert response.json()["title"] == "İş"


def test_an_address_that_lacks_what_is_required_now_can_still_become_primary(front: Storefront, ada: Any) -> None:
    builders.an_address(ada, primary=True)
    old = builders.an_address(ada, title="Eski", phone_number="1")
    Address.objects.filter(pk=old.pk).update(township=None, district=None)
    response = change(front, old.pk, {"primary": True})
    assert response.status_code == 200, response.content
    assert primary_of(ada) == ["Eski"]


def test_removing_answers_204_to_a_text_body(front: Storefront, moda: District) -> None:
    pk = put_in(front, moda)["pk"]
    response = front.remove(f"/address/{pk}/")
    assert (response.status_code, response.content) == (204, b"")
    assert front.remove(f"/address/{pk}/").status_code == 404


def test_replacing_demands_everything_that_is_required(front: Storefront, moda: District) -> None:
    pk = put_in(front, moda)["pk"]
    response = front.bytes("PUT", f"/address/{pk}/", '{"title": "Boş"}')
    assert response.status_code == 400
    assert response.json().keys() == {"first_name", "last_name", "phone_number", *PLACE_NAMES[:3], "line"}
    whole = front.bytes("PUT", f"/address/{pk}/", json.dumps(a_form(moda, line="Yeni Sokak 1")))
    assert whole.status_code == 200, whole.content
    assert whole.json()["line"] == "Yeni Sokak 1"


def test_the_flat_list_has_ten_to_a_page_and_the_detailed_one_all(front: Storefront, ada: Any) -> None:
    for _ in range(12):
        builders.an_address(ada)
    first = front.read("/address/?page=1").json()
    TypeAdapter(PageSchema[AddressSchema]).validate_json(json.dumps(first))
    assert (first["count"], len(first["results"]), first["previous"]) == (12, 10, None)
    second = front.read(first["next"]).json()
    assert (second["count"], len(second["results"]), second["next"]) == (12, 2, None)
    assert len(front.read("/address/?page_size=5+&page=2+").json()["results"]) == 5
    assert len(front.read("/address/detailed/").json()["results"]) == 12


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=undefined", "page_size=", "limit=abc", "page=٣"]
)
def test_an_unreadable_page_is_the_first_one(query: str, front: Storefront, ada: Any) -> None:
    builders.an_address(ada)
    assert len(front.read(f"/address/?{query}").json()["results"]) == 1


def test_a_page_beyond_the_last_is_empty(front: Storefront, ada: Any) -> None:
    builders.an_address(ada)
    for number in (2, 10**9, 10**17, 10**40):
        page = front.read(f"/address/?page={number}").json()
        assert page["count"] == 1
        assert len(page["results"]) == (number > 10**18)  # no number of a page at all


@pytest.mark.parametrize("path", ["/address/detailed/?limit=100", "/address/?limit=100"])
def test_a_page_costs_the_same_however_long_it_is(path: str, front: Storefront, ada: Any) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            builders.an_address(ada)
        with CaptureQueriesContext(connection) as seen:
            assert front.read(path).status_code == 200
        counts.append(len(seen))
    assert counts == [2, 2]  # the session with its customer, and the page


# --- What an address must say -------------------------------------------------------------------------------

LONG = "x" * 600
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": ""}, "title"),
    "a title of blanks": ({"title": "   "}, "title"),
    "a title that is null": ({"title": None}, "title"),
    "a title that is a number": ({"title": 7}, "title"),
    "a title that is too long": ({"title": "x" * 129}, "title"),
    "a title with a NUL": ({"title": "a\0b"}, "title"),
    "no first name": ({"first_name": ""}, "first_name"),
    "no last name": ({"last_name": ""}, "last_name"),
    "no line": ({"line": ""}, "line"),
    "a line that is too long": ({"line": "x" * 256}, "line"),
    "notes that are too long": ({"notes": LONG}, "notes"),
    "a postcode that is a list": ({"postcode": []}, "postcode"),
    "a tax number that is too long": ({"tax_no": "1" * 21}, "tax_no"),
    "no phone": ({"phone_number": ""}, "phone_number"),
    "a phone that is too short": ({"phone_number": "0555 111 22"}, "phone_number"),
    "a phone of letters": ({"phone_number": "call me maybe"}, "phone_number"),
    "a phone of many digits": ({"phone_number": "0" * 40}, "phone_number"),
    "a phone of foreign digits": ({"phone_number": "٠٥٥٥١١١٢٢٣٣"}, "phone_number"),
    "an e-mail that is none": ({"email": "ada at example"}, "email"),
    "no country": ({"country": ""}, "country"),
    "an unknown country": ({"country": "999999"}, "country"),
    "a country that is text": ({"country": "TR"}, "country"),
    "a country that is a boolean": ({"country": True}, "country"),
    "a country beyond 64 bits": ({"country": str(2**63)}, "country"),
    "a country that is an object": ({"country": {"pk": 1}}, "country"),
    "no city": ({"city": ""}, "city"),
    "an unknown city": ({"city": 999_999}, "city"),
    "no township": ({"township": None}, "township"),
    "an unknown township": ({"township": "999999"}, "township"),
    "an unknown district": ({"district": "999999"}, "district"),
    "corporate that is neither": ({"is_corporate": "maybe"}, "is_corporate"),
    "an unknown type": ({"type": "alien"}, "type"),
    "primary that is neither": ({"primary": "first"}, "primary"),
    "an owner that is text": ({"user": "eve"}, "user"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_names_its_field_and_writes_nothing(name: str, front: Storefront, moda: District, ada: Any) -> None:
    fields, named = BAD[name]
    response = front.bytes("POST", "/address/", json.dumps(a_form(moda, **fields)))
    assert response.status_code == 400, response.content
    assert response.json().keys() == {named}
    assert not Address.objects.exists()
    pk = put_in(front, moda)["pk"]
    before = Address.objects.values().get()
    response = change(front, pk, fields)
    assert response.status_code == 400, response.content
    assert named in response.json()
    assert Address.objects.values().get() == before


def test_everything_that_is_missing_is_named_at_once(front: Storefront, moda: District) -> None:
    response = front.bytes("POST", "/address/", "{}")
    assert response.status_code == 400
    assert response.json().keys() == {
        *("title", "first_name", "last_name", "phone_number", "country", "city", "township", "line")
    }


@pytest.mark.parametrize("name", ["city", "township", "district"])
def test_a_place_must_lie_in_the_one_around_it(name: str, front: Storefront, moda: District) -> None:
    elsewhere = places_of(builders.the_places("DE"))
    response = front.bytes("POST", "/address/", json.dumps(a_form(moda, **{name: elsewhere[name]})))
    assert response.status_code == 400
    assert response.json().keys() == {name}


def test_another_city_alone_does_not_keep_the_old_township(front: Storefront, moda: District) -> None:
    pk = put_in(front, moda)["pk"]
    city = moda.city.country.cities.create(name="Ankara")
    response = change(front, pk, {"city": str(city.pk)})
    assert response.status_code == 400
    assert response.json().keys() == {"township"}


def test_a_place_that_was_switched_off_is_kept_but_not_chosen(front: Storefront, moda: District) -> None:
    pk = put_in(front, moda)["pk"]
    District.objects.update(is_active=False)
    assert change(front, pk, a_form(moda, title="Hâlâ")).status_code == 200
    response = front.bytes("POST", "/address/", json.dumps(a_form(moda, title="Yeni")))
    assert response.status_code == 400
    assert response.json().keys() == {"district"}


def test_the_district_is_optional_until_the_merchant_says_otherwise(front: Storefront, moda: District) -> None:
    pk = put_in(front, moda, district="")["pk"]
    assert front.read(f"/address/{pk}/").json()["district"] is None
    assert front.read("/address/detailed/").json()["results"][0]["district"]["name"] == ""
    DynamicSetting.objects.create(name="ADDRESS_DISTRICT_REQUIRED", value=True)
    response = front.bytes("POST", "/address/", json.dumps(a_form(moda, district="", title="İki")))
    assert response.json().keys() == {"district"}
    assert change(front, pk, {"title": "Aynı yer"}).status_code == 200


@pytest.mark.parametrize("phone", ["030 123456", "+45 20 12 34 56", "0065 9123 4567", "(030) 123-456"])
def test_a_number_of_the_address_s_country_or_of_a_named_one_is_kept_as_it_is_written(
    front: Storefront, phone: str
) -> None:
    germany = builders.the_places("DE")
    pk = put_in(front, germany, phone_number=phone)["pk"]
    assert front.read(f"/address/{pk}/").json()["phone_number"] == phone
    refused = front.bytes("POST", "/address/", json.dumps(a_form(germany, phone_number="12", title="Zwei")))
    assert refused.json().keys() == {"phone_number"}


def test_with_another_country_the_number_is_judged_anew(front: Storefront, moda: District) -> None:
    abroad = put_in(front, builders.the_places("DE"), phone_number="030 123456")["pk"]
    assert change(front, abroad, places_of(moda)).json().keys() == {"phone_number"}


def test_the_least_digits_of_a_phone_are_the_merchant_s(front: Storefront, moda: District) -> None:
    DynamicSetting.objects.create(name="ADDRESS_PHONE_MIN_LENGTH", value=7)
    put_in(front, moda, phone_number="111 22 33")
    DynamicSetting.objects.update(value=12)
    response = front.bytes("POST", "/address/", json.dumps(a_form(moda)))
    assert response.json().keys() == {"phone_number"}
    assert "12" in response.json()["phone_number"][0]


def test_a_country_s_own_rules_hold_there_alone(front: Storefront, moda: District) -> None:
    rules = [
        {"field": "postcode", "validators": ["required", "regex"], "kwargs": {"regex": "^[0-9]{5}$"}},
        {"field": "identity_number", "kwargs": {"required": True, "min_length": 11, "max_length": 11}},
    ]
    DynamicSetting.objects.create(name="ADDRESS_SERIALIZER_FIELDS", value={"tr": rules})
    for postcode in ("", "3471", "34710x"):
        response = front.bytes("POST", "/address/", json.dumps(a_form(moda, postcode=postcode)))
        assert response.json().keys() == {"postcode", "identity_number"}
    put_in(front, moda, identity_number="1" * 11)
    abroad = put_in(front, builders.the_places("DE"), postcode="")["pk"]
    moved = change(front, abroad, places_of(moda))
    assert moved.json().keys() == {"postcode", "identity_number"}, "another country, other rules"
    assert change(front, abroad, {"title": "Tatil"}).status_code == 200


def test_sentences_are_in_the_reader_s_language(front: Storefront, moda: District) -> None:
    body = json.dumps(a_form(moda, title=""))
    for language, said in (("undefined", "This field is required."), ("tr-tr", "Bu alan zorunludur.")):
        front.headers["Accept-Language"] = language
        assert front.bytes("POST", "/address/", body).json() == {"title": [said]}


# --- One primary address, each entry once -------------------------------------------------------------------


def test_the_first_address_is_primary_and_a_later_one_takes_over(front: Storefront, moda: District, ada: Any) -> None:
    first = put_in(front, moda, title="Bir", primary=False)
    assert primary_of(ada) == ["Bir"]
    put_in(front, moda, title="İki")
    assert primary_of(ada) == ["Bir"]
    put_in(front, moda, title="Üç", primary=True)
    assert primary_of(ada) == ["Üç"]
    assert change(front, first["pk"], {"primary": True}).json()["primary"] is True
    assert primary_of(ada) == ["Bir"]
    assert [entry["title"] for entry in front.read("/address/detailed/").json()["results"]] == ["Bir", "İki", "Üç"]


def test_a_book_is_never_left_without_a_primary_address(front: Storefront, moda: District, ada: Any) -> None:
    pks = [put_in(front, moda, title=title)["pk"] for title in ("Bir", "İki", "Üç")]
    response = change(front, pks[0], {"primary": False})
    assert response.status_code == 400
    assert response.json().keys() == {"primary"}
    front.remove(f"/address/{pks[0]}/")
    assert primary_of(ada) == ["İki"]
    front.remove(f"/address/{pks[2]}/")
    assert primary_of(ada) == ["İki"]


def test_two_primary_addresses_are_refused_by_the_database(ada: Any) -> None:
    builders.an_address(ada, primary=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        builders.an_address(ada, primary=True)


def test_the_same_form_four_times_is_one_address(front: Storefront, moda: District) -> None:
    assert len({put_in(front, moda)["pk"] for _ in range(4)}) == 1
    assert Address.objects.count() == 1
    assert put_in(front, moda, line="Başka Sokak")["primary"] is False
    assert Address.objects.count() == 2


def test_a_book_has_an_end(front: Storefront, moda: District, ada: Any) -> None:
    for _ in range(BOOK_SIZE):
        builders.an_address(ada)
    response = front.bytes("POST", "/address/", json.dumps(a_form(moda)))
    assert response.status_code == 400
    assert response.json().keys() == {"non_field_errors"}
    front.remove(f"/address/{Address.objects.first().pk}/")
    put_in(front, moda)


# --- Whose address ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("whose", ["eve's", "nobody's", "beyond 64 bits"])
def test_someone_else_s_address_is_404_whatever_is_done_to_it(
    method: str, whose: str, front: Storefront, moda: District, eve: Any
) -> None:
    builders.an_address(eve, title="Eve's", primary=True)
    before = list(Address.objects.values())
    pk = {"eve's": before[0]["id"], "nobody's": 999_999, "beyond 64 bits": 2**70}[whose]
    response = front.bytes(method, f"/address/{pk}/", json.dumps(a_form(moda, primary=True)))
    assert response.status_code == 404
    assert response.json()["error_code"] == "not_found"
    assert list(Address.objects.values()) == before


def test_lists_hold_one_s_own_alone(front: Storefront, eve: Any) -> None:
    builders.an_address(eve)
    for path in ("/address/", "/address/detailed/"):
        assert front.read(path).json()["count"] == 0


def test_an_address_cannot_be_given_away(front: Storefront, moda: District, ada: Any, eve: Any) -> None:
    pk = put_in(front, moda)["pk"]
    response = change(front, pk, {"user": eve.pk})
    assert response.status_code == 400
    assert response.json().keys() == {"user"}
    assert front.bytes("POST", "/address/", json.dumps(a_form(moda, user=eve.pk))).status_code == 400
    assert Address.objects.get().user == ada


def test_two_customers_have_a_primary_address_each(front: Storefront, moda: District, ada: Any, eve: Any) -> None:
    put_in(Storefront(eve), moda, title="Eve's")
    put_in(front, moda, title="Ada's")
    assert (primary_of(ada), primary_of(eve)) == (["Ada's"], ["Eve's"])


# --- Session and CSRF ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_write_needs_a_session_and_then_a_token(method: str, ada: Any, moda: District) -> None:
    path = "/address/" if method == "POST" else f"/address/{builders.an_address(ada).pk}/"
    before = list(Address.objects.values())
    without_session, without_token = Storefront(), Storefront(ada)
    without_token.headers["x-csrftoken"] = ""
    for client, status in ((without_session, 401), (without_token, 403)):
        response = client.bytes(method, path, json.dumps(a_form(moda)))
        assert response.status_code == status
        assert response["Content-Type"] == "application/json"
    assert list(Address.objects.values()) == before


@pytest.mark.parametrize("path", ["/address/", "/address/detailed/", "/address/1/"])
def test_reading_needs_a_session(path: str, transactional_db: None) -> None:
    assert Client().get(path, headers=JSON).status_code == 401


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_form_body_is_not_taken_for_an_empty_one(method: str, front: Storefront, ada: Any) -> None:
    pk = builders.an_address(ada).pk
    response = front.bytes(method, f"/address/{pk}/", "title=x", "application/x-www-form-urlencoded")
    assert response.status_code == 415


# --- Orders keep their copies -------------------------------------------------------------------------------


def test_an_order_s_address_stays_whatever_happens_to_the_book(
    front: Storefront, stock: Any, ada: Any, moda: District
) -> None:
    order = stock(ada)
    kept = order.shipping_address
    front.send("/orders/address_change/", {"order": order.pk, "address": put_in(front, moda, title="Yeni")["pk"]})
    order.refresh_from_db()
    changed = order.shipping_address
    assert changed["title"] == "Yeni"
    for address in Address.objects.all():
        change(front, address.pk, {"title": "Değişti", "line": "Bambaşka"})
        front.remove(f"/address/{address.pk}/")
    assert not Address.objects.exists()
    order.refresh_from_db()
    assert (order.shipping_address, order.billing_address) == (changed, kept)
    assert AddressChange.objects.get().new_address == changed


# --- The merchant's settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "stored"),
    [
        ("ADDRESS_PHONE_MIN_LENGTH", "7", 7),
        ("ADDRESS_DISTRICT_REQUIRED", "true", True),
        ("ADDRESS_DISTRICT_REQUIRED", "false", False),
        ("ADDRESS_SERIALIZER_FIELDS", '{"TR": []}', {"TR": []}),
        ("ADDRESS_SERIALIZER_FIELDS", '{"TR": [{"field": "line", "validators": ["magic"]}]}', None),
        ("ADDRESS_PHONE_MIN_LENGTH", "0", None),
    ],
)
def test_the_settings_are_set_in_the_back_office(name: str, text: str, stored: Any, transactional_db: None) -> None:
    root = Customer.objects.create_superuser("root@example.com", "secret")
    office = Client()
    office.force_login(root, backend="aftercart.customers.sign_in.EmailBackend")
    path = reverse("admin:dynamic_settings_dynamicsetting_change", args=[name])
    assert office.get(path).status_code == 200
    response = save(office, path, {"value": text})
    assert response.status_code == (200 if stored is None else 302)
    assert list(DynamicSetting.objects.values_list("value", flat=True)) == ([] if stored is None else [stored])
