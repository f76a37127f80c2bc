"""An order as its owner sees it: the wire's JSON (docs/contract.md, section B), with the rules' answers in it.

Where does a field come from? What we judge or change: from its column, below. What we only repeat: from `details`.
What may be done: from the rules, by the very functions that judge a POST. Orders and items come as models or as rows
(`account/rows.py`): both have every column by its name.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from django.utils.translation import get_language, gettext, override

from aftercart.cancellations.case import ItemColumns, case_of, facts_of, shown_columns, shown_order_facts
from aftercart.cancellations.eligibility import Way, eligibility
from aftercart.cancellations.models import CancellationRequest
from aftercart.cancellations.representation import shown_request
from aftercart.cancellations.rules import CANCEL, REFUND, OrderFacts, WishedItem, is_past_gap
from aftercart.cancellations.sets import sets_of
from aftercart.currencies import USUAL_PLACES, decimal_places, on_the_wire, with_places
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.dynamic_settings.schema import ExtraCancelRules
from aftercart.orders.amounts import is_amount
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.received import ITEM_DETAILS, ORDER_DETAILS, PRODUCT, carrier_key
from aftercart.statuses import AFTER_SHIPMENT, LABELS, Status

Asked = Mapping[int, CancellationRequest]
NONE: Asked = MappingProxyType({})
AMOUNTS = frozenset(field.name for model in (Order, OrderItem) for field in model._meta.fields if is_amount(field))
CURRENCY_LABELS = {"try": "TL"}
ONCE, LATER = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@cache
def shown_statuses(language: str) -> Mapping[int, dict[str, str]]:
    """Every status on the wire: its code as text, its name in the reader's language."""
    with override(language or None):
        return {int(status): {"value": str(int(status)), "label": gettext(LABELS[status])} for status in Status}


@lru_cache(maxsize=64)
def shown_currency(code: str) -> dict[str, str]:
    """A currency on the wire."""
    return {"value": code, "label": CURRENCY_LABELS.get(code, code.upper())}


@lru_cache(maxsize=256)
def shown_rate(rate: Decimal) -> Decimal:
    """A tax rate with two decimal places, or as many as it has."""
    return with_places(rate, USUAL_PLACES)


def shown_order(order: Any, items: Iterable[Any], asked: Asked, may: "Permissions") -> dict[str, Any]:
    """The whole order; amounts are Decimals, moments aware datetimes. `asked`: active requests by their item's id."""
    lines = list(items)
    sets = sets_of(lines)
    shown_items = [shown_item(item, asked.get(item.id), may, sets.get(item.id, ()), asked) for item in lines]
    shown = {
        **ORDER_DETAILS,
        **order.details,
        "id": order.id,
        "pk": order.id,
        "number": order.number,
        "status": may.statuses[order.status],
        "currency": shown_currency(order.currency),
        "orderitem_set": shown_items,
        "is_cancelled": order.status == Status.CANCELED,
        "is_cancellable": any(item["is_cancellable"] for item in shown_items),
        "is_refundable": any(item["is_refundable"] for item in shown_items),
        "shipping_address": order.shipping_address,
        "billing_address": order.billing_address,
        "amount": order.amount,
        "discount_amount": order.discount_amount,
        "shipping_amount": order.shipping_amount,
        "refund_amount": order.refund_amount,
        "discount_refund_amount": order.discount_refund_amount,
        "shipping_refund_amount": order.shipping_refund_amount,
        "invoice_number": order.invoice_number,
        "invoice_date": order.invoice_date,
        "tracking_number": order.tracking_number,
        "tracking_url": order.tracking_url,
        "language_code": order.language_code,
        "user_email": order.user_email,
        "user": order.customer_id,
        "created_date": order.created_date,
        "modified_date": order.modified_date,
    }
    if decimal_places(order.currency) > USUAL_PLACES:
        _with_all_places(shown, order.currency)
    return shown


def _with_all_places(order: dict[str, Any], currency: str) -> None:
    """Write `1.500`, not `1.50`, where the currency is paid so."""
    for thing in (order, *order["orderitem_set"]):
        for name in AMOUNTS & thing.keys():
            if isinstance(thing[name], Decimal):
                thing[name] = on_the_wire(thing[name], currency)


def shown_item(
    item: Any, request: CancellationRequest | None, may: "Permissions", of_set: Sequence[Any] = (), asked: Asked = NONE
) -> dict[str, Any]:
    """One item of an order, with its active request if it has one. `of_set`: all lines of its set, the set's first."""
    active = shown_request(request) if request is not None else None
    return {
        **ITEM_DETAILS,
        **item.details,
        "id": item.id,
        "order": item.order_id,
        "status": may.statuses[item.status],
        "price_currency": shown_currency(item.price_currency),
        "product": {**PRODUCT, **item.product},
        "quantity": item.quantity,
        "is_cancelled": item.status == Status.CANCELED,
        **may.flags(item, active is not None, of_set, asked),
        "cancellationrequest_set": [active] if active else [],
        "active_cancellation_request": active,
        "available_easy_return_shipping_companies": may.carriers(item.easy_return_companies),
        "price": item.price,
        "retail_price": item.retail_price,
        "tax_rate": shown_rate(item.tax_rate),
        "tracking_number": item.tracking_number,
        "tracking_url": item.tracking_url,
        "invoice_number": item.invoice_number,
        "invoice_date": item.invoice_date,
        "removed_date": item.removed_date,
        "created_date": item.created_date,
        "modified_date": item.modified_date,
    }


@lru_cache(maxsize=4096)
def _flags(
    settings: DynamicSettings,
    order: OrderFacts,
    is_late: bool,
    item: ItemColumns,
    *,
    parts: tuple[ItemColumns, ...] = (),
    is_alone: bool = False,
) -> dict[str, bool]:
    """What the rules say of such an item. Of time they know but one thing, whether the order's gap has passed: so few
    cases differ that a process judges each of them once, not at each request."""

    facts = facts_of(item, is_alone=is_alone)
    with_it = [
        (facts_of(part), WishedItem(0, 0, REFUND if part.status in AFTER_SHIPMENT else CANCEL)) for part in parts
    ]

    def allowed(cancellation_type: str) -> bool:
        chosen = ((facts, WishedItem(0, 0, cancellation_type)), *with_it)
        now = LATER if is_late else ONCE
        return eligibility(case_of(order, chosen, settings=settings, created_date=ONCE, now=now)).way != Way.NONE

    return {"is_cancellable": allowed(CANCEL), "is_refundable": allowed(REFUND)}


class Permissions:
    """What the owner may do with each item of one order now, judged by the rules of the POST itself."""

    def __init__(
        self,
        order: Any,
        settings: DynamicSettings,
        *,
        now: datetime,
        active_carriers: Container[int] = (),
        language: str = "",
    ) -> None:
        self.active_carriers = active_carriers
        self.statuses = shown_statuses(language or get_language() or "")
        is_late = is_past_gap(settings.get(ExtraCancelRules), order.created_date, now)
        self._of_order = settings, shown_order_facts(order), is_late

    def flags(
        self, item: Any, has_active_request: bool, of_set: Sequence[Any] = (), asked: Asked = NONE
    ) -> dict[str, bool]:
        """`is_cancellable` and `is_refundable` of an item: whether it can be, directly or by a request.

        `of_set`: all lines of its set that are here, the set's own first; `asked`: their active requests.
        """
        columns = shown_columns(item, has_active_request)
        if not of_set:
            return _flags(*self._of_order, columns)
        if of_set[0] is not item:
            return _flags(*self._of_order, columns, is_alone=True)
        parts = tuple(shown_columns(part, part.id in asked) for part in of_set[1:])
        return _flags(*self._of_order, columns, parts=parts)

    def carriers(self, offered: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The easy-return carriers offered for an item which the merchant works with at present."""
        return [company for company in offered if carrier_key(company) in self.active_carriers]
