"""Trying rows again that could not be read, with what a list's page does with a readable row."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from aftercart import omnitron_client
from aftercart.duties import DONE
from aftercart.feed.polling import FEEDS, Feed
from aftercart.omnitron import (
    NotUnderstood,
    OmnitronError,
    Page,
    RemoteCancellationPlan,
    RemoteCancellationRequest,
    RemoteItem,
    RemoteOrder,
)
from aftercart.omnitron_client import patient
from aftercart.orders.pull import OrderReader
from aftercart.orders.unread import UnreadRow

List = UnreadRow.List
MESSAGES: Mapping[str, type[RemoteOrder | RemoteItem | RemoteCancellationRequest | RemoteCancellationPlan]] = {
    List.PULLED: RemoteOrder,
    List.ORDERS: RemoteOrder,
    List.ITEMS: RemoteItem,
    List.REQUESTS: RemoteCancellationRequest,
    List.PLANS: RemoteCancellationPlan,
}


class StillUnreadable(Exception):
    """A row that this release does not understand either."""


def read_again(pk: int, *, now: datetime) -> None:
    """The duty of a row: read it as it came, and do what its list does with it; then it is done.

    If it is still not understood, it is given up again at once, with its reason. Raises NotYet while Omnitron is out of
    reach.
    """
    row = UnreadRow.objects.filter(pk=pk).first()
    if row is None:
        return
    try:
        _read(row, now=now)
    except (StillUnreadable, ValidationError) as still:
        UnreadRow.objects.filter(pk=pk).update(**DONE | {"is_dead": True, "last_error": _said(still)})
    else:
        UnreadRow.objects.filter(pk=pk).delete()


def _read(row: UnreadRow, *, now: datetime) -> None:
    message = MESSAGES[row.of_list].model_validate(row.row)
    if row.of_list != List.PULLED:
        feed = FEEDS[Feed(row.of_list)]
        feed.prepare([message], now=now)
        with transaction.atomic():
            feed.note([message], now=now)
        return
    assert isinstance(message, RemoteOrder)
    try:
        reasons = _pulled(message)
    except NotUnderstood as error:
        raise StillUnreadable(str(error)) from None
    except OmnitronError as error:
        raise patient(error) from error
    if reasons:
        raise StillUnreadable("; ".join(reasons))


def _pulled(order: RemoteOrder) -> tuple[str, ...]:
    """Why the order still does not come in; nothing if it is in."""
    reader = OrderReader(omnitron_client.omnitron(), pause=0)
    (pulled,) = reader.take_in(Page((order,), count=1), clock=timezone.now, match_email=False)
    return pulled.reasons if pulled.taken is None else ()


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False)[:3]
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
    return str(error)[:2000]
