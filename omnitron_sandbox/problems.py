"""How Omnitron says no: a status and a JSON body (docs/contract.md, section D, 'Errors')."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """An answer other than success, raised anywhere below the HTTP layer."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def invalid(field: str, text: str, *, code: str = "invalid") -> Problem:
    """400: one field of the body or query is wrong."""
    return Problem(400, {field: [text], "code": code})


def refused(text: str, error_code: str) -> Problem:
    """406: well-formed, and refused by a rule. The text is a string: the published client splits it."""
    return Problem(406, {"non_field_errors": text, "error_code": error_code})


def not_found(text: str = "Not found.") -> Problem:
    """404: no such path, or nothing there."""
    return Problem(404, {"detail": text, "code": "not_found"})


def unauthorized(text: str, code: str) -> Problem:
    """401: no token, or one that means nothing here."""
    return Problem(401, {"detail": text, "code": code})


def method_not_allowed(method: str) -> Problem:
    """405: the path exists, this verb does not."""
    return Problem(405, {"detail": f'Method "{method}" not allowed.', "code": "method_not_allowed"})
