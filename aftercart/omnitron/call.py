"""One call of a public method, however many requests it takes: its deadline, its errors, its record.

Here an HTTP answer becomes one of the four ends. The methods themselves only name paths and messages.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError

from .errors import (
    CancellationAlreadyOpen,
    End,
    NotFromOmnitron,
    NotSent,
    NotUnderstood,
    OmnitronError,
    OrderUnknown,
    OutcomeUnknown,
    RefusedByOmnitron,
)
from .http.deadline import Deadline
from .http.session import OmnitronSession
from .http.transport import HttpAnswer, NeverLeft, NoAnswer, Request
from .messages import Message, Page, Unreadable
from .rows import read_row, why_unreadable

log = logging.getLogger("aftercart.omnitron")

N = TypeVar("N", bound=Message)

_ALREADY_OPEN = ("ordercancelmorethenone", "order_cancel_more_then_one")
_MOST_PAGES = 100
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CallRecord:
    """For logs and metrics. `seconds` is wall time, login and all requests included."""

    operation: str
    seconds: float
    end: End | None  # None: something of our own broke the call, a signal or a hook that raised
    order_number: str | None = None
    error: OmnitronError | None = None


class OmnitronCall:
    """``with Call(...) as call: call.get(...)``. Raises OmnitronErrors and nothing else."""

    __slots__ = ("_session", "_started", "_tell", "deadline", "operation", "order_number", "request_id")

    def __init__(
        self,
        operation: str,
        *,
        session: OmnitronSession,
        deadline: Deadline,
        order_number: str = "",
        tell: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self.operation = operation
        self.order_number = order_number
        self.deadline = deadline
        self.request_id: str | None = None
        self._session = session
        self._tell = tell
        self._started = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tell is None:
            return
        known = error if isinstance(error, OmnitronError) else None
        end: End | None = "agreed" if error is None else known.end if known else None
        record = CallRecord(self.operation, monotonic() - self._started, end, self.order_number or None, known)
        try:
            self._tell(record)
        except Exception:  # a broken metric must not turn an agreed cancellation into an error
            log.exception("on_call failed for %s", self.operation)

    def get(self, path: str, **query: object) -> Any:
        """The JSON of a reading request."""
        answer = self._send("GET", f"{path}?{urlencode(query)}" if query else path, None)
        return self._json(answer)

    def get_message(self, model: type[N], path: str) -> N:
        return self.read(model, self.get(path))

    def get_page(self, model: type[N], path: str, *, page: int = 1, **query: object) -> Page[N]:
        """One page, of which every row is readable; a bare list is a page without a next one."""
        found = self.get_rows(model, path, page=page, **query)
        if found.unread:
            self.nonsense(found.unread[0].reason, kind=NotUnderstood)
        return found

    def get_rows(self, model: type[N], path: str, *, page: int = 1, **query: object) -> Page[N]:
        """One page, row by row: what is not readable stops no other and is listed beside them."""
        data = self.get(path, page=page, **query)
        rows = data.get("results") if isinstance(data, dict) else data
        # One odd row in a page is that row's affair; a bare list without a single object is no list of Omnitron's.
        if not isinstance(rows, list) or (rows is data and rows and not any(isinstance(row, dict) for row in rows)):
            self.nonsense("neither a page nor a list of objects")
        of = data if isinstance(data, dict) else {}
        count = of.get("count")
        read = [read_row(model, row) for row in rows]
        return Page(
            tuple(row for row in read if not isinstance(row, Unreadable)),
            count=count if isinstance(count, int) else len(rows),
            page=page,
            # The URL in `next` is not followed: it may name a host that only Omnitron can reach.
            has_next=bool(of.get("next")) and bool(rows),
            unread=tuple(row for row in read if isinstance(row, Unreadable)),
        )

    def get_all(self, model: type[N], path: str, *, limit: int, **query: object) -> Page[N]:
        """All pages as one, row by row. One that repeats what was seen is nonsense: the paging does not advance."""
        found: dict[int, N] = {}
        unread: list[Unreadable] = []
        for number in range(1, _MOST_PAGES + 1):
            page = self.get_rows(model, path, page=number, limit=limit, **query)
            unread += page.unread
            for entry in page.results:
                if entry.pk in found:
                    self.nonsense(f"number {entry.pk} came twice")
                found[entry.pk] = entry
            if not page.has_next:
                return Page(tuple(found.values()), count=len(found), unread=tuple(unread))
        return self.nonsense(f"more than {_MOST_PAGES} pages")

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object of a changing request; {} for a 204 without one."""
        return self._changed(self._send("POST", path, orjson.dumps(body)))

    def delete(self, path: str) -> None:
        """A removing request: doing it twice is a 404 at worst."""
        self._changed(self._send("DELETE", path, None))

    def _changed(self, answer: HttpAnswer) -> dict[str, Any]:
        if answer.status == 204 and not answer.body:
            return {}
        data = self._json(answer)
        if not isinstance(data, dict):
            self.nonsense("not a JSON object", status=answer.status)
        return data

    def read(self, model: type[N], data: object) -> N:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self.nonsense(why_unreadable(model, error), cause=error, kind=NotUnderstood)

    def nonsense(
        self,
        detail: str,
        *,
        status: int | None = None,
        cause: Exception | None = None,
        kind: type[OutcomeUnknown] = OutcomeUnknown,
    ) -> NoReturn:
        raise kind(
            self.operation,
            f"nonsense from Omnitron: {detail}",
            order_number=self.order_number,
            request_id=self.request_id,
            reason="nonsense",
            status=status,
        ) from cause

    def order_unknown(self, detail: str) -> NoReturn:
        raise OrderUnknown(
            self.operation,
            detail,
            order_number=self.order_number,
            request_id=self.request_id,
            status=200,
            message=detail,
        )

    def _send(self, method: str, path: str, body: bytes | None) -> HttpAnswer:
        try:
            answer = self._session.send(Request(self.operation, method, path, body, self.deadline, method == "GET"))
        except NeverLeft as fault:
            raise NotSent(self.operation, fault.detail, order_number=self.order_number, reason=fault.reason) from fault
        except NoAnswer as fault:
            raise OutcomeUnknown(
                self.operation, fault.detail, order_number=self.order_number, reason=fault.reason
            ) from fault
        self.request_id = answer.request_id
        if 200 <= answer.status < 300:
            return answer
        if 400 <= answer.status < 500:
            self._refused(answer)
        raise (NotFromOmnitron if answer.status < 400 else OutcomeUnknown)(
            self.operation,
            f"HTTP {answer.status}" + ("" if answer.status >= 500 else ", which is no answer to this call"),
            order_number=self.order_number,
            request_id=answer.request_id,
            reason="server_error" if answer.status >= 500 else "nonsense",
            status=answer.status,
        )

    def _json(self, answer: HttpAnswer) -> Any:
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError as error:
            self.nonsense("not JSON", status=answer.status, cause=error, kind=NotFromOmnitron)

    def _refused(self, answer: HttpAnswer) -> NoReturn:
        try:
            body = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            if answer.status != 401:  # a door that stays shut needs no words to be understood
                self.nonsense(f"HTTP {answer.status} without a JSON object", status=answer.status)
            body = {}
        code, message = _reason_in(body)
        said = ", ".join(part for part in (code, message) if part) or "no reason given"
        kind = RefusedByOmnitron
        if any(sign in answer.body.decode(errors="replace").lower() for sign in _ALREADY_OPEN):
            kind = CancellationAlreadyOpen
        elif answer.status == 404 and self.operation in {"order", "cancel"}:
            kind = OrderUnknown
        raise kind(
            self.operation,
            f"HTTP {answer.status}, {_IBAN.sub('(an IBAN)', said)[:300]}",  # for the log, which tells nobody's account
            order_number=self.order_number,
            request_id=answer.request_id,
            status=answer.status,
            error_code=code,
            message=message,
            body=body,
        )


def _reason_in(body: Mapping[str, Any]) -> tuple[str, str]:
    """(error code, sentence) of any of Omnitron's error shapes; '' for what is missing.

    ``{"detail", "code"}``, ``{"non_field_errors": text or list, "error_code" or "code"}``,
    ``{"<field>": [...], "code"}``.
    """
    code = body.get("error_code") or body.get("code")
    for name in ("detail", "non_field_errors", "message", "error"):
        if body.get(name):
            return _words(code), _words(body[name])
    fields = (f"{name}: {_words(said)}" for name, said in body.items() if said and name not in {"error_code", "code"})
    return _words(code), " ".join(fields)


def _words(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{name}: {_words(said)}" for name, said in value.items())
    return "" if value is None else str(value)
