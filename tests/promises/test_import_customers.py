"""Customers come in from another shop, and sign in by the passwords that they have."""

import base64
import csv
import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any

import argon2
import bcrypt
import pytest
from django.contrib.auth import hashers
from django.core.management import call_command
from django.test import Client
from django.utils.module_loading import import_string
from passlib.hash import phpass

from aftercart import settings as in_service
from aftercart.customers.imported_passwords import BY_ALGORITHM, UnreadableHash, as_stored
from aftercart.customers.models import Customer
from aftercart.sign_in.importing import CustomerRefused, take_in_customer
from tests import builders
from tests.conftest import SignedIn

SECRET = "doğru at pil zımba"
LONG = "ğ" * 60  # 120 bytes: bcrypt sees 72 of them


@pytest.fixture
def _as_in_service(settings: Any) -> None:
    settings.PASSWORD_HASHERS = in_service.PASSWORD_HASHERS


OF_DJANGO = ("PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "ScryptPasswordHasher")
OF_DJANGO += ("BCryptSHA256PasswordHasher", "BCryptPasswordHasher")


def php(password: str) -> str:
    """PHP's password_hash: it cuts at 72 bytes, too."""
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$", 1)


def of_django(algorithm: str, **cheaply: Any) -> Any:
    hasher = {one.algorithm: one for one in (getattr(hashers, name)() for name in OF_DJANGO)}[algorithm]
    if "bcrypt" in algorithm:
        hasher.rounds = 4
    return lambda password: hasher.encode(password, hasher.salt(), **cheaply)


def wordpress(password: str) -> str:
    mac = hmac.digest(b"wp-sha384", password.strip().encode(), hashlib.sha384)
    return f"$wp{php(base64.b64encode(mac).decode())}"


def old_wordpress(password: str) -> str:
    return str(phpass.using(rounds=8).hash(password))


def php_argon2(password: str) -> str:
    return argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(password)


KINDS = {
    "PHP's bcrypt": php,
    "PHP's argon2": php_argon2,
    "Django's PBKDF2": of_django("pbkdf2_sha256", iterations=1000),
    "Django's former PBKDF2": of_django("pbkdf2_sha1", iterations=1000),
    "Django's argon2": of_django("argon2"),
    "Django's bcrypt": of_django("bcrypt_sha256"),
    "Django's plain bcrypt": of_django("bcrypt"),
    "Django's scrypt": of_django("scrypt", n=1024),
    "WordPress 6.8": wordpress,
    "WordPress 6.7": old_wordpress,
}


def sign_in(email: str, password: str) -> int:
    return Client().post("/account/login/", {"email": email, "password": password}).status_code


@pytest.mark.parametrize("kind", KINDS)
def test_a_hash_is_read_of_its_password_alone(kind: str) -> None:
    password = SECRET if kind == "Django's plain bcrypt" else LONG  # Django's own raises for longer ones
    stored = as_stored(KINDS[kind](password))
    hasher = BY_ALGORITHM[stored.split("$")[0]]
    assert hasher.verify(password, stored)
    assert not hasher.verify(f"x{password}", stored)
    assert not hasher.verify("", stored)


@pytest.mark.usefixtures("transactional_db", "_as_in_service")
def test_who_comes_with_a_hash_signs_in_and_has_argon2_from_then_on() -> None:
    take_in_customer({"email": "ada@example.com", "password": php(LONG)})
    assert sign_in("ada@example.com", f"x{LONG}") == 400
    assert Customer.objects.get().password.startswith("bcrypt$$2y$")
    assert sign_in("ADA@example.com", LONG) == 303
    assert Customer.objects.get().password.startswith("argon2$argon2id$v=19$m=102400")
    assert sign_in("ada@example.com", LONG) == 303


def test_every_kind_of_hash_is_one_that_the_service_signs_in_by() -> None:
    ours = {import_string(name).algorithm for name in in_service.PASSWORD_HASHERS}
    assert {*BY_ALGORITHM} == ours


# Made by the software itself, as its documentation shows them.
FROM_ELSEWHERE = {
    "$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a": "rasmuslerdorf",
    "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0": "test12345",
}


@pytest.mark.parametrize("written", FROM_ELSEWHERE)
def test_what_is_documented_elsewhere_is_read(written: str) -> None:
    stored = as_stored(written)
    assert BY_ALGORITHM[stored.split("$")[0]].verify(FROM_ELSEWHERE[written], stored)


REFUSED = {
    "5f4dcc3b5aa765d61d8327deb882cf99": "MD5",
    "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8": "SHA-1",
    "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8:salt:1": "Magento's",
    "$6$salt$hash": "crypt's",
    "$S$DhashOfDrupal": "Drupal's",
    "{SSHA}aGFzaA==": "LDAP's",
    "md5$salt$hash": "weak",
    "secret": "no hash that is read",
    "pbkdf2_sha256$900000000$salt$aGFzaA==": "costs more",
    "$2y$31$Rik4SZBXGuzUVBvAq7WTY.Rik4SZBXGuzUVBvAq7WTYRik4SZBXGu": "costs more",
    "$argon2id$v=19$m=9000000,t=3,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA": "costs more",
    "scrypt$16777216$salt$8$1$aGFzaA==": "costs more",
    "$P$UIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0": "costs more",
    "pbkdf2_sha256$": "not whole",
    "argon2$": "not whole",
    "scrypt$a$b$c$d$e": "not whole",
    "bcrypt$x": "not whole",
}


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_not_read_is_refused_by_name(written: str) -> None:
    with pytest.raises(UnreadableHash, match=REFUSED[written]):
        as_stored(written)


def test_the_report_names_every_field_that_is_wrong(transactional_db: None) -> None:
    wrong = {"email": "x", "phone": "0" * 200, "pk": -1, "password": "5f4dcc3b5aa765d61d8327deb882cf99"}
    with pytest.raises(CustomerRefused) as refusal:
        take_in_customer(wrong)
    assert {reason.split(":")[0] for reason in refusal.value.reasons} == {"email", "phone", "pk", "password"}
    assert "no e-mail address" in str(refusal.value)
    for no_row in ("x", 17, None, [], {}):
        with pytest.raises(CustomerRefused):
            take_in_customer(no_row)
    assert not Customer.objects.exists()


def test_nothing_that_is_known_is_overwritten(ada: Any, at_ada: SignedIn) -> None:
    row = {"email": "ADA@example.com", "first_name": "Augusta", "phone": "0555", "password": php("another")}
    assert take_in_customer(row) == "changed"
    assert take_in_customer(row) == "unchanged"
    ada.refresh_from_db()
    assert (ada.first_name, ada.phone) == ("Ada", "0555")
    assert ada.check_password("secret")
    ada.set_unusable_password()
    ada.save()
    assert take_in_customer(row) == "changed"
    boss = builders.a_customer("boss", is_staff=True)
    boss.set_unusable_password()
    boss.save()
    assert take_in_customer({"email": boss.email, "password": php("another")}) == "unchanged"


def test_a_customer_keeps_the_number_by_which_orders_name_him(ada: Any, eve: Any) -> None:
    assert take_in_customer({"pk": 4711, "email": "new@example.com"}) == "new"
    assert Customer.objects.get(pk=4711).email == "new@example.com"
    assert take_in_customer({"pk": 4711, "email": "NEW@example.com"}) == "unchanged"
    for row in ({"pk": 4711, "email": "ada@example.com"}, {"pk": 4711, "email": "x@example.com"}):
        with pytest.raises(CustomerRefused, match=r"pk: 4711 is new@example\.com here"):
            take_in_customer(row)
    with pytest.raises(CustomerRefused, match=f"email: registered here for customer {ada.pk}"):
        take_in_customer({"pk": 4712, "email": "ada@example.com"})


ROWS = [
    {"email": "ada@example.com", "first_name": "Ada", "pk": "17", "password": php("secret")},
    {"email": "bob@example.com", "first_name": "", "pk": "", "password": ""},
    {"email": "bad", "first_name": "Bad", "pk": "", "password": ""},
    {"email": "old@example.com", "first_name": "Old", "pk": "", "password": "5f4dcc3b5aa765d61d8327deb882cf99"},
]


def as_csv(rows: Any) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0])
    table.writeheader()
    table.writerows(rows)
    return "\ufeff" + text.getvalue()


FILES = {
    "customers.csv": as_csv(ROWS),
    "customers.jsonl": "\n".join(json.dumps(row) for row in ROWS),
    "customers.json": json.dumps(ROWS),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_taken_in_and_reported(name: str, transactional_db: None, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / name
    file.write_text(FILES[name])
    for expected in ({"new": 2, "unchanged": 0}, {"new": 0, "unchanged": 2}):
        with pytest.raises(SystemExit) as ended:
            call_command("import_customers", str(file), "--json")
        assert ended.value.code == 1
        report = json.loads(capsys.readouterr().out)
        assert {key: report[key] for key in expected} == expected
        assert [one["email"] for one in report["refused"]] == ["bad", "old@example.com"]
        assert all(one["place"] for one in report["refused"])
        assert "MD5" in report["refused"][1]["reasons"][0]
    with pytest.raises(SystemExit):
        call_command("import_customers", str(file), "--without-unreadable-passwords")
    assert "refused: " in capsys.readouterr().out
    assert not Customer.objects.get(email="old@example.com").has_usable_password()
    assert Customer.objects.get(pk=17).first_name == "Ada"


@pytest.mark.parametrize(
    ("name", "text"), [("x.csv", "name\nAda\n"), ("x.json", "{"), ("x.csv", '"a'), ("gone.csv", None)]
)
def test_a_file_that_cannot_be_read_is_named(
    name: str, text: str | None, transactional_db: None, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(SystemExit):
        call_command("import_customers", str(file))
    assert f"refused: {file}" in capsys.readouterr().out
