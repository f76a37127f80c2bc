"""Mails and their server: down, slow, refusing, dying. None is lost, and none is given up for what is not its fault."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationRequest
from aftercart.duties import MAX_ATTEMPTS, retry_now, tick
from aftercart.mails.models import Mail
from aftercart.mails.sending import send_mail
from tests.mail_server import MailServer, mail_server

SENDING = [kind for kind in KINDS if kind.model is Mail]


def send(*, after: float = 60) -> None:
    tick(SENDING, now=timezone.now() + timedelta(seconds=after))


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server of the test's own, as the shop's."""
    settings.EMAIL_BACKEND = "aftercart.mails.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_TIMEOUT = 2.0
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        yield server


@pytest.fixture
def mail(server: MailServer, stock: Any, ada: Any, at_ada: Any) -> Mail:
    """A mail that is due."""
    at_ada.cancel(stock(ada, language_code="tr"))
    return Mail.objects.get()


def state(mail: Mail) -> tuple[bool, bool, int]:
    """Whether it is sent, whether it is given up, how many tries counted against it."""
    mail.refresh_from_db()
    return mail.sent_date is not None, mail.is_dead, mail.attempts


def test_a_mail_arrives_whole(server: MailServer, mail: Mail, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@example.com>"
    send()
    (message,) = server.taken
    assert message["Message-ID"] == mail.message_id
    assert message["From"] == "Shop <shop@example.com>"
    assert message["To"] == "ada@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    bodies = [part.get_content_type() for part in message.walk()]
    assert bodies == ["multipart/alternative", "text/plain", "text/html"]
    assert "33,33\xa0TL" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert state(mail) == (True, False, 1)


def test_a_server_that_is_down_is_waited_for_as_long_as_it_takes(mail: Mail, settings: Any) -> None:
    settings.EMAIL_PORT = 9  # nobody is there
    for hour in range(MAX_ATTEMPTS + 5):
        send(after=3600 * hour)
    assert state(mail) == (False, False, 0)
    assert "out of reach" in mail.last_error
    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        send(after=3600 * 50)
        send(after=3600 * 51)
    assert len(server.taken) == 1
    assert state(mail) == (True, False, 1)


@pytest.mark.parametrize(
    "behaviour",
    [
        {"seconds": 1.2},  # each answer in time, all of them together not
        {"seconds": 5.0},
        {"dies_at": "MAIL"},
        {"answers": {"GREETING": "421 too busy"}},
        {"answers": {"GREETING": "554 not for you"}},
        {"answers": {"MAIL": "421 shutting down"}},
        {"answers": {"RCPT": "421 shutting down"}},
    ],
    ids=["slow", "silent", "hangs up", "busy", "unwelcoming", "stopping", "stopping later"],
)
def test_a_server_in_trouble_costs_a_mail_nothing_but_time(
    behaviour: dict[str, Any], server: MailServer, mail: Mail
) -> None:
    vars(server).update(behaviour)
    began = time.monotonic()
    send()
    assert time.monotonic() - began < 10
    assert state(mail) == (False, False, 0)
    server.seconds, server.dies_at, server.answers = 0, "", {}
    send(after=120)
    assert len(server.taken) == 1
    assert state(mail) == (True, False, 1)


@pytest.mark.parametrize(
    ("word", "answer"), [("RCPT", "550 no such mailbox"), ("DATA", "554 we do not like it")], ids=["reader", "text"]
)
def test_a_refusal_for_ever_gives_up_at_once_with_the_servers_words(
    word: str, answer: str, server: MailServer, mail: Mail
) -> None:
    server.answers = {word: answer}
    send()
    assert state(mail) == (False, True, 1)
    assert answer in mail.last_error
    server.answers = {}
    send(after=9999)
    assert not server.taken
    assert retry_now(Mail.objects.filter(pk=mail.pk)) == 1
    send()
    assert len(server.taken) == 1
    assert state(mail) == (True, False, 1)


@pytest.mark.parametrize("answers", [{"RCPT": "451 try later"}, {"MAIL": "550 who are you"}], ids=["reader", "sender"])
def test_other_refusals_are_tried_again_and_counted(answers: dict[str, str], server: MailServer, mail: Mail) -> None:
    server.answers = answers
    send()
    assert state(mail) == (False, False, 1)
    for turn in range(MAX_ATTEMPTS):
        send(after=3600 * turn)
    assert state(mail) == (False, True, MAX_ATTEMPTS)


def test_a_lost_answer_means_a_repeat_that_can_be_recognised(server: MailServer, mail: Mail) -> None:
    server.dies_at = "DATA"
    send()
    server.dies_at = ""
    send(after=120)
    assert [message["Message-ID"] for message in server.taken] == [mail.message_id] * 2
    assert state(mail) == (True, False, 1)


def test_a_server_that_does_not_say_goodbye_has_the_mail_all_the_same(server: MailServer, mail: Mail) -> None:
    server.dies_at = "QUIT"
    send()
    send(after=120)
    assert len(server.taken) == 1
    assert state(mail)[0]


def test_a_slow_server_keeps_nothing_else_waiting(
    server: MailServer, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    """The worker's turn for mails ends after some seconds; what was not begun is free again at once."""
    for _ in range(8):
        at_ada.cancel(stock(ada, items=1, status=450))
    server.seconds, later = 5.0, timezone.now() + timedelta(seconds=1)
    tick(KINDS, now=later)
    assert CancellationRequest.objects.exclude(omnitron_pk=None).count() == 8
    assert Mail.objects.filter(next_attempt_at__lte=later, lease_until=None, attempts=0).count() > 3


def test_no_mail_is_sent_inside_a_transaction(server: MailServer, mail: Mail) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        send_mail(mail.pk, now=timezone.now())
    assert not server.taken
