"""The wire: connections, the deadline, and what was really sent. Knows HTTP, knows nothing of orders.

No HTTP library's client is in between: none holds one deadline over name lookup, connect, handshake, headers and
body, and each tells by the kind of exception what we know for certain by watching the socket: whether a byte has left.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from ..errors import NotSentReason, UnknownReason
from .circuit import Circuit
from .connection import Connection, Unreachable
from .deadline import Deadline
from .incoming import HalfAnAnswer, Incoming

IDLE_LIMIT = 15.0
"""Seconds. Gateways drop idle connections silently; a POST sent into one would have an unknown outcome."""

WAIT_FOR_SLOT = 0.05
"""Seconds a call may wait for another to finish before our own limit turns it away."""

_REQUEST_ID = b"x-request-id"


class Request(NamedTuple):
    """One request, ready to go. `path` is below the client's URL; `operation` is for hooks and messages."""

    operation: str
    method: str
    path: str
    body: bytes | None
    deadline: Deadline
    repeatable: bool = False  # doing it twice is the same as doing it once


class HttpAnswer(NamedTuple):
    """An HTTP answer, complete: every announced byte has come."""

    status: int
    body: bytes
    request_id: str | None


class NeverLeft(Exception):
    """No byte of the request can have reached the other side."""

    def __init__(self, reason: NotSentReason, detail: str, *, blame_remote: bool = False) -> None:
        super().__init__(detail)
        self.reason: NotSentReason = reason
        self.detail = detail
        self.blame_remote = blame_remote


class NoAnswer(Exception):
    """A byte of the request may have left, and no complete answer came."""

    def __init__(self, reason: UnknownReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: UnknownReason = reason
        self.detail = detail
        self.blame_remote = reason != "nonsense"


class Transport:
    """A keep-alive pool to one host, thread-safe, with a limit on concurrent calls and a circuit breaker.

    `before_call(operation)` runs in the calling thread before each request, before a connection is opened;
    what it raises passes through untouched.
    """

    def __init__(
        self,
        *,
        url: str,
        max_concurrent: int,
        circuit: Circuit,
        before_call: Callable[[str], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        where = _checked(url)
        assert where.hostname is not None
        self._host, self._port = where.hostname, where.port or (443 if where.scheme == "https" else 80)
        self._prefix = where.path.rstrip("/")
        self._head = f" HTTP/1.1\r\nHost: {where.netloc}\r\nAccept-Encoding: identity\r\n"
        # Reading the CA files takes a while: once per process.
        self._ssl_context = (ssl_context or ssl.create_default_context()) if where.scheme == "https" else None
        self._max_concurrent = max_concurrent
        self._circuit = circuit
        self._before_call = before_call
        self._closed = False
        self._idle: deque[Connection] = deque()
        # A queue of places, not a semaphore: the standard library has written the one in C and the other in Python.
        self._slots: SimpleQueue[None] = SimpleQueue()
        for _ in range(max_concurrent):
            self._slots.put(None)

    def exchange(self, request: Request, headers: str) -> HttpAnswer:
        """Send one request, read its whole answer. Redirects are not followed. Raises NeverLeft, NoAnswer.

        `headers`: lines that each end with CRLF.
        """
        if self._before_call is not None:
            self._before_call(request.operation)
        if request.deadline.expired:
            raise NeverLeft("deadline", "the deadline was over before anything was sent")
        trial = self._circuit.admit()
        if trial is None:
            raise NeverLeft("circuit_open", "Omnitron failed repeatedly and is being left alone")
        verdict = self._circuit.abandoned
        try:
            answer = self._exchange(request, self._written(request, headers))
            verdict = self._circuit.failed if answer.status >= 500 else self._circuit.succeeded
            return answer
        except (NeverLeft, NoAnswer) as fault:
            if fault.blame_remote:
                verdict = self._circuit.failed
            elif isinstance(fault, NoAnswer):
                verdict = self._circuit.succeeded  # it speaks, if in riddles
            raise
        finally:
            verdict(trial)

    def take_place(self, deadline: Deadline) -> None:
        """Take one of the places for threads that may wait for Omnitron; whoever got one leaves it again."""
        try:
            self._slots.get(timeout=min(WAIT_FOR_SLOT, deadline.remaining()))
        except Empty:
            raise NeverLeft("limit", f"{self._max_concurrent} calls are under way already") from None

    def leave_place(self) -> None:
        self._slots.put(None)

    def _written(self, request: Request, headers: str) -> bytes:
        body = request.body
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        head = f"{request.method} {self._prefix}{request.path}{self._head}{headers}{length}\r\n"
        return head.encode("ascii") + (body or b"")

    def _exchange(self, request: Request, written: bytes) -> HttpAnswer:
        connection, reused = self._take()
        try:
            return self._once(connection, written, request.deadline)
        except NeverLeft as fault:
            if fault.reason != "connect" or request.deadline.expired:
                raise
        except NoAnswer as fault:
            # A kept connection may die just as we use it. Reading twice harms nobody; a cancel stays unknown.
            died_idle = reused and fault.reason == "reset"
            if not died_idle or not request.repeatable or request.deadline.expired:
                raise
        return self._once(self._fresh(), written, request.deadline)

    def _once(self, connection: Connection, written: bytes, deadline: Deadline) -> HttpAnswer:
        answer: Incoming | None = None
        try:
            answer = connection.ask(written, deadline)
            return HttpAnswer(answer.status, answer.body, answer.header(_REQUEST_ID))
        except Exception as error:  # whatever parsers and sockets throw at hostile bytes ends here
            raise _fault(error, connection) from error
        finally:
            if answer is None:  # failed, or a signal came in between: what is still on its way belongs to nobody
                connection.close()
            else:
                self._give_back(connection)

    def _take(self) -> tuple[Connection, bool]:
        while True:
            try:
                connection = self._idle.pop()  # the one used last: least likely to have been dropped
            except IndexError:
                return self._fresh(), False
            if connection.is_quiet and monotonic() - connection.idle_since < IDLE_LIMIT:
                return connection, True
            connection.close()

    def _fresh(self) -> Connection:
        if self._closed:
            raise NeverLeft("closed", "this client was closed")
        return Connection(self._host, self._port, self._ssl_context)

    def _give_back(self, connection: Connection) -> None:
        if not connection.is_open:  # the answer said Connection: close
            return
        connection.idle_since = monotonic()
        self._idle.append(connection)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Close the idle connections; calls under way finish, later ones are NeverLeft('closed')."""
        self._closed = True
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                return


def _checked(url: str) -> SplitResult:
    parsed = urlsplit(url)
    if parsed.scheme not in {"http", "https"} or not parsed.hostname or parsed.query or "@" in parsed.netloc:
        # The URL itself stays out of the message: it may carry a password.
        raise ValueError("Omnitron's url must read http(s)://host[:port][/path], without credentials or query")
    if not url.isascii() or any(sign <= " " for sign in url):
        raise ValueError("Omnitron's url has a sign in it that no URL has")
    return parsed


def _fault(error: Exception, connection: Connection) -> NeverLeft | NoAnswer:
    """What `error` means, given what the connection has seen. Blames the remote where it is to blame."""
    what = f"{type(error).__name__}: {error}"[:300]
    timed_out = isinstance(error, TimeoutError)
    if not connection.sent:
        if isinstance(error, Unreachable):
            return NeverLeft(error.reason, str(error), blame_remote=True)
        if connection.is_open and timed_out:
            return NeverLeft("deadline", "the deadline was over before the first byte was sent")
        if timed_out:
            return NeverLeft("connect_timeout", "no secure connection within the deadline", blame_remote=True)
        if isinstance(error, ssl.SSLError):
            return NeverLeft("tls", what, blame_remote=True)
        return NeverLeft("connect", what, blame_remote=True)
    if timed_out:
        return NoAnswer("timeout", "no complete answer within the deadline")
    if isinstance(error, HalfAnAnswer):
        return NoAnswer("half_answer", str(error))
    if isinstance(error, OSError):
        return NoAnswer("reset", what)
    return NoAnswer("nonsense", what)
