"""The session stands in two cookies. Where they disagree the good one counts, and signing out ends both."""

from datetime import timedelta
from http.cookies import Morsel
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aftercart.customers.models import Session
from tests import builders
from tests.conftest import SignedIn

JSON = {"Accept": "application/json"}
DEAD = {
    "unknown": "x" * 32,
    "short": "x",
    "no key at all": "a\0b",
    "empty": "",
    "very long": "x" * 3000,
}


def browser(first: str | None, second: str | None, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    for name, value in (("sessionid", first), ("osessionid", second)):
        if value is not None:
            # As a stranger sends it: the standard library's cookies refuse to hold a control character.
            morsel: Morsel[str] = Morsel()
            morsel.set(name, "", client.cookies.value_encode(value)[1])
            client.cookies[name] = morsel
    return client


def who(first: str | None, second: str | None) -> str | None:
    told = browser(first, second).get("/current_user/", headers=JSON)
    return told.json()["email"] if told.status_code == 200 else None


def key_of(client: SignedIn) -> str:
    return str(client.cookies["sessionid"].value)


@pytest.mark.parametrize("dead", DEAD)
def test_a_dead_cookie_does_not_hide_a_good_one(dead: str, ada: Any, at_ada: SignedIn) -> None:
    good, bad = key_of(at_ada), DEAD[dead]
    assert who(bad, good) == who(good, bad) == ada.email
    assert who(bad, bad) is None


def test_a_session_that_is_over_or_nobodys_does_not_hide_a_good_one(ada: Any, at_ada: SignedIn) -> None:
    over, nobody = SignedIn(ada), Client()
    Session.objects.filter(pk=key_of(over)).update(expire_date=timezone.now() - timedelta(seconds=1))
    session = nobody.session
    session["something"] = 1
    session.save()
    for other in (key_of(over), session.session_key):
        assert who(other, key_of(at_ada)) == who(key_of(at_ada), other) == ada.email


def test_of_two_people_the_first_counts(ada: Any, eve: Any, at_ada: SignedIn, at_eve: SignedIn) -> None:
    assert who(key_of(at_ada), key_of(at_eve)) == ada.email
    assert who(key_of(at_eve), key_of(at_ada)) == eve.email


def test_a_page_and_the_order_as_json_know_the_same_person(ada: Any, stock: Any, at_ada: SignedIn) -> None:
    order = stock(ada)
    for cookies in ((DEAD["unknown"], key_of(at_ada)), (key_of(at_ada), DEAD["unknown"])):
        assert browser(*cookies).get(f"/users/orders/{order.pk}/", headers=JSON).status_code == 200
        assert browser(*cookies).get("/account/orders/").status_code == 200


def signs_out(client: Client) -> None:
    token = client.get("/csrf_token/").json()["csrf_token"]
    assert client.post("/users/logout/", {"csrfmiddlewaretoken": token}).status_code == 200


@pytest.mark.parametrize("other", ["hers", "eves", *DEAD])
@pytest.mark.parametrize("order", [1, -1])
def test_signing_out_ends_both(other: str, order: int, ada: Any, at_ada: SignedIn, at_eve: SignedIn) -> None:
    second = {"hers": key_of(SignedIn(ada)), "eves": key_of(at_eve), **DEAD}[other]
    client = browser(*(key_of(at_ada), second)[::order], csrf=True)
    signs_out(client)
    assert who(key_of(at_ada), None) is who(None, key_of(at_ada)) is who(second, second) is None
    assert not client.cookies["sessionid"].value
    assert not client.cookies["osessionid"].value


def test_who_signs_in_over_two_others_ends_both(ada: Any, eve: Any, at_ada: SignedIn, at_eve: SignedIn) -> None:
    bea = builders.a_customer("bea")
    client = browser(key_of(at_ada), key_of(at_eve))
    body = {"email": bea.email, "password": "secret"}
    assert client.post("/users/login/", body, content_type="application/json", headers=JSON).status_code == 200
    assert client.cookies["sessionid"].value == client.cookies["osessionid"].value
    assert who(key_of(at_ada), key_of(at_eve)) is None
    assert Session.objects.count() == 1
