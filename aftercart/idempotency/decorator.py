"""`@idempotent`: the `Idempotency-Key` header for a view of the JSON API.

As in the IETF draft "The Idempotency-Key HTTP Header Field": the first answer again, with `Idempotency-Replayed:
true`; 409 while it is being made; 422 where the key meant another request; 400 where it is none.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import decorators
from ninja.operation import Operation
from ninja.utils import check_csrf, contribute_operation_callback

from aftercart import http_errors
from aftercart.bodies import BadBody, read_form
from aftercart.idempotency import keys
from aftercart.idempotency.keys import HEADER

logger = logging.getLogger(__name__)

REPLAYED = "Idempotency-Replayed"
View = TypeVar("View", bound=Callable[..., Any])
Run = Callable[..., HttpResponse]

DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": keys.LONGEST, "title": HEADER},
            "description": (
                "Any text of yours that names this one wish, such as a UUID, quoted or bare. For a day the same "
                f"request with the same key gets the first answer again, with `{REPLAYED}: true`."
            ),
        }
    ],
    "responses": {
        409: {"description": "`idempotency_key_in_use`: the first request with this key is running."},
        422: {"description": "`idempotency_key_reused`: the key belongs to another path or another body."},
    },
}


def idempotent(view: View) -> View:
    """Let a view's clients name a request by a key; stands under `@router.post`. No header, no change."""
    contribute_operation_callback(view, _document)
    return decorators.decorate_view(_answered_once)(view)


def wish_of(request: HttpRequest) -> UUID | None:
    """What names this wish in every run under its key; None for a request without a key."""
    return getattr(request, "wish", None)


def _document(operation: Operation) -> None:
    operation.openapi_extra = {**(operation.openapi_extra or {}), **DOCUMENTED}


def _answered_once(run: Run) -> Run:
    """Around all that ninja does for an operation, so that answers to malformed bodies are answers, too."""

    @functools.wraps(run)
    def run_once(request: HttpRequest, **path: Any) -> HttpResponse:
        written = request.headers.get(HEADER)
        if written is None or not _is_let_in(request):
            return run(request, **path)
        try:
            claimed = keys.claim(
                customer=request.user,  # type: ignore[arg-type]
                key=keys.read_key(written),
                fingerprint=keys.fingerprint_of(method=request.method or "", path=request.path, body=request.body),
                now=timezone.now(),
            )
        except Exception as error:  # noqa: BLE001 (the table knows them all, as for every operation)
            return http_errors.answer(error)
        if isinstance(claimed, keys.RecordedAnswer):
            return HttpResponse(claimed.body, status=claimed.status, headers={**claimed.headers, REPLAYED: "true"})
        request.wish = claimed.wish  # type: ignore[attr-defined]
        response = run(request, **path)
        _close(claimed, response)
        return response

    return run_once


def _is_let_in(request: HttpRequest) -> bool:
    """Whether the session will be let in. If not, the door says so (401, 403), and no key is touched.

    Asked before the key, not after: a stored answer is for its owner alone, and only if they meant to ask.
    """
    try:
        read_form(request)
    except (BadBody, SuspiciousOperation):
        return False
    return request.user.is_authenticated and check_csrf(request) is None


def _close(claimed: keys.KeyClaim, response: HttpResponse) -> None:
    answer = keys.RecordedAnswer(response.status_code, dict(response.items()), response.content)
    try:
        keys.close(claimed, answer)
    except DatabaseError as error:
        # What was done is done, and the client hears it. The key's lease runs out, and a repeat meets the rules.
        logger.error("the answer %s could not be kept under its idempotency key: %s", response.status_code, error)
