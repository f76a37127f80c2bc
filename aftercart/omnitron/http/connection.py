"""Connections whose every wait is cut at the deadline, and which know whether a byte has left.

A plain socket timeout counts from the last byte: a server that drips one byte a second keeps its client
for ever. And a plain connect tries one address after the other, each with the full timeout, after a name
lookup without any.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import ssl
import threading
from typing import Any

from ..errors import NotSentReason
from .deadline import Deadline
from .incoming import Incoming

_AT_ONCE = 256 * 1024  # bytes


class Unreachable(OSError):
    """No connection."""

    def __init__(self, reason: NotSentReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: NotSentReason = reason


class Connection:
    """A connection to one host, with TLS where there is a context for it; made when it is first asked for something."""

    def __init__(self, host: str, port: int, ssl_context: ssl.SSLContext | None) -> None:
        self._host, self._port, self._ssl_context = host, port, ssl_context
        self._socket: socket.socket | None = None
        self._arriving = select.poll()
        self.idle_since = 0.0  # monotonic seconds, while in the pool
        self.sent = False  # may a byte of the request have left?

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing has come since the last answer: no end of stream, and no unexpected byte."""
        return self._socket is not None and not self._arriving.poll(0)

    def ask(self, request: bytes, deadline: Deadline) -> Incoming:
        """Send a request and read its whole answer.

        Raises Unreachable, OSError (TimeoutError at the deadline), and whatever `Incoming.feed` raises.
        """
        self.sent = False
        connected = self._socket or self._connect(deadline)
        self._send(connected, request, deadline)
        answer = Incoming()
        while not answer.is_complete:
            _within(deadline, connected)
            answer.feed(connected.recv(_AT_ONCE))
        if not answer.keeps_connection:
            self.close()
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, connected: socket.socket, request: bytes, deadline: Deadline) -> None:
        rest = memoryview(request)
        while rest:
            _within(deadline, connected)
            if self._ssl_context is not None:  # half a record may be out when a TLS write fails
                self.sent = True
            count = connected.send(rest)  # plain: an error means the kernel took nothing
            self.sent = True
            rest = rest[count:]

    def _connect(self, deadline: Deadline) -> socket.socket:
        """Look the name up, connect and shake hands, within the deadline."""
        connected = self._reach(deadline)
        try:
            if self._ssl_context is not None:
                connected = self._ssl_context.wrap_socket(connected, server_hostname=self._host)
        except BaseException:
            connected.close()
            raise
        self._socket = connected
        self._arriving.register(connected, select.POLLIN | select.POLLPRI)
        return connected

    def _reach(self, deadline: Deadline) -> socket.socket:
        addresses = _look_up(self._host, self._port, deadline)
        error: OSError | None = None
        for tried, (family, address) in enumerate(addresses):
            left = deadline.remaining()
            if left <= 0.0:
                break
            connecting = socket.socket(family, socket.SOCK_STREAM)
            try:
                # An address that swallows packets must leave time for the next one.
                connecting.settimeout(left / (len(addresses) - tried))
                connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connecting.connect(address)
                # The handshake takes its limit from here, and holds it as a whole.
                connecting.settimeout(deadline.remaining() or 0.001)
            except OSError as failure:
                connecting.close()
                error = failure
            except BaseException:
                connecting.close()
                raise
            else:
                return connecting
        if error is None or isinstance(error, TimeoutError):
            raise Unreachable("connect_timeout", f"no connection to {self._host} within the deadline")
        raise Unreachable("connect", f"no connection to {self._host}: {error}") from error


def _within(deadline: Deadline, connected: socket.socket) -> None:
    """Let the socket wait as long as the deadline allows."""
    left = deadline.remaining()
    if left <= 0.0:
        raise TimeoutError("the deadline is over")
    connected.settimeout(left)


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
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
