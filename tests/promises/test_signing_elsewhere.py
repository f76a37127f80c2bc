"""Another system signs links by itself, by the steps of docs/completed-links.md; nothing of ours is used to sign."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from aftercart.orders import signed_number

PAGE = (Path(__file__).parents[2] / "docs" / "completed-links.md").read_text()
VECTORS = re.findall(r"^\| `(.+)` \| `(\S+:\S+:\S+)` \|$", PAGE, flags=re.MULTILINE)
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY, MOMENT = "a-key-for-tests", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def in_base_62(number: int) -> str:
    return (in_base_62(number // 62) if number >= 62 else "") + DIGITS[number % 62]


def in_base_64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed_elsewhere(number: str, key: str, moment: datetime) -> str:
    text = number if re.fullmatch("[A-Za-z0-9_-][A-Za-z0-9_=-]*", number) else "=" + in_base_64(number.encode())
    value = f"{text}:{in_base_62(int(moment.timestamp()))}"
    derived = hashlib.sha256(f"aftercart.completed-ordersigner{key}".encode()).digest()
    return f"{value}:{in_base_64(hmac.new(derived, value.encode(), hashlib.sha256).digest())}"


def test_the_page_has_vectors_of_plain_and_of_awkward_numbers() -> None:
    assert len(VECTORS) == 4


@pytest.mark.parametrize(("number", "signed"), VECTORS, ids=[number for number, _ in VECTORS])
def test_a_vector_is_made_by_the_steps_and_read_by_us(number: str, signed: str, settings: Any) -> None:
    settings.COMPLETED_LINK_KEYS = [KEY]
    assert signed_elsewhere(number, KEY, MOMENT) == signed
    with time_machine.travel(MOMENT, tick=False):
        assert signed_number.sign(number) == signed
        assert signed_number.read(signed) == number


def test_a_link_of_a_key_that_was_taken_away_is_not_genuine(settings: Any) -> None:
    now = datetime.now(UTC)
    signed = signed_elsewhere("2284", "an old key", now)
    settings.COMPLETED_LINK_KEYS = ["a new key", "an old key"]
    assert signed_number.read(signed) == "2284"
    settings.COMPLETED_LINK_KEYS = ["a new key"]
    with pytest.raises(signed_number.NotGenuine):
        signed_number.read(signed)


def test_with_keys_of_their_own_links_are_not_signed_with_the_secret_key(settings: Any) -> None:
    settings.COMPLETED_LINK_KEYS = ["a new key"]
    with pytest.raises(signed_number.NotGenuine):
        signed_number.read(signed_elsewhere("2284", settings.SECRET_KEY, datetime.now(UTC)))
