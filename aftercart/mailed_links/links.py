"""The links: an order's id, signed with a salt of its kind, fresh for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

from aftercart.errors import NotFound
from aftercart.orders.models import Order


class LinkExpired(Exception):
    """A genuine link whose time is over; `order_id` is the order's."""

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
        """The signed id, of the characters `\\w : -` alone."""
        return self._signer.sign(str(order.pk))

    def read(self, signed: str) -> int:
        """The id behind a link that is fresh; LinkExpired, or NotFound for what we never made."""
        try:
            return int(self._signer.unsign(signed, max_age=self._lifetime))
        except SignatureExpired:
            raise LinkExpired(int(self._signer.unsign(signed))) from None
        except BadSignature:
            raise NotFound from None

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


TO_ORDER = MailedLink(salt="aftercart.guest-order", page="guest-order", setting="GUEST_LINK_MAX_AGE")
"""Opens an order without an account."""
TO_WITHDRAW = MailedLink(salt="aftercart.withdrawal", page="withdraw-by-link", setting="WITHDRAWAL_LINK_MAX_AGE")
"""Opens the way to withdraw from an order's contract."""
