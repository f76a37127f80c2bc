"""Signing in with e-mail and password, within limits; and where a request came from."""

from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils import timezone

from aftercart.customers.models import LONGEST_EMAIL, Customer
from aftercart.customers.sign_in_tries import count_sign_in_try, sign_in_was_right


def can_be_an_email(text: str) -> bool:
    """Whether text can be an e-mail address at all: the database need not be asked about anything else."""
    readable = text == text.encode(errors="ignore").decode()  # without lone surrogates
    return readable and len(text) <= LONGEST_EMAIL and "\0" not in text


class EmailBackend(ModelBackend):
    """Registered customers sign in by their e-mail, whatever its upper and lower case; every sign-in uses this."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Customer | None:
        """The customer, or None; takes the same time whether or not the address is known.

        Raises TooManyTries (for this account or this network), TryLater (too many passwords are being checked).
        """
        if username is None or password is None or not can_be_an_email(username):
            return None
        customer = Customer.objects.with_email(username)
        tried = None
        if request is not None:
            account = str(customer.pk) if customer else username
            tried = count_sign_in_try(account, client_address(request), now=timezone.now())
        if customer is None:
            Customer().set_password(password)
            return None
        if not (customer.check_password(password) and self.user_can_authenticate(customer)):
            return None
        if tried is not None:
            sign_in_was_right(tried, now=timezone.now())
        return customer


def start_session(request: HttpRequest, customer: Customer) -> None:
    """Sign a customer in, leaving the CSRF token as it is.

    Django would rotate it, but the storefront keeps the one that it was handed before: CSRF here is the double submit
    of cookie and header, bound to no session.
    """
    token = request.META.get("CSRF_COOKIE")
    login(request, customer)
    if token is not None:
        request.META["CSRF_COOKIE"] = token
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False


def client_address(request: HttpRequest) -> str:
    """The address a request came from; the proxy's word counts only where the operator said so, and only if it is one.

    An address as `ipaddress` writes it, or the server's own name for the peer if it has none (a Unix socket).
    """
    own = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TRUST_FORWARDED_FOR else ""
    return _address_in(forwarded.rpartition(",")[2]) or _address_in(own) or own


def _address_in(written: str) -> str:
    """The IP address in what a proxy writes: bare, quoted, in brackets, with a port or a zone; empty for none."""
    text = written.strip().strip('"').strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    with suppress(ValueError):
        return str(ip_address(text.partition("%")[0]))
    return ""
