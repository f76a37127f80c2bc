"""Wrong passwords are counted: one person, one counter; by account, by network and by both, at every door."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client, RequestFactory

from aftercart.customers import passwords
from aftercart.customers.passwords import FewAtATime, a_turn
from aftercart.customers.sign_in import client_address
from aftercart.errors import TryLater
from aftercart.throttling.models import Tries
from tests import builders

JSON = {"Accept": "application/json"}
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
SPELLINGS = ["ADA@example.com", " ada@example.com", "ada@example.com  ", "Ada@Example.COM", "\tada@example.com\u00a0"]


def by_storefront(email: str, password: str, address: str) -> int:
    body = {"email": email, "password": password}
    client = Client(REMOTE_ADDR=address)
    return client.post("/users/login/", body, content_type="application/json", headers=JSON).status_code


def by_page(email: str, password: str, address: str) -> int:
    client = Client(REMOTE_ADDR=address)
    return client.post("/account/login/", {"email": email, "password": password}).status_code


def by_back_office(email: str, password: str, address: str) -> int:
    client = Client(REMOTE_ADDR=address)
    status = client.post("/admin/login/", {"username": email, "password": password}).status_code
    return {200: 400}.get(status, status)  # Django shows the form again


DOORS = {"the storefront": by_storefront, "the page": by_page, "the back office": by_back_office}
RIGHT = {200, 302, 303, 400}  # let through; a customer is no staff


@pytest.fixture(params=DOORS)
def sign_in(request: Any) -> Any:
    return DOORS[request.param]


@pytest.fixture(autouse=True)
def _few(settings: Any) -> None:
    settings.LOGIN_FAILURE_LIMIT, settings.LOGIN_ACCOUNTS_PER_NETWORK, settings.LOGIN_FAILURES_PER_ACCOUNT = 3, 4, 6


def test_every_spelling_of_an_e_mail_is_one_account_at_every_door(sign_in: Any, ada: Any) -> None:
    assert [sign_in(email, "wrong", HOME) for email in SPELLINGS] == [400] * 3 + [429] * 2
    for door in DOORS.values():
        assert door("aDa@example.com", "secret", HOME) == 429


def test_an_e_mail_that_nobody_has_is_counted_as_if_it_were_an_account(transactional_db: None) -> None:
    spelt = ["ßtraße@example.com", "SStrasse@example.com", "ﬀ@example.com", "FF@example.com", "ff@EXAMPLE.com"]
    assert [by_storefront(email, "x", HOME) for email in spelt[:2] * 2] == [400] * 3 + [429]
    assert [by_storefront(email, "x", HOME) for email in [*spelt[2:], spelt[2]]] == [400] * 3 + [429]


def test_a_stranger_who_guesses_locks_himself_out_and_nobody_else(sign_in: Any, ada: Any) -> None:
    assert [sign_in(ada.email, "wrong", ELSEWHERE) for _ in range(4)] == [400, 400, 400, 429]
    assert sign_in(ada.email, "secret", HOME) in RIGHT


def test_many_accounts_from_one_network_are_too_many_and_stay_so(sign_in: Any, ada: Any) -> None:
    emails = [f"nobody{n}@example.com" for n in range(4)]
    assert [sign_in(email, "Winter2026", HOME) for email in emails] == [400] * 4
    for _ in range(2):  # whoever comes again is not let in, either
        assert sign_in("another@example.com", "Winter2026", HOME) == sign_in(ada.email, "secret", HOME) == 429
    assert sign_in(emails[0], "Winter2026", HOME) == 429
    assert sign_in(ada.email, "secret", ELSEWHERE) in RIGHT


def test_one_who_forgot_his_password_is_one_account(ada: Any, eve: Any) -> None:
    for _ in range(3):
        assert by_storefront(ada.email, "wrong", HOME) == 400
    assert by_storefront(eve.email, "secret", HOME) == 200


def test_one_account_from_many_networks_is_too_many(ada: Any) -> None:
    told = [by_storefront(ada.email, "wrong", f"203.0.113.{n}") for n in range(8)]
    assert told == [400] * 6 + [429] * 2


def test_who_has_signed_in_here_before_is_not_kept_out_by_others(ada: Any) -> None:
    assert by_storefront(ada.email, "secret", HOME) == 200
    for n in range(8):
        by_storefront(f"nobody{n}@example.com", "x", HOME)
        by_storefront(ada.email, "wrong", f"203.0.113.{n}")
    assert by_storefront("nobody@example.com", "x", HOME) == 429
    assert by_storefront(ada.email, "secret", "203.0.113.99") == 429
    assert by_storefront(ada.email, "secret", HOME) == 200
    assert [by_storefront(ada.email, "wrong", HOME) for _ in range(4)] == [400] * 3 + [429]


def test_right_passwords_never_count(ada: Any) -> None:
    assert [by_storefront(ada.email, "secret", HOME) for _ in range(10)] == [200] * 10
    assert {tries.count for tries in Tries.objects.exclude(scope__contains="has signed in")} == {0}


def test_one_ipv6_network_is_one_place(ada: Any) -> None:
    told = [by_storefront(ada.email, "wrong", f"2001:db8:1:2::{n:x}") for n in range(1, 6)]
    assert told == [400] * 3 + [429] * 2
    assert by_storefront(ada.email, "secret", "2001:db8:1:3::1") == 200


def test_who_is_turned_away_is_told_when_to_come_back(ada: Any) -> None:
    for _ in range(4):
        by_page(ada.email, "wrong", HOME)
    page = Client(REMOTE_ADDR=HOME).post("/account/login/", {"email": ada.email, "password": "secret"})
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 900
    assert "Too many attempts to sign in." in page.content.decode()
    assert re.search(r"try again in \d+ minutes", page.content.decode())


def test_nothing_of_who_tried_is_kept_in_clear(ada: Any) -> None:
    by_storefront(ada.email, "wrong", HOME)
    kept = str([*Tries.objects.values_list("scope", "key")])
    assert "ada" not in kept
    assert HOME not in kept


@pytest.mark.parametrize("email", ["a\0b", "x" * 300 + "@example.com", "x" * 70_000])
def test_what_can_be_no_e_mail_is_400_at_every_door(email: str, sign_in: Any, transactional_db: None) -> None:
    assert sign_in(email, "x", HOME) == 400


FORWARDED = {
    "203.0.113.7": "203.0.113.7",
    "203.0.113.7:4711": "203.0.113.7",
    "[2001:db8::1]:443": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "2001:DB8::1": "2001:db8::1",
    '"203.0.113.7"': "203.0.113.7",
    '"[2001:db8::1]:4711"': "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    " 203.0.113.7 ": "203.0.113.7",
    "198.51.100.1, 203.0.113.7": "203.0.113.7",
    "198.51.100.1,203.0.113.7:80": "203.0.113.7",
    "unknown": "192.0.2.1",
    "_hidden": "192.0.2.1",
    "": "192.0.2.1",
    ",": "192.0.2.1",
    "203.0.113.7, unknown": "192.0.2.1",
    "999.1.1.1": "192.0.2.1",
    "[": "192.0.2.1",
    "x" * 10_000: "192.0.2.1",
    "\0": "192.0.2.1",
    "1:2": "192.0.2.1",
}


@pytest.mark.parametrize(("written", "address"), FORWARDED.items())
def test_what_a_proxy_writes_is_read_as_the_address_that_it_is_or_the_proxys_own(
    written: str, address: str, settings: Any, ada: Any
) -> None:
    settings.TRUST_FORWARDED_FOR = True
    asked = RequestFactory().get("/", headers={"X-Forwarded-For": written}, REMOTE_ADDR="192.0.2.1")
    assert client_address(asked) == address
    body = {"email": "nobody@example.com", "password": "x"}
    headers = {**JSON, "X-Forwarded-For": written}
    assert Client().post("/users/login/", body, content_type="application/json", headers=headers).status_code == 400


def test_a_proxys_word_is_not_taken_unless_the_operator_says_so(settings: Any) -> None:
    settings.TRUST_FORWARDED_FOR = False
    asked = RequestFactory().get("/", headers={"X-Forwarded-For": "203.0.113.7"}, REMOTE_ADDR="192.0.2.1")
    assert client_address(asked) == "192.0.2.1"


# --- Passwords, a few at a time ---------------------------------------------------------------------------------


def test_a_password_is_djangos_argon2_and_takes_its_turn(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["aftercart.customers.passwords.FewAtATime"]
    hasher = FewAtATime()
    hashed = make_password("secret")
    assert hashed.startswith("argon2$argon2id$")
    assert hasher.verify("secret", hashed)
    assert not hasher.verify("wrong", hashed)


def test_forty_at_once_are_a_few_at_a_time_and_the_rest_is_told_to_come_back(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.2)
    at_once, most, lock = 0, 0, threading.Lock()

    def check(_n: int) -> str:
        nonlocal at_once, most
        try:
            with a_turn():
                with lock:
                    at_once += 1
                    most = max(most, at_once)
                time.sleep(0.05)
                with lock:
                    at_once -= 1
        except TryLater:
            return "later"
        return "checked"

    with ThreadPoolExecutor(40) as crowd:
        told = [*crowd.map(check, range(40))]
    assert most == settings.LOGIN_MAX_CONCURRENT
    assert told.count("checked") >= settings.LOGIN_MAX_CONCURRENT
    assert told.count("later") >= 40 - settings.LOGIN_MAX_CONCURRENT * (1 + passwords.WAITING)
    assert check(0) == "checked", "a turn was not given back"


@pytest.mark.parametrize("door", DOORS)
def test_who_finds_all_turns_taken_gets_503_with_retry_after(
    door: str, settings: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.1)
    settings.PASSWORD_HASHERS = ["aftercart.customers.passwords.FewAtATime"]
    builders.a_customer("bea")
    taken = [a_turn() for _ in range(settings.LOGIN_MAX_CONCURRENT)]
    for turn in taken:
        turn.__enter__()
    try:
        assert DOORS[door]("bea@example.com", "secret", HOME) == 503
    finally:
        for turn in taken:
            turn.__exit__(None, None, None)
    assert DOORS[door]("bea@example.com", "secret", HOME) in RIGHT
