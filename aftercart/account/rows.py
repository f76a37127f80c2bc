"""The statements of the hot paths: two of them read an order for its owner in one round trip, whatever it holds.

The first finds the order, the caller's session, the rules in force and whatever else is needed once; the second its
items. The models' columns are read under their own names: a new one is there at once, and only
`account/representation.py` says how it is shown. An active cancellation request costs a third statement.

The order is found by its number or id, and its owner is compared here, not in the statement: beside a customer's id the
database might use the index of the customer's orders, and a marketplace's customer has hundreds of thousands.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import translation

from aftercart.account.representation import Asked, Permissions, shown_order
from aftercart.cancellations.models import ACTIVE_REQUEST_STATUSES, CancellationRequest
from aftercart.cancellations.statements import carriers_of, judged_beside
from aftercart.customers.models import Session
from aftercart.customers.proof import holds
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import CancellationFallback, ExtraCancelRules
from aftercart.fastpath import CompiledQuery, Statement, batch
from aftercart.orders.models import Order, OrderItem

# What is between Omnitron and us.
NOT_SHOWN = {
    "channel_id",
    "omnitron_pk",
    "omnitron_modified",
    "version_date",
    "status_before_cancellation",
    "delivered_date",
    "parts",
}
ORDER_COLUMNS = [field.attname for field in Order._meta.concrete_fields if field.attname not in NOT_SHOWN]
ITEM_COLUMNS = [field.attname for field in OrderItem._meta.concrete_fields if field.attname not in NOT_SHOWN]
RULES = (ExtraCancelRules, CancellationFallback)


def with_what_is_judged(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Orders as rows, with what the rules need to know of each."""
    requests = CancellationRequest.objects.filter(order=OuterRef("pk"), status__in=ACTIVE_REQUEST_STATUSES)
    beside = {"requested": Exists(requests), **judged_beside(*RULES)}
    return orders.annotate(**beside).values_list(*ORDER_COLUMNS, *beside, named=True)


def _asked_by(key: str) -> dict[str, Subquery]:
    """The session of this key and its customer, as `customers.proof.holds` reads them."""
    fields = {
        "proof": "proof",
        "expires": "expire_date",
        "customer": "customer_id",
        "password": "customer__password",
        "is_active": "customer__is_active",
    }
    return {"asked_by": Subquery(Session.objects.filter(session_key=key).values(asked=JSONObject(**fields)))}


def _with_session(orders: QuerySet[Order], key: str) -> Any:
    judged: Any = with_what_is_judged(orders)
    return judged.annotate(**_asked_by(key)).values_list(*judged._fields, "asked_by", named=True)


BY_NUMBER = CompiledQuery(
    lambda number, key: _with_session(Order.objects.filter(number=number), key), number=str, key=str
)
ITEMS_BY_NUMBER = CompiledQuery(
    lambda number: items_as_rows(OrderItem.objects.filter(order__number=number)), number=str
)
BY_ID = CompiledQuery(lambda id, key: _with_session(Order.objects.filter(id=id), key), id=int, key=str)
ITEMS_BY_ID = CompiledQuery(lambda order: items_as_rows(OrderItem.objects.filter(order_id=order)), order=int)


def items_as_rows(items: QuerySet[OrderItem]) -> QuerySet[Any]:
    """Items as rows, in the order they were ordered in."""
    return items.order_by("id").values_list(*ITEM_COLUMNS, named=True)


def shown_to_owner(order: Statement, items: Statement, *, language: str, now: datetime) -> dict[str, Any] | None:
    """The order that `BY_NUMBER` or `BY_ID` finds, as JSON; None where the session is not its owner's."""
    found, its_items = batch(order, items)
    if not found:
        return None
    (row,) = found
    if row.asked_by is None or not holds(**row.asked_by, owner=row.customer_id, now=now):
        return None
    if not row.requested:
        return shown_row(row, its_items, {}, language=language, now=now)
    with translation.override(language):  # requests have sentences, too
        return shown_row(row, its_items, active_requests_of([row.id]), language=language, now=now)


def shown_row(row: Any, items: Iterable[Any], asked: Asked, *, language: str = "", now: datetime) -> dict[str, Any]:
    """The order of a row as JSON, in the active language unless another is named."""
    may = Permissions(
        row,
        dynamic_settings.from_row(row),
        now=now,
        active_carriers=carriers_of(row),
        language=language,
    )
    return shown_order(row, items, asked, may)


def active_requests_of(orders: Iterable[int]) -> dict[int, CancellationRequest]:
    """The active requests of some orders, by their item's id."""
    active = CancellationRequest.objects.filter(order__in=orders, status__in=ACTIVE_REQUEST_STATUSES)
    return {request.order_item_id: request for request in active.select_related("easy_return_company")}
