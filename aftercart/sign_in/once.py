"""What works once: a row, by a constraint, so that of two at the same moment one is let in."""

import hashlib
from datetime import datetime

from django.db import IntegrityError, transaction

from aftercart.sign_in.models import UsedToken

FORGET_AT_ONCE = 1000


def use(kind: str, name: str, *, until: datetime) -> bool:
    """Whether this is its first use; `until`: when it would be refused anyway. May stand in a transaction."""
    try:
        with transaction.atomic():
            UsedToken.objects.create(key=_key(kind, name), next_attempt_at=until)
    except IntegrityError:
        return False
    return True


def was_used(kind: str, name: str) -> bool:
    """Whether it is of no use any more; only to say so early."""
    return UsedToken.objects.filter(key=_key(kind, name)).exists()


def _key(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}\n{name}".encode()).hexdigest()


def forget_used_tokens(pk: int, *, now: datetime) -> None:
    """The duty of a used token: be forgotten once over, and take along up to FORGET_AT_ONCE others."""
    over = UsedToken.objects.filter(next_attempt_at__lte=now)
    oldest = list(over.order_by("next_attempt_at").values_list("pk", flat=True)[:FORGET_AT_ONCE])
    over.filter(pk__in=[pk, *oldest]).delete()
