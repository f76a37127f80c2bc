"""Signing in by e-mail and password, throttled."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from aftercart.customers.models import Customer


class EmailBackend(ModelBackend):
    """Registered customers sign in by their e-mail, whatever the case of its letters."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Customer | None:
        """The customer, or None; takes the same time whether or not the address is known."""
        if username is None or password is None or "\0" in username:
            return None
        customer = Customer.objects.with_email(username)
        if customer is None:
            Customer().set_password(password)
            return None
        if customer.check_password(password) and self.user_can_authenticate(customer):
            return customer
        return None


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
    """The address a request came from; the proxy's word counts only where the operator said so."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TRUST_FORWARDED_FOR else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
