"""What can go wrong with a call to Omnitron: four ends, of which three are errors.

::

    OmnitronError                     operation, detail, order_number, request_id, was_sent
    ├── RefusedByOmnitron             Omnitron said no: a 4xx with a readable reason
    │   ├── OrderUnknown              it has no such order
    │   └── CancellationAlreadyOpen   a cancellation of this order is open there already
    ├── NotSent                       the operation surely never reached Omnitron
    └── OutcomeUnknown                it was sent, and no readable answer came back
        ├── NotUnderstood             the answer is as it should be, but for something in it that we do not know
        └── NotFromOmnitron           no JSON with 2xx, or a redirect: a page of whoever stands in front of it

The fourth end, *agreed*, is a method that returns. Nothing else leaves this package: no
exception of httptools, ssl, sockets, JSON or pydantic (those are only the ``__cause__``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

End = Literal["agreed", "refused", "not_sent", "unknown"]

NotSentReason = Literal[
    "connect",  # refused, unreachable, reset before the first byte
    "connect_timeout",
    "dns",
    "tls",  # certificate or handshake
    "deadline",  # over before the first byte
    "limit",  # our own number of concurrent calls
    "circuit_open",  # Omnitron failed several times in a row; we leave it alone for a while
    "login",  # Omnitron did not let us in
    "closed",  # this client was closed
]
UnknownReason = Literal["timeout", "reset", "half_answer", "server_error", "nonsense"]


class OmnitronError(Exception):
    """Base of all errors; carries what an operator needs.

    operation     name of the method of `Omnitron` that was called
    detail        what happened, one sentence, without customers' data or credentials
    order_number  where known
    request_id    Omnitron's ``X-Request-ID``, where an answer carried one
    was_sent      may a byte of the operation have left this machine?
    """

    end: ClassVar[End]

    def __init__(
        self,
        operation: str,
        detail: str,
        *,
        order_number: str | None = None,
        request_id: str | None = None,
        was_sent: bool,
    ) -> None:
        super().__init__(operation, detail)
        self.operation = operation
        self.detail = detail
        self.order_number = order_number or None
        self.request_id = request_id or None
        self.was_sent = was_sent

    def __str__(self) -> str:
        about = f" of order {self.order_number}" if self.order_number else ""
        request = f", request id {self.request_id}" if self.request_id else ""
        sent = "sent" if self.was_sent else "not sent"
        return f"Omnitron {self.operation}{about}: {self.detail} [{self.end}, {sent}{request}]"


class RefusedByOmnitron(OmnitronError):  # an end, as docs/decisions/0004 calls it
    """Omnitron answered, readably, that it will not: nothing has changed there.

    status      HTTP status, 4xx (200 for an `OrderUnknown` that was an empty page)
    error_code  Omnitron's ``error_code`` or ``code``, '' when it gave none
    message     its sentence, '' when it gave none
    body        the whole answer
    """

    end = "refused"

    def __init__(
        self,
        operation: str,
        detail: str,
        *,
        order_number: str | None = None,
        request_id: str | None = None,
        status: int,
        error_code: str = "",
        message: str = "",
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(operation, detail, order_number=order_number, request_id=request_id, was_sent=True)
        self.status = status
        self.error_code = error_code
        self.message = message
        self.body: Mapping[str, Any] = body if body is not None else {}


class OrderUnknown(RefusedByOmnitron):
    """The order is not at Omnitron (yet): an empty page, or 404."""


class CancellationAlreadyOpen(RefusedByOmnitron):
    """A cancellation of this order is open there already: read the order and settle by what it says."""


class NotSent(OmnitronError):
    """The operation surely never reached Omnitron. `reason` says why, in one word of `NotSentReason`."""

    end = "not_sent"

    def __init__(
        self,
        operation: str,
        detail: str,
        *,
        order_number: str | None = None,
        request_id: str | None = None,
        reason: NotSentReason,
    ) -> None:
        super().__init__(operation, detail, order_number=order_number, request_id=request_id, was_sent=False)
        self.reason: NotSentReason = reason


class OutcomeUnknown(OmnitronError):
    """Sent, but no readable answer came: Omnitron may have done it or not. Ask it before doing more.

    For a reading method it only means that nothing was learned. `reason` is one word of `UnknownReason`;
    `status` is the HTTP status where one was read.
    """

    end = "unknown"

    def __init__(
        self,
        operation: str,
        detail: str,
        *,
        order_number: str | None = None,
        request_id: str | None = None,
        reason: UnknownReason,
        status: int | None = None,
    ) -> None:
        super().__init__(operation, detail, order_number=order_number, request_id=request_id, was_sent=True)
        self.reason: UnknownReason = reason
        self.status = status


class NotUnderstood(OutcomeUnknown):
    """The answer is as it should be, but for something that we do not know, such as a status: it will be so again."""


class NotFromOmnitron(OutcomeUnknown):
    """What answers in Omnitron's place has its own pages (maintenance, a login): it is out of reach for everything."""
