"""What the service logs while things go wrong with people's data in hand: none of it stands there."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.mailed_links.links import TO_ORDER, TO_WITHDRAW
from aftercart.mails.models import Mail, MailKind
from aftercart.mails.writing import write_mail
from tests.mail_server import mail_server
from tests.merchants import put_first


class Kept(logging.Handler):
    """A handler of somebody else's, with a formatter of Python's own."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[list[str]]:
    kept = Kept()
    logging.getLogger().addHandler(kept)
    yield kept.lines
    logging.getLogger().removeHandler(kept)


@pytest.mark.parametrize("answer", ["451 <ada@example.com> later", "550 no such ada@example.com"])
def test_a_reader_that_the_mail_server_refuses(
    omnitron: Any, stock: Any, ada: Any, settings: Any, log: list[str], answer: str
) -> None:
    order = stock(ada)
    with mail_server() as server:
        server.answers["RCPT"] = answer
        settings.EMAIL_BACKEND = "aftercart.mails.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        write_mail(MailKind.CANCELLED, about="planted", order=order, data={"items": []}, now=timezone.now())
        tick([kind for kind in KINDS if kind.model is Mail], now=timezone.now() + timedelta(minutes=1))
    text = "\n".join(log)
    assert answer.partition(" ")[0] in text
    assert "ada" not in text.lower()


def test_a_link_behind_which_a_merchants_template_breaks(
    omnitron: Any, stock: Any, ada: Any, settings: Any, log: list[str], tmp_path: Path
) -> None:
    order = stock(ada, status=400)
    for name in ("guest/order.html", "withdrawals/declare.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{% unfinished %}")
    put_first(settings, tmp_path)
    signed = TO_ORDER.sign(order), TO_WITHDRAW.sign(order)
    visitor = Client(raise_request_exception=False, headers={"Cookie": "sessionid=planted; csrftoken=planted"})
    for path in (f"/guest/orders/{signed[0]}/", f"/withdrawals/{signed[1]}/"):
        assert visitor.get(path).status_code == 500
    text = "\n".join(log)
    assert "Internal Server Error: /guest/orders/…/" in text
    assert "Internal Server Error: /withdrawals/…/" in text
    assert "TemplateSyntaxError" in text
    for planted in (*signed, "planted", "ada@"):
        assert planted not in text
