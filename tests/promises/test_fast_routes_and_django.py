"""Whatever is asked, a fast route answers what Django would, or nothing: odd but valid requests, sent both ways."""

from io import BytesIO
from typing import Any, NamedTuple

import orjson
import pytest
import time_machine
from django.test.client import ClientHandler
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from aftercart.orders import signed_number
from tests import builders
from tests.conftest import SignedIn

FOR_PAGES = {"Content-Security-Policy"}
MISSING = None

HOSTS = st.sampled_from(
    [
        *("shop.example", "SHOP.EXAMPLE", "shop.example:443", "shop.example.", "shop.example:", "shop.example:x"),
        *("evil.example", "shop.example.evil.example", "evil.example:80", "a b", "", "[::1]", "[::1", "1.2.3.4"),
        *("shop.example,evil.example", "shop_example", "\xfc.example", "x" * 300, MISSING),
    ]
)
KINDS = st.sampled_from(
    [
        *("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON"),
        *("application/json; charset=latin-1", "application/json; charset=utf-99", "application/json ; q=1"),
        *("application/jsonx", "application/json, text/html", "application/json;", "application/ld+json", "text/json"),
        *("text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x" * 300, MISSING),
    ]
)
ACCEPTS = st.sampled_from(
    [
        *("application/json", "application/json, text/plain, */*", "*/*", "", "text/html", "application/xml", "json"),
        *("application/*;q=0.5, text/html;q=0.4", "application/json;q=0", "text/html,application/json;q=0.9", MISSING),
        *("application/json;version=2", "APPLICATION/JSON", ";;;", "a" * 300),
    ]
)
LANGUAGES = st.sampled_from(
    [
        "tr",
        "TR-tr",
        "en-GB,en;q=0.9",
        "*",
        "undefined",
        "tr;q=0",
        "de, tr;q=0.5",
        "",
        "x" * 300,
        "tr;q=x",
        "\xe9",
        MISSING,
    ]
)
COOKIES = st.sampled_from(
    [
        *("sessionid={key}", "osessionid={key}", "sessionid={key}; osessionid={key}", 'sessionid="{key}"'),
        *(
            "sessionid={dead}; osessionid={key}",
            "sessionid={key}; osessionid={dead}",
            "sessionid={key}; sessionid={dead}",
        ),
        *("sessionid={dead}; sessionid={key}", "SESSIONID={key}", " sessionid = {key} ", ";;sessionid={key};;a;=b"),
        *("sessionid={eve}; osessionid={key}", "sessionid={key}; osessionid={eve}", "sessionid=x; osessionid={key}"),
        *("sessionid={key}\x00", "sessionid={key}x", "sessionid=", "", "sessionid={key}; django_language=tr"),
        *("sessionid={key}; django_language=xx", "sessionid={key}; messages=odd", "sessionid={key}; a=\xfc", MISSING),
    ]
)
QUERIES = st.sampled_from(
    [
        *("", "format=json", "format=JSON", "json", "format=json&x=1", "format=html&format=json", "%zz", "a=\xfc"),
        *("&&&", "items=1&as_loyalty=1", "items=%00", "as_loyalty=maybe", "a=1&" * 20_000, "format=json#x"),
    ]
)
ELSE = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_X_REQUESTED_WITH": st.sampled_from(["XMLHttpRequest", "xmlhttprequest", ""]),
        "HTTP_X_FORWARDED_PROTO": st.sampled_from(["https", "http", "HTTPS", "https,http", "x" * 300]),
        "HTTP_X_FORWARDED_HOST": st.sampled_from(["evil.example"]),
        "HTTP_ORIGIN": st.sampled_from(["null", "http://shop.example", "https://shop.example", "https://evil.example"]),
        "HTTP_REFERER": st.sampled_from(["", "http://shop.example/", "https://evil.example/", "::"]),
        "HTTP_IDEMPOTENCY_KEY": st.sampled_from(["", '"', "\x00"]),
        "HTTP_IF_NONE_MATCH": st.just("*"),
        "HTTP_RANGE": st.just("bytes=0-1"),
        "HTTP_X_HTTP_METHOD_OVERRIDE": st.just("DELETE"),
        "wsgi.url_scheme": st.sampled_from(["http", "https"]),
    },
)
PATHS = st.sampled_from(
    [
        *("/orders/completed/{signed}/", "/users/orders/{id}/", "/orders/{number}/cancellation-options/"),
        *("/orders/completed/{signed}", "/users/orders/{id}", "/users/orders/0{id}/", "/users/orders/{id}/x/"),
        *("/orders/{number}/cancellation-options", "/orders//cancellation-options/", "//users/orders/{id}/"),
        *("/users/orders/\xb2/", "/users/orders/+{id}/", "/users/orders/{id} /", "/orders/completed/{signed}x/"),
        *("/users/orders/99999999999999999999/", "/orders/{number}\x00/cancellation-options/"),
    ]
)
TOKENS = st.sampled_from(["{token}", "{token} ", "x", "x" * 32, "x" * 64, "", "\xfc", MISSING])
GOOD = b'{"cancel_order_items": [{"order_item": 1, "reason": "1"}]}'
BODIES = st.sampled_from(
    [
        *(GOOD, b" " + GOOD + b"\n", b"\xef\xbb\xbf" + GOOD, GOOD.decode().encode("utf-16"), GOOD + b"x", GOOD * 2),
        *(b"", b"null", b"[]", b"{}", b"a=1&b=2", b'{"cancel_order_items": [], "cancel_order_items": []}', b"\xff"),
        *(b'{"cancel_order_items": [{"order_item": 1, "reason": "1", "description": "\\ud800"}]}',),
    ]
)


class Stage(NamedTuple):
    """What the examples' placeholders stand for."""

    words: dict[str, str]


@pytest.fixture
def stage(omnitron: Any, ada: Any, at_ada: SignedIn, at_eve: SignedIn, settings: Any) -> Stage:
    settings.ALLOWED_HOSTS = ["shop.example"]
    order = builders.an_order(ada, status=100, items=1)  # not cancellable: nothing that is asked changes it
    return Stage(
        {
            "key": at_ada.cookies["sessionid"].value,
            "eve": at_eve.cookies["sessionid"].value,
            "dead": "x" * 32,
            "token": at_ada.token,
            "id": str(order.pk),
            "number": order.number,
            "signed": signed_number.sign(order.number),
        }
    )


def environ_of(stage: Stage, method: str, path: str, body: bytes = b"", **said: Any) -> dict[str, Any]:
    """As granian makes one: bytes as Latin-1, and what is missing is not there."""
    filled = {name: value.format(**stage.words) for name, value in said.items() if value is not MISSING}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.format(**stage.words),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": BytesIO(),
        **filled,
    }


def said(answer: Any) -> tuple[int, dict[str, str], Any]:
    """Status, headers, body of either way's answer."""
    status = getattr(answer, "status_code", None) or answer.status
    headers = dict(answer.headers.items())
    body = answer.content if hasattr(answer, "content") else answer.body
    return status, {name: value for name, value in headers.items() if name not in FOR_PAGES}, body


def assert_both_ways_alike(stage: Stage, method: str, path: str, body: bytes = b"", **given: Any) -> bool:
    """Whether a fast route answered at all."""
    from aftercart.wsgi import application

    with time_machine.travel(timezone.now(), tick=False):
        quick = application.answer(environ_of(stage, method, path, body, **given))
        if quick is None:
            return False
        plain = ClientHandler(enforce_csrf_checks=True)(environ_of(stage, method, path, body, **given))
    assert said(quick) == said(plain)
    assert not plain.cookies
    return True


pytestmark = pytest.mark.fastpath

many = examples(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(path=PATHS, host=HOSTS, accept=ACCEPTS, language=LANGUAGES, cookie=COOKIES, query=QUERIES, kind=KINDS, more=ELSE)
def test_an_odd_question_is_answered_alike(
    path: str, host: Any, accept: Any, language: Any, cookie: Any, query: Any, kind: Any, more: Any, stage: Stage
) -> None:
    given = {
        "HTTP_HOST": host,
        "HTTP_ACCEPT": accept,
        "HTTP_ACCEPT_LANGUAGE": language,
        "HTTP_COOKIE": cookie,
        "QUERY_STRING": query,
        "CONTENT_TYPE": kind,
    }
    assert_both_ways_alike(stage, "GET", path, **given, **more)


# One thing odd at a time, the rest as the storefront sends it: the fast routes are asked in earnest.
PLAIN = {
    "HTTP_HOST": "shop.example",
    "HTTP_ACCEPT": "application/json",
    "HTTP_COOKIE": "sessionid={key}; csrftoken={token}",
    "CONTENT_TYPE": "application/json",
    "HTTP_X_CSRFTOKEN": "{token}",
}
ODD = {
    "HTTP_HOST": HOSTS,
    "HTTP_ACCEPT": ACCEPTS,
    "HTTP_ACCEPT_LANGUAGE": LANGUAGES,
    "HTTP_COOKIE": COOKIES.map(lambda cookie: cookie and cookie + "; csrftoken={token}"),
    "QUERY_STRING": QUERIES,
    "CONTENT_TYPE": KINDS,
    "HTTP_X_CSRFTOKEN": TOKENS,
}
one_odd = st.sampled_from(sorted(ODD)).flatmap(lambda name: ODD[name].map(lambda value: {name: value})) | ELSE


@many
@given(path=PATHS, odd=one_odd)
def test_one_odd_thing_is_answered_alike(path: str, odd: dict[str, Any], stage: Stage) -> None:
    assert_both_ways_alike(stage, "GET", path, **{**PLAIN, **odd})


@many
@given(body=BODIES, odd=one_odd)
def test_an_odd_cancellation_is_answered_alike(body: bytes, odd: dict[str, Any], stage: Stage) -> None:
    assert_both_ways_alike(stage, "POST", "/orders/{number}/cancel/", body, **{**PLAIN, **odd})


def test_what_the_storefront_sends_is_answered_by_a_fast_route(stage: Stage) -> None:
    """The control: the tests above compare something."""
    for path in ("/orders/completed/{signed}/", "/users/orders/{id}/", "/orders/{number}/cancellation-options/"):
        assert assert_both_ways_alike(stage, "GET", path, **PLAIN)
    assert assert_both_ways_alike(stage, "POST", "/orders/{number}/cancel/", GOOD, **PLAIN)
    body = orjson.dumps({"cancel_order_items": []})
    assert not assert_both_ways_alike(stage, "POST", "/orders/{number}/cancel/", body, **PLAIN)
