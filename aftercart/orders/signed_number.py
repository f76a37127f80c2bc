"""The completed-order link: an order number, signed, fresh for a while.

Other systems may sign links themselves, with a key of COMPLETED_LINK_KEYS: docs/completed-links.md has the algorithm.
"""

from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from aftercart.orders.numbers import from_token, in_token

SALT = "aftercart.completed-order"


class NotGenuine(Exception):
    """We never made this link."""


class Expired(Exception):
    """A genuine link that has expired; `number` is the order's."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def _signer() -> TimestampSigner:
    key, *former = settings.COMPLETED_LINK_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return _signer_with(key, tuple(former))  # a changed key is used at once


@lru_cache(maxsize=4)
def _signer_with(key: str, fallbacks: tuple[str, ...]) -> TimestampSigner:
    return TimestampSigner(key=key, fallback_keys=[*fallbacks], salt=SALT)


def sign(number: str) -> str:
    """The signed order number, of the characters `\\w : - =` alone, whatever the number has."""
    return _signer().sign(in_token(number))


def read(signed: str) -> str:
    """The order number in a signed one that is still fresh. Raises NotGenuine, Expired."""
    signer = _signer()
    try:
        return from_token(signer.unsign(signed, max_age=timedelta(seconds=settings.COMPLETED_LINK_MAX_AGE)))
    except SignatureExpired:
        raise Expired(from_token(signer.unsign(signed))) from None
    except BadSignature:
        raise NotGenuine from None
