"""Whatever stands behind the question mark, no address fails: it is read, refused by name, or as good as not said."""

from typing import Any
from urllib.parse import quote_from_bytes

import pytest

from tests import builders
from tests.conftest import SignedIn
from tests.doors import every_path

ODD: dict[str, bytes] = {
    "the first day": b"0001-01-01",
    "the first moment": b"0001-01-01T00:00:00+14:00",
    "the last day": b"9999-12-31",
    "the last moment": b"9999-12-31T23:59:59-23:59",
    "no day": b"2026-02-30",
    "a leap second": b"2016-12-31T23:59:60Z",
    "an hour that was left out": b"2016-03-27T03:30:00",
    "zero": b"0",
    "minus one": b"-1",
    "beyond 64 bits": b"9223372036854775808",
    "many digits": b"9" * 5000,
    "digits of another script": "٣".encode(),
    "a power": "²".encode(),
    "a fraction": b"1.5",
    "infinity": b"1e999",
    "NUL": b"a\0b",
    "no UTF-8": b"\xff\xfe",
    "a surrogate": b"\xed\xa0\x80",
    "a long text": b"x" * 60_000,
    "what LIKE knows": b"%_\\",
    "JSON": b'{"a": [1]}',
    "nothing": b"",
    "blanks": b" \t",
    "undefined": b"undefined",
    "an address elsewhere": b"//evil.example/",
}
ASKED = {
    "/users/orders/": ("page", "limit", "page_size", "number", "status", "created_date__gte", "created_date__lte"),
    "/account/orders/": ("page", "number", "time", "state"),
    "/users/orders/cancellation_reasons/": ("cancellation_type",),
    "/address/": ("page", "limit"),
    "/address/city/": ("country", "page", "limit"),
    "/address/township/": ("city", "limit"),
    "/address/district/": ("city", "township"),
    "/account/login/": ("next", "format"),
    "OPTIONS": ("items", "as_loyalty", "format"),
    "CHANGE": ("address", "next"),
}
ALL = sorted({name for names in ASKED.values() for name in names} | {"language", "json"})


@pytest.fixture
def order(stock: Any, ada: Any) -> Any:
    builders.an_address(ada)
    return stock(ada)


def test_no_odd_value_of_what_an_address_reads_is_an_error_of_ours(order: Any, at_ada: SignedIn) -> None:
    real = {
        "OPTIONS": f"/orders/{order.number}/cancellation-options/",
        "CHANGE": f"/account/orders/{order.number}/address/",
    }
    failed = []
    for path, names in ASKED.items():
        for name in names:
            for what, value in ODD.items():
                told = at_ada.read(f"{real.get(path, path)}?{name}={quote_from_bytes(value)}")
                if told.status_code >= 500:
                    failed.append((path, name, what))
    assert not failed


@pytest.mark.parametrize("what", ["the last day", "NUL", "no UTF-8", "many digits", "nothing"])
def test_no_address_fails_for_a_query_that_it_does_not_expect(what: str, order: Any, at_ada: SignedIn) -> None:
    query = "&".join(f"{name}={quote_from_bytes(ODD[what])}" for name in ALL)
    paths = [path for path in every_path() if not path.startswith(("/admin/", "/users/logout"))]
    assert not [path for path in paths if at_ada.read(f"{path}?{query}").status_code >= 500]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("created_date__gte=0001-01-01", 1),
        ("created_date__lte=0001-01-01", 0),
        ("created_date__gte=9999-12-31", 0),
        ("created_date__lte=9999-12-31T23:59:59-23:59", 1),
    ],
)
def test_the_calendars_ends_are_days_like_any_other(query: str, count: int, order: Any, at_ada: SignedIn) -> None:
    assert at_ada.read(f"/users/orders/?{query}").json()["count"] == count
