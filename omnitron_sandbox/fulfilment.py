"""Shipping, delivering, invoicing: what the warehouse does, and refuses while a cancel is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import cancelling, rules
from .intake import items_named
from .problems import invalid, not_found, refused
from .store import Doc, Store

Wanted = Iterable[object] | None

_ITEM_FIELDS = (
    "tracking_number", "carrier_shipping_code", "invoice_number", "invoice_date", "e_archive_url",
    "estimated_delivery_date", "delivered_date", "attributes", "attributes_kwargs", "extra_field",
)  # fmt: skip


def ship(store: Store, number: str, *, items: Wanted = None, parts: Wanted = None) -> Doc:
    """Items are shipped: 500 and a tracking number. Refused (406) for what is being cancelled.

    Without `items` (remote ids) or `parts` (pks) everything goes that has neither left nor been cancelled.
    """
    with store.transaction():
        order = find_order(store, number)
        chosen = _chosen(store, order, items, parts, lambda status: status in rules.UNSHIPPED)
        in_plans = {
            entry["order_item"]
            for plan in cancelling.open_plans(store, order["pk"])
            for entry in plan["cancellationplanorderitem_set"]
        }
        for item in chosen:
            _check_move(item, rules.SHIPPED)
            if item["pk"] in in_plans:  # some of its pieces are being cancelled, and nobody has packed the others yet
                raise refused(f"Pieces of order item {item['pk']} are being cancelled.", rules.ITEM_STATUS)
        parcels = {item["tracking_number"] for item in store.find("order_items", order=order["pk"])} - {None}
        tracking = f"TRK{number}-{len(parcels) + 1}"
        for item in chosen:
            store.save(
                "order_items",
                item,
                status=rules.SHIPPED,
                tracking_number=tracking,
                carrier_shipping_code=f"C{item['pk']}",
            )
        order = store.save("orders", order, tracking_number=tracking)
        cancelling.refresh_order_status(store, order["pk"])
        return find_order(store, number)


def deliver(store: Store, number: str, *, items: Wanted = None, parts: Wanted = None) -> Doc:
    """Shipped items arrive: 550 and `delivered_date`."""
    with store.transaction():
        order = find_order(store, number)
        chosen = _chosen(store, order, items, parts, _on_its_way)
        for item in chosen:
            if not _on_its_way(item["status"]):
                raise _refused_move(item, rules.DELIVERED)
        for item in chosen:
            store.save("order_items", item, status=rules.DELIVERED, delivered_date=store.tick())
        cancelling.refresh_order_status(store, order["pk"])
        return find_order(store, number)


def invoice(store: Store, number: str, *, items: Wanted = None, parts: Wanted = None) -> Doc:
    """Write an invoice for the order and its items; the same number when asked again."""
    with store.transaction():
        order = find_order(store, number)
        chosen = _chosen(store, order, items, parts, lambda status: status not in rules.TERMINAL)
        written = {
            "invoice_number": order["invoice_number"] or f"INV{number}",
            "invoice_date": order["invoice_date"] or store.tick(),
            "e_archive_url": order["e_archive_url"] or f"https://invoices.example/{number}.pdf",
        }
        for item in chosen:
            store.save("order_items", item, **written)
        return store.save("orders", order, **written)


def update_item(store: Store, pk: int, body: Any) -> Doc:
    """`PATCH .../order_items/{pk}/`: status, invoice, tracking, as the published client sends them."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    with store.transaction():
        item = store.get("order_items", pk)
        if item is None:
            raise not_found()
        changes = {name: body[name] for name in _ITEM_FIELDS if name in body}
        if "extra_field" in changes:
            if not isinstance(changes["extra_field"], dict):
                raise invalid("extra_field", "Expected a dictionary.")
            # The mapping to commerce is not for a partial update to lose.
            changes["extra_field"] = {**changes["extra_field"], "id": item["extra_field"]["id"]}
        if body.get("status") is not None:
            code = rules.status_code(body["status"])
            if code is None:
                raise invalid("status", f'"{body["status"]}" is not a valid choice.', code="invalid_choice")
            if code != item["status"]:
                _check_move(item, code)
                changes["status"] = code
                if code == rules.DELIVERED:
                    changes.setdefault("delivered_date", store.tick())
        item = store.save("order_items", item, **changes)
        cancelling.refresh_order_status(store, item["order"])
        return item


def find_order(store: Store, number: str) -> Doc:
    """An order by its number, or 404."""
    order = store.first("orders", number=number)
    if order is None:
        raise not_found()
    return order


def named(store: Store, order: Doc, items: Wanted, parts: Wanted) -> list[Doc]:
    """Items of an order by their remote ids, each with all of its parts, and by their own pks."""
    found: dict[int, Doc] = {}
    for remote in items or ():
        meant = items_named(store, order["pk"], remote)
        if not meant:
            raise invalid("items", f"Order {order['number']} has no item with the remote id {remote}.")
        found |= {item["pk"]: item for item in meant}
    own = {str(item["pk"]): item for item in store.find("order_items", order=order["pk"])}
    for pk in parts or ():
        if str(pk) not in own:
            raise invalid("parts", f"Order {order['number']} has no item {pk}.")
        found[own[str(pk)]["pk"]] = own[str(pk)]
    return list(found.values())


def _chosen(store: Store, order: Doc, items: Wanted, parts: Wanted, fits: Callable[[str], bool]) -> list[Doc]:
    if items is not None or parts is not None:
        return named(store, order, items, parts)
    own = store.find("order_items", order=order["pk"])
    chosen = [item for item in own if fits(item["status"])]
    if not chosen:
        names = ", ".join(sorted({rules.STATUS_NAMES[item["status"]] for item in own}))
        raise refused(f"No item of order {order['number']} is ready for that: {names}.", rules.ITEM_STATUS)
    return chosen


def _on_its_way(status: str) -> bool:
    return rules.is_shipped(status) and status != rules.DELIVERED


def _check_move(item: Doc, new: str) -> None:
    old = item["status"]
    if new in {rules.CANCELLATION_WAITING, *rules.TERMINAL}:
        raise refused("An item is cancelled by the order's cancel call only.", rules.ITEM_STATUS)
    leaves_cancel = old in {rules.CANCELLATION_WAITING, *rules.TERMINAL}
    ships_again = new == rules.SHIPPED and rules.is_shipped(old)
    comes_back = rules.is_shipped(old) and not rules.is_shipped(new)
    if leaves_cancel or ships_again or comes_back:
        raise _refused_move(item, new)


def _refused_move(item: Doc, new: str) -> Exception:
    old_name, new_name = rules.STATUS_NAMES[item["status"]], rules.STATUS_NAMES[new]
    return refused(f"Order item {item['pk']} is {old_name} and cannot become {new_name}.", rules.ITEM_STATUS)
