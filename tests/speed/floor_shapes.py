"""The floor's answers: arrays as the statements bring them, to the same bytes as the product's."""

import time
from datetime import datetime
from typing import Any

import orjson

from tests.speed.usual.wire import ITEM_DETAILS, LABELS, ORDER_DETAILS, PRODUCT

STATUS = {code: {"value": str(code), "label": label} for code, label in LABELS.items()}
CURRENCY = {"try": {"value": "try", "label": "TL"}, "eur": {"value": "eur", "label": "EUR"}}
TYPES = {"cancel": "Cancellation", "refund": "Return"}
REQUEST_STATUSES = {
    "waiting": "Waiting for the shop",
    "confirmed": "Confirmed",
    "waiting_approval": "Waiting for approval",
    "approved": "Approved",
}
DIRECT, BEFORE = {300, 350, 400}, {200, 300, 350, 400, 450}
AFTER = {code for code in LABELS if 500 <= code <= 550}

FINAL = {"order_already_cancelled", "cancellation_in_progress", "cancellation_request_100_1"}


class Rules:
    """The merchant's settings as stored, or their defaults."""

    def __init__(self, rules: str | None, fallback: str | None) -> None:
        read = orjson.loads(rules) if rules else {}
        self.direct = DIRECT | {int(code) for code in read.get("extra_direct_cancellable_statuses", ())}
        self.has_invoice = read.get("has_invoice", False)
        gap = read.get("hour_gap", {})
        self.minutes = gap.get("time", 60) if gap.get("is_active") else None
        read = orjson.loads(fallback) if fallback else {}
        self.final = set(read.get("final", FINAL)) if read.get("enabled", True) else None

    def flags(self, order: tuple[int, str, bool, bool], item: tuple[int, bool, bool]) -> tuple[bool, bool]:
        """Whether an item can be cancelled, and given back."""
        (order_status, created, invoiced, held), (status, item_invoiced, asked) = order, item
        if order_status == 100 or held or status == 50 or asked:
            return False, False
        found = []
        if order_status not in self.direct:
            found.append("order_status_not_cancellable")
        if self.has_invoice and (invoiced or item_invoiced):
            found.append("order_has_invoice")
        if self.minutes and time.time() - datetime.fromisoformat(created).timestamp() > self.minutes * 60:
            found.append("cancellation_expired")
        final = self.final
        give_back = status in AFTER and final is not None and final.isdisjoint({*found, "needs_request"})
        if status not in self.direct:
            found.append("item_status_not_cancellable")
        if not found:
            return True, give_back
        return final is not None and final.isdisjoint(found) and status in BEFORE, give_back


def shown_order(row: tuple[Any, ...], rules: Rules, carriers: str) -> dict[str, Any]:
    """One order, from the columns of `floor_sql.ORDER`."""
    active = orjson.loads(carriers or "[]")
    order_id, status, created, invoice, held = row[0], row[2], row[19], row[12], bool(row[22])
    facts = (status, created, bool(invoice), held)
    known: dict[Any, tuple[bool, bool]] = {}
    items, cancellable, refundable = [], False, False
    for item in orjson.loads(row[23] or "[]"):
        request = _shown_request(item[16], item[1]) if item[16] else None
        key = (item[2], bool(item[12]), request is not None)
        flags = known.get(key)
        if flags is None:
            flags = known[key] = rules.flags(facts, key)
        cancellable, refundable = cancellable or flags[0], refundable or flags[1]
        items.append(
            {
                **ITEM_DETAILS,
                **item[0],
                "id": item[1],
                "order": order_id,
                "status": STATUS[item[2]],
                "price_currency": CURRENCY[item[3]],
                "product": {**PRODUCT, **item[4]},
                "quantity": item[5],
                "is_cancelled": item[2] == 100,
                "is_cancellable": flags[0],
                "is_refundable": flags[1],
                "cancellationrequest_set": [request] if request else [],
                "active_cancellation_request": request,
                "available_easy_return_shipping_companies": [c for c in item[6] if c.get("pk") in active],
                "price": item[7],
                "retail_price": item[8],
                "tax_rate": item[9],
                "tracking_number": item[10],
                "tracking_url": item[11],
                "invoice_number": item[12],
                "invoice_date": item[13],
                "removed_date": item[17],
                "created_date": item[14],
                "modified_date": item[15],
            }
        )
    return {
        **ORDER_DETAILS,
        **orjson.loads(row[21]),
        "id": order_id,
        "pk": order_id,
        "number": row[1],
        "status": STATUS[status],
        "currency": CURRENCY[row[3]],
        "orderitem_set": items,
        "is_cancelled": status == 100,
        "is_cancellable": cancellable,
        "is_refundable": refundable,
        "shipping_address": orjson.loads(row[4]),
        "billing_address": orjson.loads(row[5]),
        "amount": row[6],
        "discount_amount": row[7],
        "shipping_amount": row[8],
        "refund_amount": row[9],
        "discount_refund_amount": row[10],
        "shipping_refund_amount": row[11],
        "invoice_number": invoice,
        "invoice_date": row[13],
        "tracking_number": row[14],
        "tracking_url": row[15],
        "language_code": row[16],
        "user_email": row[17],
        "user": row[18],
        "created_date": created,
        "modified_date": row[20],
    }


def _shown_request(row: list[Any], item: int) -> dict[str, Any]:
    return {
        "id": row[0],
        "uuid": row[1],
        "order_item": item,
        "reason": row[2],
        "description": row[3],
        "created_date": row[4],
        "cancellation_type": {"value": row[5], "label": TYPES[row[5]]},
        "status": {"value": row[6], "label": REQUEST_STATUSES[row[6]]},
        "easy_return": None,
        "quantity": row[9],
        "because": row[10],
        "being_checked": bool(row[11]),
        "closing_note": row[12],
    }
