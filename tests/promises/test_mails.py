"""Mails: every fact told once, in the order's language, to whom it concerns."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftercart import failpoints
from aftercart.address_changes.models import AddressChange
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationAttempt, CancellationRequest
from aftercart.cancellations.settlement import settle_attempt
from aftercart.duties import tick
from aftercart.feed.models import FeedCursor
from aftercart.mails.models import Mail
from tests import builders
from tests.acts import as_return, hear, the_plan, the_request

SENDING = [kind for kind in KINDS if kind.model is Mail]


def send(*, after: float = 60) -> None:
    """Let a worker send what is due so many seconds from now."""
    tick(SENDING, now=timezone.now() + timedelta(seconds=after))


def kinds() -> list[str]:
    return sorted(Mail.objects.values_list("kind", flat=True))


def text(message: Any) -> str:
    return str(message.body)


def html(message: Any) -> str:
    return str(message.alternatives[0][0])


def move(client: Any, order: Any, address: Any) -> Any:
    return client.send("/orders/address_change/", {"order": order.pk, "address": address.pk})


# Cancellations


@pytest.mark.parametrize(
    ("language", "price"), [("en", "TRY\xa033.33"), ("tr", "33,33\xa0TL"), ("tr-tr", "33,33\xa0TL")]
)
def test_a_direct_cancel_is_told_in_the_orders_language(
    language: str, price: str, stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.SITE_URL = "https://shop.example"
    order = stock(ada, language_code=language)
    assert at_ada.cancel(order, builders.a_body(order, only=2)).status_code == 204
    assert not mailoutbox, "nothing is sent while the customer waits"
    send(after=0)
    (message,) = mailoutbox
    assert message.to == ["ada@example.com"]
    assert order.number in message.subject
    link = f"https://shop.example/account/orders/{order.number}/"
    for body in (text(message), html(message)):
        assert "Cup 1" in body
        assert "Cup 2" in body
        assert "Cup 3" not in body
        assert price in body
        assert link in body
    assert f'<html lang="{language[:2]}">' in html(message)
    mail = Mail.objects.get()
    assert mail.kind == "cancelled"
    assert mail.sent_date is not None
    assert message.message()["Message-ID"] == mail.message_id
    send(after=9999)
    assert len(mailoutbox) == 1


def test_a_language_that_we_do_not_speak_gets_the_shops(
    stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    at_ada.cancel(stock(ada, language_code="xx"))
    send()
    assert '<html lang="en">' in html(mailoutbox[0])


def test_names_are_text_in_the_text_and_escaped_in_the_html(
    stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    product = {"name": "Tom & Jerry's <b>cup</b>"}
    at_ada.cancel(stock(ada, items=1, item_fields={"product": product}))
    send()
    assert "Tom & Jerry's <b>cup</b>" in text(mailoutbox[0])
    assert "Tom &amp; Jerry&#x27;s &lt;b&gt;cup&lt;/b&gt;" in html(mailoutbox[0])


def test_a_wish_that_goes_to_the_shop_is_told_with_why(
    stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada, status=450)
    assert at_ada.cancel(order, builders.a_body(order, only=2)).status_code == 200
    send(after=0)
    (message,) = mailoutbox
    assert kinds() == ["request_received"]
    assert "The shop is already working on this order, so it decides." in text(message)
    assert text(message).count("so it decides") == 1
    assert "To be cancelled:" in text(message)
    assert "To be returned:" not in text(message)


def test_a_refused_wish_is_told_on_the_spot_and_not_by_mail(stock: Any, ada: Any, at_ada: Any) -> None:
    assert at_ada.cancel(stock(ada, status=100)).status_code == 400
    assert not Mail.objects.exists()


def test_what_is_settled_later_is_told_once_however_often_it_is_settled(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada)
    omnitron.fault(operation="cancel", kind="reset_after", times=1)  # cancelled there, and nobody heard so
    assert at_ada.cancel(order).status_code == 200
    assert kinds() == ["request_received"]
    attempt = CancellationAttempt.objects.get()
    tick(KINDS, now=timezone.now() + timedelta(seconds=5))
    assert CancellationAttempt.objects.get().state == "agreed"
    settle_attempt(attempt.pk, now=timezone.now())
    hear()
    send()
    assert kinds() == ["request_approved"] * 3 + ["request_received"]
    assert len(mailoutbox) == 2
    assert "These items are cancelled:" in text(mailoutbox[-1])


def test_a_process_that_died_before_it_answered_leaves_nobody_without_news(
    stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada)
    assert dies_at("cancel: claimed", lambda: at_ada.cancel(order))
    assert not Mail.objects.exists()
    order.items.update(status=100)  # the staff were quicker
    tick(KINDS, now=timezone.now() + timedelta(seconds=60))
    send(after=120)
    assert kinds() == ["request_rejected"]
    assert "Order Item (Cup 1) can't be cancelled in this status." in text(mailoutbox[0])


# What the shop decides


@pytest.fixture
def asked(stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]) -> Any:
    """An order being prepared, with requests for all of its items that Omnitron has; told so far."""
    order = stock(ada, status=450)
    assert at_ada.cancel(order).status_code == 200
    hear()
    send()
    mailoutbox.clear()
    return order


def requests_of(omnitron: Any, order: Any) -> list[int]:
    return [request["pk"] for request in omnitron.order(order.number)["cancellationrequest_set"]]


def test_what_the_shop_decides_together_is_one_mail(omnitron: Any, asked: Any, mailoutbox: list[Any]) -> None:
    for pk in requests_of(omnitron, asked):
        omnitron.reject_request(pk)
    hear()
    send(after=0)
    assert not mailoutbox, "it waits for what may come with it"
    send()
    (message,) = mailoutbox
    assert all(f"Cup {n}" in text(message) for n in (1, 2, 3))
    assert "The shop has decided against it; the order goes on as it was." in html(message)
    FeedCursor.objects.update(seen={})
    hear()
    send(after=9999)
    assert len(mailoutbox) == 1
    assert not Mail.objects.filter(next_attempt_at__isnull=False).exists()


def test_a_request_to_cancel_is_told_once_when_the_shop_agrees(
    omnitron: Any, asked: Any, mailoutbox: list[Any]
) -> None:
    plan = omnitron.approve_request(requests_of(omnitron, asked)[0])["pk"]
    hear()
    send()
    (message,) = mailoutbox
    assert "The shop has agreed to cancel:" in text(message)
    omnitron.approve_plan(plan)
    hear()
    send()
    assert len(mailoutbox) == 1


def test_a_return_is_told_when_it_may_be_sent_and_when_it_is_done(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada, status=550, items=1)
    assert at_ada.cancel(order, builders.a_body(order, **as_return())).status_code == 200
    hear()
    omnitron.give_easy_return(the_request(omnitron, order))
    plan = omnitron.approve_request(the_request(omnitron, order))["pk"]
    hear()
    send()
    omnitron.approve_plan(plan)
    hear()
    send()
    received, agreed, done = (text(message) for message in mailoutbox)
    assert "To be returned:" in received
    assert "agreed to take these items back:" in agreed
    assert CancellationRequest.objects.get().easy_return_code in agreed
    assert "These items were taken back:" in done


def test_a_shipment_that_overtakes_a_request_is_told(omnitron: Any, asked: Any, mailoutbox: list[Any]) -> None:
    omnitron.ship(asked.number)
    hear()
    send()
    (message,) = mailoutbox
    assert "The parcel had already left; it can be returned once it has arrived." in text(message)


def test_a_plan_that_is_rejected_takes_an_accepted_cancellation_back(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada)
    for turn in (1, 2):
        assert at_ada.cancel(order).status_code == 204
        send()
        omnitron.reject_plan(the_plan(omnitron, order))
        hear()
        FeedCursor.objects.update(seen={})
        hear()
        send()
        assert len(mailoutbox) == 2 * turn
        assert "the shop could not carry it out for:" in text(mailoutbox[-1])
        assert "Cup 3" in text(mailoutbox[-1])


def test_a_rejected_plan_of_a_request_is_told_by_the_request_alone(
    omnitron: Any, asked: Any, mailoutbox: list[Any]
) -> None:
    plan = omnitron.approve_request(requests_of(omnitron, asked)[0])["pk"]
    hear()
    omnitron.reject_plan(plan)
    hear()
    send()
    assert [message.subject for message in mailoutbox] == [
        f"The shop has agreed to your request about order {asked.number}",
        f"Your request about order {asked.number} was declined",
    ]


# Addresses


def test_a_new_address_is_told_to_the_old_contact_too_but_not_what_it_is(
    stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada)
    old = order.shipping_address | {"email": "grandma@example.com"}
    type(order).objects.filter(pk=order.pk).update(shipping_address=old)
    assert move(at_ada, order, builders.an_address(ada, line="Elsewhere 2")).status_code == 200
    send(after=0)
    told = {message.to[0]: message for message in mailoutbox}
    assert told.keys() == {"ada@example.com", "grandma@example.com"}
    assert all(order.number in message.subject for message in mailoutbox)
    assert "Elsewhere 2" in text(told["ada@example.com"])
    assert "Hello Ada," in text(told["ada@example.com"])
    for body in (text(told["grandma@example.com"]), html(told["grandma@example.com"])):
        assert old["line"] in body
        assert "Elsewhere 2" not in body
        assert "Hello," in body
        assert "/account/orders/" not in body


def test_the_same_contact_is_told_once(stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada)
    assert move(at_ada, order, address).status_code == 200
    assert move(at_ada, order, address).status_code == 200
    assert kinds() == ["address_changed"]


def test_a_change_that_is_refused_at_once_needs_no_mail(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    assert move(at_ada, order, builders.an_address(ada)).status_code == 400
    assert not Mail.objects.exists()


def test_a_change_that_comes_to_nothing_later_is_told(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    order = stock(ada, status=450)
    assert move(at_ada, order, builders.an_address(ada, line="Elsewhere 2")).json()["status"] == "waiting_approval"
    omnitron.ship(order.number)
    tick(KINDS, now=timezone.now() + timedelta(minutes=5))
    tick(KINDS, now=timezone.now() + timedelta(minutes=10))
    assert AddressChange.objects.get().state == "refused"
    send(after=3600)
    told = next(message for message in mailoutbox if "stays as it was" in message.subject)
    assert "It was too late" in text(told)
    assert order.shipping_address["line"] in text(told)


# Whatever breaks


class Died(BaseException):
    """The process ended here."""


def dies_at(step: str, action: Any) -> bool:
    """Do something whose process ends at a step; whether it got there."""

    def die(reached: str) -> None:
        if reached == step:
            raise Died

    failpoints.hook = die
    try:
        action()
    except Died:
        return True
    finally:
        failpoints.hook = None
    return False


@pytest.mark.parametrize(("step", "times"), [("mail: rendered", 1), ("mail: handed over", 2), ("mail: done", 1)])
def test_a_worker_that_dies_loses_no_mail_and_a_repeat_is_recognised(
    step: str, times: int, stock: Any, ada: Any, at_ada: Any, mailoutbox: list[Any]
) -> None:
    at_ada.cancel(stock(ada))
    assert dies_at(step, lambda: send(after=1))
    send(after=2)
    assert len(mailoutbox) == (0 if step == "mail: rendered" else 1), "the lease still holds"
    send(after=60)
    send(after=120)
    assert len(mailoutbox) == times
    assert len({message.message()["Message-ID"] for message in mailoutbox}) == 1


def test_what_was_gathered_stays_together_when_its_worker_dies(
    omnitron: Any, asked: Any, mailoutbox: list[Any]
) -> None:
    first, *rest = requests_of(omnitron, asked)
    for pk in rest:
        omnitron.reject_request(pk)
    hear()
    assert dies_at("mail: handed over", lambda: send(after=30))
    omnitron.reject_request(first)
    hear()
    send(after=90)
    send(after=150)
    lost, *told = mailoutbox
    assert len(told) == 2
    repeat = next(message for message in told if message.message()["Message-ID"] == lost.message()["Message-ID"])
    assert text(repeat) == text(lost)
    other = next(message for message in told if message is not repeat)
    assert text(other).count("* ") == 1


def test_mails_may_be_left_to_someone_else(stock: Any, ada: Any, at_ada: Any, settings: Any, mailoutbox: Any) -> None:
    at_ada.cancel(stock(ada))
    settings.MAILS = False
    at_ada.cancel(stock(ada))
    send()
    mail = Mail.objects.get()
    assert not mailoutbox
    assert (mail.next_attempt_at, mail.is_dead, mail.last_error) == (None, False, "not sent: MAILS is off")


def test_who_has_no_address_gets_no_mail(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, user_email="")
    type(ada).objects.filter(pk=ada.pk).update(email="")
    assert at_ada.cancel(order).status_code == 204
    assert not Mail.objects.exists()
