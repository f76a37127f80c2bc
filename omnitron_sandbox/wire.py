"""What goes in and out over HTTP, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from .problems import Problem


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, read completely."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def segments(self) -> list[str]:
        """The path without its slashes: a trailing one makes no difference."""
        return [part for part in self.path.split("/") if part]

    def json(self) -> Any:
        """The body as JSON; an empty one is an empty object."""
        if not self.body.strip():
            return {}
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            text = f"JSON parse error - {error}"
            raise Problem(400, {"detail": text, "code": "parse_error"}) from None

    def parameter(self, name: str) -> str | None:
        """The first query parameter of that name."""
        return next((value for key, value in self.query if key == name), None)

    def url(self) -> str:
        """The absolute address without its query, as the caller wrote the host."""
        return f"http://{self.headers.get('host', 'localhost')}{self.path}"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer; `content` wins over `json` when it is given."""

    status: int = 200
    json: Any = None
    content: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self) -> bytes:
        """The body's bytes; nothing for 204."""
        if self.content is not None:
            return self.content
        return b"" if self.status == 204 else orjson.dumps(self.json)


def reply_for(problem: Problem) -> Reply:
    """A Problem as the wire shows it."""
    headers = (("WWW-Authenticate", "Token"),) if problem.status == 401 else ()
    return Reply(status=problem.status, json=problem.body, headers=headers)
