"""The session's door, as the published storefront knocks on it."""

import re
from typing import Any

import pytest
from django.test import Client

from aftercart.customers.models import Session

CREDENTIALS = {
    "redirect": "false",
    "callbackUrl": "/",
    "captchaValidated": "false",
    "email": "ADA@example.com",
    "password": "secret",
    "formType": "login",
    "locale": "en",
    "csrfToken": "abc",
    "json": "true",
}
JSON = {"Accept": "application/json"}


def sign_in(client: Client, path: str = "/users/login/", **fields: Any) -> Any:
    """As the storefront posts: everything it has, no CSRF token, no Referer."""
    return client.post(path, {**CREDENTIALS, **fields}, content_type="application/json", headers=JSON)


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("path", ["/users/login/", "/users/login"])
def test_signing_in_answers_a_key_and_sets_both_cookies(path: str, ada: Any, client: Client) -> None:
    response = sign_in(client, path)
    assert response.status_code == 200, response.content
    assert re.fullmatch("[0-9a-f]{40}", response.json()["key"])
    assert response.json()["redirect_url"] is None
    session, other = response.cookies["sessionid"], response.cookies["osessionid"]
    assert session.value == other.value
    assert re.fullmatch(r"\w+", session.value)
    assert other["httponly"] is True
    assert Session.objects.get(pk=session.value).customer == ada


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"email": "nobody@example.com"}, {"email": "a\0b"}])
def test_a_wrong_sign_in_is_400_with_an_array(fields: dict[str, str], ada: Any, client: Client) -> None:
    response = sign_in(client, **fields)
    assert response.status_code == 400
    assert isinstance(next(iter(response.json().values())), list)


def test_missing_credentials_are_named(ada: Any, client: Client) -> None:
    response = client.post("/users/login/", {}, content_type="application/json", headers=JSON)
    assert response.status_code == 400
    assert response.json().keys() == {"email", "password"}


def test_too_many_wrong_passwords_are_429_with_retry_after(ada: Any, client: Client, settings: Any) -> None:
    for _ in range(settings.LOGIN_FAILURE_LIMIT):
        response = sign_in(client, password="wrong")
    response = sign_in(client)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert response.json()["error_code"] == "throttled"


@pytest.mark.parametrize("name", ["sessionid", "osessionid"])
def test_either_cookie_is_accepted_alone(name: str, ada: Any, client: Client) -> None:
    key = sign_in(client).cookies["sessionid"].value
    other = Client()
    other.cookies[name] = key
    response = other.get("/current_user/", headers=JSON)
    assert response.status_code == 200
    assert response.json()["email"] == "ada@example.com"
    assert response.json().keys() == {
        *("pk", "first_name", "last_name", "email", "phone", "email_allowed", "sms_allowed", "date_joined"),
        *("last_login", "date_of_birth", "hashed_email", "gender"),
    }


# Header by header: newer Pythons do not make a cookie of the third and the fourth, which a browser may well send.
@pytest.mark.parametrize("key", ["", "unknown", '"a\\000b"', "a\x01b", "ü" * 40, "x" * 5000])
def test_an_unknown_session_is_401_and_never_a_redirect(key: str, transactional_db: None) -> None:
    response = Client().get("/current_user/", headers={**JSON, "Cookie": f"sessionid={key}"})
    assert response.status_code == 401
    assert response.json()["error_code"] == "not_authenticated"


def test_the_csrf_token_fetched_without_cookies_works_through_sign_in(omnitron: Any, ada: Any, stock: Any) -> None:
    token = Client().get("/csrf_token/", headers=JSON).json()["csrf_token"]
    browser = Client(enforce_csrf_checks=True)
    key = sign_in(browser).cookies["osessionid"].value
    storefront = Client(enforce_csrf_checks=True)  # writes the token into the cookie itself
    storefront.cookies["csrftoken"] = token
    storefront.cookies["osessionid"] = key
    from tests.builders import a_body

    order = stock(ada)
    response = storefront.post(
        f"/orders/{order.number}/cancel/",
        a_body(order),
        content_type="application/json",
        headers={**JSON, "X-CSRFToken": token, "Accept-Language": "undefined", "x-currency": "undefined"},
    )
    assert response.status_code == 204, response.content


def test_a_token_from_before_sign_in_stays_valid_in_an_ordinary_browser(omnitron: Any, ada: Any, stock: Any) -> None:
    from tests.builders import a_body

    browser = Client(enforce_csrf_checks=True)
    token = browser.get("/csrf_token/", headers=JSON).json()["csrf_token"]
    assert "csrftoken" not in sign_in(browser).cookies
    order = stock(ada)
    response = browser.post(
        f"/orders/{order.number}/cancel/",
        a_body(order),
        content_type="application/json",
        headers={**JSON, "X-CSRFToken": token},
    )
    assert response.status_code == 204


def test_a_write_without_its_csrf_token_is_403_in_json(omnitron: Any, ada: Any, at_ada: Any, stock: Any) -> None:
    order = stock(ada)
    for token in ("", "wrong", "x" * 32):
        response = at_ada.cancel(order, **{"X-CSRFToken": token})
        assert response.status_code == 403
        assert response.json()["error_code"] == "csrf_failed"
    assert not omnitron.calls()


def test_without_a_session_it_is_401_before_403(omnitron: Any) -> None:
    response = Client(enforce_csrf_checks=True).post(
        "/orders/1/cancel/", {}, content_type="application/json", headers=JSON
    )
    assert response.status_code == 401


def test_signing_out_takes_two_posts_as_the_storefront_sends_them(ada: Any, client: Client) -> None:
    sign_in(client)
    first = Client(enforce_csrf_checks=True).post("/users/logout")
    assert first.status_code == 200
    assert re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', first.content.decode())
    token = client.get("/csrf_token/").json()["csrf_token"]
    assert client.post("/users/logout", {"csrfmiddlewaretoken": token}).status_code == 200
    assert client.get("/current_user/", headers=JSON).status_code == 401
    assert not Session.objects.exists()


def test_a_changed_password_ends_older_sessions(ada: Any, client: Client) -> None:
    sign_in(client)
    ada.set_password("another")
    ada.save()
    assert client.get("/current_user/", headers=JSON).status_code == 401


def test_a_customer_who_was_deactivated_is_signed_out(ada: Any, client: Client) -> None:
    sign_in(client)
    type(ada).objects.update(is_active=False)
    assert client.get("/current_user/", headers=JSON).status_code == 401
    assert sign_in(client).status_code == 400


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_wrong_method_is_405_in_json_or_plain(method: str, at_ada: Any) -> None:
    assert getattr(at_ada, method)("/orders/1/cancel/", headers=JSON).status_code == 405


def test_unknown_paths_are_404_in_json_without_a_redirect(transactional_db: None) -> None:
    for path in ("/no/such/page/", "/current_user", "/orders/completed/x/?format=xml"):
        response = Client().get(path, headers=JSON)
        assert response.status_code in (401, 404)
        assert response["Content-Type"] == "application/json"


FROM_ELSEWHERE = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
# What a page of another site can make a browser send without asking us first.
SENT_BY_A_FORM = {
    "a form": ("application/x-www-form-urlencoded", "email=ada%40example.com&password=secret"),
    "a form with parts": (
        "multipart/form-data; boundary=x",
        '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n'
        '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nsecret\r\n--x--\r\n',
    ),
    "JSON as text": ("text/plain", '{"email": "ada@example.com", "password": "secret", "x": "="}'),
    "JSON of no kind": ("", '{"email": "ada@example.com", "password": "secret"}'),
    "JSON that says it is text": ("text/plain; application/json", '{"email": "ada@example.com", "password": "secret"}'),
}


@pytest.mark.parametrize("kind", SENT_BY_A_FORM)
@pytest.mark.parametrize("path", ["/users/login/", "/users/login", "/account/login/", "/admin/login/"])
def test_another_site_signs_nobody_in(path: str, kind: str, ada: Any, client: Client) -> None:
    content_type, body = SENT_BY_A_FORM[kind]
    client.get("/csrf_token/")  # the browser has the cookie, and would send it
    response = client.generic("POST", path, body, content_type, headers=FROM_ELSEWHERE)
    assert response.status_code == 403
    assert "sessionid" not in response.cookies
    assert not Session.objects.exists()


def test_a_form_of_ours_signs_in_with_its_token(ada: Any, client: Client) -> None:
    token = client.get("/csrf_token/").json()["csrf_token"]
    fields = {"email": "ada@example.com", "password": "secret", "csrfmiddlewaretoken": token}
    assert client.post("/users/login/", fields, headers=JSON).status_code == 200
