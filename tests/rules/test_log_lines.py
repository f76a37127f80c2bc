"""What is taken out of a log line, and what stays. The words are planted, and none of them may come through."""

import logging
import logging.config
import smtplib
from typing import Any

import pytest
from django.conf import settings
from django.core.signing import TimestampSigner

from aftercart.log_lines import Discreet, discreet

# As Django's TimestampSigner signs them.
SIGNED = "4711-0123456789abcdef:1xX6bY:KtKaIeWb8XByWg5b32dXtkvZKWKC2LWwbAlzZ1Skygo"
NUMBER = "2284207301612555:1xX6bY:oLb4OwS8s2mUEg1GnJ7_QIf0LOwS9IZ7N8SatLBMIYM"
ROW = "(17, ada@example.com, Ada, Lovelace, Bahariye Cd. 1\nKadıköy, null)"

TAKEN_OUT = [
    ("Recipient refused: ada@example.com", "ada@"),
    ("{'ada.lovelace+shop@mail.example.co.uk': (451, b'later')}", "lovelace"),
    ("GET /users/?email=ada%40example.com", "ada"),
    ("<ada@localhost>: no such mailbox", "ada@"),
    (f"Service Unavailable: /guest/orders/{SIGNED}/", SIGNED.rpartition(":")[2]),
    (f"Internal Server Error: /withdrawals/{SIGNED}/cancel/", "4711-"),
    (f"GET /orders/completed/{NUMBER}/ HTTP/1.1", NUMBER.rpartition(":")[2]),
    (f"link {SIGNED.replace(':', '%3A')} mailed", SIGNED.rpartition(":")[2]),
    ("Cookie: sessionid=abc123def; csrftoken=xyz789", "abc123def"),
    ("Cookie: osessionid=abc123def; csrftoken=xyz789", "xyz789"),
    ("{'HTTP_COOKIE': 'a=1; sessionid=abc123def'}", "abc123def"),
    ("headers: X-CSRFToken: xyz789", "xyz789"),
    ("Authorization: Token 9f8e7d6c", "9f8e7d6c"),
    ("Authorization: Bearer 9f8e7d6c", "9f8e7d6c"),
    ('{"password": "hunter 2", "email": 1}', "hunter"),
    ("password=hunter2&next=/", "hunter2"),
    ('{"iban": "TR330006100519786457841326"}', "TR33"),
    (f"duplicate key value\nDETAIL:  Failing row contains {ROW}.\nHINT:  none", "Kadıköy"),
    ("duplicate key\nDETAIL:  Key (lower(email))=(ada) already exists.", "(ada)"),
    ("wrong\nCONTEXT:  unnamed portal with parameters: $1 = 'Lovelace'\n\nThe above exception", "Lovelace"),
    ('invalid input syntax for type bigint: "Lovelace"', "Lovelace"),
]


@pytest.mark.parametrize(("line", "planted"), TAKEN_OUT)
def test_a_planted_word_does_not_come_through(line: str, planted: str) -> None:
    assert planted in line
    assert planted not in discreet(line)


STAYS = [
    "cancel the request 4711 failed, attempt 3: Omnitron order of order 2284207301612555: 500 [nonsense]",
    'File "/srv/aftercart/cancellations/actions.py", line 12, in cancel_order',
    "the database did not answer: 40P01: deadlock detected",
    "a webhook was not believed: no signature matches",
    "10:11:12 ERROR   aftercart.duties: send a mail 9 failed, attempt 1: SMTPRecipientsRefused: 451 later",
    "reconciliation: 3 differences in 200 orders; see the report, or manage.py reconcile",
    "Internal Server Error: /account/orders/2284207301612555/",
    "@shared_task of module a:b:c",
]


@pytest.mark.parametrize("line", STAYS)
def test_what_explains_it_stays(line: str) -> None:
    assert discreet(line) == line


def test_what_follows_the_details_stays() -> None:
    line = "IntegrityError: duplicate\nDETAIL:  Key (email)=(ada) exists.\n\nThe above exception was the direct cause"
    assert discreet(line).startswith("IntegrityError: duplicate\nDETAIL: …\n")
    assert discreet(line).endswith("The above exception was the direct cause")


@pytest.mark.parametrize("value", ["4711-0123456789abcdef", "2284207301612555", "A=1"])
def test_whatever_django_signs_is_taken_out(value: str) -> None:
    signed = TimestampSigner(key="k", salt="s").sign(value)
    assert discreet(f"GET /x/{signed}/y/") == "GET /x/…/y/"


def test_tracebacks_go_through_it_too() -> None:
    try:
        raise smtplib.SMTPRecipientsRefused({"ada@example.com": (451, b"ada@example.com later")})
    except smtplib.SMTPRecipientsRefused as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed: %s", (error,), (type(error), error, None))
    line = Discreet("{levelname} {message}", style="{").format(record)
    assert "451" in line
    assert "ada" not in line


def lines_of(config: Any) -> list[str]:
    """The formatters of all handlers of a logging configuration."""
    return [config["formatters"][handler["formatter"]]["class"] for handler in config["handlers"].values()]


def test_every_handler_of_ours_writes_such_lines() -> None:
    assert lines_of(settings.LOGGING) == ["aftercart.log_lines.Discreet"]
