"""GET /users/orders/cancellation_reasons/: the reasons to choose from, as the published storefront reads them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydantic import TypeAdapter

from aftercart.response_schemas import CancellationReasonSchema, PageSchema
from tests import builders

PATH = "/users/orders/cancellation_reasons/"
# Exactly what the storefront's server sends along: `undefined` where a cookie is missing, no Origin.
UNDEFINED = {
    "Accept": "application/json",
    "Accept-Language": "undefined",
    "x-currency": "undefined",
    "x-csrftoken": "undefined",
    "X-Requested-With": "XMLHttpRequest",
}


def subjects(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [reason["subject"] for reason in response.json()["results"]]


def test_active_reasons_come_on_one_page_in_the_merchants_order(omnitron: Any, at_ada: Any) -> None:
    builders.a_reason(subject="Too late", order=5)
    builders.a_reason(subject="Forgotten", is_active=False)
    response = at_ada.read(PATH)
    TypeAdapter(PageSchema[CancellationReasonSchema]).validate_json(response.content)
    page = response.json()
    assert (page["count"], page["next"], page["previous"]) == (3, None, None)
    assert subjects(response) == ["Too late", "Changed my mind", "Does not fit"]


def test_the_type_is_plain_text_and_the_fields_are_the_contracts(omnitron: Any, at_ada: Any) -> None:
    first = at_ada.read(PATH).json()["results"][0]
    assert (
        first.items()
        >= {
            "id": 1,
            "cancellation_type": "cancel",
            "subject": "Changed my mind",
            "order": 100,
            "extra_information_needed": False,
            "is_active": True,
            "translations": {},
        }.items()
    )


@pytest.mark.parametrize(
    ("language", "subject"),
    [("tr-tr", "Vazgeçtim"), ("en-us", "Changed my mind"), ("undefined", "Changed my mind"), ("fr", "Changed my mind")],
)
def test_the_subject_is_in_the_readers_language(language: str, subject: str, omnitron: Any, at_ada: Any) -> None:
    reason = type(builders.a_reason(pk=9)).objects.get(pk=1)
    reason.translations = {"tr": "Vazgeçtim"}
    reason.save()
    assert subject in subjects(at_ada.read(PATH, **{"Accept-Language": language}))


@pytest.mark.parametrize("query", ["?limit=12+&page=1+", "?limit=undefined", "?limit=&page=", "?created_date__gte=+"])
def test_padded_blank_and_undefined_values_are_no_matter(query: str, omnitron: Any, at_ada: Any) -> None:
    assert subjects(at_ada.read(PATH + query, **UNDEFINED)) == ["Changed my mind", "Does not fit"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cancel", ["Changed my mind"]),
        ("refund+", ["Does not fit"]),
        ("", ["Changed my mind", "Does not fit"]),
        ("undefined", ["Changed my mind", "Does not fit"]),
    ],
)
def test_a_type_narrows_the_list(query: str, found: list[str], omnitron: Any, at_ada: Any) -> None:
    assert subjects(at_ada.read(f"{PATH}?cancellation_type={query}")) == found


def test_whoever_wants_pages_gets_pages(omnitron: Any, at_ada: Any) -> None:
    first = at_ada.read(f"{PATH}?limit=1+").json()
    assert (first["count"], first["previous"], len(first["results"])) == (2, None, 1)
    second = at_ada.get(first["next"], headers=UNDEFINED).json()
    assert (second["count"], second["next"], second["results"][0]["id"]) == (2, None, 4)


def test_a_guest_without_a_session_reads_them_too(omnitron: Any) -> None:
    assert subjects(Client().get(PATH, headers=UNDEFINED)) == ["Changed my mind", "Does not fit"]


@pytest.mark.parametrize("query", ["", "?limit=1"])
def test_however_many_reasons_it_is_one_statement(query: str, omnitron: Any) -> None:
    for _ in range(40):
        builders.a_reason()
    with CaptureQueriesContext(connection) as seen:
        assert Client().get(PATH + query).status_code == 200
    assert len(seen) == 1
