"""Password hashes imported from another shop: verified as they are, and replaced by argon2 at the first sign-in.

Each takes its turn as our own do (passwords.py). Hashes that cost more than a sign-in may are refused on import, and so
are those that nobody should keep: MD5 and the like are named in the refusal.
"""

import base64
import hashlib
import hmac
import re
from importlib import import_module
from typing import Any

from django.contrib.auth import hashers
from django.utils.crypto import constant_time_compare

from aftercart.customers.passwords import a_turn

LONGEST_FOR_BCRYPT = 72  # bytes; whatever comes after them never counted
MOST_MEMORY = 256 * 1024 * 1024  # bytes, for argon2 and scrypt
MOST_ITERATIONS = 5_000_000  # of PBKDF2
HIGHEST_COST = 14  # of bcrypt: a second and a half
HIGHEST_PHPASS = 18  # as a power of two


class UnreadableHash(Exception):
    """A hash that is refused, with the reason."""


class TakesTurns:
    """Verifying takes a turn, as with our own."""

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this password made this hash."""
        with a_turn():
            return bool(super().verify(password, encoded))  # type: ignore[misc]


class Pbkdf2Sha256(TakesTurns, hashers.PBKDF2PasswordHasher):
    """Django's default."""


class Pbkdf2Sha1(TakesTurns, hashers.PBKDF2SHA1PasswordHasher):
    """Django's former one."""


class Scrypt(TakesTurns, hashers.ScryptPasswordHasher):
    """Django's."""


class BcryptSha256(TakesTurns, hashers.BCryptSHA256PasswordHasher):
    """Django's."""


class Bcrypt(TakesTurns, hashers.BCryptPasswordHasher):
    """PHP's `password_hash`, and many others'; of a long password the first 72 bytes count, as there."""

    def encode(self, password: str, salt: Any) -> str:
        """As Django's, which raises for longer ones (bcrypt 5)."""
        made = import_module("bcrypt").hashpw(password.encode()[:LONGEST_FOR_BCRYPT], salt)
        return f"{self.algorithm}${made.decode('ascii')}"


class WordPress(Bcrypt):
    """WordPress since 6.8: bcrypt of an HMAC, so that long passwords count whole."""

    algorithm = "wordpress"

    def encode(self, password: str, salt: Any) -> str:
        """As its `wp_check_password`."""
        mac = hmac.digest(b"wp-sha384", password.strip(" \n\r\t\v\0").encode(), hashlib.sha384)
        return super().encode(base64.b64encode(mac).decode(), salt)


class Phpass(TakesTurns, hashers.BasePasswordHasher):
    """WordPress before 6.8, and phpBB: thousands of rounds of MD5, weak but salted; libpass reads it."""

    algorithm = "phpass"

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this password made this hash."""
        with a_turn():
            return constant_time_compare(self.encode(password, encoded.removeprefix(self.algorithm)), encoded)

    def encode(self, password: str, salt: str) -> str:
        """`salt`: an old hash; only to compare with it."""
        from passlib.hash import phpass

        old = phpass.from_string(salt)
        made = phpass(salt=old.salt, rounds=old.rounds, ident=old.ident, use_defaults=False)
        made.checksum = made._calc_checksum(password.encode())
        return f"{self.algorithm}{made.to_string()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        """The cost, as a power of two."""
        return {"algorithm": self.algorithm, "work_factor": PHPASS_COSTS.index(encoded.split("$")[2][0])}


PHPASS_COSTS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
READ = "Django's (pbkdf2, argon2, bcrypt, scrypt), PHP's password_hash, WordPress's"
REFUSED = (
    (r"[0-9a-fA-F]{32}", "MD5"),
    (r"[0-9a-fA-F]{40}", "SHA-1"),
    (r"[0-9a-fA-F]{64}", "SHA-256 without a salt"),
    (r"[0-9a-fA-F]{32,}:.*", "Magento's"),
    (r"\$[156]\$.*", "crypt's ($1$, $5$, $6$)"),
    (r"\$S\$.*", "Drupal's"),
    (r"\{\w+\}.*", "LDAP's"),
    (r"(md5|sha1|unsalted_\w+|crypt)\$.*", "Django's weak one (MD5, SHA-1, crypt)"),
)
PHP_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")


def as_stored(said: str) -> str:
    """A hash as another shop wrote it, in the form in which we keep it. Raises UnreadableHash, which says why."""
    stored = _in_our_form(said.strip())
    try:
        _check_cost(stored)
    except (ValueError, KeyError, IndexError, AssertionError, TypeError) as error:
        raise UnreadableHash("the hash is not whole") from error
    return stored


def _in_our_form(said: str) -> str:
    if PHP_BCRYPT.fullmatch(said):
        return f"bcrypt${said}"
    if said.startswith("$wp$2y$") and PHP_BCRYPT.fullmatch(said.removeprefix("$wp")):
        return f"wordpress${said.removeprefix('$wp')}"
    if said.startswith(("$argon2id$", "$argon2i$")):
        return f"argon2{said}"
    if re.fullmatch(r"\$[PH]\$[./A-Za-z0-9]{31}", said):
        return f"phpass{said}"
    if said.split("$", 1)[0] in {"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"}:
        return said
    name = next((name for form, name in REFUSED if re.fullmatch(form, said)), "")
    what = f"{name} hash is not read" if name else "no hash that is read"
    raise UnreadableHash(f"{what}; read are {READ}")


def _check_cost(stored: str) -> None:
    """Raises UnreadableHash (too slow or too much memory for a sign-in), ValueError and the like (not whole)."""
    algorithm = stored.split("$", 1)[0]
    facts = BY_ALGORITHM[algorithm].decode(stored)
    cost = int(facts.get("work_factor", 0))
    if algorithm == "scrypt":
        too_much = 128 * cost * facts["block_size"] > MOST_MEMORY or facts["parallelism"] > 16
    elif algorithm == "argon2":
        too_much = facts["memory_cost"] * 1024 > MOST_MEMORY or facts["time_cost"] > 20 or facts["parallelism"] > 16
    else:
        highest = HIGHEST_PHPASS if algorithm == "phpass" else HIGHEST_COST
        too_much = cost > highest or facts.get("iterations", 0) > MOST_ITERATIONS
    if too_much:
        raise UnreadableHash("the hash costs more than a sign-in may")


BY_ALGORITHM: dict[str, Any] = {
    str(one.algorithm): one
    for one in (
        hashers.Argon2PasswordHasher(),
        Pbkdf2Sha256(),
        Pbkdf2Sha1(),
        Scrypt(),
        BcryptSha256(),
        Bcrypt(),
        WordPress(),
        Phpass(),
    )
}
