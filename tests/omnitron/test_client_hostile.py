"""Bytes that nobody thought of: no lower-layer exception comes through, and no cancel is agreed by luck."""

import socket
import threading

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aftercart.omnitron import Deadline, Omnitron, OmnitronError, OutcomeUnknown
from tests.omnitron import wire as w
from tests.omnitron.wire import Wire

STATUS_LINES = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 200",
    b"HTTP/1.1 204 x",
    b"HTTP/1.1 400 x",
    b"HTTP/1.1 100 x",
    b"HTTP/2 200",
    b"HTTP/1.1 -1 x",
    b"",
]
HEADERS = [
    b"Content-Length: 2",
    b"Content-Length: -1",
    b"Content-Length: 2, 3",
    b"Content-Length: 9",
    b"Content-Length: x",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Content-Encoding: br",
    b"Connection: close",
    b"Set-Cookie: \xff",
    b" folded",
    b": empty",
    b"X-Request-ID: \xfe",
]
BODIES = [
    b"{}",
    b"[]",
    b"{",
    b"2\r\n{}\r\n0\r\n\r\n",
    b"-1\r\n{}\r\n",
    b"0\r\n\r\n",
    b"<html>",
    b"null",
    b'{"pk": NaN}',
    b"[" * 5000,
]
ANSWERS = st.binary(max_size=60) | st.builds(
    lambda line, headers, body: b"\r\n".join([line, *headers, b"", b""]) + body,
    st.sampled_from(STATUS_LINES) | st.binary(max_size=20),
    st.lists(st.sampled_from(HEADERS) | st.binary(max_size=20), max_size=4),
    st.sampled_from(BODIES) | st.binary(max_size=40),
)


@pytest.fixture(scope="module")
def hostile():
    server = Wire()
    answer = {"bytes": b""}
    server.answer("/cancel/", lambda wire, connection, received: connection.sendall(answer["bytes"]) or False)
    client = Omnitron(url=server.url, username="u", password="p", channel_id=1, circuit_threshold=10**9)
    yield client, answer
    client.close()
    server.stop()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANSWERS)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}")
@example(b"HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n")
def test_no_answer_breaks_the_client(hostile, data: bytes) -> None:
    client, answer = hostile
    answer["bytes"] = data
    end = "agreed"
    try:
        client.cancel(order_pk=7, reasons={71: 1}, deadline=Deadline.after(1))
    except OmnitronError as error:
        end = error.end
    assert end in {"refused", "unknown"} or (data.startswith(b"HTTP/1.") and b" 20" in data)


@pytest.mark.parametrize("cut", range(0, 66, 3))
def test_an_answer_cut_anywhere_is_never_agreed(cut: int, wire: Wire, connect) -> None:
    whole = b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"pk": 7, "status": "  50"}'
    assert len(whole) > 65
    wire.answer("/cancel/", w.raw(whole[:cut]))
    with pytest.raises(OutcomeUnknown):
        connect(wire).cancel(order_pk=7, reasons={71: 1})


def test_a_server_that_never_reads_does_not_hold_its_client(connect) -> None:
    """The request does not fit into the kernel's buffers: writing, too, ends at the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted = []

        def serve() -> None:
            login, _ = listener.accept()
            accepted.append(login)
            login.recv(65536)
            body = b'{"key": "k"}'
            login.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            login.close()
            accepted.append(listener.accept()[0])

        thread = threading.Thread(target=serve)
        thread.start()
        client = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.4)
        with pytest.raises(OutcomeUnknown) as caught:
            client.change_address(channel_id=1, remote_order_id=1, address={"line": "x" * 20_000_000})
        assert caught.value.reason == "timeout"
        thread.join(5)
        for connection in accepted:
            connection.close()
