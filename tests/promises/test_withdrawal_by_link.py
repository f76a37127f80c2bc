"""Withdrawing without an account: by a mailed link, and a page that tells nobody which orders there are."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.mailed_links.links import TO_WITHDRAW
from aftercart.mailed_links.models import AskedLink
from aftercart.orders import signed_number
from aftercart.withdrawals import public
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.acts import mailed, work
from tests.promises.withdrawing import Consumer, acknowledgements

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def guest(omnitron: Any) -> Consumer:
    return Consumer()


def at(order: Any) -> str:
    return f"/withdrawals/{TO_WITHDRAW.sign(order)}/"


def ask(guest: Consumer, number: str, email: str, **headers: Any) -> Any:
    fields = guest.form(guest.see("/withdraw/"), "")
    return guest.post("/withdraw/", {**fields, "number": number, "email": email}, headers=guest.asking, **headers)


# --- the link ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "label", "confirm"),
    [
        pytest.param("en", "Withdraw from contract here", "Confirm withdrawal", id="English"),
        pytest.param("tr", "Sözleşmeden burada cayın", "Caymayı onayla", id="Turkish"),
    ],
)
def test_whoever_holds_the_link_withdraws_without_an_account(
    language: str, label: str, confirm: str, stock: Any, ada: Any
) -> None:
    order, guest = stock(ada), Consumer(language=language)
    link = at(order)
    assert label in guest.see(link).content.decode()
    second = guest.review(link)
    assert confirm in second.content.decode()
    answer = guest.send(link, guest.form(second, link), step="confirm")
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.how, withdrawal.order) == ("link", order)
    assert answer["Location"].endswith(f"/{withdrawal.uuid}/")
    assert answer["Location"].startswith("/withdrawals/")
    assert guest.see(answer["Location"]).status_code == 200
    work()
    assert set(order.items.values_list("status", flat=True)) == {50}
    assert len(acknowledgements()) == 1
    assert answer["Location"] in guest.see(link).content.decode(), "what was declared is found again"


def test_its_pages_are_private_and_tell_no_other_site(stock: Any, ada: Any, guest: Consumer) -> None:
    order = stock(ada)
    for path in (at(order), guest.withdraw(at(order))["Location"], "/withdrawals/forged/"):
        page = guest.see(path)
        assert page["Cache-Control"] == "no-store, private"
        assert page["Referrer-Policy"] == "no-referrer"
        assert page["X-Robots-Tag"] == "noindex"


def test_it_leads_nowhere_but_to_its_order_s_withdrawals(stock: Any, ada: Any, eve: Any, guest: Consumer) -> None:
    order, other = stock(ada), stock(eve)
    uuid = guest.withdraw(at(order))["Location"].split("/")[-2]
    assert guest.see(f"{at(other)}{uuid}/").status_code == 404
    assert guest.see(f"/account/withdrawals/{uuid}/").status_code == 302
    assert guest.see(f"/account/orders/{order.number}/").status_code == 302


def test_what_we_never_signed_is_not_found(stock: Any, ada: Any, guest: Consumer) -> None:
    order = stock(ada)
    genuine = TO_WITHDRAW.sign(order)
    forged = [
        genuine[:-1] + ("A" if genuine[-1] != "A" else "B"),
        genuine.replace(str(order.pk), str(order.pk + 1), 1),
        str(order.pk),
        signed_number.sign(order.number),
        signing.TimestampSigner(salt="aftercart.withdrawal-").sign(str(order.pk)),
        signing.TimestampSigner(salt=TO_WITHDRAW.salt).sign("999999999"),
    ]
    for signed in forged:
        for path in (f"/withdrawals/{signed}/", f"/withdrawals/{signed}/6f2f3b4e-0f6b-4b5e-9b1e-0a4f6d0c7a11/"):
            assert guest.see(path).status_code == 404, path
        assert guest.post(f"/withdrawals/{signed}/", {"step": "confirm"}).status_code in (403, 404)


def test_a_link_that_is_too_old_says_so_and_leads_to_a_new_one(stock: Any, ada: Any, guest: Consumer) -> None:
    order = stock(ada)
    link = at(order)
    with time_machine.travel(timezone.now() + timedelta(days=61)):
        page = guest.see(link)
    assert page.status_code == 404
    assert "This link's time is over" in page.content.decode()
    assert 'href="/withdraw/"' in page.content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=59)):
        assert guest.see(link).status_code == 200


def test_a_period_that_is_over_is_said(ada: Any, guest: Consumer) -> None:
    order = builders.an_order(ada, status=550, item_fields={"delivered_date": timezone.now() - timedelta(days=30)})
    html = guest.see(at(order)).content.decode()
    assert "The time for withdrawing from this contract is over." in html
    assert "step" not in html


# --- asking for it -------------------------------------------------------------------------------------------


def test_number_and_e_mail_bring_a_link_that_works(stock: Any, ada: Any, guest: Consumer, settings: Any) -> None:
    settings.SITE_URL = "https://shop.example"
    order = stock(ada)
    answer = ask(guest, f" {order.number} ", ada.email.upper())
    assert (answer.status_code, answer["Location"]) == (303, "/withdraw/asked/")
    assert mailed() == [], "nothing is looked up while someone waits"
    work()
    mail = mailed()[0]
    assert mail.to == ada.email
    assert mail.data["link"].startswith("https://shop.example/withdrawals/")
    assert guest.see(mail.data["link"].removeprefix("https://shop.example")).status_code == 200
    assert not AskedLink.objects.exists(), "what was typed is forgotten"


@pytest.mark.parametrize(
    ("number", "email"),
    [
        pytest.param("4711", "ada@example.com", id="no such order"),
        pytest.param("", "eve@example.com", id="not the order's e-mail"),
    ],
)
def test_whatever_is_asked_the_answer_and_its_cost_are_the_same(
    number: str, email: str, stock: Any, ada: Any, eve: Any, guest: Consumer
) -> None:
    order = stock(ada)

    def answered(number: str, email: str) -> tuple[Any, ...]:
        with CaptureQueriesContext(connection) as seen:
            answer = ask(guest, number, email)
        verbs = [query["sql"].split("(")[0] for query in seen]
        page = TOKEN.sub("", guest.see(answer["Location"]).content.decode())
        return answer.status_code, answer["Location"], answer.content, page, verbs

    right = answered(order.number, ada.email)
    work()
    assert right[-1], "it costs something"
    assert answered(number or order.number, email) == right
    work()
    assert [mail.to for mail in mailed()] == [ada.email]
    assert not AskedLink.objects.exists()


@pytest.mark.parametrize(
    ("number", "email"),
    [("", "ada@example.com"), ("1", ""), ("1", "ada"), ("x" * 129, "ada@example.com"), ("\0", "ada@example.com")],
)
def test_what_cannot_be_read_is_said_beside_its_field(number: str, email: str, guest: Consumer) -> None:
    answer = ask(guest, number, email)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not AskedLink.objects.exists()


def test_ten_thousand_guesses_from_one_address_yield_nothing_and_lock_nobody_out(
    stock: Any, ada: Any, guest: Consumer, monkeypatch: Any
) -> None:
    order = stock(ada)
    monkeypatch.setattr(public, "TRIES_PER_ADDRESS", 3)
    codes = [ask(guest, order.number, f"guess{n}@example.com").status_code for n in range(5)]
    assert codes == [303, 303, 303, 429, 429]
    refused = ask(guest, order.number, ada.email)
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert ask(guest, order.number, ada.email, REMOTE_ADDR="198.51.100.7").status_code == 303
    work()
    assert [mail.to for mail in mailed()] == [ada.email]


def test_a_mailbox_is_not_flooded(stock: Any, ada: Any, guest: Consumer, settings: Any) -> None:
    order = stock(ada)
    for n in range(settings.LINK_MAILS_PER_ORDER + 3):
        ask(guest, order.number, ada.email, REMOTE_ADDR=f"198.51.100.{n}")
    work()
    assert len(mailed()) == settings.LINK_MAILS_PER_ORDER


def test_a_shop_without_this_right_has_no_such_page(guest: Consumer) -> None:
    assert 'href="/withdraw/"' in guest.see("/account/login/").content.decode()
    DynamicSetting(name="WITHDRAWAL", value={"enabled": False}).save()
    assert guest.see("/withdraw/").status_code == 404
    assert 'href="/withdraw/"' not in guest.see("/account/login/").content.decode()
