"""Documents as the wire shows them."""

from __future__ import annotations

from .store import Doc, Store, public

# Tables that only speak of `id` in public examples; `pk` is sent as well.
_WITH_ID = {
    "cancellation_requests",
    "cancellation_plans",
    "easy_returns",
    "address_changes",
    "cancellation_reasons",
    "channels",
    "error_reports",
    "operational_events",
}


def shown(table: str, doc: Doc) -> Doc:
    """A document of a table as the wire shows it."""
    return {**public(doc), "id": doc["pk"]} if table in _WITH_ID else public(doc)


def detailed(store: Store, order: Doc) -> Doc:
    """An order with everything that belongs to it."""
    pk = order["pk"]
    with store.transaction():
        sets = {
            "orderitem_set": ("order_items", store.find("order_items", order=pk)),
            "cancellationplan_set": ("cancellation_plans", store.find("cancellation_plans", order__pk=pk)),
            "cancellationrequest_set": (
                "cancellation_requests",
                store.find("cancellation_requests", _order=pk),
            ),
            "orderaddresschange_set": ("address_changes", store.find("address_changes", _order=pk)),
        }
    return {
        **public(order),
        **{name: [shown(table, doc) for doc in docs] for name, (table, docs) in sets.items()},
    }
