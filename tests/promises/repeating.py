"""Requests that are sent again with their key."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from aftercart.idempotency import keys
from aftercart.idempotency.models import IdempotencyKey

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
ADDRESS_CHANGE = "/orders/address_change/"


def same_again(ask: Callable[[], Any], status: int) -> Any:
    """Ask twice: the second answer is the first one, byte for byte, and says so."""
    first, second = ask(), ask()
    assert first.status_code == status, first.content
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert (second.status_code, second.content) == (first.status_code, first.content)
    for name in ("Content-Type", "Cache-Control"):
        assert second[name] == first[name]
    return first


def a_running_key(customer: Any, order: Any, body: Any, *, lease: timedelta) -> IdempotencyKey:
    """What a process leaves that died while it cancelled: the row, and a lease that ends so much from now."""
    path, sent, now = f"/orders/{order.number}/cancel/", json.dumps(body).encode(), timezone.now()
    return IdempotencyKey.objects.create(
        customer=customer,
        key="of-the-dead",
        fingerprint=keys.fingerprint_of(method="POST", path=path, body=sent),
        lease_until=now + lease,
        next_attempt_at=now + timedelta(hours=24),
    )
