"""Cancelling: an accepted cancel becomes a plan, a plan is approved or rejected.

Every verb runs in one transaction, which is where a cancel and a shipment find out who was first.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from . import refunds, rules
from .problems import invalid, not_found, refused
from .store import Doc, Store


def cancel(store: Store, order_pk: int, body: Any) -> Doc:
    """Accept a cancel as section D describes it, or raise. Answers the order as it is now."""
    with store.transaction():
        order = _order(store, order_pk)
        items = {item["pk"]: item for item in store.find("order_items", order=order_pk)}
        wish = rules.read_cancel(body, order=order_pk)
        plan_type, chosen = rules.judge_cancel(
            wish,
            items={pk: item["status"] for pk, item in items.items()},
            open_plans=len(open_plans(store, order_pk)),
            reasons=[reason["pk"] for reason in store.find("cancellation_reasons", is_active=True)],
            has_purchase=order["_payment_type"] != "credit_card" or bool(order["transaction_set"]),
        )
        whole = {pk: refunds.pieces_left(items[pk]) for pk in chosen}
        _open_plan(store, order, [items[pk] for pk in chosen], plan_type, wish, pieces=whole)
        return _order(store, order_pk)


def cancel_for_request(store: Store, request: Doc) -> Doc:
    """What the back office does with a request it agrees to: the plan for that one item, or some of its pieces."""
    with store.transaction():
        item = store.get("order_items", request["order_item"])
        if item is None:
            raise not_found()
        if open_plans(store, item["order"]):
            raise refused("This order has a cancellation that is not finished.", rules.MORE_THAN_ONE)
        kind = request["cancellation_type"]
        fits = rules.is_shipped(item["status"]) if kind == "refund" else item["status"] in rules.UNSHIPPED
        if not fits:
            name = rules.STATUS_NAMES[item["status"]]
            raise refused(f"Order item {item['pk']} is {name}: no {kind} is possible.", rules.ITEM_STATUS)
        left = refunds.pieces_left(item)
        pieces = min(int(request["quantity"]), left)
        # Whoever cancels the last of what never left sends the shipping back, too.
        ends = pieces == left and refunds.has_ended_unshipped(
            store.find("order_items", order=item["order"]), [item["pk"]]
        )
        wish = rules.CancelWish(
            items=(item["pk"],), reasons={str(item["pk"]): request["reason"]}, is_cargo_refund=ends and kind == "cancel"
        )
        return _open_plan(store, _order(store, item["order"]), [item], kind, wish, pieces={item["pk"]: pieces})


def approve_plan(store: Store, plan_pk: int) -> Doc:
    """The plan is carried out: items 100 (refund: 600), money back, requests completed."""
    with store.transaction():
        plan = _plan(store, plan_pk)
        rules.check_plan_move(plan["status"], "approved")
        end = rules.REFUNDED if plan["plan_type"] == "refund" else rules.CANCELED
        for entry in plan["cancellationplanorderitem_set"]:
            item = store.get("order_items", entry["order_item"])
            if item is not None:
                store.save("order_items", item, **_after(item, plan["_pieces"][str(item["pk"])], end))
        _close_requests(store, plan, "completed")
        plan = store.save("cancellation_plans", plan, status="approved")
        order = _order(store, plan["order"]["pk"])
        store.save("orders", order, **refunds.reported_after(order, plan))
        _return_order(store, plan)
        return plan


def reject_plan(store: Store, plan_pk: int) -> Doc:
    """The plan is refused: items and order get back the status they had."""
    with store.transaction():
        plan = _plan(store, plan_pk)
        rules.check_plan_move(plan["status"], "rejected")
        for entry in plan["cancellationplanorderitem_set"]:
            item = store.get("order_items", entry["order_item"])
            if item is not None and plan["_pieces"][str(item["pk"])] == refunds.pieces_left(item):
                store.save("order_items", item, status=entry["former_status"])
        _close_requests(store, plan, "rejected")
        plan = store.save("cancellation_plans", plan, status="rejected")
        _return_order(store, plan)
        return plan


def create_payment_plan(store: Store, plan_pk: int) -> Doc:
    """`POST .../cancellation_plans/{id}/create_payment_plan`: what will be paid back, for an open plan."""
    with store.transaction():
        plan = _plan(store, plan_pk)
        if plan["status"] not in rules.OPEN_PLAN_STATUSES:
            raise refused(f"A cancellation plan that is {plan['status']} pays nothing.", rules.ILLEGAL_MOVE)
        return store.save("cancellation_plans", plan)  # its payments were planned with it


def open_plans(store: Store, order_pk: int) -> list[Doc]:
    """The order's plans that are neither approved nor rejected: at most one."""
    return [
        plan
        for plan in store.find("cancellation_plans", order__pk=order_pk)
        if plan["status"] in rules.OPEN_PLAN_STATUSES
    ]


def refresh_order_status(store: Store, order_pk: int) -> None:
    """After items moved: the order follows them, or stays 50 while a plan is open."""
    order = _order(store, order_pk)
    statuses = [item["status"] for item in store.find("order_items", order=order_pk)]
    plans = open_plans(store, order_pk)
    if plans:
        plan = plans[0]
        rest = [status for status in statuses if status != rules.CANCELLATION_WAITING]
        former = rules.order_status(rest, plan["_former_status"]) if rest else plan["_former_status"]
        if former != plan["_former_status"] and former not in rules.TERMINAL:
            store.save("cancellation_plans", plan, _former_status=former)
        store.save("orders", order)
    else:
        store.save("orders", order, status=rules.order_status(statuses, order["status"]))


def _after(item: Doc, pieces: int, end: str) -> Doc:
    """What changes of an item once a plan for so many of its pieces is carried out: it goes on with those left."""
    if pieces < refunds.pieces_left(item):
        return {"_gone": int(item.get("_gone") or 0) + pieces}
    return {"status": end}


def _open_plan(
    store: Store, order: Doc, items: list[Doc], plan_type: str, wish: rules.CancelWish, *, pieces: Mapping[int, int]
) -> Doc:
    """Open a plan for these items; `pieces`: of each, by its pk, how many of them."""
    pks = [item["pk"] for item in items]
    books = refunds.Books(order, store.find("order_items", order=order["pk"]), pieces)
    refund = books.refund(cargo=wish.is_cargo_refund or wish.is_all)
    for item in items:
        if pieces[item["pk"]] == refunds.pieces_left(item):
            store.save("order_items", item, status=rules.CANCELLATION_WAITING)
        for request in store.find("cancellation_requests", order_item=item["pk"]):
            if request["status"] in rules.ACTIVE_REQUEST_STATUSES:
                store.save("cancellation_requests", request, status="approved")
    plan = store.insert(
        "cancellation_plans",
        {
            "uuid": str(uuid.uuid4()),
            "plan_type": plan_type,
            "status": "waiting",
            "order": {
                "pk": order["pk"],
                "number": order["number"],
                "channel": order["channel"],
                "status": rules.CANCELLATION_WAITING,
            },
            "cancellationplanorderitem_set": [
                {
                    "order_item": item["pk"],
                    "reason": wish.reasons[str(item["pk"])],
                    "former_status": item["status"],
                    "iban": wish.ibans.get(str(item["pk"])),
                    "holder_name": wish.holder_names.get(str(item["pk"])),
                }
                for item in items
            ],
            "refund_amount": refunds.written(refund.amount),
            "payment_plan": refund.payments(pks),
            "is_all": wish.is_all,
            "is_cargo_refund": wish.is_cargo_refund,
            "refund_invoice_number": wish.refund_invoice_number,
            "_discount": refunds.written(refund.discount),
            "_shipping": refunds.written(refund.shipping),
            "_former_status": order["status"],
            "_pieces": {str(pk): count for pk, count in pieces.items()},
            "_channel": order["_channel"],
        },
    )
    store.save("orders", order, status=rules.CANCELLATION_WAITING)
    return plan


def _close_requests(store: Store, plan: Doc, status: str) -> None:
    for entry in plan["cancellationplanorderitem_set"]:
        for request in store.find("cancellation_requests", order_item=entry["order_item"]):
            if request["status"] == "approved":
                store.save("cancellation_requests", request, status=status)


def _return_order(store: Store, plan: Doc) -> None:
    order = _order(store, plan["order"]["pk"])
    statuses = [item["status"] for item in store.find("order_items", order=order["pk"])]
    status = rules.order_status(statuses, plan["_former_status"])
    store.save("orders", order, status=status)
    store.save("cancellation_plans", plan, order={**plan["order"], "status": status})


def _order(store: Store, pk: int) -> Doc:
    order = store.get("orders", pk)
    if order is None:
        raise not_found()
    return order


def _plan(store: Store, pk: int) -> Doc:
    plan = store.get("cancellation_plans", pk)
    if plan is None:
        raise not_found()
    return plan


def check_reason(store: Store, pk: Any) -> int:
    """A reason's pk which exists and is active, or a 400."""
    reason = store.get("cancellation_reasons", int(pk)) if str(pk).isdigit() and len(str(pk)) < 19 else None
    if reason is None or not reason["is_active"]:
        raise invalid("reason", f'Invalid pk "{pk}" - object does not exist.', code="does_not_exist")
    return int(reason["pk"])
