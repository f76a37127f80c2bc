"""The composition root: builds the one Omnitron client of this process from the settings."""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import connection

from aftercart.duties import NotYet
from aftercart.omnitron import NotFromOmnitron, NotSent, Omnitron, OmnitronError, OutcomeUnknown

logger = logging.getLogger(__name__)

UNREACHABLE_PAUSE = timedelta(seconds=15)


def refuse_inside_a_transaction(operation: str) -> None:
    """No network inside a transaction: a slow Omnitron would hold rows, and a rollback could not call anything back."""
    if connection.in_atomic_block:
        raise RuntimeError(f"{operation} at Omnitron would be called inside a database transaction")


class _Client:
    """The one client, made when first asked for; by one thread even if several ask, or there would be two, each with
    limits of its own."""

    def __init__(self) -> None:
        self.made: Omnitron | None = None
        self.making = threading.Lock()


_client = _Client()


def omnitron() -> Omnitron:
    """The client that every promise of this process uses."""
    known = _client.made
    if known is None:
        with _client.making:
            known = _client.made = _client.made or _from_settings()
    return known


def _from_settings() -> Omnitron:
    return Omnitron(
        url=settings.OMNITRON_URL,
        username=settings.OMNITRON_USERNAME,
        password=settings.OMNITRON_PASSWORD,
        channel_id=settings.OMNITRON_CHANNEL_ID,
        timeout=settings.OMNITRON_TIMEOUT,
        max_concurrent=settings.OMNITRON_MAX_CONCURRENT,
        before_call=refuse_inside_a_transaction,
    )


def forget_omnitron() -> None:
    """Close the client; the next call builds another from the settings as they are then."""
    with _client.making:
        known, _client.made = _client.made, None
    if known is not None:
        known.close()


def patient(error: OmnitronError) -> Exception:
    """What a duty raises for an error of Omnitron: being out of reach is never the duty's fault, nonsense may be.

    So during an outage of a day duties wait, and none is given up.
    """
    if isinstance(error, NotSent | NotFromOmnitron):
        return NotYet(UNREACHABLE_PAUSE, str(error))
    if isinstance(error, OutcomeUnknown) and error.reason != "nonsense":
        return NotYet(UNREACHABLE_PAUSE, str(error))
    return error
