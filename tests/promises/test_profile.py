"""The profile: read and changed by its owner; e-mail and password never, and never in silence."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic import TypeAdapter

from aftercart.customers.models import Customer
from aftercart.customers.response_schemas import ProfileSchema
from tests import builders
from tests.storefront import Storefront

PATH = "/users/profile/"


@pytest.fixture
def front(ada: Any) -> Storefront:
    return Storefront(ada)


def change(front: Storefront, fields: Any) -> Any:
    return front.bytes("PATCH", PATH, json.dumps(fields))


def test_a_profile_is_as_documented(front: Storefront) -> None:
    response = front.read(PATH)
    assert response.status_code == 200
    TypeAdapter(ProfileSchema).validate_json(response.content)
    assert response.json()["email"] == "ada@example.com"
    assert [gender["value"] for gender in response.json()["genders"]] == ["female", "male"]


def test_what_is_given_changes_and_the_rest_stays(front: Storefront, ada: Any) -> None:
    fields = {
        "first_name": " Augusta Ada ",
        "phone": "0 (555) 111 22 33",
        "gender": "female",
        "date_of_birth": "1985-12-10",
        "email_allowed": "true",
        "sms_allowed": True,
        "call_allowed": False,
        "language_code": "tr-tr",
    }
    response = change(front, fields)
    assert response.status_code == 200, response.content
    assert response.json() == front.read(PATH).json()
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.phone) == ("Augusta Ada", "Example", "0 (555) 111 22 33")
    assert (ada.email_allowed, ada.sms_allowed, ada.call_allowed) == (True, True, False)
    assert (ada.date_of_birth, ada.language_code, ada.gender) == (date(1985, 12, 10), "tr-tr", "female")


@pytest.mark.parametrize("phone", ["+45 20 12 34 56", "6112345", "0065 9123 4567", "+90 555 11 22"])
def test_a_number_of_any_country_is_kept_as_it_is_written(front: Storefront, phone: str) -> None:
    assert change(front, {"phone": phone}).json()["phone"] == phone


def test_a_short_number_counts_where_the_customer_lives(front: Storefront, ada: Any) -> None:
    assert change(front, {"phone": "321000"}).status_code == 400
    address = builders.an_address(ada, primary=True)
    address.country.code = "GL"
    address.country.save()
    assert change(front, {"phone": "321000"}).json()["phone"] == "321000"


def test_a_whole_profile_comes_back_unchanged(front: Storefront) -> None:
    before = front.read(PATH).json()
    assert change(front, before).json() == before


def test_blanks_clear_what_may_be_blank(front: Storefront, ada: Any) -> None:
    change(front, {"phone": "05551112233", "gender": "male", "date_of_birth": "1990-01-01", "email_allowed": True})
    response = change(front, {"phone": "", "gender": None, "date_of_birth": "", "email_allowed": None})
    assert response.status_code == 200, response.content
    ada.refresh_from_db()
    assert (ada.phone, ada.gender, ada.date_of_birth, ada.email_allowed) == ("", "", None, True)


@pytest.mark.parametrize(
    "fields", [{"email": "eve@example.com"}, {"email": ["x"]}, {"password": "12345678"}, {"password": {"new": "x"}}]
)
def test_e_mail_and_password_are_refused_by_name(fields: dict[str, Any], front: Storefront, ada: Any) -> None:
    before = Customer.objects.values().get()
    response = change(front, {"first_name": "Eve", **fields})
    assert response.status_code == 400
    assert response.json().keys() == fields.keys()
    assert Customer.objects.values().get() == before


TOMORROW = (timezone.localdate() + timedelta(days=1)).isoformat()
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a name that is a number": ({"first_name": 7}, "first_name"),
    "a name that is too long": ({"last_name": "x" * 256}, "last_name"),
    "a name with a NUL": ({"first_name": "a\0"}, "first_name"),
    "a phone of letters": ({"phone": "phone"}, "phone"),
    "a phone of no country": ({"phone": "+999 12345678"}, "phone"),
    "a phone that is too short": ({"phone": "12"}, "phone"),
    "an unknown gender": ({"gender": "F"}, "gender"),
    "a birthday to come": ({"date_of_birth": TOMORROW}, "date_of_birth"),
    "a birthday long ago": ({"date_of_birth": "0001-01-01"}, "date_of_birth"),
    "a birthday that is none": ({"date_of_birth": "31.12.1990"}, "date_of_birth"),
    "the 30th of February": ({"date_of_birth": "1990-02-30"}, "date_of_birth"),
    "a birthday that is a boolean": ({"date_of_birth": True}, "date_of_birth"),
    "a switch that is neither": ({"sms_allowed": "perhaps"}, "sms_allowed"),
    "a language that we do not speak": ({"language_code": "fr-fr"}, "language_code"),
    "a language that is none": ({"language_code": "tr-<b>"}, "language_code"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_names_its_field_and_writes_nothing(name: str, front: Storefront) -> None:
    fields, named = BAD[name]
    before = Customer.objects.values().get()
    response = change(front, {"title": "ignored", **fields})
    assert response.status_code == 400, response.content
    assert response.json().keys() == {named}
    assert Customer.objects.values().get() == before


def test_nobody_is_made_staff_by_a_profile(front: Storefront, ada: Any) -> None:
    fields = {"id": 1, "is_staff": True, "is_superuser": True, "user_type": "guest", "attributes": {"vip": 1}}
    before = Customer.objects.values().get()
    assert change(front, fields).status_code == 200
    assert Customer.objects.values().get() == before


def test_a_profile_is_one_s_own(front: Storefront, ada: Any, eve: Any) -> None:
    assert change(Storefront(eve), {"first_name": "Mallory"}).json()["id"] == eve.pk
    assert front.read(PATH).json()["first_name"] == "Ada"


def test_a_profile_needs_a_session_and_a_change_a_token(ada: Any) -> None:
    assert Client().get(PATH).status_code == 401
    assert change(Storefront(), {"first_name": "x"}).status_code == 401
    front = Storefront(ada)
    front.headers["x-csrftoken"] = "undefined"
    assert change(front, {"first_name": "x"}).status_code == 403


def test_a_profile_is_one_statement_and_a_change_two(front: Storefront) -> None:
    for request, most in ((lambda: front.read(PATH), 1), (lambda: change(front, {"first_name": "Ada"}), 2)):
        with CaptureQueriesContext(connection) as seen:
            assert request().status_code == 200
        assert len(seen) == most, [query["sql"] for query in seen]
