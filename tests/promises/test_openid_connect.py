"""The shop's own login by OpenID Connect, with a provider that is a process of its own and can be told to lie."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from aftercart.customers.models import Customer, Session, UserType
from aftercart.sign_in import keys
from aftercart.sign_in.models import ExternalIdentity
from aftercart.sign_in.provider import provider as our_provider
from tests import builders
from tests.conftest import SignedIn
from tests.promises.identity import Provider, a_provider, assert_refused
from tests.reliability.servers import ROOT

START, BACK = "/session/oidc/", "/session/oidc/return/"
SITE = "http://testserver"


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with a_provider() as running:
        yield running


@pytest.fixture
def provider(process: Provider, transactional_db: None, settings: Any, monkeypatch: Any) -> Provider:
    settings.SIGN_IN, settings.SITE_URL = ["oidc"], SITE
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = process.url, "shop"
    settings.OIDC_CLIENT_SECRET = "s3cret/+ &%"
    settings.SIGN_IN_TIMEOUT = 10.0
    our_provider.forget()
    keys.keys_of_others.forget()
    process.tell()
    return process


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def at_the_provider(url: str) -> str:
    """Where the provider sends the browser back to."""
    try:
        urllib.request.build_opener(NoRedirect).open(url, timeout=10)
    except urllib.error.HTTPError as redirect:
        redirect.close()
        return str(redirect.headers["Location"])
    raise AssertionError("no redirect")


def go(client: Client, **query: str) -> str:
    """Begin, and sign in at the provider; where the browser is sent back to."""
    begun = client.get(START, query)
    assert begun.status_code == 302, begun.content
    return at_the_provider(begun["Location"]).removeprefix(SITE)


def sign_in(client: Client | None = None, **query: str) -> Any:
    client = client or Client()
    return client.get(go(client, **query))


def test_a_customer_signs_in_there_and_goes_where_he_wanted(provider: Provider, ada: Any) -> None:
    client = Client()
    answer = sign_in(client, next="/account/addresses/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/addresses/")
    assert answer.cookies["sessionid"].value == answer.cookies["osessionid"].value
    assert client.get("/current_user/").json()["pk"] == ada.pk
    assert ExternalIdentity.objects.get().subject == "ada-17"
    assert f'href="{START}?next=' in Client().get("/account/login/").content.decode()


def test_what_is_asked_there_is_what_the_standard_wants(provider: Provider, ada: Any) -> None:
    asked = urlsplit(Client().get(START)["Location"])
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert f"{asked.scheme}://{asked.netloc}{asked.path}" == f"{provider.url}/authorize"
    known = {"client_id": "shop", "response_type": "code", "code_challenge_method": "S256", "redirect_uri": SITE + BACK}
    assert known.items() <= query.items()
    assert "openid" in query["scope"].split()
    assert all(len(query[name]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_later_the_subject_counts_and_not_the_email(provider: Provider, ada: Any) -> None:
    sign_in()
    provider.tell(user={"sub": "ada-17", "email": "new@example.com", "email_verified": True})
    client = Client()
    sign_in(client)
    assert client.get("/current_user/").json()["pk"] == ada.pk
    # The address was given to somebody else there: they are not Ada.
    provider.tell(user={"sub": "somebody-else", "email": "ada@example.com", "email_verified": True})
    assert_refused(sign_in())


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"without": ["nonce"]},
    "another issuer": {"claims": {"iss": "https://elsewhere.example"}},
    "for another": {"claims": {"aud": "another"}},
    "for two, and not authorized to us": {"claims": {"aud": ["shop", "another"], "azp": "another"}},
    "over": {"claims": {"exp": -120}},
    "from the future": {"claims": {"iat": 600, "exp": 900}},
    "without an end": {"without": ["exp"]},
    "without a subject": {"without": ["sub"]},
    "a subject that is no text": {"claims": {"sub": 17}},
    "of a foreign key": {"signed": "foreign"},
    "unsigned": {"signed": "none"},
    "signed by the public key as a secret": {"signed": "HS256"},
    "of a key that is not shown": {"signs_with": 1},
    "an access token of another": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "unproven": {"user": {"sub": "x", "email": "ada@example.com", "email_verified": False}},
    "silent on whether it is proven": {"user": {"sub": "x", "email": "ada@example.com"}},
    "unknown": {"user": {"sub": "x", "email": "nobody@example.com", "email_verified": True}},
    "without an email": {"user": {"sub": "x"}},
    "more about another": {"user": {"sub": "x"}, "userinfo": {"sub": "y", "email": "ada@example.com"}},
}


def test_every_lie_is_one_answer(provider: Provider, ada: Any) -> None:
    bodies = set()
    for lie, changes in LIES.items():
        provider.tell(**changes)
        keys.keys_of_others.forget()
        answer = sign_in()
        assert answer.status_code == 400, lie
        assert_refused(answer)
        bodies.add(answer.content.split(b'<form class="languages"')[0])
    assert len(bodies) == 1
    assert not Session.objects.exists()
    assert not ExternalIdentity.objects.exists()


def test_only_the_browser_that_began_ends_it_and_once(provider: Provider, ada: Any) -> None:
    client, other = Client(), Client()
    back = go(client)
    assert_refused(other.get(back))
    assert_refused(client.get(back.replace("state=", "state=x")))
    assert_refused(client.get(BACK))
    assert_refused(client.get(f"{BACK}?error=access_denied&state=x"))
    assert client.head(back).status_code == 400, "who only looks uses nothing up"
    client = Client()
    back = go(client)
    assert client.get(back).status_code == 303
    client.logout()
    assert_refused(client.get(back))


def test_two_windows_do_not_end_each_others_sign_in(provider: Provider, ada: Any) -> None:
    client = Client()
    first, second = go(client, next="/account/addresses/"), go(client)
    assert client.get(second)["Location"] == "/account/orders/"
    assert client.get(first)["Location"] == "/account/addresses/"


def test_keys_are_rotated_without_a_restart(provider: Provider, ada: Any, monkeypatch: Any) -> None:
    assert sign_in().status_code == 303
    provider.tell(published=2, signs_with=1)
    monkeypatch.setattr(keys, "ASKED_AGAIN_SECONDS", 0.0)
    assert sign_in().status_code == 303
    assert provider.asked().count("/jwks") == 1
    assert sign_in().status_code == 303
    assert provider.asked().count("/jwks") == 1, "known keys are not asked for again"


def test_tokens_of_made_up_keys_do_not_make_us_ask_again_and_again(provider: Provider, ada: Any) -> None:
    provider.tell(signs_with=1)
    for _ in range(3):
        assert_refused(sign_in())
    assert provider.asked().count("/jwks") == 1


def test_clocks_may_differ_a_little(provider: Provider, ada: Any) -> None:
    provider.tell(claims={"iat": 20, "exp": 60})
    assert sign_in().status_code == 303
    provider.tell(claims={"iat": -80, "exp": -20})
    assert sign_in().status_code == 303


def test_an_email_is_asked_for_where_the_token_names_none(provider: Provider, ada: Any) -> None:
    more = {"sub": "ada-17", "email": "ada@example.com", "email_verified": "true"}
    provider.tell(user={"sub": "ada-17"}, userinfo=more)
    client = Client()
    sign_in(client)
    assert client.get("/current_user/").json()["pk"] == ada.pk


TROUBLE: dict[str, dict[str, Any]] = {
    "slow": {"slow": {"/token": 3}},
    "drips": {"drips": ["/jwks"]},
    "broken": {"status": {"/token": 500}},
    "redirects": {"status": {"/.well-known/openid-configuration": 302}},
    "calls itself another": {"issuer": "https://elsewhere.example"},
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_provider_in_trouble_is_503_within_the_deadline(
    trouble: str, provider: Provider, ada: Any, settings: Any
) -> None:
    settings.SIGN_IN_TIMEOUT = 1.0
    provider.tell(**TROUBLE[trouble])
    client = Client()
    answer = client.get(START)
    if answer.status_code == 302:
        answer = client.get(at_the_provider(answer["Location"]).removeprefix(SITE))
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert not Session.objects.exists()


def test_who_is_new_is_made_where_the_shop_wants_it(provider: Provider, settings: Any) -> None:
    builders.a_customer("ada", user_type=UserType.GUEST)
    assert_refused(sign_in())
    settings.SIGN_IN_MAKES_CUSTOMERS = True
    client = Client()
    sign_in(client)
    made = Customer.objects.get(user_type=UserType.REGISTERED)
    assert client.get("/current_user/").json()["pk"] == made.pk
    assert (made.email, made.first_name, made.has_usable_password()) == ("ada@example.com", "Ada", False)
    assert made.pk >= 10**12, "orders that come in later name their customers by lower numbers"
    sign_in()
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_it_never_opens_the_back_office_nor_an_account_that_is_off(
    provider: Provider, ada: Any, fields: dict[str, bool]
) -> None:
    sign_in()
    Customer.objects.filter(pk=ada.pk).update(**fields)
    assert_refused(sign_in())
    ExternalIdentity.objects.all().delete()
    assert_refused(sign_in())


def test_who_is_signed_in_goes_on_at_once(provider: Provider, ada: Any) -> None:
    answer = SignedIn(ada).get(START, {"next": "/account/addresses/"})
    assert answer["Location"] == "/account/addresses/"


def test_it_leads_nowhere_else(provider: Provider, ada: Any) -> None:
    assert sign_in(next="https://elsewhere.example/")["Location"] == "/account/orders/"


def test_nothing_is_asked_inside_a_transaction(provider: Provider) -> None:
    from django.db import transaction

    from aftercart.sign_in.fetching import deadline, fetched

    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        fetched(f"{provider.url}/jwks", deadline=deadline())


def test_what_is_not_chosen_is_not_there_and_not_loaded(provider: Provider, settings: Any) -> None:
    settings.SIGN_IN = ["password"]
    assert Client().get(START).status_code == 404
    code = (
        "import sys, django; django.setup(); import aftercart.wsgi; assert not {'joserfc', 'authlib'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
