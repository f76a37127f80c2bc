"""Asking another server of the shop's own: one deadline over all of it, JSON in the end, never in a transaction."""

import base64
import json
import ssl
from functools import cache
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings
from django.db import connection

from aftercart.omnitron.http.connection import Connection
from aftercart.omnitron.http.deadline import Deadline

# Threads of one process that may wait for others here; more are turned away.
_places = BoundedSemaphore(8)


class OutOfReach(Exception):
    """No answer that can be read, for the log; nobody at the door is told why."""


def fetched(
    url: str, *, deadline: Deadline, form: str = "", bearer: str = "", basic: tuple[str, str] | None = None
) -> Any:
    """GET JSON, or POST a form and read JSON. Redirects are not followed. OutOfReach for anything but a 200."""
    parts = urlsplit(url)
    if connection.in_atomic_block:
        raise RuntimeError(f"{parts.hostname} would be asked inside a database transaction")
    head = _head(parts, form=form, bearer=bearer, basic=basic)
    there = Connection(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), _tls(parts.scheme))
    if not _places.acquire(blocking=False):
        raise OutOfReach("too many threads wait for it already")
    try:
        answer = there.ask((head + form).encode("ascii"), deadline)
        if answer.status == 200:
            return json.loads(answer.body)
    except Exception as error:  # whatever parsers and sockets throw at hostile bytes
        raise OutOfReach(f"{parts.hostname}{parts.path}: {type(error).__name__}: {error}"[:500]) from error
    finally:
        _places.release()
        there.close()
    raise OutOfReach(f"{parts.hostname}{parts.path} answered {answer.status}")


def _head(parts: SplitResult, *, form: str, bearer: str, basic: tuple[str, str] | None) -> str:
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    lines = [f"Host: {parts.netloc}", "Accept: application/json", "Accept-Encoding: identity", "Connection: close"]
    if bearer:
        lines.append(f"Authorization: Bearer {bearer}")
    if basic:
        pair = ":".join(quote(word, safe="") for word in basic)  # RFC 6749, 2.3.1
        lines.append(f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    if form:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
    return "\r\n".join([f"{'POST' if form else 'GET'} {path} HTTP/1.1", *lines, "", ""])


def deadline() -> Deadline:
    """So long may all calls of one sign-in take together."""
    return Deadline.after(settings.SIGN_IN_TIMEOUT)


def _tls(scheme: str) -> ssl.SSLContext | None:
    return _context() if scheme == "https" else None


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()  # reading the CA files takes a while: once per process
