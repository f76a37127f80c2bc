"""Links that sign a customer in, or let a new password be chosen: signed, fresh for minutes, for one address.

A link ends when the customer's e-mail or password changes or the account is switched off. A row sees to it that it
works only once (aftercart/sign_in/once.py); the link contains the row's name.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlencode

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from aftercart.customers.models import Customer


class LinkOver(Exception):
    """The link is used, too old, not ours, or for a customer who has changed since. Nobody is told which."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a fresh link contains."""

    customer_id: int
    token: str
    """Its name: 32 hexadecimal digits."""
    reason: str

    def customer(self) -> Customer:
        """Whose it is. Raises LinkOver if the customer changed since it was mailed."""
        found = Customer.objects.filter(pk=self.customer_id).first()
        if found is None or not found.is_active or self.reason != _reason(found, found.email):
            raise LinkOver
        return found


@dataclass(frozen=True, slots=True)
class SignInLink:
    """One kind of link; `page` is the name of what it opens, in the URL table."""

    salt: str
    page: str

    def sign(self, customer: Customer, *, token: str, email: str) -> str:
        """The signed name, of the characters `\\w : -` alone, for whoever reads `email`."""
        return self._signer.sign(f"{customer.pk}-{token}-{_reason(customer, email)}")

    def read(self, signed: str) -> Opened:
        """A fresh link. Raises LinkOver."""
        try:
            said = self._signer.unsign(signed, max_age=lifetime())
        except BadSignature:
            raise LinkOver from None
        customer_id, token, reason = said.split("-")
        return Opened(int(customer_id), token, reason)

    def url(self, customer: Customer, *, token: str, email: str, next_url: str) -> str:
        """The whole link, as a mail carries it; `next_url`: where to go on."""
        signed = self.sign(customer, token=token, email=email)
        query = f"?{urlencode({'next': next_url})}" if next_url else ""
        return f"{settings.SITE_URL}{reverse(self.page, args=[signed])}{query}"

    @property
    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt=self.salt)


def lifetime() -> timedelta:
    """How long a link works."""
    return timedelta(seconds=settings.SIGN_IN_LINK_MAX_AGE)


def valid_until(*, now: datetime) -> datetime:
    """When a link that is made now stops working."""
    return now + lifetime()


def _reason(customer: Customer, email: str) -> str:
    """A short digest of the customer's identity; nothing can be learned from it."""
    facts = (customer.pk, email.lower(), customer.password, customer.is_active)
    return blake2b(repr(facts).encode(), digest_size=12).hexdigest()


TO_SIGN_IN = SignInLink(salt="aftercart.sign-in", page="sign-in-by-link")
"""Opens a session."""
TO_NEW_PASSWORD = SignInLink(salt="aftercart.new-password", page="new-password")
"""Lets a new password be chosen."""
