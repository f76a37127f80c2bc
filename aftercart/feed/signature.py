"""Standard Webhooks signatures: was this body sent by someone who has our secret, and just now? Pure.

Headers `webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature` (`v1,<base64>`, several separated by
spaces); what is signed is `id.timestamp.body`, by HMAC-SHA256. https://www.standardwebhooks.com
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)


class BadSignature(Exception):
    """Not believed; the message says why, for the log alone."""


def key_of(secret: str) -> bytes:
    """The key in a secret such as `whsec_MfKQ9r8G…`. Raises ValueError if it isn't one."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"a webhook secret is base64 behind {PREFIX}") from error
    if not key:
        raise ValueError("a webhook secret is empty")
    return key


def webhook_signature(key: bytes, *, message_id: str, timestamp: str, body: bytes) -> str:
    """One `v1,…` signature."""
    signed = hmac.new(key, b".".join((message_id.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(signed.digest()).decode()}"


def verify(body: bytes, headers: Mapping[str, str], *, keys: Iterable[bytes], now: datetime) -> None:
    """Return if any of the keys signed this body within `TOLERANCE` of `now`.

    `headers`: looked up by their names in lower case. Raises BadSignature.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not (message_id and timestamp and given):
        raise BadSignature("a header is missing")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise BadSignature("the timestamp is no number")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise BadSignature("the timestamp is too old or in the future")
    expected = [webhook_signature(key, message_id=message_id, timestamp=timestamp, body=body).encode() for key in keys]
    # Every pair is compared, so that timing tells nothing about which key or signature was close.
    matches = [hmac.compare_digest(one, other.encode()) for one in expected for other in given]
    if not any(matches):
        raise BadSignature("no signature matches")
