"""A request's body, read to its end before anything looks at it: however clients send it, and within a time limit.

A body may come without Content-Length (chunked, HTTP/2): Django would take it for empty. It may be too long: then it is
not stored. And it may never come: a thread that reads it waits, and only the end of the connection ends the wait. So
only a few threads may wait at a time, and connections that are silent for too long are ended (docs/decisions/0043).
"""

import logging
import threading
import time
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext_lazy, gettext_noop

from aftercart.bodies import BadBody
from aftercart.errors import TryLater
from aftercart.overdue_connections import Connections

logger = logging.getLogger(__name__)

Environ = dict[str, Any]

UNREAD = "aftercart.unread"
"""Where the environ holds why there is no body: an exception for the table of errors."""
WITHOUT = ("GET", "HEAD", "OPTIONS", "TRACE")  # a body of these means nothing
PIECE = 16 * 1024
TURN_SECONDS = 1.0  # a thread waits so long for another that reads

_turns = threading.BoundedSemaphore(settings.BODY_MAX_CONCURRENT)
_begun: dict[int, tuple[float, str]] = {}
"""Thread → since when it has been reading (monotonic), and at which port of ours."""
_watching = threading.Lock()


def read_whole_body(environ: Environ) -> None:
    """Replace the stream by the whole body, with its length; or put an exception under `UNREAD`."""
    body = b""
    try:
        if _may_have_body(environ):
            body = _read(environ)
    except (RequestDataTooBig, BadBody, TryLater) as error:
        environ[UNREAD] = error
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def _may_have_body(environ: Environ) -> bool:
    if environ["REQUEST_METHOD"] in WITHOUT or environ.get("CONTENT_LENGTH") == "0":
        return False
    # Without a length there is a body only if the server knows where it ends.
    return bool(environ.get("CONTENT_LENGTH")) or bool(environ.get("wsgi.input_terminated"))


def _read(environ: Environ) -> bytes:
    """The body. Raises RequestDataTooBig, BadBody (400, 408), TryLater (too many are being read)."""
    told, most = environ.get("CONTENT_LENGTH") or "", settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if told and not (told.isascii() and told.isdecimal()):
        raise BadBody(gettext_lazy("The length of the body is not a number."))
    if told and int(told) > most:
        raise RequestDataTooBig
    if not _turns.acquire(timeout=TURN_SECONDS):
        raise TryLater("busy", gettext_noop("We are busy at the moment. Please try again in a few seconds."), seconds=5)
    try:
        return _read_in_turn(environ, int(told) if told else None, most)
    finally:
        _turns.release()


def _read_in_turn(environ: Environ, length: int | None, most: int) -> bytes:
    me, now = threading.get_ident(), time.monotonic()
    _begun[me] = now, environ.get("SERVER_PORT", "")
    _watch()
    try:
        pieces, left = [], most + 1 if length is None else length
        while left > 0 and (piece := environ["wsgi.input"].read(min(left, PIECE))):
            pieces.append(piece)
            left -= len(piece)
            if left and time.monotonic() - now > settings.BODY_SECONDS:
                raise BadBody(gettext_lazy("The body took too long to arrive."), 408)
    finally:
        del _begun[me]
    if length is None and not left:
        raise RequestDataTooBig
    if length and left:
        raise BadBody(gettext_lazy("The body ended before its length was reached."))
    return b"".join(pieces)


def _watch() -> None:
    """Make sure that a thread watches this process's bodies; there is one, started with the first of them."""
    if _watching.acquire(blocking=False):
        threading.Thread(target=_look_again, name="bodies", daemon=True).start()


def _look_again() -> None:
    by_port: dict[str, Connections] = {}
    while True:
        time.sleep(1)
        try:
            _look(by_port)
        except Exception:  # whatever it is, the next look may succeed; without one, threads would be held for ever
            logger.exception("bodies that do not arrive could not be looked for")


def _look(by_port: dict[str, Connections]) -> None:
    waiting = [*_begun.values()]
    if not waiting:
        by_port.clear()  # what was seen long ago tells nothing
    late = time.monotonic() - settings.BODY_SECONDS
    for port in {port for _, port in waiting}:
        connections = by_port.setdefault(port, Connections(port, seconds=settings.BODY_SECONDS))
        ended = connections.look(end=any(began < late and at == port for began, at in waiting))
        if ended:
            logger.warning("%s connections ended: a body did not arrive within %s s", ended, settings.BODY_SECONDS)
