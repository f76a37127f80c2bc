"""Bodies as clients send them, over real sockets: in pieces, without a length, too long, slowly, or not at all."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnitron_sandbox import running
from tests.conftest import demanded
from tests.reliability.servers import Shop, a_shop, free_port

SECONDS = 2  # that a body may take here
WRONG = b'{"email": "nobody@example.com", "password": "x"}'
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: Any) -> Iterator[Shop]:
    with running() as sandbox, a_shop("sqlite", tmp_path_factory.mktemp("bodies"), sandbox) as shop:
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        shop.environment |= {
            "BODY_SECONDS": str(SECONDS),
            "BODY_MAX_CONCURRENT": "6",
            "OMNITRON_WEBHOOK_SECRETS": secret,
            "LOGIN_FAILURE_LIMIT": "1000",
        }
        shop.start_web()
        yield shop


def chunks(body: bytes, size: int = 7) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def opened(shop: Shop, path: str, *headers: str, method: str = "POST") -> socket.socket:
    """A connection on which a request's head was sent."""
    connection = socket.create_connection(("127.0.0.1", shop.port), timeout=30)
    head = "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{shop.port}", *headers, "", ""))
    connection.sendall(head.encode())
    return connection


def read(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of the one answer on a connection that ends; 0 where it ends without one."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            got += piece
    connection.close()
    return (int(got.split(b" ", 2)[1]), got.partition(b"\r\n\r\n")[2]) if got else (0, b"")


def asked(shop: Shop, path: str, body: bytes, *headers: str, method: str = "POST") -> tuple[int, bytes]:
    connection = opened(shop, path, "Connection: close", *headers, method=method)
    with contextlib.suppress(ConnectionError):  # it may be refused before all of it was sent
        connection.sendall(body)
    return read(connection)


def cookie_of_a_form(shop: Shop) -> tuple[str, str]:
    connection = opened(shop, "/csrf_token/", "Connection: close", method="GET")
    token = json.loads(read(connection)[1])["csrf_token"]
    return f"Cookie: csrftoken={token}", token


DOORS = {
    "JSON": ("/users/login/", WRONG, (JSON,), 400, b"not right"),
    "a page": ("/account/login/", b"email=nobody%40example.com&password=x", (FORM,), 400, b"not right"),
    "the back office": ("/admin/login/", b"username=nobody%40example.com&password=x", (FORM,), 200, b"errornote"),
    "the webhook": ("/webhooks/omnitron/", b'{"event": 1}', (JSON,), 401, b"bad_signature"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_body_in_pieces_is_the_body(door: str, shop: Shop) -> None:
    path, body, headers, status, said = DOORS[door]
    if FORM in headers:
        cookie, token = cookie_of_a_form(shop)
        body += f"&csrfmiddlewaretoken={token}".encode()
        headers = (*headers, cookie)
    whole = asked(shop, path, body, *headers, f"Content-Length: {len(body)}")
    pieces = asked(shop, path, chunks(body), *headers, CHUNKED)
    assert whole[0] == pieces[0] == status
    assert said in whole[1]
    assert said in pieces[1]


def test_a_body_over_http_2_has_no_length_and_is_read(shop: Shop, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        demanded("curl is not installed")
    told = subprocess.run(
        [
            *("curl", "-s", "--http2-prior-knowledge", "-H", JSON, "-H", CHUNKED, "--data-binary", "@-"),
            f"{shop.url}/users/login/",
        ],
        input=WRONG,
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert b"not right" in told.stdout


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize(
    "path", ["/users/login/", "/account/login/", "/admin/login/", "/orders/1/cancel/", "/nothing/"]
)
def test_what_is_too_long_is_413_wherever_it_is_sent(path: str, accept: str, shop: Shop) -> None:
    long = b"a" * (1024 * 1024 + 1)
    for body, length in ((long, f"Content-Length: {len(long)}"), (chunks(long, 65536), CHUNKED)):
        status, told = asked(shop, path, body, "Content-Type: text/plain", f"Accept: {accept}", length)
        if status:  # a client that is still sending may miss what it is told
            assert status == 413
            assert (b"non_field_errors" in told) is (accept == "application/json")
    status, _ = asked(shop, path, b"", f"Accept: {accept}", f"Content-Length: {len(long)}")
    assert status == 413, "it is refused by its length, before anything of it has come"


def test_a_client_that_asks_first_is_told_to_go_on(shop: Shop) -> None:
    headers = (JSON, f"Content-Length: {len(WRONG)}", "Expect: 100-continue", "Connection: close")
    connection = opened(shop, "/users/login/", *headers)
    assert connection.recv(4096).startswith(b"HTTP/1.1 100")
    connection.sendall(WRONG)
    assert read(connection)[0] == 400


def test_a_body_that_ends_early_is_no_body(shop: Shop) -> None:
    connection = opened(shop, "/users/login/", JSON, "Content-Length: 99", "Connection: close")
    connection.sendall(WRONG)
    connection.shutdown(socket.SHUT_WR)
    status, told = read(connection)
    assert (status, b"ended before" in told) == (400, True)


def dripping(connection: socket.socket) -> bool:
    """Send one byte more; whether the connection still takes it."""
    try:
        connection.sendall(b" ")
    except OSError:
        return False
    return True


@pytest.mark.parametrize("is_dripping", [False, True], ids=["silent", "byte by byte"])
@pytest.mark.parametrize(
    "head", [("Content-Length: 200",), (CHUNKED,), ("Content-Length: 200", "Expect: 100-continue")]
)
def test_bodies_that_do_not_arrive_hold_nobody_and_end(head: tuple[str, ...], is_dripping: bool, shop: Shop) -> None:
    held = [opened(shop, "/users/login/", JSON, *head) for _ in range(24)]  # more than there are threads
    try:
        told = [asked(shop, "/csrf_token/", b"", method="GET")[0] for _ in range(3)]
        assert told == [200] * 3
        until = time.monotonic() + 10 * SECONDS
        left = held
        while left and time.monotonic() < until:
            time.sleep(0.2)
            left = [one for one in left if not _has_ended(one, is_dripping)]
        assert not left, f"{len(left)} are still held"
        body = asked(shop, "/users/login/", WRONG, JSON, f"Content-Length: {len(WRONG)}")
        assert body[0] == 400
    finally:
        for connection in held:
            connection.close()


def test_sigterm_does_not_wait_for_bodies_that_do_not_arrive(shop: Shop) -> None:
    port = free_port()
    process = shop.start_web(port=port)
    held = [opened(replace(shop, port=port), "/users/login/", JSON, "Content-Length: 200") for _ in range(8)]
    time.sleep(0.5)
    try:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10 * SECONDS)
    finally:
        for connection in held:
            connection.close()


def _has_ended(connection: socket.socket, is_dripping: bool) -> bool:
    """Whether it was answered (408, 503) or closed."""
    if is_dripping and not dripping(connection):
        return True
    connection.settimeout(0.01)
    try:
        got = connection.recv(4096)
    except TimeoutError:
        return False
    except OSError:
        return True
    return not got.startswith(b"HTTP/1.1 100")
