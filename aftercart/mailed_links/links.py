"""The links: an order's id, and whose it was, signed with a salt of its kind, fresh for a while.

A link is for one reader of one order. Where the order goes to another customer, the customer's address changes or the
account is switched off, it ends: whoever has the mailbox still need not be who may read it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

from aftercart.errors import NotFound
from aftercart.orders.models import Order


class LinkExpired(Exception):
    """A genuine link whose time or reason is over; `order_id` is the order's."""

    def __init__(self, order_id: int) -> None:
        super().__init__(order_id)
        self.order_id = order_id


@dataclass(frozen=True, slots=True)
class MailedLink:
    """One kind of link. Whoever holds one may do what its page does: mail it, never show it."""

    salt: str
    page: str
    """The name of the page that it opens, in the URL table."""
    setting: str
    """The name of the setting that says how many seconds it lives."""

    def sign(self, order: Order) -> str:
        """The signed id, of the characters `\\w : -` alone. The order's customer is read with it."""
        return self._signer.sign(f"{order.pk}-{_reason(order)}")

    def read(self, signed: str) -> "OpenedLink":
        """A fresh link. Raises LinkExpired, NotFound (for what we never made)."""
        try:
            order_id, _, reason = self._signer.unsign(signed, max_age=self._lifetime).partition("-")
        except SignatureExpired:
            order_id, _, _ = self._signer.unsign(signed).partition("-")
            raise LinkExpired(int(order_id)) from None
        except BadSignature:
            raise NotFound from None
        return OpenedLink(int(order_id), reason)

    def url(self, order: Order) -> str:
        """The whole link, as a mail carries it."""
        return f"{settings.SITE_URL}{reverse(self.page, args=[self.sign(order)])}"

    def valid_until(self, *, now: datetime) -> datetime:
        """When a link that is made now stops working."""
        return now + self._lifetime

    @property
    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt=self.salt)

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(seconds=getattr(settings, self.setting))


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What stands in a link that is fresh."""

    order_id: int
    reason: str

    def check(self, order: Order) -> None:
        """LinkExpired where the order, its owner or their address is another than when the link was made."""
        if self.reason != _reason(order):
            raise LinkExpired(self.order_id)


def _reason(order: Order) -> str:
    """A short digest of whose the order is. It is no secret: who holds the link knows all that it is made of."""
    customer = order.customer
    facts = (order.pk, order.number, order.user_email.lower(), customer.pk, customer.email.lower(), customer.is_active)
    return blake2b(repr(facts).encode(), digest_size=8).hexdigest()


TO_ORDER = MailedLink(salt="aftercart.guest-order", page="guest-order", setting="GUEST_LINK_MAX_AGE")
"""Opens an order without an account."""
TO_WITHDRAW = MailedLink(salt="aftercart.withdrawal", page="withdraw-by-link", setting="WITHDRAWAL_LINK_MAX_AGE")
"""Opens the way to withdraw from an order's contract."""
