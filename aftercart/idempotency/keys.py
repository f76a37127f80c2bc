"""The life of an idempotency key: read, claim, then answer or give back; in the end it is forgotten.

The promises themselves are harmless when repeated (database constraints see to that); a key adds that the repeat is
*told the same*. So a key may err on the side of running again, never on the side of answering wrongly.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_OID, UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext

from aftercart.customers.models import Customer
from aftercart.errors import FieldErrors
from aftercart.http_errors import KeyInUse, KeyReused
from aftercart.idempotency.models import IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST = 255
# A promise spends at most OMNITRON_TIMEOUT (2 seconds) outside; mostly it is done when the client asks again.
RETRY_SECONDS = 1
FORGET_AT_ONCE = 1000
ROUNDS = 3

State = IdempotencyKey.State
STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')  # RFC 9651: an Item that is a String
PRINTABLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer as it went out: `body` is its exact bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """The right to run one request under a key.

    `is_first`: no earlier run can have left anything behind. `wish`: names what is wished for, the same in every run
    under this key, so that a later run finds what an earlier one left.
    """

    pk: int
    holder: UUID
    fingerprint: str
    is_first: bool
    wish: UUID


def read_key(written: str) -> str:
    """The key in a header: `"abc"` (the draft's form) and bare `abc` are the same key. Raises FieldErrors."""
    key = written.strip(" \t")
    if key.startswith('"'):
        string = STRING.fullmatch(key)
        if string is None:
            raise FieldErrors({HEADER: [gettext("This is not one quoted string.")]})
        key = re.sub(r"\\(.)", r"\1", string[1])
    if not key:
        raise FieldErrors({HEADER: [gettext("A key must not be empty.")]})
    if len(key) > LONGEST:
        raise FieldErrors(
            {HEADER: [gettext("At most {max_length} characters are allowed.").format(max_length=LONGEST)]}
        )
    if not PRINTABLE.fullmatch(key):
        raise FieldErrors({HEADER: [gettext("Only printable ASCII characters are allowed.")]})
    return key


def fingerprint_of(*, method: str, path: str, body: bytes) -> str:
    """What makes two requests the same: SHA-256 over method, path and body, in hexadecimal."""
    return sha256(f"{method} {quote(path)}\n".encode() + body).hexdigest()


def claim(*, customer: Customer, key: str, fingerprint: str, now: datetime) -> KeyClaim | RecordedAnswer:
    """The right to run a request under this key, or the answer that it got before.

    Raises KeyReused (another request had this key), KeyInUse (the same one is running).
    """
    for _round in range(ROUNDS):
        new = IdempotencyKey(
            customer=customer,
            key=key,
            fingerprint=fingerprint,
            created_date=now,
            lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
            next_attempt_at=now + timedelta(seconds=settings.IDEMPOTENCY_KEY_SECONDS),
        )
        try:
            with transaction.atomic():
                new.save(force_insert=True)
        except IntegrityError:
            pass
        else:
            return KeyClaim(new.pk, new.holder, fingerprint, is_first=True, wish=_wish(new.pk, now))
        known = IdempotencyKey.objects.filter(customer=customer, key=key).first()
        if known is None:  # forgotten between our two statements
            continue
        claimed = _known(known, new, now=now)
        if claimed is not None:
            return claimed
    raise KeyInUse(seconds=RETRY_SECONDS)


def _known(known: IdempotencyKey, new: IdempotencyKey, *, now: datetime) -> KeyClaim | RecordedAnswer | None:
    """What a key that exists means for a new request; None where someone was quicker and it must be read again."""
    if known.is_held(now=now):
        if known.fingerprint != new.fingerprint:
            raise KeyReused
        raise KeyInUse(seconds=RETRY_SECONDS)
    if known.is_expired(now=now):
        taken = _take(known, new, life={"next_attempt_at": new.next_attempt_at, "created_date": now})
        wish = _wish(known.pk, now)
        return KeyClaim(known.pk, new.holder, new.fingerprint, is_first=True, wish=wish) if taken else None
    if known.fingerprint != new.fingerprint:
        raise KeyReused
    if known.state == State.ANSWERED:
        assert known.status is not None
        return RecordedAnswer(known.status, known.headers, bytes(known.body))
    # The run before us gave the key back, or its process died: whoever changes the holder first runs again.
    if not _take(known, new, life={}):
        return None
    wish = _wish(known.pk, known.created_date)
    return KeyClaim(known.pk, new.holder, new.fingerprint, is_first=False, wish=wish)


def _wish(pk: int, created: datetime) -> UUID:
    """A key's life has one wish; after it expired, the same row begins another."""
    return uuid5(NAMESPACE_OID, f"aftercart idempotency key {pk} of {created.isoformat()}")


def _take(known: IdempotencyKey, new: IdempotencyKey, *, life: dict[str, Any]) -> bool:
    """Compare and set: the lease is ours if nobody took it, or answered, since we read the row."""
    return bool(
        IdempotencyKey.objects.filter(pk=known.pk, holder=known.holder, state=known.state).update(
            fingerprint=new.fingerprint,
            holder=new.holder,
            state=State.RUNNING,
            lease_until=new.lease_until,
            status=None,
            headers={},
            body=b"",
            **life,
        )
    )


def close(claimed: KeyClaim, answer: RecordedAnswer) -> bool:
    """End a run: keep the answer if it is the one to repeat, else give the key back. True if it was kept.

    A success is always kept. It happened once, so it is the truth, even if the run took so long that a repeat took
    the key over: the repeat can only have been refused.

    A refusal (400) is kept if the run was the first. After a run that died, or ended in a 5xx, a refusal may speak
    of what that run left: `cancellation_in_progress` because its attempt waits for settlement, which decides in a
    moment. The client must hear it (nothing truer is known, and 409 would say that someone still works for it), but
    to repeat it for a day would freeze a passing state. So the key is given back, and each repeat is judged anew.

    Everything else may pass, too: 404 (an order that has not come in yet), 413, 415, 429, 5xx.
    """
    run = IdempotencyKey.objects.filter(pk=claimed.pk, state=State.RUNNING, fingerprint=claimed.fingerprint)
    succeeded = 200 <= answer.status < 300
    if not succeeded:
        run = run.filter(holder=claimed.holder)
    if succeeded or (answer.status == 400 and claimed.is_first):
        kept = run.update(
            state=State.ANSWERED,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            lease_until=None,
        )
        return bool(kept)
    # The row stays, without a lease: the key goes on meaning this request and no other.
    run.update(lease_until=None)
    return False


def forget_keys(pk: int, *, now: datetime) -> None:
    """The duty of a key: be forgotten once expired, and take along up to FORGET_AT_ONCE others.

    A tick calls this for a hundred keys, so most calls find theirs gone already, with one read.
    """
    expired = IdempotencyKey.objects.expired(now=now)
    if not expired.filter(pk=pk).exists():
        return
    oldest = expired.filter(state=State.ANSWERED).order_by("next_attempt_at").values_list("pk", flat=True)
    others = list(oldest[:FORGET_AT_ONCE])
    # Asked for again while it is deleted: a repeat may have taken an expired key over meanwhile.
    expired.filter(Q(pk=pk) | Q(pk__in=others, state=State.ANSWERED)).delete()
