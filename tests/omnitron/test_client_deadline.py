"""The deadline holds, whatever the other side does, and one deadline covers several calls."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from aftercart.omnitron import Deadline, NotSent, Omnitron, OutcomeUnknown
from tests.omnitron import wire as w
from tests.omnitron.wire import ORDER, Wire

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "status line": w.drip(b"", b"HTTP/1.1 200 OK" + b" " * 500),
    "headers": w.drip(HEAD, b"X-Slow: " + b"y" * 500),
    "body": w.drip(HEAD + b"Content-Length: 500\r\n\r\n{", b" " * 500),
    "chunks": w.drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 100),
    "body without a length": w.drip(HEAD + b"\r\n{", b" " * 500),
}


@pytest.fixture(params=["plain", "tls"])
def either_wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    server = Wire(tls=request.param == "tls")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=w.PEM)


@pytest.mark.parametrize("behaviour", DRIPS.values(), ids=DRIPS.keys())
def test_a_dripping_server_does_not_hold_its_client(
    behaviour: w.Behaviour, either_wire: Wire, trusting: ssl.SSLContext, connect: Callable[..., Omnitron]
) -> None:
    either_wire.answer("/cancel/", behaviour)
    client = connect(either_wire, signed_in=True, ssl_context=trusting, timeout=0.3)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        client.cancel(order_pk=7, reasons={71: 1})
    assert 0.25 < time.monotonic() - started < 0.3 + 0.5
    assert caught.value.reason == "timeout"


def test_tls_is_checked_and_works(trusting: ssl.SSLContext, connect: Callable[..., Omnitron]) -> None:
    server = Wire(tls=True)
    try:
        server.answer("/cancel/", w.json({"pk": 7}))
        client = connect(server, ssl_context=trusting)
        for _ in range(3):
            client.cancel(order_pk=7, reasons={71: 1})
        assert server.connections == 1, "kept alive"
        with pytest.raises(NotSent) as caught:
            connect(server).cancel(order_pk=7, reasons={71: 1})  # trusts nobody of ours
        assert caught.value.reason == "tls"
    finally:
        server.stop()


def test_a_handshake_that_never_ends_is_cut(trusting: ssl.SSLContext, connect: Callable[..., Omnitron]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts in the kernel, never speaks
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(NotSent) as caught:
            connect(url, ssl_context=trusting, timeout=0.3).reasons()
        assert time.monotonic() - started < 0.3 + 0.5
    assert caught.value.reason == "connect_timeout"


def test_plain_http_answered_to_tls_is_not_sent(
    wire: Wire, trusting: ssl.SSLContext, connect: Callable[..., Omnitron]
) -> None:
    with pytest.raises(NotSent):
        connect(wire.url.replace("http:", "https:"), ssl_context=trusting, timeout=0.2).reasons()


def test_a_name_server_that_never_answers_is_cut(
    connect: Callable[..., Omnitron], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()

    def slow(*_args, **_options):
        answer.wait(10)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("aftercart.omnitron.http.connection.socket.getaddrinfo", slow)
    started = time.monotonic()
    with pytest.raises(NotSent) as caught:
        connect("http://oms.invalid", timeout=0.3).reasons()
    answer.set()
    assert time.monotonic() - started < 0.3 + 0.5
    assert caught.value.reason == "dns"


def test_a_dead_address_leaves_time_for_the_next_one(
    wire: Wire, connect: Callable[..., Omnitron], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.answer("/cancel/", w.json({}))
    with w.full_backlog() as dead:
        both = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port)) for port in (dead, wire.port)]
        monkeypatch.setattr("aftercart.omnitron.http.connection.socket.getaddrinfo", lambda *_a, **_o: both)
        connect(f"http://oms.example:{wire.port}", timeout=2).cancel(order_pk=7, reasons={71: 1})
    assert len(wire.asked("/cancel/")) == 1


def test_one_deadline_covers_several_calls(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/orders/", w.after(0.15, w.page(ORDER)))
    wire.answer("/order_items/", w.page())
    wire.answer("/cancel/", w.silence)
    client = connect(wire, signed_in=True)
    deadline = Deadline.after(0.4)
    started = time.monotonic()
    client.order(number="N1", deadline=deadline)
    with pytest.raises(OutcomeUnknown):
        client.cancel(order_pk=7, reasons={71: 1}, deadline=deadline)
    assert time.monotonic() - started < 0.4 + 0.5


def test_a_deadline_that_is_over_sends_nothing(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_reasons/", w.page())
    client = connect(wire)
    client.reasons()
    sent = len(wire.received)
    with pytest.raises(NotSent) as caught:
        client.cancel(order_pk=7, reasons={71: 1}, deadline=Deadline.after(0))
    assert caught.value.reason == "deadline"
    assert len(wire.received) == sent


def test_many_slow_pages_share_one_deadline(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    pages = [
        w.after(0.1, w.page({"pk": n, "subject": "s", "cancellation_type": "cancel"}, next_="x")) for n in range(9)
    ]
    wire.answer("/cancellation_reasons/", *pages)
    client = connect(wire, signed_in=True, timeout=0.3)
    started = time.monotonic()
    with pytest.raises((OutcomeUnknown, NotSent)):  # the deadline may end between two pages
        client.reasons()
    assert time.monotonic() - started < 0.3 + 0.5


def test_a_deadline_counts_down_to_zero_and_not_below() -> None:
    deadline = Deadline.after(0.01)
    assert 0 < deadline.remaining() <= 0.01
    time.sleep(0.02)
    assert deadline.remaining() == 0.0
    assert deadline.expired
