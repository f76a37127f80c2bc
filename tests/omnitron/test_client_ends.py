"""Whatever happens on the wire, a call has one of four ends, and nothing of a lower layer comes through."""

import time
from collections.abc import Callable

import pytest

from aftercart.omnitron import (
    CancellationAlreadyOpen,
    Deadline,
    NotSent,
    Omnitron,
    OmnitronError,
    OrderUnknown,
    OutcomeUnknown,
    RefusedByOmnitron,
)
from tests.omnitron import wire as w
from tests.omnitron.wire import ORDER, Wire

CANCEL = "/cancel/"
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def cancel(client: Omnitron) -> None:
    client.cancel(order_pk=7, reasons={71: 1}, order_number="N1")


UNKNOWN = {
    "reset after reading": (w.reset, "reset"),
    "hang-up after reading": (w.hang_up, "reset"),
    "silence": (w.silence, "timeout"),
    "half a status line": (w.raw(b"HTTP/1."), "half_answer"),
    "half the headers": (w.raw(OK_HEAD), "half_answer"),
    "half the body": (w.raw(OK_HEAD + b'Content-Length: 100\r\n\r\n{"pk": 7'), "half_answer"),
    "no body at all": (w.raw(OK_HEAD + b"Content-Length: 100\r\n\r\n"), "half_answer"),
    "half a chunk": (w.raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{}"), "half_answer"),
    "no last chunk": (w.raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), "half_answer"),
    "a chunk of nonsense": (w.raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "nonsense"),
    "truncated, no length": (w.raw(OK_HEAD + b'\r\n{"pk": '), "nonsense"),
    "silence after the headers": (w.drip(OK_HEAD + b"Content-Length: 9\r\n\r\n", b"{", 5), "timeout"),
    "dripping headers": (w.drip(OK_HEAD, b"X-Slow: " + b"y" * 500), "timeout"),
    "dripping body": (w.drip(OK_HEAD + b"Content-Length: 500\r\n\r\n{", b" " * 500), "timeout"),
    "endless 100 Continue": (w.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.005), "timeout"),
    "HTML 200": (w.html(200), "nonsense"),
    "HTML 400": (w.html(400), "nonsense"),
    "HTML 404": (w.html(404), "nonsense"),
    "HTML 502": (w.html(502), "server_error"),
    "JSON 500": (w.json({"detail": "oops"}, 500), "server_error"),
    "JSON 503": (w.json({"detail": "later"}, 503), "server_error"),
    "JSON list, object expected": (w.json([1]), "nonsense"),
    "JSON null": (w.json(None), "nonsense"),
    "JSON list 400": (w.json(["no"], 400), "nonsense"),
    "empty 200": (w.http(200, b""), "nonsense"),
    "empty 400": (w.http(400, b""), "nonsense"),
    "302 to a login page": (w.http(302, b"", "Location: /login/"), "nonsense"),
    "307 to itself": (w.http(307, b"", "Location: /api/v1/channel/1/orders/7/cancel/"), "nonsense"),
    "304": (w.raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "nonsense"),
    "another protocol": (w.raw(b"SSH-2.0-OpenSSH_9.9\r\n"), "nonsense"),
    "not UTF-8": (w.http(200, b'{"a": "\xff"}'), "nonsense"),
    "a status of four digits": (w.raw(b"HTTP/1.1 2000 OK\r\n\r\n{}"), "nonsense"),
    "an endless header line": (w.raw(OK_HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n"), "nonsense"),
    "too many headers": (w.raw(OK_HEAD + b"X: y\r\n" * 300 + b"\r\n"), "nonsense"),
    "a huge announced body": (w.raw(OK_HEAD + b"Content-Length: 99999999999999\r\n\r\n{}"), "nonsense"),
    "nine MB without a length": (w.raw(OK_HEAD + b"\r\n" + b" " * 9_000_000), "nonsense"),
    "gzip, not asked for": (w.http(200, b"\x1f\x8b", "Content-Encoding: gzip"), "nonsense"),
}


@pytest.mark.parametrize(("behaviour", "reason"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_sent_cancel_without_a_readable_answer_is_unknown(
    behaviour: w.Behaviour, reason: str, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer(CANCEL, behaviour)
    client = connect(wire, signed_in=True, timeout=0.3 if reason == "timeout" else 10)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        cancel(client)
    assert time.monotonic() - started < client.timeout + 0.5
    assert caught.value.reason == reason
    assert caught.value.was_sent
    assert caught.value.operation == "cancel"
    assert caught.value.order_number == "N1"
    assert len(wire.asked(CANCEL)) == 1, "a POST is never repeated"


def test_a_reset_before_reading_is_not_sent_or_unknown_and_never_agreed(
    connect: Callable[..., Omnitron],
) -> None:
    def only_the_first(connection, number):
        if number > 1:
            w.send_reset(connection)
        return number == 1

    wire = Wire(on_accept=only_the_first)
    wire.answer("/auth/login/", w.json({"key": "k"}, 200, "Connection: close"))
    try:
        with pytest.raises((NotSent, OutcomeUnknown)) as caught:
            cancel(connect(wire))
        assert caught.value.was_sent == isinstance(caught.value, OutcomeUnknown)
    finally:
        wire.stop()


REFUSED = {
    "detail and code": ({"detail": "No.", "code": "x_1"}, 400, ("x_1", "No.")),
    "field": ({"reasons": ["Bad reason."], "code": "x_2"}, 400, ("x_2", "reasons: Bad reason.")),
    "nested field": ({"a": {"b": ["Bad."]}}, 400, ("", "a: b: Bad.")),
    "non_field_errors, a list": ({"non_field_errors": ["One.", "Two."]}, 400, ("", "One. Two.")),
    "non_field_errors, a string": (
        {"non_field_errors": "Old.", "error_code": "order_100_3"},
        406,
        ("order_100_3", "Old."),
    ),
    "an empty object": ({}, 400, ("", "")),
    "a numeric code": ({"detail": "No.", "code": 17}, 400, ("17", "No.")),
    "403": ({"detail": "Not yours.", "code": "permission_denied"}, 403, ("permission_denied", "Not yours.")),
    "406": (
        {"detail": "No.", "error_code": "batch_request_status_100_1"},
        406,
        ("batch_request_status_100_1", "No."),
    ),
    "409": ({"detail": "Conflict."}, 409, ("", "Conflict.")),
    "429": ({"detail": "Slow down."}, 429, ("", "Slow down.")),
}


@pytest.mark.parametrize(("body", "status", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_4xx_with_a_readable_reason_is_refused(
    body: dict, status: int, reason: tuple[str, str], wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer(CANCEL, w.json(body, status, "X-Request-ID: r-1"))
    with pytest.raises(RefusedByOmnitron) as caught:
        cancel(connect(wire))
    refusal = caught.value
    assert type(refusal) is RefusedByOmnitron
    assert (refusal.status, refusal.error_code, refusal.message) == (status, *reason)
    assert refusal.body == body
    assert refusal.request_id == "r-1"
    assert "N1" in str(refusal)
    assert "r-1" in str(refusal)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"detail": "x", "code": "OrderCancelMoreThenOne"}, 400, id="code"),
        pytest.param({"non_field_errors": "x", "error_code": "order_cancel_more_then_one"}, 406, id="error_code"),
        pytest.param({"detail": "OrderCancelMoreThenOneException: 7"}, 400, id="detail"),
        pytest.param({"non_field_errors": ["OrderCancelMoreThenOne"]}, 400, id="list"),
    ],
)
def test_an_open_cancellation_there_has_its_own_error(
    body: dict, status: int, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer(CANCEL, w.json(body, status))
    with pytest.raises(CancellationAlreadyOpen) as caught:
        cancel(connect(wire))
    assert caught.value.status == status


def test_cancelling_an_order_that_is_not_there_is_order_unknown(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(CANCEL, w.json({"detail": "Not found."}, 404))
    with pytest.raises(OrderUnknown):
        cancel(connect(wire))


AGREED = {
    "200": w.json({"pk": 7}),
    "201": w.json({"pk": 7}, 201),
    "202": w.json({}, 202),
    "204 without a body": w.raw(b"HTTP/1.1 204 No Content\r\n\r\n", keep=True),
    "chunked": w.raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", keep=True),
    "until the connection closes": w.raw(OK_HEAD + b"\r\n{}"),
    "with more behind it": w.raw(OK_HEAD + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 500 x\r\n\r\n", keep=True),
    "HTTP/1.0": w.raw(b"HTTP/1.0 200 OK\r\n\r\n{}"),
    "after a 100 Continue": w.raw(
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK_HEAD + b"Content-Length: 2\r\n\r\n{}", keep=True
    ),
    "JSON called text": w.http(200, b"{}", content_type="text/plain"),
}


@pytest.mark.parametrize("behaviour", AGREED.values(), ids=AGREED.keys())
def test_a_2xx_with_an_object_is_agreed(behaviour: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(CANCEL, behaviour)
    client = connect(wire)
    cancel(client)
    cancel(client)  # and the connection, kept or not, serves the next one
    assert len(wire.asked(CANCEL)) == 2


READING_NONSENSE = {
    "order of another number": ("/orders/", w.page(ORDER | {"number": "N2"})),
    "order of another channel": ("/orders/", w.page(ORDER | {"channel": {"pk": 2}})),
    "two orders of the number": ("/orders/", w.page(ORDER, ORDER | {"pk": 8})),
    "an object that is no page": ("/orders/", w.json({"detail": "?"})),
    "results that are no list": ("/orders/", w.json({"count": 1, "results": {"pk": 7}})),
    "a string": ("/orders/", w.json("hello")),
    "a list of strings": ("/orders/", w.json(["hello"])),
    "an order without pk": ("/orders/", w.page({"number": "N1", "status": "400"})),
    "an unknown status name": ("/orders/", w.page(ORDER | {"status": "on_the_moon"})),
    "a status that is a bool": ("/orders/", w.page(ORDER | {"status": True})),
    "an amount in words": ("/orders/", w.page(ORDER | {"amount": "much"})),
    "an amount that is no number": ("/orders/", w.page(ORDER | {"amount": "NaN"})),
    "a date in words": ("/orders/", w.page(ORDER | {"invoice_date": "tomorrow"})),
    "an address that is text": ("/orders/", w.page(ORDER | {"shipping_address": "Main Street"})),
    "items of another order": ("/order_items/", w.page(w.item(1), w.item(2, order=8))),
    "an item without status": ("/order_items/", w.page(w.item(1, status=None))),
    "an item twice": ("/order_items/", w.page(w.item(1), w.item(1))),
    "pages that do not advance": ("/order_items/", w.page(w.item(1), count=9, next_="http://x/?page=2")),
    "HTML items": ("/order_items/", w.html(200)),
}


@pytest.mark.parametrize(("path", "behaviour"), READING_NONSENSE.values(), ids=READING_NONSENSE.keys())
def test_an_order_that_cannot_be_believed_is_unknown(
    path: str, behaviour: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/orders/", w.page(ORDER))
    wire.answer("/order_items/", w.page(w.item(1)))
    wire.answer(path, behaviour)
    with pytest.raises(OutcomeUnknown) as caught:
        connect(wire).order(number="N1")
    assert caught.value.reason == "nonsense"
    assert "Main Street" not in str(caught.value), "customers' data stay out of messages"


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(w.page(), id="empty page"),
        pytest.param(w.json([]), id="empty list"),
        pytest.param(w.json({"detail": "Not found."}, 404), id="404"),
    ],
)
def test_an_order_that_is_not_there_is_order_unknown(
    behaviour: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/orders/", behaviour)
    with pytest.raises(OrderUnknown) as caught:
        connect(wire).order(number="N1")
    assert caught.value.order_number == "N1"
    assert wire.asked("/order_items/") == []


def test_a_refused_connection_is_not_sent(connect: Callable[..., Omnitron]) -> None:
    with w.refusing_port() as port, pytest.raises(NotSent) as caught:
        cancel(connect(f"http://127.0.0.1:{port}"))
    assert caught.value.reason == "connect"
    assert not caught.value.was_sent


def test_a_connection_that_never_comes_is_not_sent(connect: Callable[..., Omnitron]) -> None:
    with w.full_backlog() as port:
        client = connect(f"http://127.0.0.1:{port}", timeout=0.3)
        started = time.monotonic()
        with pytest.raises(NotSent) as caught:
            cancel(client)
    assert caught.value.reason == "connect_timeout"
    assert time.monotonic() - started < client.timeout + 0.5


def test_an_unknown_host_is_not_sent(connect: Callable[..., Omnitron], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args, **_options):
        raise w.socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("aftercart.omnitron.http.connection.socket.getaddrinfo", unknown)
    with pytest.raises(NotSent) as caught:
        cancel(connect("http://oms.invalid"))
    assert caught.value.reason == "dns"


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "x..example", "::1"], ids=["long", "empty label", "v6"])
def test_a_strange_host_is_not_sent_or_not_accepted(host: str, connect: Callable[..., Omnitron]) -> None:
    url = f"http://[{host}]:1" if ":" in host else f"http://{host}:1"
    with pytest.raises(NotSent):
        cancel(connect(url))


@pytest.mark.parametrize(
    "url", ["ftp://oms", "oms.example", "", "http://", "http://ada:secret@oms/", "http://oms/?x=1"]
)
def test_a_url_that_makes_no_sense_is_refused_at_once(url: str, connect: Callable[..., Omnitron]) -> None:
    with pytest.raises(ValueError, match="url") as caught:
        connect(url)
    assert "secret" not in str(caught.value)


def test_a_kept_connection_that_died_idle_is_replaced_before_anything_is_sent(
    wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer(CANCEL, w.raw(OK_HEAD + b"Content-Length: 2\r\n\r\n{}"))  # closes, without saying so
    client = connect(wire)
    for _ in range(3):
        cancel(client)
        time.sleep(0.05)
    assert len(wire.asked(CANCEL)) == 3


def test_a_kept_connection_that_dies_on_a_reading_is_tried_once_more(
    wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/cancellation_reasons/", w.hang_up, w.page())
    assert connect(wire).reasons() == []
    assert len(wire.asked("/cancellation_reasons/")) == 2


def test_a_reading_is_tried_once_more_and_not_twice(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_reasons/", w.reset)
    with pytest.raises(OutcomeUnknown):
        connect(wire).reasons()
    assert len(wire.asked("/cancellation_reasons/")) == 2


def test_after_nonsense_the_connection_is_not_used_again(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(CANCEL, w.after(0.1, w.json({"pk": 1})), w.json({"pk": 2}))
    client = connect(wire, signed_in=True)
    with pytest.raises(OutcomeUnknown):
        client.cancel(order_pk=7, reasons={}, deadline=Deadline.after(0.05))
    cancel(client)
    first, second = wire.asked(CANCEL)
    assert first.connection != second.connection


def test_a_closed_client_sends_nothing(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    client = connect(wire)
    client.close()
    with pytest.raises(NotSent) as caught:
        cancel(client)
    assert caught.value.reason == "closed"
    assert wire.received == []


def test_every_error_is_an_omnitron_error_with_one_of_the_ends() -> None:
    leaves = [RefusedByOmnitron, OrderUnknown, CancellationAlreadyOpen, NotSent, OutcomeUnknown]
    assert all(issubclass(leaf, OmnitronError) for leaf in leaves)
    assert {leaf.end for leaf in leaves} == {"refused", "not_sent", "unknown"}
