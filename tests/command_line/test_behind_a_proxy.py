"""The proxies that deploy/ has examples for, as Debian packages them, in front of `aftercart serve`."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from omnitron_sandbox import running as sandbox_running
from tests.command_line import proxies
from tests.command_line.installations import Installation
from tests.command_line.proxies import HOST, Proxy
from tests.conftest import demanded
from tests.reliability.servers import ROOT, free_port

SECRET = base64.b64encode(b"known to Omnitron and to us alone").decode()
LINKS = 3
SETTINGS = f"""
OMNITRON_WEBHOOK_SECRETS='whsec_{SECRET}'
SIGN_IN_LINKS_PER_ADDRESS={LINKS}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """An installation's web server, for an address of HTTPS; its port."""
    with sandbox_running() as omnitron:
        installation = Installation(tmp_path_factory.mktemp("shop"), f"{omnitron.url}/")
        installation.init("--email-url", "dummymail://", "--from-email", "shop@shop.example")
        with (installation.folder / "aftercart.env").open("a") as file:
            file.write(SETTINGS)
        port = free_port()
        with installation.serving(port):
            yield port


@pytest.fixture(scope="module", params=proxies.COMMANDS)
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if shutil.which(request.param) is None:
        demanded(f"{request.param} is not installed")
    port = request.getfixturevalue("service")
    with proxies.running(request.param, tmp_path_factory.mktemp(request.param), upstream=port) as running:
        yield running


def test_a_page_comes_over_https_without_a_redirect_and_its_cookies_are_secure(proxy: Proxy) -> None:
    page = proxy.ask("/account/login/")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=3600"
    cookies = page.headers.get_all("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)


def test_who_has_no_session_is_led_to_the_sign_in_of_this_very_host(proxy: Proxy) -> None:
    answer = proxy.ask("/account/orders/")
    assert answer.status in (302, 303)
    where = answer.headers["Location"]
    assert where.startswith(("/account/login/", f"https://{HOST}/account/login/"))
    assert proxy.ask(where.removeprefix(f"https://{HOST}")).status == 200


def test_styles_are_there_and_may_be_kept(proxy: Proxy) -> None:
    found = re.findall(rb'href="(/static/[^"]+\.css)"', proxy.ask("/account/login/").body)
    assert found
    style = proxy.ask(found[0].decode())
    assert (style.status, style.headers.get_content_type()) == (200, "text/css")
    assert "immutable" in style.headers["Cache-Control"]


def test_a_form_is_believed_to_come_from_this_host(proxy: Proxy) -> None:
    """CSRF compares the Origin with the scheme and host that the proxy passes on."""
    assert ask_for_link(proxy, source="127.0.0.9").status == 303
    assert ask_for_link(proxy, source="127.0.0.9", origin="https://evil.example").status == 403


def ask_for_link(proxy: Proxy, *, source: str, origin: str = f"https://{HOST}", **headers: str) -> proxies.Answer:
    form = proxy.ask("/account/link/", source=source)
    token = re.findall(rb'name="csrfmiddlewaretoken" value="([^"]+)"', form.body)[0].decode()
    return proxy.ask(
        "/account/link/",
        "POST",
        f"email=ada@example.com&csrfmiddlewaretoken={token}",
        source=source,
        Cookie=form.cookies,
        Origin=origin,
        Content_Type="application/x-www-form-urlencoded",
        **headers,
    )


def test_a_throttle_counts_the_visitor_s_address_whatever_they_claim_of_it(proxy: Proxy) -> None:
    first, second = ("127.0.1.1", "127.0.2.1") if proxy.name == "nginx" else ("127.0.3.1", "127.0.4.1")
    answers = [
        ask_for_link(proxy, source=first, X_Forwarded_For=f"192.0.2.{n}, 198.51.100.{n}").status
        for n in range(LINKS + 1)
    ]
    assert answers == [303] * LINKS + [429]
    assert ask_for_link(proxy, source=second, X_Forwarded_For=first).status == 303


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_413_and_one_within_it_arrives(proxy: Proxy, chunked: bool) -> None:
    how = {"Transfer-Encoding": "chunked"} if chunked else {}

    def post(size: int) -> int:
        body = b"x" * size
        pieces = iter([body[at : at + 65536] for at in range(0, size, 65536)]) if chunked else body
        return proxy.ask("/webhooks/omnitron/", "POST", pieces, **how, Content_Type="application/json").status

    assert post(1_000_000) == 401
    assert post(1_200_000) == 413


def test_a_webhook_arrives_as_it_was_signed(proxy: Proxy) -> None:
    body = json.dumps({"event": {"type": "order.updated", "uuid": str(uuid.uuid4())}, "payload": {"ü": [1, 2.50]}})
    moment = str(int(time.time()))
    signed = hmac.digest(base64.b64decode(SECRET), f"msg_1.{moment}.{body}".encode(), hashlib.sha256)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
    answer = proxy.ask("/webhooks/omnitron/", "POST", body.encode(), **headers, Content_Type="application/json")
    assert (answer.status, json.loads(answer.body)) == (200, {"received": True, "is_new": True})
    answer = proxy.ask("/webhooks/omnitron/", "POST", body.encode() + b" ", **headers)
    assert answer.status == 401


@pytest.mark.parametrize("path", ["/health/", "/metrics/"])
def test_what_monitoring_reads_is_not_for_the_public(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path, source="127.0.0.7").status in (403, 404)


def test_monitoring_is_answered_inside_where_all_else_is_redirected(service: int) -> None:
    inside = proxies.plain(service, "/health/")
    assert (inside.status, json.loads(inside.body)["status"]) == (200, "ok")
    outside = proxies.plain(service, "/account/login/")
    assert (outside.status, outside.headers["Location"]) == (301, f"https://{HOST}/account/login/")


def test_the_example_of_nginx_names_every_path_of_ours_and_leaves_the_others_to_the_storefront() -> None:
    named = set(re.findall(r"\^/\(([^)]+)\)", (ROOT / "deploy/nginx.conf").read_text()))
    ours = {word for words in named for word in words.split("|")}
    # What a storefront's server asks around its pages is answered by whoever has the whole catalogue.
    stubs = {"baskets", "cms", "menus", "pretty_urls", "widgets"}
    assert ours == ({*first_words()} | {"static"}) - stubs


def first_words(resolver: URLResolver | None = None) -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        word = str(pattern.pattern).split("/")[0]
        if word:
            yield word
        elif isinstance(pattern, URLResolver):
            yield from first_words(pattern)
        else:
            assert isinstance(pattern, URLPattern)
