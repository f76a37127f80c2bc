"""The storefront's word: a signed token, for a minute and once, opens our session in its customer's browser."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from aftercart.customers.models import Customer, Session, UserType
from aftercart.sign_in import keys
from aftercart.sign_in.models import UsedToken
from tests.identity_provider import by_hand
from tests.promises.identity import Provider, a_provider, assert_refused, is_signed_in
from tests.reliability.servers import ROOT

PATH = "/session/handover/"
SITE = "https://orders.shop.example"
KEY, OLD, FOREIGN = ("a key of the storefront and ours " + word for word in ("now", "before", "never"))
RSA = RSAKey.generate_key(2048)


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with a_provider() as running:
        yield running


@pytest.fixture(autouse=True)
def _chosen(settings: Any) -> None:
    settings.SIGN_IN, settings.SITE_URL = ["handover"], SITE
    settings.HANDOVER_KEYS = [KEY, OLD]


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    known = {"aud": SITE, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex, "email": "ada@example.com"}
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


def token(*, key: str = KEY, alg: str = "HS256", **changes: Any) -> str:
    return jwt.encode({"alg": alg}, claims(**changes), OctKey.import_key(key), algorithms=[alg])


def hand_over(said: str, client: Client | None = None, **fields: str) -> Any:
    client = client or Client(enforce_csrf_checks=True)
    elsewhere = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    return client.post(PATH, {"token": said, **fields}, headers=elsewhere)


def test_a_form_and_a_link_of_the_storefront_sign_in_and_lead_on(ada: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = hand_over(token(), client, next="/account/addresses/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/addresses/")
    assert answer.cookies["sessionid"].value == answer.cookies["osessionid"].value
    assert client.get("/current_user/").json()["pk"] == ada.pk
    client = Client()
    answer = client.get(f"{PATH}?{urlencode({'token': token(), 'next': '/account/addresses/'})}")
    assert (answer.status_code, answer["Location"]) == (303, "/account/addresses/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert is_signed_in(client)


def test_a_storefront_that_is_a_process_of_its_own_needs_no_code_of_ours(ada: Any) -> None:
    """What docs/sign-in/handover.md shows, run as it stands there."""
    page = (ROOT / "docs/sign-in/handover.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    facts = {"KEY": KEY, "AUDIENCE": SITE, "EMAIL": "ada@example.com"}
    made = subprocess.run(
        [sys.executable, "-I", "-c", f"import json, sys\nglobals().update(json.load(sys.stdin))\n{code}\nprint(token)"],
        input=json.dumps(facts),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert hand_over(made.stdout.strip()).status_code == 303


def test_it_works_once_and_a_look_uses_nothing_up(ada: Any) -> None:
    said = token()
    assert Client().head(f"{PATH}?token={said}").status_code == 400
    assert hand_over(said).status_code == 303
    assert_refused(hand_over(said))
    assert_refused(Client().get(f"{PATH}?token={said}"))
    assert UsedToken.objects.count() == 1
    # Its name is what is used, however it is written.
    name = uuid.uuid4().hex
    assert hand_over(token(jti=name)).status_code == 303
    assert_refused(hand_over(token(jti=name, iat=int(time.time()) - 1)))


def test_a_former_key_signs_while_it_is_listed(ada: Any, settings: Any) -> None:
    assert hand_over(token(key=OLD)).status_code == 303
    settings.HANDOVER_KEYS = [KEY]
    assert_refused(hand_over(token(key=OLD)))


def wrong_ones() -> dict[str, str]:
    now = int(time.time())
    good = token()
    head, body, mac = good.split(".")
    return {
        "of a foreign key": token(key=FOREIGN),
        "of another algorithm": token(alg="HS512"),
        "unsigned": by_hand({"alg": "none"}, claims()),
        "without its signature": f"{head}.{body}.",
        "changed": f"{head}.{token(email='eve@example.com').split('.')[1]}.{mac}",
        "over": token(iat=now - 120, exp=now - 60),
        "from the future": token(iat=now + 120, exp=now + 150),
        "for an hour": token(exp=now + 3600),
        "for ever": token(exp=None),
        "of no time": token(iat=None),
        "without a name": token(jti=None),
        "with a name that is none": token(jti=["x"]),
        "for another": token(aud="https://elsewhere.example"),
        "for nobody": token(aud=None),
        "about nobody": token(email=None),
        "about somebody unknown": token(email="nobody@example.com"),
        "about no text": token(email=["ada@example.com"]),
        "about a number that is none": token(sub="17; DROP"),
        "about an unknown number": token(sub="999999999", email=None),
        "with moments that are none": token(iat="now", exp="then"),
        "with an infinite end": by_hand({"alg": "HS256"}, claims(exp=float("inf"), iat=float("inf")), KEY.encode()),
        "no token": "x",
        "empty": "",
        "ü": "ü.ü.ü",
        "huge": "x" * 100_000,
    }


def test_everything_wrong_is_one_answer(ada: Any, eve: Any) -> None:
    bodies = set()
    for what, said in wrong_ones().items():
        answer = hand_over(said)
        assert answer.status_code == 400, what
        assert_refused(answer)
        bodies.add(answer.content.split(b'<form class="languages"')[0])
    assert len(bodies) == 1
    assert not Session.objects.exists()
    assert not UsedToken.objects.exists()


def test_clocks_may_differ_a_little(ada: Any) -> None:
    now = int(time.time())
    assert hand_over(token(iat=now + 20, exp=now + 80)).status_code == 303
    assert hand_over(token(iat=now - 80, exp=now - 20)).status_code == 303


def test_number_and_email_must_agree(ada: Any, eve: Any) -> None:
    assert hand_over(token(sub=str(ada.pk), email=None)).status_code == 303
    assert hand_over(token(sub=str(ada.pk), email="ADA@example.com")).status_code == 303
    assert_refused(hand_over(token(sub=str(ada.pk), email="eve@example.com")))
    assert_refused(hand_over(token(sub="999999999", email="eve@example.com")))


def test_who_is_new_is_made_with_the_number_of_the_storefront(transactional_db: None, settings: Any) -> None:
    said = {"sub": "4711", "email": "new@example.com", "given_name": "Nil"}
    assert_refused(hand_over(token(**said)))
    settings.SIGN_IN_MAKES_CUSTOMERS = True
    client = Client()
    hand_over(token(**said), client)
    assert client.get("/current_user/").json()["pk"] == 4711
    assert Customer.objects.get().first_name == "Nil"


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_active": False}, {"user_type": UserType.GUEST}])
def test_it_never_opens_the_back_office_nor_what_is_no_account(ada: Any, fields: dict[str, Any]) -> None:
    Customer.objects.filter(pk=ada.pk).update(**fields)
    assert_refused(hand_over(token()))
    assert_refused(hand_over(token(sub=str(ada.pk), email=None)))


@pytest.mark.parametrize("where", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_it_leads_nowhere_else(where: str, ada: Any) -> None:
    assert hand_over(token(), next=where)["Location"] == "/account/orders/"


def test_another_customers_session_in_the_browser_ends(ada: Any, eve: Any) -> None:
    client = Client()
    hand_over(token(), client)
    hand_over(token(email="eve@example.com"), client)
    assert client.get("/current_user/").json()["pk"] == eve.pk
    assert Session.objects.count() == 1


def test_keys_of_the_storefronts_own_are_looked_up(process: Provider, ada: Any, settings: Any) -> None:
    settings.HANDOVER_ALGORITHM, settings.HANDOVER_KEYS = "RS256", []
    settings.HANDOVER_JWKS_URL = f"{process.url}/jwks"
    keys.keys_of_others.forget()
    process.tell()
    signed = process.sign(claims())
    assert hand_over(signed).status_code == 303
    assert_refused(hand_over(signed))
    assert_refused(hand_over(jwt.encode({"alg": "RS256", "kid": "key 0"}, claims(), RSA)))
    assert_refused(hand_over(token()))
    public = process.public_key().encode()
    assert_refused(hand_over(by_hand({"alg": "HS256", "kid": "key 0"}, claims(), public)))
    assert_refused(hand_over(by_hand({"alg": "none", "kid": "key 0"}, claims())))
    keys.keys_of_others.forget()
    settings.SIGN_IN_TIMEOUT = 1.0
    process.tell(drips=["/jwks"])
    assert hand_over(process.sign(claims())).status_code == 503
