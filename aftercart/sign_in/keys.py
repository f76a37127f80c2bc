"""Signed tokens of others: a JSON Web Token is read by the algorithms and keys of our settings, never by its own word.

joserfc, which knows the signatures, is loaded when the first token comes: it takes 20 MB, and most shops need none.
"""

from collections.abc import Sequence
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings

from aftercart.omnitron.http.deadline import Deadline
from aftercart.sign_in.fetching import OutOfReach, fetched

if TYPE_CHECKING:
    from joserfc.jwk import KeySet
    from joserfc.jwt import Token

KEPT_SECONDS = 60 * 60.0
ASKED_AGAIN_SECONDS = 30.0
LONGEST_TOKEN = 8000


class NotSigned(Exception):
    """No token that we can trust; the reason is for the log."""


class KeysOfOthers:
    """The public keys at an address (JWKS): kept for an hour, and looked up anew when a token names one that is new.

    A key that was taken back is trusted for an hour at most. Whoever sends tokens of made-up keys makes us ask every
    half minute, and no more often.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Any]] = {}
        self._lock = Lock()

    def read(self, token: str, *, url: str, algorithms: Sequence[str], deadline: Deadline) -> "Token":
        """A token that one of the keys has signed, with what it says. Raises NotSigned, OutOfReach."""
        at, keys = self._keys(url, deadline, older_than=KEPT_SECONDS)
        try:
            return read_signed_token(token, keys, algorithms)
        except NotSigned:
            newer, keys = self._keys(url, deadline, older_than=ASKED_AGAIN_SECONDS)
            if newer == at:
                raise
        return read_signed_token(token, keys, algorithms)

    def check(self, *, deadline: Deadline, url: str = "") -> None:
        """OutOfReach where there are no keys to be read; `url`: HANDOVER_JWKS_URL unless given."""
        self._keys(url or settings.HANDOVER_JWKS_URL, deadline, older_than=0.0)

    def forget(self) -> None:
        """Look everything up anew."""
        self._known.clear()

    def _keys(self, url: str, deadline: Deadline, *, older_than: float) -> tuple[float, "KeySet"]:
        known = self._known.get(url)
        if known is not None and monotonic() - known[0] < older_than:
            return known
        with self._lock:
            known = self._known.get(url)
            if known is not None and monotonic() - known[0] < older_than:
                return known
        fresh = (monotonic(), _key_set(fetched(url, deadline=deadline)))
        self._known[url] = fresh
        return fresh


def _key_set(document: Any) -> "KeySet":
    """The keys of a JWKS that we can use; others in it are none of our business."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry, KeySet

    usable = []
    for one in document.get("keys", ()) if isinstance(document, dict) else ():
        try:
            key = JWKRegistry.import_key(one)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if key.key_type != "oct":  # a secret that is published is none
            usable.append(key)
    if not usable:
        raise OutOfReach("the key set holds no public key that we can use")
    return KeySet(usable)


def read_signed_token(token: str, key: Any, algorithms: Sequence[str]) -> "Token":
    """A token, with what it says, that `key` (or one of a set) has signed by one of these algorithms. NotSigned."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    if not token.isascii() or len(token) > LONGEST_TOKEN:
        raise NotSigned("no token")
    try:
        return jwt.decode(token, key, algorithms=list(algorithms))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise NotSigned(f"{type(error).__name__}: {error}"[:200]) from error


keys_of_others = KeysOfOthers()
