"""The statements of a direct cancellation, compiled once: looking, claiming, settling."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, FilteredRelation, JSONField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Least

from aftercart.cancellations.case import OF_ITEM, OF_ORDER
from aftercart.cancellations.models import (
    ACTIVE_REQUEST_STATUSES,
    ATTEMPT_OPEN_STATES,
    CancellationAttempt,
    CancellationReason,
    EasyReturnShippingCompany,
)
from aftercart.database.expressions import IdsOf
from aftercart.duties import DONE
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.schema import CancellationFallback, DynamicSettingSchema, ExtraCancelRules
from aftercart.fastpath import CompiledQuery, CompiledUpdate, Statement
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.parts import IN_CANCELLATION
from aftercart.statuses import Status


def judged_beside(*rules: type[DynamicSettingSchema]) -> dict[str, Any]:
    """Annotations of orders: what is judged with each, `attempt_open`, the active `carriers`, and the rules in force.

    `rules`: those that are needed; by default every rule of an order.
    """
    return {
        "attempt_open": _attempt_open(),
        "carriers": IdsOf(EasyReturnShippingCompany.objects.filter(is_active=True).order_by().values("id")),
        **dynamic_settings.annotations(*rules),
    }


def _attempt_open() -> Exists:
    return Exists(CancellationAttempt.objects.filter(order=OuterRef("pk"), state__in=ATTEMPT_OPEN_STATES))


def carriers_of(row: Any) -> frozenset[int]:
    """The active carriers that `judged_beside` brought along."""
    return frozenset(map(int, row.carriers.split(","))) if row.carriers else frozenset()


def with_active_request(items: QuerySet[OrderItem]) -> QuerySet[Any]:
    """Items, each with its active request if it has one, in the order they were ordered in."""
    return _beside_active_request(items, "active_request").select_related("active_request")  # type: ignore[no-any-return]


def _beside_active_request(items: QuerySet[OrderItem], name: str) -> Any:
    active = Q(cancellation_requests__status__in=ACTIVE_REQUEST_STATUSES)
    beside: Any = {name: FilteredRelation("cancellation_requests", condition=active)}
    return items.annotate(**beside).order_by("pk")


ORDER = CompiledQuery(lambda number: Order.objects.filter(number=number).annotate(**judged_beside()), number=str)
"""By its number alone: the caller compares the owner. Given the customer's id as well, the database might read through
all of the customer's orders instead."""

ITEMS = CompiledQuery(lambda order: with_active_request(OrderItem.objects.filter(order=order)), order=int)

REASONS = CompiledQuery(
    lambda: CancellationReason.objects.filter(is_active=True).only("omnitron_pk", "extra_information_needed").order_by()
)

OFFERED_REASONS = CompiledQuery(lambda: CancellationReason.objects.filter(is_active=True))
"""As they are shown, in the merchant's order."""

ITEMS_BY_NUMBER = CompiledQuery(
    lambda number: with_active_request(OrderItem.objects.filter(order__number=number)), number=str
)
"""As `ITEMS`, without waiting for the order."""

# The same for a wish that is judged before anything is claimed: without what is only shown, and of an active request
# that there is one. The rest is read on demand.
RULES = (ExtraCancelRules, CancellationFallback)
AMOUNTS = ("amount", "discount_amount", "shipping_amount")  # what was sent back is compared with Omnitron's news
SHOWN_OF_ORDER = (
    "version_date",
    "shipping_address",
    "billing_address",
    "details",
    "channel_id",
    "currency",
    "tracking_url",
)
SHOWN_OF_ITEM = (
    "version_date",
    "details",
    "easy_return_companies",
    "retail_price",
    "tax_rate",
    "tracking_url",
)


JUDGED_ORDER = CompiledQuery(
    lambda number: (
        Order.objects.filter(number=number)
        .defer(*SHOWN_OF_ORDER, *AMOUNTS)
        .annotate(attempt_open=_attempt_open(), **dynamic_settings.annotations(*RULES))
    ),
    number=str,
)
JUDGED_ITEMS = CompiledQuery(
    lambda number: _beside_active_request(
        OrderItem.objects.filter(order__number=number).defer(*SHOWN_OF_ITEM), "requested"
    ).annotate(active_request=F("requested__pk")),
    number=str,
)
COLUMNS_AGAIN = CompiledQuery(
    lambda order: _beside_active_request(OrderItem.objects.filter(order=order), "requested").values_list(
        "requested__pk", *OF_ITEM, *(f"order__{name}" for name in OF_ORDER), named=True
    ),
    order=int,
)
"""What was judged, as it is under the claim; `case.columns_again` reads it."""

CLOSE_ATTEMPT = CompiledUpdate(
    lambda attempt, was, state, because, closed: (
        CancellationAttempt.objects.filter(pk=attempt, state=was),
        {"state": state, "because": because, "closed_date": closed, **DONE},
    ),
    attempt=UUID,
    was=str,
    state=str,
    because=str,
    closed=datetime,
)

_TO_WAITING = {"status_before_cancellation": F("status"), "status": Status.CANCELLATION_WAITING}
_UNTOUCHED = OrderItem.objects.filter(order=OuterRef("pk")).exclude(status__in=IN_CANCELLATION)

CANCEL_ORDER = CompiledUpdate(
    lambda order, now: (
        Order.objects.filter(pk=order).exclude(status__in=IN_CANCELLATION).exclude(Exists(_UNTOUCHED)),
        {**_TO_WAITING, "modified_date": now},
    ),
    order=int,
    now=datetime,
)
"""The order follows once none of its items goes on."""


def cancel_items(items: list[int], *, now: datetime) -> Statement:
    """For `batch`: move items, one at least, to `cancellation_waiting` that are not in cancellation yet."""
    return _cancel_items(len(items)).bind(now=now, **{f"item{n}": pk for n, pk in enumerate(items)})


CANCEL_PARTS = CompiledUpdate(
    lambda item, key, parts, returned, now: (
        OrderItem.objects.filter(pk=item),
        {
            "omnitron_pk": key,
            "parts": Cast(Value(parts), JSONField()),
            "returned_quantity": Least(Value(returned), F("quantity") - F("withdrawn_quantity")),
            "modified_date": now,
        },
    ),
    item=int,
    key=int,
    parts=str,
    returned=int,
    now=datetime,
)
"""Some pieces of an item are cancelled, and the item goes on."""


@lru_cache(maxsize=128)
def _cancel_items(count: int) -> CompiledUpdate:
    return CompiledUpdate(
        lambda now, **items: (
            OrderItem.objects.filter(pk__in=[*items.values()]).exclude(status__in=IN_CANCELLATION),
            {**_TO_WAITING, "modified_date": now},
        ),
        now=datetime,
        **{f"item{n}": int for n in range(count)},
    )
