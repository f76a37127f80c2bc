"""Connections whose every wait is cut at the deadline, and which know whether a byte has left.

A plain socket timeout counts from the last byte: a server that drips one byte a second keeps its client
for ever. And a plain connect tries one address after the other, each with the full timeout, after a name
lookup without any.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from .deadline import Deadline
from .errors import NotSentReason

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes, headers included. A page of 1,000 items is about 1 MB; more than this is no answer of Omnitron's."""

_OVER = Deadline(0.0)


class Unreachable(OSError):
    """No connection. An OSError, because those pass through urllib3's connection objects unharmed."""

    def __init__(self, reason: NotSentReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: NotSentReason = reason


class _Guarded:
    """What both kinds of connection add. Call `use_within` before each use."""

    deadline: Deadline = _OVER
    sent: bool = False  # may a byte of this request have left?
    received: int = 0  # bytes of this answer
    idle_since: float = 0.0  # monotonic seconds, while in the pool
    host: Any  # urllib3's
    port: Any
    sock: Any

    def use_within(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sent = False
        self.received = 0

    def ask(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """Send a request and read the head of its answer.

        The standard library's methods, on which urllib3's rest: what urllib3 wraps around them serves its
        pool, redirects and decoding, which are not used here, and costs a quarter of a call's CPU.
        """
        assert isinstance(self, HTTPConnection)
        http.client.HTTPConnection.request(self, method, target, body, headers)
        return http.client.HTTPConnection.getresponse(self)

    def _new_conn(self) -> socket.socket:
        """Look the name up and connect, within the deadline. urllib3 calls this; TLS follows after it."""
        addresses = _look_up(self.host, self.port or 0, self.deadline)
        error: OSError | None = None
        for tried, (family, address) in enumerate(addresses):
            left = self.deadline.remaining()
            if left <= 0.0:
                break
            connecting = socket.socket(family, socket.SOCK_STREAM)
            try:
                # An address that swallows packets must leave time for the next one.
                connecting.settimeout(left / (len(addresses) - tried))
                connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connecting.connect(address)
                # The handshake takes its limit from here, and holds it as a whole.
                connecting.settimeout(self.deadline.remaining() or 0.001)
            except OSError as failure:
                connecting.close()
                error = failure
            except BaseException:
                connecting.close()
                raise
            else:
                return connecting
        if error is None or isinstance(error, TimeoutError):
            raise Unreachable("connect_timeout", f"no connection to {self.host} within the deadline")
        raise Unreachable("connect", f"no connection to {self.host}: {error}") from error

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]  # a mixin: the next class is urllib3's
        except BaseException:
            if self.sock is not None:  # the handshake failed
                self.sock.close()
                self.sock = None
            raise
        self.sock = _GuardedSocket(self.sock, self)


class GuardedHTTP(_Guarded, HTTPConnection):
    """HTTP, cut at the deadline."""


class GuardedHTTPS(_Guarded, HTTPSConnection):
    """HTTPS, cut at the deadline, handshake included."""


class _GuardedSocket:
    """As much of a socket as http.client and urllib3 use, with the owner's deadline before every wait."""

    __slots__ = ("_is_tls", "_owner", "_socket")

    def __init__(self, connected: socket.socket, owner: _Guarded) -> None:
        self._socket = connected
        self._owner = owner
        self._is_tls = isinstance(connected, ssl.SSLSocket)

    def before_wait(self) -> None:
        left = self._owner.deadline.remaining()
        if left <= 0.0:
            raise TimeoutError("the deadline is over")
        self._socket.settimeout(left)

    def has_received(self, count: int) -> None:
        self._owner.received += count
        if self._owner.received > LARGEST_ANSWER:
            raise ValueError(f"the answer exceeds {LARGEST_ANSWER} bytes")

    def sendall(self, data: ReadableBuffer) -> None:
        rest = memoryview(data)
        while rest:
            self.before_wait()
            if self._is_tls:  # half a record may be out when a TLS write fails
                self._owner.sent = True
            count = self._socket.send(rest)  # plain: an error means the kernel took nothing
            self._owner.sent = True
            rest = rest[count:]

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(_GuardedReader(self, self._socket.makefile("rb", buffering=0)))

    def settimeout(self, _seconds: float | None) -> None:
        """urllib3 would set its own, per wait; the deadline decides here."""

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()  # really closes once the last reader is closed too


class _GuardedReader(io.RawIOBase):
    """Under http.client's buffer: each read from the socket waits no longer than the deadline."""

    def __init__(self, guarded: _GuardedSocket, raw: socket.SocketIO) -> None:
        self._guarded = guarded
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._guarded.before_wait()
        count = self._raw.readinto(buffer)
        self._guarded.has_received(count or 0)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            super().close()


def _look_up(host: str, port: int, deadline: Deadline) -> list[tuple[int, Any]]:
    """(family, address) pairs. Raises Unreachable('dns').

    getaddrinfo knows no timeout, so a name (not an IP) is looked up in a thread that is left behind when
    it takes too long. That is once per connection, not per call, and the circuit bounds their number.
    """
    found: list[tuple[int, Any]] = []
    failure: list[Exception] = []

    def ask() -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, address))
        except (OSError, UnicodeError) as error:
            failure.append(error)

    if _is_ip(host):
        ask()
    else:
        asking = threading.Thread(target=ask, name=f"look up {host}", daemon=True)
        asking.start()
        asking.join(deadline.remaining())
        if asking.is_alive():
            raise Unreachable("dns", f"no address of {host} within the deadline")
    if failure or not found:
        raise Unreachable("dns", f"no address of {host}: {failure[0] if failure else 'none found'}")
    return found


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
