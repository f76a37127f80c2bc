"""Mails as the shop's own people see them: every kind beforehand, every row afterwards; and how the service starts."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftercart.mails.examples import example
from aftercart.mails.models import Mail, MailKind
from aftercart.mails.rendering import rendered
from tests import builders
from tests.merchants import put_first

ROOT = Path(__file__).parents[2]
SERVICE = {"DEBUG": "0", "SECRET_KEY": "x" * 50, "OMNITRON_URL": "http://127.0.0.1:9/", "ALLOW_SQLITE": "1"}
MAILING = {"EMAIL_URL": "smtp+tls://u:p@mail.example", "DEFAULT_FROM_EMAIL": "a@example.com", "SITE_URL": "https://a/"}


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("kind", MailKind)
def test_each_kind_is_whole_in_each_language(kind: MailKind, language: str, settings: Any) -> None:
    settings.SHOP_SUPPORT_EMAIL = "help@example.com"
    told = rendered(example(kind, language=language, now=timezone.now()))
    of_an_order = kind not in (MailKind.SIGN_IN_LINK, MailKind.NEW_PASSWORD)  # those are about an account
    assert ("2284200000000017" in told.subject) == of_an_order
    assert f'<html lang="{language}">' in told.html
    assert told.html.startswith("<!DOCTYPE html>")
    for body in (told.subject, told.text, told.html):
        assert not re.search(r"{[{%#]|None|&amp;|&#x27;|\bInvalid\b", body)
    assert not re.search(r"<(img|link|script|style|iframe)\b|url\(", told.html), "nothing is fetched, nothing runs"
    assert not re.search(r"[ \t]\n|\n\n\n|<", told.text)
    shown = set(re.findall(r"\w+", re.sub(r"<[^>]+>", " ", told.html.partition("</title>")[2])))
    for line in told.text.splitlines():
        if "http" not in line:
            assert set(re.findall(r"\w+", line)) <= shown, "the text and the HTML say the same"


@pytest.mark.django_db
def test_a_merchants_own_templates_come_first(tmp_path: Path, settings: Any, ada: Any) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "cancelled.txt").write_text("Bye {{ order.number }}\n\nToo bad, {{ data.items.0.name }}.\n")
    put_first(settings, tmp_path)
    told = rendered(example(MailKind.CANCELLED, language="en", now=timezone.now()))
    assert told.subject == "Bye 2284200000000017"
    assert told.text == "Too bad, Coffee cup.\n"
    assert "Bye 2284200000000017" in told.html


@pytest.fixture
def office(transactional_db: None) -> Client:
    staff = builders.a_customer("staff", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(staff, backend="aftercart.customers.sign_in.EmailBackend")
    return client


def test_the_office_sees_an_example_of_every_kind(office: Client) -> None:
    page = office.get(reverse("admin:mails_mail_changelist"))
    assert "/admin/mails/mail/examples" in page.content.decode()
    path = re.search(r'"(/admin/mails/mail/examples[^"]*)"', page.content.decode())
    assert path is not None
    for language, name in (("en", "Coffee cup"), ("tr", "249,90\xa0TL")):
        shown = office.get(path[1], {"language": language}).content.decode()
        assert shown.count("<iframe") == shown.count('sandbox=""') == len(MailKind)
        assert name in shown


def test_the_office_sees_what_a_customer_was_sent(stock: Any, ada: Any, at_ada: Any, office: Client) -> None:
    order = stock(ada, items=1, item_fields={"product": {"name": "<script>alert(1)</script>"}})
    at_ada.cancel(order)
    mail = Mail.objects.get()
    listed = office.get(reverse("admin:mails_mail_changelist"), {"is_open": "1"}).content.decode()
    assert "ada@example.com" in listed
    shown = office.get(reverse("admin:mails_mail_change", args=[mail.pk])).content.decode()
    assert 'srcdoc="&lt;!DOCTYPE html&gt;' in shown
    assert "<script>alert(1)" not in shown
    assert f"Your cancellation of order {order.number}" in shown
    tab = office.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert reverse("admin:mails_mail_change", args=[mail.pk]) in tab


def test_a_template_that_is_broken_breaks_no_page(
    stock: Any, ada: Any, at_ada: Any, office: Client, tmp_path: Path, settings: Any
) -> None:
    at_ada.cancel(stock(ada))
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "cancelled.txt").write_text("{% nonsense %}")
    put_first(settings, tmp_path)
    response = office.get(reverse("admin:mails_mail_change", args=[Mail.objects.get().pk]))
    assert response.status_code == 200
    assert "TemplateSyntaxError" in response.content.decode()


def test_a_customer_sees_none_of_it(stock: Any, ada: Any, at_ada: Any) -> None:
    at_ada.cancel(stock(ada))
    assert at_ada.get(reverse("admin:mails_mail_change", args=[Mail.objects.get().pk])).status_code == 302
    assert at_ada.get("/admin/mails/mail/examples").status_code in (302, 404)


@pytest.mark.parametrize(
    ("environment", "starts"),
    [
        ({}, False),
        ({"MAILS": "off"}, True),
        (MAILING, True),
        *(({name: value for name, value in MAILING.items() if name != missing}, False) for missing in MAILING),
    ],
)
def test_without_a_mail_server_the_service_starts_only_where_mails_are_off(
    environment: dict[str, str], starts: bool, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    done = subprocess.run(
        [sys.executable, "-c", "import aftercart.settings as s; print(s.EMAIL_BACKEND, s.EMAIL_PORT, s.SITE_URL)"],
        cwd=ROOT,
        env={**kept, **SERVICE, "VAR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == starts, done.stderr
    if not starts:
        assert "MAILS=off" in done.stderr
    elif environment is MAILING:
        assert done.stdout.split() == ["aftercart.mails.smtp.EmailBackend", "587", "https://a"]
