"""Being signed in at Omnitron: one token per process, renewed once when Omnitron no longer knows it."""

from __future__ import annotations

import re
from threading import Lock
from time import monotonic
from typing import Final, NamedTuple

import orjson

from .deadline import Deadline
from .transport import HttpAnswer, NeverLeft, NoAnswer, Request, Transport

LOGIN_PATH: Final = "/api/v1/auth/login/"
_KEY = re.compile(r"[\x21-\x7e]{1,512}")  # goes into a header: no blanks, no line ends
_READING: Final = "Accept: application/json\r\nUser-Agent: aftercart\r\n"
_WRITING: Final = f"{_READING}Content-Type: application/json\r\n"


class _SignedIn(NamedTuple):
    """Headers, built once per token instead of once per call."""

    reading: str
    writing: str

    def headers_for(self, request: Request) -> str:
        return self.reading if request.body is None else self.writing


class OmnitronSession:
    """Sends requests with the token. Thread-safe: many threads that need a login make one.

    A refused login is remembered for `pause` seconds, so that wrong credentials do not turn into a
    stream of logins that locks the account.
    """

    def __init__(self, *, transport: Transport, username: str, password: str, pause: float) -> None:
        self._transport = transport
        self._body = orjson.dumps({"username": username, "password": password})
        self._pause = pause
        self._signed_in: _SignedIn | None = None
        self._refused: tuple[float, str] | None = None
        self._lock = Lock()

    def send(self, request: Request) -> HttpAnswer:
        """One request, after a login where needed. Raises NeverLeft and NoAnswer.

        A 401 is answered with one new login and one repetition; a second 401 is returned.
        """
        self._transport.take_place(request.deadline)  # the wait for a login is a wait, too
        try:
            return self._send(request)
        finally:
            self._transport.leave_place()

    def _send(self, request: Request) -> HttpAnswer:
        signed_in = self._signed_in or self._sign_in(None, request.deadline)
        answer = self._transport.exchange(request, signed_in.headers_for(request))
        if answer.status != 401:
            return answer
        # Omnitron did not look at the request, so it was never sent in any sense that matters.
        signed_in = self._sign_in(signed_in, request.deadline)
        return self._transport.exchange(request, signed_in.headers_for(request))

    def _sign_in(self, stale: _SignedIn | None, deadline: Deadline) -> _SignedIn:
        """A session newer than `stale`: another thread's, or a new one. Raises NeverLeft only."""
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise NeverLeft("login", "another call's login did not finish within the deadline")
        try:
            if self._signed_in is not None and self._signed_in is not stale:
                return self._signed_in
            self._signed_in = None
            if self._refused is not None:
                until, why = self._refused
                if monotonic() < until:
                    raise NeverLeft("login", why)
            self._signed_in = self._log_in(deadline)
            return self._signed_in
        finally:
            self._lock.release()

    def _log_in(self, deadline: Deadline) -> _SignedIn:
        try:
            answer = self._transport.exchange(
                Request("login", "POST", LOGIN_PATH, self._body, deadline, repeatable=True), _WRITING
            )
        except NeverLeft as fault:
            raise NeverLeft(fault.reason, f"login: {fault.detail}") from fault
        except NoAnswer as fault:
            raise NeverLeft("login", f"login: {fault.detail}") from fault
        if 400 <= answer.status < 500:
            why = f"login: Omnitron refused the credentials (HTTP {answer.status})"
            self._refused = (monotonic() + self._pause, why)
            raise NeverLeft("login", why)
        key = _key_in(answer)
        if key is None:
            raise NeverLeft("login", f"login: no readable key in the answer (HTTP {answer.status})")
        token = f"Authorization: Token {key}\r\n"
        return _SignedIn(reading=_READING + token, writing=_WRITING + token)


def _key_in(answer: HttpAnswer) -> str | None:
    if not 200 <= answer.status < 300:
        return None
    try:
        key = orjson.loads(answer.body)["key"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return key if isinstance(key, str) and _KEY.fullmatch(key) else None
