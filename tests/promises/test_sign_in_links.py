"""Signing in by a mailed link, and choosing a new password by one: once, for minutes, and nobody is told more."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.core.signing import TimestampSigner
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart import failpoints
from aftercart.background.kinds import KINDS
from aftercart.customers.models import Customer, Session, UserType
from aftercart.customers.sign_in_links import TO_NEW_PASSWORD, TO_SIGN_IN
from aftercart.duties import tick
from aftercart.mails.models import Mail
from aftercart.sign_in.models import AskedSignIn, UsedToken
from tests import builders
from tests.acts import work
from tests.conftest import SignedIn

LINK, PASSWORD = "/account/link/", "/account/password/"
OVER = "This link no longer works"
GOOD = "correct horse 17"


@pytest.fixture(autouse=True)
def _chosen(settings: Any) -> None:
    settings.SIGN_IN = ["password", "link"]
    settings.SITE_URL = "https://orders.shop.example"


def ask(path: str, email: str, **more: str) -> Any:
    return Client().post(path, {"email": email, **more})


def newest_link() -> str:
    """The path and query of the link in the newest mail."""
    found = re.search(r"https://orders\.shop\.example(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def a_link(path: str = LINK, email: str = "ada@example.com", **more: str) -> str:
    assert ask(path, email, **more).status_code == 303
    work()
    return newest_link()


def press(link: str, client: Client | None = None, **fields: str) -> Any:
    """Press the button of the page that a link opens."""
    client = client or Client()
    opened = client.get(link)
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', opened.content.decode())
    hidden = dict(reversed(found))  # the page's own form comes before the one that chooses a language
    return client.post(urlsplit(link).path, {**hidden, **fields})


def is_signed_in(client: Client) -> bool:
    return client.get("/current_user/").status_code == 200


def test_a_customer_without_a_password_signs_in_by_a_mailed_link_and_goes_where_he_wanted(ada: Any) -> None:
    ada.set_unusable_password()
    ada.save()
    client, link = Client(), a_link(email="ADA@example.com", next="/account/addresses/")
    assert mail.outbox[-1].to == ["ada@example.com"]
    page = client.get(link).content.decode()
    assert "ada@example.com" in page
    assert not is_signed_in(client), "whoever only looks at the link is not signed in"
    answer = press(link, client)
    assert (answer.status_code, answer["Location"]) == (303, "/account/addresses/")
    assert answer.cookies["sessionid"].value == answer.cookies["osessionid"].value
    assert is_signed_in(client)


def test_a_link_signs_in_once_and_looking_at_it_uses_nothing_up(ada: Any) -> None:
    link = a_link()
    for _ in range(5):  # a mail scanner
        assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200
    first, second = Client(), Client()
    assert press(link, first).status_code == 303
    answer = press(link, second)
    assert answer.status_code == 404
    assert OVER in answer.content.decode()
    assert OVER in second.get(link).content.decode()
    assert is_signed_in(first)
    assert not is_signed_in(second)


def another_address(ada: Any) -> None:
    Customer.objects.filter(pk=ada.pk).update(email="new@example.com")


def another_password(ada: Any) -> None:
    ada.set_password("another")
    ada.save()


def switched_off(ada: Any) -> None:
    Customer.objects.filter(pk=ada.pk).update(is_active=False)


def gone(ada: Any) -> None:
    ada.delete()


@pytest.mark.parametrize("path", [LINK, PASSWORD])
@pytest.mark.parametrize("what", [another_address, another_password, switched_off, gone])
def test_a_link_ends_when_its_customer_is_another(path: str, what: Callable[[Any], None], ada: Any) -> None:
    link, client = a_link(path), Client()
    what(ada)
    answer = press(link, client, password=GOOD)
    assert answer.status_code == 404
    assert not is_signed_in(client)
    assert not UsedToken.objects.exists()


@pytest.mark.parametrize("path", [LINK, PASSWORD])
def test_whatever_is_wrong_with_a_link_is_one_answer(path: str, ada: Any, settings: Any) -> None:
    link = urlsplit(a_link(path)).path
    signed = link.removeprefix(path).strip("/")
    other = {LINK: TO_NEW_PASSWORD, PASSWORD: TO_SIGN_IN}[path]
    wrong = {
        "cut": signed[:-1],
        "changed": ("8" if signed[0] == "9" else "9") + signed[1:],
        "of the other kind": other.sign(ada, token="0" * 32, email=ada.email),
        "of an order's page": TimestampSigner(salt="aftercart.guest-order").sign("1-abc"),
        "nothing of ours": "x",
        "with another key": TimestampSigner(key="another", salt=TO_SIGN_IN.salt).sign(signed.rsplit(":", 2)[0]),
    }
    answers = {name: Client().get(f"{path}{said}/") for name, said in wrong.items()}
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.SIGN_IN_LINK_MAX_AGE + 5)):
        answers["too old"] = Client().get(link)
    bodies = {
        re.sub(r'(name="csrfmiddlewaretoken" value=")\w+|value="/account/\S+"', "", one.content.decode())
        for one in answers.values()
    }
    assert {one.status_code for one in answers.values()} == {404}
    assert len(bodies) == 1
    assert press(link, password=GOOD).status_code == 303, "the right one still works"


def test_a_former_key_still_signs_in_while_it_is_listed(ada: Any, settings: Any) -> None:
    link = a_link()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key"
    assert press(link).status_code == 303
    link = a_link()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [], "a third key"
    assert press(link).status_code == 404


@pytest.mark.parametrize("path", [LINK, PASSWORD])
def test_nobody_is_told_whether_there_is_a_customer(path: str, ada: Any) -> None:
    builders.a_customer("gul", user_type=UserType.GUEST)
    builders.a_customer("off", is_active=False)
    told = set()
    for email in ("ada@example.com", "nobody@example.com", "gul@example.com", "off@example.com"):
        with CaptureQueriesContext(connection) as seen:
            answer = ask(path, email)
        told.add((answer.status_code, answer["Location"], len(seen), answer.content))
    assert len(told) == 1
    work()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]
    assert not AskedSignIn.objects.exists()


def test_a_worker_that_dies_mails_the_link_once(ada: Any, monkeypatch: Any) -> None:
    assert ask(LINK, "ada@example.com").status_code == 303

    def die(step: str) -> None:
        if step == "sign-in link: writing":
            raise RuntimeError(step)

    with monkeypatch.context() as dying:
        dying.setattr(failpoints, "hook", die)
        tick(KINDS)
    assert not Mail.objects.exists()
    assert AskedSignIn.objects.exists()
    for minutes in (5, 10):
        tick(KINDS, now=timezone.now() + timedelta(minutes=minutes))
    assert len(mail.outbox) == 1
    assert not AskedSignIn.objects.exists()


def test_what_is_no_email_is_named(transactional_db: None) -> None:
    for email in ("", "x", "a\0b@example.com", "a" * 300 + "@example.com"):
        answer = ask(LINK, email)
        assert answer.status_code == 400
        assert "Enter your e-mail address." in answer.content.decode()


def test_one_network_asks_so_often_and_one_customer_is_mailed_so_often(ada: Any, settings: Any) -> None:
    settings.SIGN_IN_LINKS_PER_ADDRESS, settings.SIGN_IN_MAILS_PER_CUSTOMER = 4, 2
    assert [ask(LINK, "ada@example.com").status_code for _ in range(4)] == [303] * 4
    refused = ask(LINK, "nobody@example.com")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").post(LINK, {"email": "ada@example.com"})
    assert elsewhere.status_code == 303
    work()
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("where", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/a\0"])
def test_a_link_leads_nowhere_else(where: str, ada: Any) -> None:
    link = a_link(next=where)
    assert press(link)["Location"] == "/account/orders/"
    answer = Client().post(urlsplit(a_link()).path, {"next": where})
    assert answer["Location"] == "/account/orders/"


def test_the_link_is_in_the_mail_alone(ada: Any, settings: Any) -> None:
    link = a_link()
    row = Mail.objects.get()
    signed = urlsplit(link).path.split("/")[-2]
    assert signed not in str(row.__dict__)
    boss = builders.a_customer("boss", is_staff=True, is_superuser=True)
    shown = SignedIn(boss).get(f"/admin/mails/mail/{row.pk}/change/").content.decode()
    assert "Here is the link that signs you in" in shown
    assert signed not in shown
    assert not re.search(rf"/account/link/{ada.pk}-", shown)


def test_a_mail_that_is_sent_twice_signs_in_once(ada: Any) -> None:
    first = a_link()
    Mail.objects.update(sent_date=None, next_attempt_at=timezone.now())
    work()
    assert len(mail.outbox) == 2
    assert press(first).status_code == 303
    assert press(newest_link()).status_code == 404


def test_a_new_password_ends_what_the_old_one_opened(ada: Any) -> None:
    before, client = SignedIn(ada), Client()
    to_sign_in, link = a_link(), a_link(PASSWORD, next="/account/addresses/")
    weak = press(link, client, password="12345678")
    assert weak.status_code == 400
    assert "too common" in weak.content.decode()
    assert not is_signed_in(client)
    done = press(link, client, password=GOOD)
    assert (done.status_code, done["Location"]) == (303, "/account/addresses/")
    assert is_signed_in(client)
    assert not is_signed_in(before)
    assert Session.objects.count() == 1
    assert press(to_sign_in).status_code == 404
    assert press(link, password=GOOD).status_code == 404
    assert Client().post("/account/login/", {"email": ada.email, "password": GOOD}).status_code == 303
    assert Client().post("/account/login/", {"email": ada.email, "password": "secret"}).status_code == 400


def test_a_way_that_is_not_chosen_is_not_there(ada: Any, settings: Any) -> None:
    links = {path: a_link(path) for path in (LINK, PASSWORD)}
    for ways, path in ((["password"], LINK), (["link"], PASSWORD)):
        settings.SIGN_IN = ways
        for there in (path, f"{path}sent/", links[path]):
            assert Client().get(there).status_code == 404
        assert ask(path, ada.email).status_code == 404
    credentials = {"email": ada.email, "password": "secret"}
    refused = Client().post("/users/login/", credentials, content_type="application/json")
    assert refused.json() == {"non_field_errors": ["This shop signs nobody in by a password."]}
    assert Client().post("/account/login/", credentials).status_code == 200
    assert not Session.objects.exists()
    page = Client().get("/account/login/?next=/account/addresses/").content.decode()
    assert 'type="password"' not in page
    assert f'action="{LINK}"' in page


def test_another_site_presses_no_button(ada: Any) -> None:
    link = a_link()
    client = Client(enforce_csrf_checks=True)
    client.get(link)
    assert client.post(urlsplit(link).path, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert press(link).status_code == 303


def test_what_was_used_is_forgotten_when_it_would_be_over_anyway(ada: Any, settings: Any) -> None:
    press(a_link())
    tick(KINDS, now=timezone.now() + timedelta(seconds=settings.SIGN_IN_LINK_MAX_AGE - 60))
    assert UsedToken.objects.count() == 1
    tick(KINDS, now=timezone.now() + timedelta(seconds=settings.SIGN_IN_LINK_MAX_AGE + 60))
    assert not UsedToken.objects.exists()


def test_it_is_said_in_turkish_too(ada: Any) -> None:
    client = Client(headers={"Accept-Language": "tr"})
    assert "E-posta" in client.get(LINK).content.decode()
    client.post(LINK, {"email": ada.email})
    work()
    assert mail.outbox[-1].subject == "Giriş bağlantınız"
    assert "Bu bağlantı" in Client(headers={"Accept-Language": "tr"}).get(f"{LINK}x/").content.decode()
