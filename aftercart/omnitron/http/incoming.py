"""An answer while it comes in, byte by byte; httptools (Node's parser) tells what the bytes mean."""

from __future__ import annotations

from typing import Any, Final

from httptools import HttpParserError, HttpResponseParser

LARGEST_HEAD: Final = 64 * 1024
"""Bytes until the body begins."""
LARGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes, headers included. A page of 1,000 items is about 1 MB; more than this is no answer of Omnitron's."""


class HalfAnAnswer(Exception):
    """The connection ended before the answer did."""


class Incoming:
    """One answer. `feed` it until `is_complete`; any error it raises means that the bytes are no answer.

    Methods that begin with `on_` are called by the parser.
    """

    status = 0
    is_complete = False
    keeps_connection = False
    """Whether the connection serves the next one, too."""
    _in_body = False

    def __init__(self) -> None:
        self.received = 0  # bytes
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._parser: Any = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """The next bytes; `b""` where the other side has ended.

        Raises ConnectionResetError, HalfAnAnswer, ValueError, httptools' errors.
        """
        if not data:
            return self._end()
        self.received += len(data)
        if self.received > LARGEST_ANSWER:
            raise ValueError(f"the answer exceeds {LARGEST_ANSWER} bytes")
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            if not self.is_complete:
                raise
            self.keeps_connection = False  # more came than was asked for: the answer stands
        if not self._in_body and self.received > LARGEST_HEAD:
            raise ValueError(f"the answer's head exceeds {LARGEST_HEAD} bytes")
        return None

    def _end(self) -> None:
        if not self.received:
            raise ConnectionResetError("the connection ended without an answer")
        has_length = b"content-length" in self._headers or b"transfer-encoding" in self._headers
        if not self._in_body or has_length:
            raise HalfAnAnswer(f"the connection ended after {self.received} bytes")
        self._is_over(keeps=False)

    def header(self, name: bytes) -> str | None:
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def body(self) -> bytes:
        return b"".join(self._parts)

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise ValueError("more came than was asked for")
        self._headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self._headers.get(b"content-encoding", b"identity") != b"identity":
            raise ValueError("the body is compressed, which was not asked for")
        length = self._headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > LARGEST_ANSWER:
            raise ValueError(f"the answer exceeds {LARGEST_ANSWER} bytes")
        self._in_body = self.status >= 200

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        if self._in_body:  # 1xx announces another
            self._is_over(keeps=self._parser.should_keep_alive())

    def _is_over(self, *, keeps: bool) -> None:
        self.is_complete, self.keeps_connection = True, keeps
        self._parser = None  # a reference cycle: without this, only the garbage collector would free both
