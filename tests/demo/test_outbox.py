"""Mails as files, and the sandbox's page of them."""

import email
import urllib.error
import urllib.request
from email.policy import default
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives

from aftercart.mails.files import EmailBackend
from omnitron_sandbox import running


def write(folder: Path, subject: str) -> None:
    message = EmailMultiAlternatives(subject, f"About {subject}: https://shop.example/a?b=1.", to=["ada@example.com"])
    message.attach_alternative(f"<p>About {subject}</p><script>alert(1)</script>", "text/html")
    assert EmailBackend(file_path=str(folder)).send_messages([message]) == 1


def test_a_mail_is_a_file_that_a_mail_program_reads(tmp_path: Path) -> None:
    write(tmp_path, "Şifre & <b>")
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".eml"
    mail = email.message_from_bytes(file.read_bytes(), policy=default)
    assert mail["Subject"] == "Şifre & <b>"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def read(url: str) -> tuple[str, str]:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode(), answer.headers["Content-Security-Policy"]


def test_the_outbox_lists_the_newest_first_and_shows_each(tmp_path: Path) -> None:
    write(tmp_path, "first")
    write(tmp_path, "second <i>")
    with running(mails=tmp_path) as sandbox:
        page, _ = read(f"{sandbox.url}/mails/")
        assert page.index("second &lt;i&gt;") < page.index("first")
        name = max(file.name for file in tmp_path.iterdir())
        mail, _ = read(f"{sandbox.url}/mails/{name}")
        assert '<a href="https://shop.example/a?b=1">https://shop.example/a?b=1</a>.' in mail
        html, policy = read(f"{sandbox.url}/mails/{name}/html")
        assert "<p>About second <i></p>" in html
        assert "default-src 'none'" in policy, "a mail's script does not run"


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("path", ["/mails/nothing.eml", "/mails/..%2Fsecret.eml", "/mails/%2e%2e/secret.eml"])
def test_a_mail_that_is_not_there_is_not_found(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret.eml").write_text("Subject: secret\n\nsecret")
    folder = tmp_path / "mails"
    folder.mkdir()
    with running(mails=folder) as sandbox:
        assert status(f"{sandbox.url}{path}") == 404


def test_a_sandbox_without_mails_has_no_outbox() -> None:
    with running() as sandbox:
        assert "/mails/" not in read(f"{sandbox.url}/")[0]
        assert status(f"{sandbox.url}/mails/") == 404
