"""The wire: connections, the deadline, and what was really sent. Knows HTTP, knows nothing of orders.

urllib3's connection objects connect; its pool and retries are left out. They cannot hold one deadline over
name lookup, connect, handshake, headers and body, and they tell by the kind of exception what we know for
certain by watching the socket: whether a byte has left.
"""

from __future__ import annotations

import http.client
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic
from typing import NamedTuple

from urllib3.util import Url, parse_url

from .circuit import Circuit
from .deadline import Deadline
from .errors import NotSentReason, UnknownReason
from .guard import LARGEST_ANSWER, GuardedHTTP, GuardedHTTPS, Unreachable

IDLE_LIMIT = 15.0
"""Seconds. Gateways drop idle connections silently; a POST sent into one would have an unknown outcome."""

WAIT_FOR_SLOT = 0.05
"""Seconds a call may wait for another to finish before our own limit turns it away."""

_REQUEST_ID = "x-request-id"


class Request(NamedTuple):
    """One request, ready to go. `path` is below the client's URL; `operation` is for hooks and messages."""

    operation: str
    method: str
    path: str
    body: bytes | None
    deadline: Deadline
    repeatable: bool = False  # doing it twice is the same as doing it once


class Answer(NamedTuple):
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
        self._url = _checked(url)
        self._prefix = (self._url.path or "").rstrip("/")
        self._ssl_context = ssl_context
        if self._url.scheme == "https" and ssl_context is None:
            self._ssl_context = ssl.create_default_context()  # reads the CA files: once per process
        self._max_concurrent = max_concurrent
        self._circuit = circuit
        self._before_call = before_call
        self._closed = False
        self._idle: deque[GuardedHTTP | GuardedHTTPS] = deque()
        self._slots = BoundedSemaphore(max_concurrent)

    def exchange(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request, read its whole answer. Redirects are not followed. Raises NeverLeft, NoAnswer."""
        if self._before_call is not None:
            self._before_call(request.operation)
        if request.deadline.expired:
            raise NeverLeft("deadline", "the deadline was over before anything was sent")
        trial = self._circuit.admit()
        if trial is None:
            raise NeverLeft("circuit_open", "Omnitron failed repeatedly and is being left alone")
        verdict = self._circuit.abandoned
        try:
            answer = self._exchange(request, headers)
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

    @contextmanager
    def slot(self, deadline: Deadline) -> Iterator[None]:
        """One of the places for threads that may wait for Omnitron, the wait for a login included."""
        if not self._slots.acquire(blocking=False) and not self._slots.acquire(
            timeout=min(WAIT_FOR_SLOT, deadline.remaining())
        ):
            raise NeverLeft("limit", f"{self._max_concurrent} calls are under way already")
        try:
            yield
        finally:
            self._slots.release()

    def _exchange(self, request: Request, headers: Mapping[str, str]) -> Answer:
        connection, reused = self._take(request.deadline)
        try:
            return self._once(connection, request, headers)
        except NeverLeft as fault:
            if fault.reason != "connect" or request.deadline.expired:
                raise
        except NoAnswer as fault:
            # A kept connection may die just as we use it. Reading twice harms nobody; a cancel stays unknown.
            died_idle = reused and fault.reason == "reset"
            if not died_idle or not request.repeatable or request.deadline.expired:
                raise
        return self._once(self._fresh(request.deadline), request, headers)

    def _once(
        self,
        connection: GuardedHTTP | GuardedHTTPS,
        request: Request,
        headers: Mapping[str, str],
    ) -> Answer:
        response: http.client.HTTPResponse | None = None
        complete = False
        try:
            if connection.sock is None:
                connection.connect()
            response = connection.ask(request.method, self._prefix + request.path, request.body, headers)
            answer = Answer(response.status, _whole(response), response.headers.get(_REQUEST_ID))
            complete = True
            return answer
        except Exception as error:  # whatever parsers and sockets throw at hostile bytes ends here
            raise _fault(error, connection) from error
        finally:
            if response is not None:
                response.close()
            if complete:
                self._give_back(connection)
            else:  # failed, or a signal came in between: what is still on its way belongs to nobody
                connection.close()

    def _take(self, deadline: Deadline) -> tuple[GuardedHTTP | GuardedHTTPS, bool]:
        while True:
            try:
                connection = self._idle.pop()  # the one used last: least likely to have been dropped
            except IndexError:
                return self._fresh(deadline), False
            if connection.is_connected and monotonic() - connection.idle_since < IDLE_LIMIT:
                connection.use_within(deadline)
                return connection, True
            connection.close()

    def _fresh(self, deadline: Deadline) -> GuardedHTTP | GuardedHTTPS:
        if self._closed:
            raise NeverLeft("closed", "this client was closed")
        assert self._url.host is not None
        connection: GuardedHTTP | GuardedHTTPS
        if self._ssl_context is not None and self._url.scheme == "https":
            connection = GuardedHTTPS(self._url.host, self._url.port, ssl_context=self._ssl_context)
        else:
            connection = GuardedHTTP(self._url.host, self._url.port)
        connection.use_within(deadline)
        return connection

    def _give_back(self, connection: GuardedHTTP | GuardedHTTPS) -> None:
        if connection.sock is None:  # the answer said Connection: close
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


def _checked(url: str) -> Url:
    parsed = parse_url(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query or parsed.auth:
        # The URL itself stays out of the message: it may carry a password.
        raise ValueError("Omnitron's url must read http(s)://host[:port][/path], without credentials or query")
    return parsed


def _whole(response: http.client.HTTPResponse) -> bytes:
    """The body. Raises IncompleteRead when announced bytes are missing, ValueError for a body we refuse."""
    if response.length is not None and response.length > LARGEST_ANSWER:
        raise ValueError(f"the answer exceeds {LARGEST_ANSWER} bytes")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("the body is compressed, which was not asked for")
    return response.read()


def _fault(error: Exception, connection: GuardedHTTP | GuardedHTTPS) -> NeverLeft | NoAnswer:
    """What `error` means, given what the guarded socket has seen. Blames the remote where it is to blame."""
    what = f"{type(error).__name__}: {error}"[:300]
    timed_out = isinstance(error, TimeoutError)
    if not connection.sent:
        if isinstance(error, Unreachable):
            return NeverLeft(error.reason, str(error), blame_remote=True)
        if connection.sock is not None and timed_out:
            return NeverLeft("deadline", "the deadline was over before the first byte was sent")
        if timed_out:
            return NeverLeft("connect_timeout", "no secure connection within the deadline", blame_remote=True)
        if isinstance(error, ssl.SSLError):
            return NeverLeft("tls", what, blame_remote=True)
        return NeverLeft("connect", what, blame_remote=True)
    if timed_out:
        return NoAnswer("timeout", "no complete answer within the deadline")
    if isinstance(error, http.client.IncompleteRead):
        return NoAnswer("half_answer", what)
    # RemoteDisconnected is an OSError, and so is ssl's unexpected EOF.
    if isinstance(error, OSError):
        return NoAnswer("reset", what)
    return NoAnswer("nonsense", what)
