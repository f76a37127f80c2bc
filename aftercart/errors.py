"""The errors that any promise may raise. `http_errors.py` turns each into a status and a body."""

from collections.abc import Mapping, Sequence
from typing import Any

from aftercart.refusals import Refusal


class AftercartError(Exception):
    """The root of all that we raise on purpose."""


class NotFound(AftercartError):
    """Unknown, foreign or expired: one answer for all three."""


class TokenRefused(AftercartError):
    """No integration token, or one that is unknown, expired or revoked: one answer for all."""


class NotAllowed(AftercartError):
    """A valid token without the scope for this."""


class FieldErrors(AftercartError):
    """Malformed input: messages by field, nested like the payload. Nothing was changed."""

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__(errors)
        self.errors = errors


class Refused(AftercartError):
    """A rule says no: every refusal, the first one first. Nothing was changed."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals


class TooManyTries(AftercartError):
    """Too many attempts; this one was not even looked at. `seconds`: until the next may be made."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"ask again in {seconds} s")
        self.seconds = seconds


class TryLater(AftercartError):
    """Not possible now, through no fault of the customer's; nothing was lost."""

    def __init__(self, code: str, template: str, *, seconds: int) -> None:
        super().__init__(code)
        self.code, self.template, self.seconds = code, template, seconds
