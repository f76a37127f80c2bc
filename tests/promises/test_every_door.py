"""What is promised of every address, tested with every entry of the URL table: none can be forgotten."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.conftest import SignedIn
from tests.doors import every_path

SHARED = ("/account/theme.css",)  # the same for everybody, and says so
METHODS = ("GET", "POST", "PUT", "DELETE")
PAGE, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}
MISSING = ("/nothing-here.css", "/nothing/", "/orders/", "/account/")


@pytest.fixture
def door(ada: Any, settings: Any) -> SignedIn:
    settings.OMNITRON_WEBHOOK_SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    settings.METRICS_TOKEN = "token"
    return SignedIn(ada)


def answer(door: SignedIn, method: str, path: str, **headers: str) -> Any:
    door.force_login(door.customer, backend=settings.AUTHENTICATION_BACKENDS[-1]) if "logout" in path else None
    return door.generic(method, path, headers={"X-CSRFToken": door.token, **headers})


def test_no_cache_keeps_what_a_signed_in_customer_is_answered(door: SignedIn) -> None:
    kept = []
    for path in (*every_path(), *MISSING):
        for method in METHODS:
            for accept in (PAGE,) if path.startswith("/admin/") else (PAGE, JSON):
                told = answer(door, method, path, **accept)
                if "no-store" not in told.get("Cache-Control", "") and path not in SHARED:
                    kept.append((method, path, told.status_code, told.get("Cache-Control")))
    assert not kept


# What differs between any two answers.
OWN = {"Set-Cookie", "Expires", "Content-Length", "Content-Security-Policy"}


def test_head_is_answered_where_get_is_and_with_its_headers(door: SignedIn) -> None:
    different = []
    for path in (*every_path(), *MISSING):
        for accept in (PAGE,) if path.startswith("/admin/") else (PAGE, JSON):
            get, head = answer(door, "GET", path, **accept), answer(door, "HEAD", path, **accept)
            headers = [{k: v for k, v in told.items() if k not in OWN} for told in (get, head)]
            if get.status_code != head.status_code or headers[0] != headers[1] or head.content:
                different.append((path, get.status_code, head.status_code, headers))
    assert not different


def test_a_method_that_is_not_allowed_is_405_with_allow_in_json_or_as_a_page(door: SignedIn) -> None:
    wrong, refused = [], set()
    for path in (one for one in every_path() if not one.startswith("/admin/")):  # Django's own takes any
        for method in METHODS:
            as_json = answer(door, method, path, **JSON)
            if as_json.status_code != 405:
                continue
            as_page = answer(door, method, path, **PAGE)
            refused.add(path)
            allowed = as_json.get("Allow", "").split(", ")
            is_told = isinstance(json.loads(as_json.content).get("non_field_errors"), str | list)
            is_page = as_page["Content-Type"].startswith("text/html") or path.startswith("/webhooks/")
            if not (is_told and is_page and method not in allowed and ("GET" in allowed) == ("HEAD" in allowed)):
                wrong.append((method, path, as_json.content[:80], as_page["Content-Type"], allowed))
    assert not wrong
    assert len(refused) > 30


def test_no_door_takes_a_file(door: SignedIn) -> None:
    kept = []
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nabc\r\n--x--\r\n'
    for path in every_path():
        told = door.generic("POST", path, body, "multipart/form-data; boundary=x", headers=JSON)
        if told.status_code < 400 and not (300 <= told.status_code < 400):
            kept.append((path, told.status_code))
    assert not kept


def test_cookies_that_the_server_lost_are_told_to_the_log_and_not_for_each_request(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    for _ in range(3):
        assert client.get("/csrf_token/", headers={"Cookie": ""}).status_code == 200
    assert [record.message for record in caplog.records if "cookies were lost" in record.message] == [
        "cookies were lost on their way: one of them has a byte outside of ASCII"
    ]
