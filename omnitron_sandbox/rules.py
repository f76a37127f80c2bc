"""Omnitron's own rules: pure, no memory, no clock.

The names of refusals are those of docs/contract.md, section D, where it has one; where no public source
names one, the name is ours and stands in `OUR_CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .problems import invalid, refused

STATUS_NAMES = {
    "50": "cancellation_waiting",
    "100": "canceled",
    "200": "waiting",
    "300": "payment_waiting",
    "350": "confirmation_waiting",
    "400": "approved",
    "450": "preparing",
    "500": "shipped",
    "510": "shipped_and_informed",
    "520": "ready_for_pickup",
    "540": "attempted_delivery",
    "544": "review_started",
    "545": "review_waiting",
    "546": "waiting_for_payment",
    "547": "paid",
    "550": "delivered",
    "600": "refunded",
}
STATUS_CODES = {name: code for code, name in STATUS_NAMES.items()} | {"cancelled": "100"}

CANCELLATION_WAITING = "50"
CANCELED = "100"
PREPARING = "450"
SHIPPED = "500"
DELIVERED = "550"
REFUNDED = "600"
PAYMENT_AWAITED = frozenset({"300", "546"})
TERMINAL = frozenset({CANCELED, REFUNDED})
UNSHIPPED = frozenset({"200", "300", "350", "400", PREPARING})

CANCELLATION_TYPES = ("cancel", "refund")
REQUEST_STATUSES = ("waiting", "waiting_approval", "confirmed", "approved", "rejected", "completed")
ACTIVE_REQUEST_STATUSES = ("waiting", "waiting_approval", "confirmed", "approved")
PLAN_STATUSES = (
    "waiting",
    "confirmation_waiting",
    "confirmed",
    "approved",
    "rejected",
    "waiting_for_payment",
)
OPEN_PLAN_STATUSES = ("waiting", "confirmation_waiting", "confirmed", "waiting_for_payment")

MORE_THAN_ONE = "OrderCancelMoreThenOne"  # spelt as Omnitron spells it
OVERLAPPING = "OrderCancelOverlappingParameter"
MISSING_REASON = "OrderCancelMissingReason"
NO_PURCHASE = "OrderCancelPurchaseTransactionNotFound"
ILLEGAL_MOVE = "OrderUpdateCancelStatus"
ACTIVE_REQUEST = "cancellation_request_100_1"
OLD_ADDRESS = "order_100_3"
# No public source names these.
ITEM_STATUS = "OrderItemStatus"
MIXED_TYPES = "OrderCancelMixedTypes"
OPEN_ADDRESS_CHANGE = "order_address_changing_100_1"
REQUEST_STATUS = "cancellation_request_100_2"
OUR_CODES = (ITEM_STATUS, MIXED_TYPES, OPEN_ADDRESS_CHANGE, REQUEST_STATUS)


def is_shipped(status: str) -> bool:
    """On its way, at the customer's, or in between; not yet refunded."""
    return 500 <= int(status) < 600


def status_code(value: object) -> str | None:
    """The code for a code or a name (public examples show both); None for anything else."""
    text = str(value)
    return text if text in STATUS_NAMES else STATUS_CODES.get(text)


@dataclass(frozen=True, kw_only=True)
class CancelWish:
    """The body of `POST .../orders/{pk}/cancel/`, read and of the right types."""

    items: tuple[int, ...]
    reasons: Mapping[str, int]
    is_all: bool = False
    is_cargo_refund: bool = False
    refund_invoice_number: str | None = None
    ibans: Mapping[str, str] = field(default_factory=dict)
    holder_names: Mapping[str, str] = field(default_factory=dict)


def read_cancel(body: object, *, order: int) -> CancelWish:
    """Read a cancel body; 400 with the field's name when it is malformed."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    if "order" in body and str(body["order"]) != str(order):
        raise invalid("order", f"The body's order is not the path's order {order}.")
    if body.get("forced_refund_amount") is not None:
        raise invalid("forced_refund_amount", "This field must be null.")
    items = body.get("cancel_items", [])
    if not isinstance(items, list):
        raise invalid("cancel_items", "Expected a list of items.")
    numbers = tuple(_integer(item, "cancel_items") for item in items)
    if len(set(numbers)) != len(numbers):
        raise invalid("cancel_items", "An item may be named only once.")
    reasons = {key: _integer(value, "reasons") for key, value in _object(body, "reasons").items()}
    invoice = body.get("refund_invoice_number")
    return CancelWish(
        items=numbers,
        reasons=reasons,
        is_all=_flag(body, "is_all"),
        is_cargo_refund=_flag(body, "is_cargo_refund"),
        refund_invoice_number=None if invoice is None else str(invoice),
        ibans={key: str(value) for key, value in _object(body, "ibans").items()},
        holder_names={key: str(value) for key, value in _object(body, "holder_names").items()},
    )


def judge_cancel(
    wish: CancelWish,
    *,
    items: Mapping[int, str],
    open_plans: int,
    reasons: Sequence[int],
    has_purchase: bool,
) -> tuple[str, tuple[int, ...]]:
    """Decide on a cancel: (plan type, item pks), or a Problem. `items` is pk -> status of the order."""
    _check_parameters(wish, items=items, reasons=reasons)
    if open_plans:
        raise refused("This order has a cancellation that is not finished.", MORE_THAN_ONE)
    chosen = wish.items or tuple(pk for pk, status in items.items() if status not in TERMINAL)
    for pk in chosen:
        if str(pk) not in wish.reasons:
            raise refused(f"Order item {pk} has no reason.", MISSING_REASON)
    if not chosen:
        raise refused("Nothing of this order is left to cancel.", ITEM_STATUS)
    for pk in chosen:
        if items[pk] not in UNSHIPPED and items[pk] != DELIVERED:
            name = STATUS_NAMES[items[pk]]
            raise refused(f"Order item {pk} is {name} and cannot be cancelled.", ITEM_STATUS)
    types = {"refund" if items[pk] == DELIVERED else "cancel" for pk in chosen}
    if len(types) > 1:
        raise refused("Cancel and return cannot be mixed in one call.", MIXED_TYPES)
    if not has_purchase:
        raise refused("No purchase transaction was found for this order.", NO_PURCHASE)
    return types.pop(), chosen


def _check_parameters(wish: CancelWish, *, items: Mapping[int, str], reasons: Sequence[int]) -> None:
    if wish.is_all and wish.items:
        raise refused("is_all and cancel_items exclude each other.", OVERLAPPING)
    if wish.is_cargo_refund and not wish.items:
        # is_all refunds the shipping anyway, and shipping alone is no cancel.
        raise refused("is_cargo_refund goes with cancel_items only.", OVERLAPPING)
    if not wish.is_all and not wish.items:
        raise invalid("cancel_items", "This list may not be empty.", code="empty")
    for pk in wish.items:
        if pk not in items:
            raise invalid("cancel_items", f'Invalid pk "{pk}" - object does not exist.', code="does_not_exist")
    for reason in wish.reasons.values():
        if reason not in reasons:
            raise invalid("reasons", f'Invalid pk "{reason}" - object does not exist.', code="does_not_exist")


def check_plan_move(old: str, new: str) -> None:
    """Refuse an illegal move of a plan's status. What is finished stays finished."""
    illegal = old in {"approved", "rejected"} or old == new
    # Only Omnitron's bank may end a wait for payment.
    if illegal or old == "waiting_for_payment":
        raise refused(f"A cancellation plan cannot go from {old} to {new}.", ILLEGAL_MOVE)


def order_status(items: Sequence[str], former: str) -> str:
    """The order's status once no plan is open, from its items' and from what it was before."""
    rest = [status for status in items if status not in TERMINAL]
    if not rest:
        return REFUNDED if REFUNDED in items else CANCELED
    if all(is_shipped(status) for status in rest):
        return min(rest, key=int)
    return former


def address_change_verdict(status: str) -> str:
    """'approved' at once or 'waiting_approval', by the order's status; 406 when it is too late."""
    if status in UNSHIPPED:
        return "waiting_approval" if status == PREPARING else "approved"
    raise refused("Old order address cannot be changed", OLD_ADDRESS)


def _integer(value: Any, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    raise invalid(name, "A valid integer is required.")


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(name, "Expected a dictionary.")
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid(name, "Must be a valid boolean.")
    return value
