"""The floor by hand, its access: who are they, did they mean it, is the link fresh. Formats of Django, no Django."""

import base64
import hashlib
import hmac
import os
import time
from typing import Any
from urllib.parse import parse_qs

SECRET = os.environ["SECRET_KEY"].encode()
LINK_SECONDS = int(os.environ.get("COMPLETED_LINK_MAX_AGE", str(24 * 60 * 60)))
DIGITS = {digit: place for place, digit in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")}


def _key(salt: str) -> bytes:
    return hashlib.sha256(salt.encode() + SECRET).digest()


LINK_KEY = _key("aftercart.completed-ordersigner")
PASSWORD_KEY = _key("django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash")


def _is_signed(key: bytes, text: str, signature: str) -> bool:
    made = base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=")
    return hmac.compare_digest(made, signature.encode())


def cookies_of(environ: dict[str, Any]) -> dict[str, str]:
    parts = (part.partition("=") for part in environ.get("HTTP_COOKIE", "").split("; "))
    return {name: value for name, _, value in parts}


def session_key(cookies: dict[str, str]) -> str:
    return cookies.get("sessionid") or cookies.get("osessionid") or ""


def is_signed_in(proof: str, password: str) -> bool:
    """Whether a session knows its customer's password as it is now."""
    known = hmac.new(PASSWORD_KEY, password.encode(), "sha256").hexdigest()
    return hmac.compare_digest(proof, known)


def number_in(signed: str) -> str | None:
    """The order number in a fresh and genuine link."""
    text, _, signature = signed.rpartition(":")
    if not _is_signed(LINK_KEY, text, signature):
        return None
    number, _, stamp = text.rpartition(":")
    made = 0
    for digit in stamp:
        made = made * 62 + DIGITS[digit]
    return number if made + LINK_SECONDS >= time.time() else None


def is_meant(environ: dict[str, Any], cookies: dict[str, str]) -> bool:
    """The double submit of cookie and header; of masked tokens only equal ones are taken here."""
    token = cookies.get("csrftoken", "")
    return len(token) in (32, 64) and token.isalnum() and token == environ.get("HTTP_X_CSRFTOKEN")


def page_of(environ: dict[str, Any]) -> tuple[int, int]:
    """Page and limit of a list."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    return int(query.get("page", ["1"])[0]), int(query.get("limit", ["10"])[0])
