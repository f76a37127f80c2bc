"""Orders without an account: found by number and e-mail, guarded against guessing, and safely by a mailed link."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic import TypeAdapter

from aftercart import failpoints
from aftercart.account.reading import own_order
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationRequest, EasyReturnShippingCompany
from aftercart.customers.models import UserType
from aftercart.duties import tick
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.guests import tries
from aftercart.guests.response_schemas import LinkAskedSchema
from aftercart.http_errors import json_response
from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.mailed_links.lookup import OrderLookup
from aftercart.mailed_links.models import AskedLink
from aftercart.mails.models import Mail
from aftercart.orders import signed_number
from aftercart.response_schemas import CancellationRequestSchema, ErrorSchema, FieldErrorsSchema
from aftercart.throttling.models import Tries
from tests import builders
from tests.acts import mailed, statements, work
from tests.promises.withdrawing import Consumer
from tests.storefront import Storefront

FIND, CANCEL, LINK = (f"/users/orders/anonymous/{path}" for path in ("", "cancel/", "link/"))
FORM = "application/x-www-form-urlencoded;charset=UTF-8"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def gul(transactional_db: None) -> Any:
    """A guest; the registered customer of the same e-mail may be another person."""
    return builders.a_customer("gul", user_type=UserType.GUEST)


@pytest.fixture
def order(stock: Any, gul: Any) -> Any:
    return stock(gul)


@pytest.fixture
def storefront(omnitron: Any) -> Storefront:
    return Storefront()


def find(number: str, email: str, **more: Any) -> Any:
    return Client().post(FIND, {"number": number, "email": email}, content_type="application/json", **more)


def wish(order: Any, **fields: Any) -> dict[str, Any]:
    return {
        "number": order.number,
        "email": order.user_email,
        "order_item": order.items.first().pk,
        "reason": 1,
        "cancellation_type": "cancel",
        **fields,
    }


def ask_to_cancel(order: Any, **fields: Any) -> Any:
    return Client().post(CANCEL, wish(order, **fields), content_type="application/json")


# --- found by number and e-mail ------------------------------------------------------------------------------


def test_the_storefronts_own_bytes_find_the_order(storefront: Storefront, order: Any) -> None:
    answer = storefront.bytes("POST", FIND, f"email=gul%40example.com&number={order.number}", FORM)
    assert answer.status_code == 200, answer.content
    (found,) = answer.json()
    assert found["number"] == order.number
    assert (found["user_email"], len(found["orderitem_set"])) == ("gul@example.com", 3)
    assert found["shipping_address"]["city"]["name"]
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("body", ["json", "order", "a number", "spaces", "form of parts"])
def test_other_bodies_find_it_too(body: str, order: Any) -> None:
    sent: dict[str, Any] = {"number": order.number, "email": order.user_email}
    if body == "order":
        sent["order"] = sent.pop("number")
    if body == "a number":
        sent["number"] = int(order.number)
    if body == "spaces":
        sent = {name: f" {text} " for name, text in sent.items()}
    kind = {} if body == "form of parts" else {"content_type": "application/json"}
    answer = Client().post(FIND, sent, **kind)
    assert answer.status_code == 200, answer.content
    assert answer.json()[0]["number"] == order.number


def test_it_is_the_very_json_that_an_account_would_read(order: Any, gul: Any) -> None:
    own = own_order(gul, number=order.number).shown(now=timezone.now())
    assert find(order.number, gul.email).content == json_response([own]).content


def test_an_active_request_is_shown(order: Any) -> None:
    made = ask_to_cancel(order).json()
    items = find(order.number, order.user_email).json()[0]["orderitem_set"]
    assert [item["active_cancellation_request"] and item["active_cancellation_request"]["id"] for item in items] == [
        made["id"],
        None,
        None,
    ]


@pytest.fixture
def wrong(order: Any, gul: Any, ada: Any, eve: Any, stock: Any) -> dict[str, tuple[str, str]]:
    """All that may be wrong."""
    return {
        "no such order": ("4711", gul.email),
        "another's e-mail": (order.number, "eve@example.com"),
        "other letters": (order.number, "Gul@example.com"),
        "a part of it": (order.number, "gul@example.co"),
        "a customer's order": (stock(ada).number, ada.email),
        "a guest's order without an e-mail": (stock(gul, user_email="").number, gul.email),
    }


@pytest.mark.parametrize("path", [FIND, CANCEL])
def test_whatever_is_wrong_the_answer_and_its_work_are_the_same(
    path: str, wrong: dict[str, tuple[str, str]], order: Any, settings: Any
) -> None:
    settings.GUEST_TRIES_PER_ADDRESS = settings.GUEST_TRIES_PER_EMAIL = 1000
    find("4711", "a@example.com")  # statements are compiled once per process

    def told(number: str, email: str) -> tuple[Any, ...]:
        body = wish(order, number=number, email=email)
        with CaptureQueriesContext(connection) as seen:
            answer = Client().post(path, body, content_type="application/json")
        return answer.status_code, answer.content, [sql.split("(")[0] for sql in statements(seen)]

    first = {name: told(*guess) for name, guess in wrong.items()}
    again = {name: told(*guess) for name, guess in wrong.items()}
    assert len({repr(answer) for answer in first.values()}) == 1, first
    assert len({repr(answer) for answer in again.values()}) == 1, again
    status, content, work = first["no such order"]
    assert status == 400
    TypeAdapter(ErrorSchema).validate_json(content)
    assert b"guest_order_not_found" in content
    assert len(work) == 5, work
    assert not CancellationRequest.objects.exists()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, {"number", "email"}),
        ({"number": "1"}, {"email"}),
        ({"number": "1", "email": "gul"}, {"email"}),
        ({"number": "", "email": "gul@example.com"}, {"number"}),
        ({"number": "1" * 129, "email": "gul@example.com"}, {"number"}),
        ({"number": "\0", "email": "gul@example.com"}, {"number"}),
        ({"number": True, "email": ["gul@example.com"]}, {"number", "email"}),
    ],
)
def test_what_cannot_be_read_is_said_and_is_no_try(fields: Any, named: set[str], transactional_db: None) -> None:
    for path in (FIND, LINK):
        answer = Client().post(path, fields, content_type="application/json")
        assert (answer.status_code, set(answer.json())) == (400, named)
        TypeAdapter(FieldErrorsSchema).validate_json(answer.content)
    assert Tries.objects.filter(scope__contains="tries").count() == 0


def test_a_session_changes_nothing(at_eve: Any, order: Any, ada: Any, stock: Any, browser_of: Any) -> None:
    other = stock(ada)
    assert at_eve.post(FIND, wish(order), content_type="application/json").status_code == 200
    own = browser_of(ada).post(FIND, wish(other), content_type="application/json")
    assert own.json()["error_code"] == "guest_order_not_found"


def test_the_merchant_may_close_this_way_and_the_mailed_one_stays(order: Any, settings: Any) -> None:
    settings.GUEST_TRACKING = False
    body = wish(order)
    with CaptureQueriesContext(connection) as seen:
        answers = [find(order.number, order.user_email), find("1", "x@example.com")]
        answers.append(Client().post(CANCEL, body, content_type="application/json"))
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].json()["error_code"] == "not_found"
    assert not statements(seen)
    assert Client().post(LINK, wish(order), content_type="application/json").status_code == 202
    assert Consumer().see("/guest/").status_code == 200


# --- asking the shop -----------------------------------------------------------------------------------------


def test_a_guest_asks_the_shop_and_nothing_is_cancelled_directly(order: Any, omnitron: Any) -> None:
    answer = ask_to_cancel(order, description="Please")
    assert answer.status_code == 201, answer.content
    TypeAdapter(CancellationRequestSchema).validate_json(answer.content)
    made = CancellationRequest.objects.get()
    assert (answer.json()["uuid"], made.because, made.description) == (str(made.uuid), "asked", "Please")
    work()
    assert not omnitron.calls(operation="cancel")
    assert set(order.items.values_list("status", flat=True)) == {400}
    assert len(omnitron.order(order.number)["cancellationrequest_set"]) == 1
    assert Mail.objects.get(kind=Mail.Kind.REQUEST_RECEIVED).to == order.user_email


def test_it_may_come_as_a_form(order: Any, storefront: Storefront) -> None:
    body = "&".join(f"{name}={str(value).replace('@', '%40')}" for name, value in wish(order).items())
    assert storefront.bytes("POST", CANCEL, body, FORM).status_code == 201


def test_a_repeat_is_refused_each_time_alike_and_makes_nothing(order: Any) -> None:
    ask_to_cancel(order)
    answers = [ask_to_cancel(order) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["error_code"] == "cancellation_request_100_1"
    assert CancellationRequest.objects.count() == 1


def test_a_return_needs_an_active_carrier_of_the_item(stock: Any, gul: Any) -> None:
    ours = EasyReturnShippingCompany.objects.create(value="a", label="A")
    retired = EasyReturnShippingCompany.objects.create(value="b", label="B", is_active=False)
    offered = [{"pk": one.pk, "shipping_company": {"value": one.value, "label": one.label}} for one in (ours, retired)]
    order = stock(gul, status=550, items=1, item_fields={"easy_return_companies": offered, "quantity": 3})
    back = {"cancellation_type": "refund", "reason": 4}
    for carrier in ({}, {"shipping_company": retired.pk}, {"shipping_company": 10**6}):
        answer = ask_to_cancel(order, **back, **carrier)
        assert (answer.status_code, set(answer.json())) == (400, {"shipping_company"})
    more = {"quantity": 2, "iban": "TR330006100519786457841326", "holder_name": "Gül"}
    answer = ask_to_cancel(order, **back, shipping_company=ours.pk, **more)
    assert answer.status_code == 201, answer.content
    assert answer.json()["easy_return"]["shipping_company"]["value"] == "a"
    made = CancellationRequest.objects.get()
    assert (made.quantity, made.iban, made.holder_name) == (2, more["iban"], "Gül")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_item", 10**9),
        ("order_item", "x"),
        ("reason", 99),
        ("reason", None),
        ("cancellation_type", "x"),
        ("cancellation_type", None),
        ("quantity", 2),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(field: str, value: Any, order: Any) -> None:
    answer = ask_to_cancel(order, **{field: value})
    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert not CancellationRequest.objects.exists()


def test_another_orders_item_is_not_reached(order: Any, ada: Any, stock: Any) -> None:
    foreign = stock(ada).items.first().pk
    assert set(ask_to_cancel(order, order_item=foreign).json()) == {"order_item"}
    assert not CancellationRequest.objects.exists()


def test_a_merchant_who_takes_no_requests_takes_none_here(order: Any) -> None:
    DynamicSetting(name="CANCELLATION_FALLBACK", value={"enabled": False}).save()
    assert ask_to_cancel(order).json()["error_code"] == "needs_request"
    page = Consumer().see(f"/guest/orders/{TO_ORDER.sign(order)}/").content.decode()
    assert "/cancel/" not in page
    assert "Nothing can be cancelled or returned now:" in page


@pytest.mark.parametrize("fault", ["off", "500"])
def test_omnitron_in_trouble_is_nobodys_business_here(fault: str, order: Any, omnitron: Any) -> None:
    if fault == "off":
        omnitron.power(False)
    else:
        omnitron.fault(operation="cancellation_request", kind="status", status=500)
    assert ask_to_cancel(order).status_code == 201
    assert find(order.number, order.user_email).status_code == 200


# --- guessing ------------------------------------------------------------------------------------------------


def test_after_so_many_wrong_tries_an_address_waits(order: Any) -> None:
    codes = [find(f"{n}", "x@example.com").status_code for n in range(9)]
    codes += [find(f"{n}", f"{n}@example.com").status_code for n in range(4)]
    assert codes == [400] * 10 + [429] * 3
    refused = find(order.number, order.user_email)
    assert refused.status_code == 429, "even the right one: whether it is right, nobody looks"
    TypeAdapter(ErrorSchema).validate_json(refused.content)
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert find(order.number, order.user_email, REMOTE_ADDR="198.51.100.7").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert find(order.number, order.user_email).status_code == 200


@pytest.mark.parametrize("exists", [True, False])
def test_a_number_and_an_e_mail_are_guarded_from_all_addresses_together(exists: bool, order: Any) -> None:
    number = order.number if exists else "4711"
    by_number = [find(number, f"{n}@example.com", REMOTE_ADDR=f"198.51.100.{n}").status_code for n in range(7)]
    assert by_number == [400] * 5 + [429] * 2
    email = order.user_email if exists else "nobody@example.com"
    by_email = [find(f"{n}", email, REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(12)]
    assert by_email == [400] * 10 + [429] * 2
    shouted = find("4712", email.upper(), REMOTE_ADDR="192.0.2.1")
    assert shouted.status_code == 429


def test_both_doors_count_together(order: Any) -> None:
    for n in range(5):
        find(f"{n}", f"{n}@example.com")
    codes = [ask_to_cancel(order, number=f"1{n}", email=f"1{n}@example.com").status_code for n in range(6)]
    assert codes == [400] * 5 + [429]


def test_right_ones_do_not_count(order: Any) -> None:
    for n in range(4):
        find(order.number, f"{n}@example.com")
    assert {find(order.number, order.user_email).status_code for _ in range(30)} == {200}
    assert find(order.number, "4@example.com").status_code == 400
    assert find(order.number, order.user_email).status_code == 429


def test_what_the_storefront_sends_four_times_is_one_try(order: Any) -> None:
    for n in range(4):
        assert {find(order.number, f"{n}@example.com").status_code for _ in range(4)} == {400}
    assert [find(order.number, "4@example.com").status_code for _ in range(2)] == [400, 429]


def test_repeating_for_ever_counts(order: Any) -> None:
    codes = [find("4711", "x@example.com").status_code for _ in range(9)]
    assert codes == [400] * 8 + [429], "four are one try, and the next four are four"


def test_the_proxys_word_counts_only_where_the_operator_said_so(order: Any, settings: Any) -> None:
    settings.GUEST_TRIES_PER_ADDRESS = 1

    def code(n: int) -> int:
        return int(
            find(f"{n}", f"{n}@example.com", headers={"X-Forwarded-For": f"spoofed, 198.51.100.{n}"}).status_code
        )

    assert [code(n) for n in range(2)] == [400, 429]
    settings.TRUST_FORWARDED_FOR = True
    assert [code(n) for n in range(2)] == [400, 400]


def test_ten_thousand_tries_from_one_address_yield_nothing_and_the_honest_one_still_gets_the_link(
    order: Any, gul: Any
) -> None:
    client, asked = Client(), 0

    def count(execute: Any, *statement: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*statement)

    # The right e-mail is known, and the guesses come by the right number again and again.
    guesses = [order.number if n > 10 and n % 10 == 0 else f"22842{n:011d}9" for n in range(2000)]
    codes = []
    for n, number in enumerate(guesses):
        if n == 10:
            asked = 0
        with connection.execute_wrapper(count):
            body = {"number": number, "email": gul.email}
            codes.append(client.post(FIND, body, content_type="application/json").status_code)
    assert codes == [400] * 10 + [429] * 1990
    assert asked == 1990, "whoever is turned away costs one statement"
    now, turned_away = timezone.now(), 0
    for n in range(8000):
        try:
            tries.count_guest_try(OrderLookup(order.number, f"guess{n}@example.com"), "127.0.0.1", now=now)
        except tries.TooManyTries:
            turned_away += 1
    assert turned_away == 8000
    answer = client.post(LINK, {"number": order.number, "email": gul.email}, content_type="application/json")
    assert answer.status_code == 202
    work()
    assert [mail.to for mail in mailed()] == [gul.email]


# --- the mailed link -----------------------------------------------------------------------------------------


def ask(consumer: Consumer, number: str, email: str, **more: Any) -> Any:
    fields = consumer.form(consumer.see("/guest/"), "")
    return consumer.post("/guest/", {**fields, "number": number, "email": email}, headers=consumer.asking, **more)


def test_number_and_e_mail_bring_a_link_that_opens_the_order(order: Any, settings: Any) -> None:
    settings.SITE_URL = "https://shop.example"
    guest = Consumer()
    answer = ask(guest, f" {order.number} ", "GUL@example.com")
    assert (answer.status_code, answer["Location"]) == (303, "/guest/asked/")
    assert mailed() == [], "nothing is looked up while someone waits"
    work()
    (mail,) = mailed()
    assert mail.to == "gul@example.com"
    assert not AskedLink.objects.exists(), "what was typed is forgotten"
    page = guest.see(mail.data["link"].removeprefix("https://shop.example"))
    html = page.content.decode()
    assert order.number in html
    assert "Cup 1" in html
    assert "/account/orders/" + order.number not in html
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store, private", "no-referrer")
    assert page["X-Robots-Tag"] == "noindex"


def test_what_is_asked_for_is_answered_alike_on_the_page_and_at_the_door(
    wrong: dict[str, tuple[str, str]], order: Any, settings: Any
) -> None:
    settings.GUEST_LINKS_PER_ADDRESS = 1000
    guest = Consumer()

    def told(number: str, email: str) -> tuple[Any, ...]:
        with CaptureQueriesContext(connection) as seen:
            answer = ask(guest, number, email)
            json = Client().post(LINK, {"number": number, "email": email}, content_type="application/json")
        work = [sql.split("(")[0] for sql in statements(seen)]
        TypeAdapter(LinkAskedSchema).validate_json(json.content)
        page = TOKEN.sub("", guest.see(answer["Location"]).content.decode())
        return answer.status_code, answer["Location"], answer.content, page, json.status_code, json.content, work

    right = told(order.number, order.user_email)
    assert right[-1]
    assert all(told(number, email) == right for number, email in wrong.values())


def test_the_link_goes_to_the_orders_own_mail_alone(wrong: dict[str, tuple[str, str]], order: Any) -> None:
    for number in ("no such order", "another's e-mail", "a part of it"):
        ask(Consumer(), *wrong[number])
    work()
    assert not mailed()
    assert not AskedLink.objects.exists()


def test_a_mailbox_is_not_flooded(order: Any, settings: Any) -> None:
    for n in range(settings.LINK_MAILS_PER_ORDER + 3):
        ask(Consumer(), order.number, order.user_email, REMOTE_ADDR=f"198.51.100.{n}")
    work()
    assert len(mailed()) == settings.LINK_MAILS_PER_ORDER


def test_asking_too_often_says_so(order: Any, settings: Any) -> None:
    settings.GUEST_LINKS_PER_ADDRESS = 2
    codes = [ask(Consumer(), f"{n}", "x@example.com").status_code for n in range(3)]
    assert codes == [303, 303, 429]
    answer = Client().post(LINK, {"number": "1", "email": "x@example.com"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error_code"]) == (429, "throttled")
    assert int(answer["Retry-After"]) > 3000


def test_a_worker_that_dies_mails_once(order: Any, monkeypatch: Any) -> None:
    ask(Consumer(), order.number, order.user_email)

    def die(step: str) -> None:
        if step == "link: writing":
            raise RuntimeError(step)

    with monkeypatch.context() as dying:
        dying.setattr(failpoints, "hook", die)
        tick(KINDS)
    assert not mailed()
    tick(KINDS, now=timezone.now() + timedelta(minutes=5))
    tick(KINDS, now=timezone.now() + timedelta(minutes=10))
    assert len(mailed()) == 1


def test_what_we_never_signed_is_not_found(order: Any) -> None:
    genuine = TO_ORDER.sign(order)
    forged = [
        genuine[:-1] + ("A" if genuine[-1] != "A" else "B"),
        genuine.replace(str(order.pk), str(order.pk + 1), 1),
        str(order.pk),
        signed_number.sign(order.number),
        TO_WITHDRAW.sign(order),
        signing.TimestampSigner(salt=TO_ORDER.salt).sign("999999999"),
    ]
    for signed in forged:
        for path in ("", "cancel/"):
            assert Consumer().see(f"/guest/orders/{signed}/{path}").status_code == 404
    assert Consumer().see(f"/withdrawals/{genuine}/").status_code == 404, "each kind of link opens its own door"


def test_a_link_that_is_too_old_brings_a_new_one_to_the_orders_mail(order: Any) -> None:
    link, guest = f"/guest/orders/{TO_ORDER.sign(order)}/", Consumer()
    assert guest.see(f"{link}new-link/")["Location"] == link, "a fresh one needs no other"
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=2)):
        page = guest.see(link)
        assert page.status_code == 404
        assert "This link's time is over" in page.content.decode()
        assert order.number not in page.content.decode()
        answer = guest.send(f"{link}new-link/", guest.form(page, f"{link}new-link/"))
        assert (answer.status_code, answer["Location"]) == (303, "/guest/asked/")
        assert guest.see(f"{link}cancel/").status_code == 404
        work()
        (mail,) = mailed()
        assert mail.to == order.user_email
        assert guest.see("/" + mail.data["link"].split("/", 3)[3]).status_code == 200


# --- asking the shop by link ---------------------------------------------------------------------------------


def test_by_link_items_are_chosen_confirmed_and_asked_for(order: Any, omnitron: Any) -> None:
    link, guest = f"/guest/orders/{TO_ORDER.sign(order)}/", Consumer()
    first, second, _ = order.items.all()
    page = guest.see(f"{link}cancel/")
    typed = {"item": [str(first.pk), str(second.pk)], f"reason-{first.pk}": "1"}
    review = guest.send(f"{link}cancel/", guest.form(page, ""), **typed, step="review")
    assert review.status_code == 200, review.content.decode()
    assert "Yes, send the request" in review.content.decode()
    assert not CancellationRequest.objects.exists()
    answer = guest.send(f"{link}cancel/", guest.form(review, ""), step="confirm")
    assert (answer.status_code, answer["Location"]) == (303, link)
    html = guest.see(link).content.decode()
    assert "The shop has your request for 2 items." in html
    assert "Your requests" in html
    work()
    assert not omnitron.calls(operation="cancel")
    assert CancellationRequest.objects.count() == 2
    again = guest.send(f"{link}cancel/", guest.form(review, ""), step="confirm")
    assert again.status_code == 400
    assert CancellationRequest.objects.count() == 2


def test_by_link_what_belongs_to_an_account_stays_there(stock: Any, ada: Any) -> None:
    company = EasyReturnShippingCompany.objects.create(value="a", label="A")
    offered = [{"pk": company.pk, "shipping_company": {"value": "a", "label": "A"}}]
    order = stock(ada, status=550, items=1, item_fields={"easy_return_companies": offered})
    home = builders.an_address(ada, title="Secret place")
    link, guest, item = f"/guest/orders/{TO_ORDER.sign(order)}/cancel/", Consumer(), order.items.get()
    page = guest.see(link)
    assert "Secret place" not in page.content.decode()
    assert "as_loyalty" not in page.content.decode()
    typed = {"item": str(item.pk), f"reason-{item.pk}": "4", f"carrier-{item.pk}": str(company.pk)}
    more = {"pickup_address": str(home.pk), "as_loyalty": "on", "step": "confirm"}
    assert guest.send(link, guest.form(page, ""), **typed, **more).status_code == 303
    made = CancellationRequest.objects.get()
    assert (made.pickup_address, made.fully_refund_as_loyalty_money) == (None, False)
    assert made.easy_return_company == company


def test_by_link_what_is_missing_is_said_beside_its_field(order: Any) -> None:
    link, guest = f"/guest/orders/{TO_ORDER.sign(order)}/cancel/", Consumer()
    item = order.items.first()
    answer = guest.send(link, guest.form(guest.see(link), ""), item=str(item.pk), step="review")
    assert answer.status_code == 400
    assert "Choose a reason." in answer.content.decode()
    foreign = guest.send(link, guest.form(guest.see(link), ""), item="999999", step="confirm")
    assert (foreign.status_code, CancellationRequest.objects.count()) == (400, 0)


def test_by_link_the_form_needs_its_token(order: Any) -> None:
    link = f"/guest/orders/{TO_ORDER.sign(order)}/cancel/"
    assert Consumer().send(link, {}, step="confirm").status_code == 403


def test_by_link_one_withdraws_too(order: Any) -> None:
    html = Consumer().see(f"/guest/orders/{TO_ORDER.sign(order)}/").content.decode()
    (way,) = set(re.findall(r'href="(/withdrawals/[\w:=-]+/)"', html))
    assert Consumer().see(way).status_code == 200


def test_the_sign_in_page_leads_there(omnitron: Any) -> None:
    assert 'href="/guest/"' in Consumer().see("/account/login/").content.decode()


def test_the_pages_of_an_order_cost_a_few_statements_whatever_it_holds(stock: Any, gul: Any) -> None:
    def cost(items: int) -> int:
        path = f"/guest/orders/{TO_ORDER.sign(stock(gul, items=items))}/"
        Consumer().see(path)
        with CaptureQueriesContext(connection) as seen:
            assert Consumer().see(path).status_code == 200
        return len(statements(seen))

    assert cost(1) == cost(40) <= 8


PROMISES = {FIND: {"200", "400", "404", "429"}, CANCEL: {"201", "400", "404", "429"}, LINK: {"202", "400", "429"}}


@pytest.mark.parametrize("path", PROMISES)
def test_every_promise_stands_in_the_document_with_its_answers(path: str, transactional_db: None) -> None:
    operation = Client().get("/api/openapi.json").json()["paths"][path]["post"]
    assert PROMISES[path] <= set(operation["responses"])
