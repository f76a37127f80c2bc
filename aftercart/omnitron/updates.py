"""What changed at Omnitron since a moment: pages ordered by `modified_date`, read row by row.

`since` is inclusive, so changes at exactly that moment come again; apply idempotently. A row that cannot be understood
is left out and listed separately (`Page.unread`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .base import Base
from .http.deadline import Deadline
from .messages import Page, RemoteCancellationPlan, RemoteCancellationRequest, RemoteItem, RemoteOrder


class Updates(Base):
    """Omnitron's lists of changes."""

    def order_updates(
        self, *, since: datetime, page: int = 1, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[RemoteOrder]:
        """Orders changed at or after `since` (aware), without their items."""
        with self._call("order_updates", deadline) as call:
            path = f"{self._channel_path}/orders/updates/"
            return call.get_rows(RemoteOrder, path, **_changed(since, page, limit))

    def order_item_updates(
        self, *, since: datetime, page: int = 1, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[RemoteItem]:
        """Items changed at or after `since` (aware)."""
        with self._call("order_item_updates", deadline) as call:
            path = f"{self._channel_path}/order_items/updates/"
            return call.get_rows(RemoteItem, path, **_changed(since, page, limit))

    def cancellation_request_updates(
        self, *, since: datetime, page: int = 1, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[RemoteCancellationRequest]:
        """Cancellation requests changed at or after `since` (aware)."""
        with self._call("cancellation_request_updates", deadline) as call:
            path = f"{self._channel_path}/cancellation_requests/updates/"
            return call.get_rows(RemoteCancellationRequest, path, **_changed(since, page, limit))

    def cancellation_requests_since(
        self, *, since: datetime, page: int = 1, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[RemoteCancellationRequest]:
        """As `cancellation_request_updates`, and also what we made there ourselves, of which those say nothing."""
        with self._call("cancellation_requests_since", deadline) as call:
            path = f"{self._channel_path}/cancellation_requests/inserts_or_updates/"
            return call.get_rows(RemoteCancellationRequest, path, **_changed(since, page, limit))

    def cancellation_plan_updates(
        self, *, since: datetime, page: int = 1, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[RemoteCancellationPlan]:
        """Cancellation plans made or changed at or after `since` (aware)."""
        with self._call("cancellation_plan_updates", deadline) as call:
            path = f"{self._channel_path}/cancellation_plans/inserts_or_updates/"
            return call.get_rows(RemoteCancellationPlan, path, **_changed(since, page, limit))


def _changed(since: datetime, page: int, limit: int) -> dict[str, Any]:
    if since.tzinfo is None:
        raise ValueError("`since` needs a time zone")
    return {"page": page, "limit": limit, "sort": "modified_date", "modified_date__gte": since.isoformat()}
