"""Cancellation requests: wishes that wait for the back office (docs/contract.md, section D)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from . import cancelling, rules
from .intake import add_mapping
from .problems import Problem, invalid, not_found, refused
from .store import Doc, Store, public, stamp

CARRIERS = ("yurtici", "aras", "mng", "ptt", "ups")


def create(store: Store, body: Any) -> Doc:
    """Write a request down as `waiting`; one active request per item, one per remote id."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    missing = [name for name in ("order_item", "reason", "cancellation_type") if body.get(name) in (None, "")]
    if missing:
        raise Problem(400, {name: ["This field is required."] for name in missing} | {"code": "required"})
    with store.transaction():
        item = _item(store, body["order_item"])
        fields = _fields(store, body, item)
        remote_id = body.get("remote_id")
        if remote_id not in (None, "") and store.first("cancellation_requests", remote_id=str(remote_id)):
            text = "cancellation request with this remote id already exists."
            raise invalid("remote_id", text, code="unique")
        _check_single(store, item)
        if item["status"] in rules.TERMINAL:
            name = rules.STATUS_NAMES[item["status"]]
            raise refused(f"Order item {item['pk']} is already {name}.", rules.REQUEST_STATUS)
        request = store.insert(
            "cancellation_requests",
            {
                "order_item": item["pk"],
                "description": "",
                "status": "waiting",
                "iban": None,
                "holder_name": None,
                "easy_return": None,
                "quantity": 1,
                "fully_refund_as_loyalty_money": False,
                "uuid": str(uuid.uuid4()),
                "attributes": {},
                "attributes_kwargs": {},
                "localized_attributes": {},
                "localized_attributes_kwargs": {},
                "remote_id": None if remote_id in (None, "") else str(remote_id),
                "_order": item["order"],
                "_order_number": item["_order_number"],
                "_channel": item["_channel"],
                **fields,
            },
        )
        if request["remote_id"] is not None:
            add_mapping(
                store,
                "cancellationrequest",
                request,
                remote_id=request["remote_id"],
                channel=item["_channel"],
            )
        company = body.get("shipping_company")
        if company and request["cancellation_type"] == "refund":
            return give_easy_return(store, request["pk"], str(company))
        return request


def update(store: Store, pk: int, body: Any, *, partial: bool) -> Doc:
    """PUT (the three named fields required) or PATCH."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    with store.transaction():
        request = find(store, pk)
        if not partial:
            for name in ("order_item", "reason", "cancellation_type"):
                if name not in body:
                    raise invalid(name, "This field is required.", code="required")
        item = _item(store, body.get("order_item", request["order_item"]))
        fields = _fields(store, body, item)
        if "status" in body:
            if body["status"] not in rules.REQUEST_STATUSES:
                raise invalid("status", f'"{body["status"]}" is not a valid choice.', code="invalid_choice")
            fields["status"] = body["status"]
        if fields.get("status", request["status"]) in rules.ACTIVE_REQUEST_STATUSES:
            _check_single(store, item, besides=pk)
        return store.save(
            "cancellation_requests",
            request,
            order_item=item["pk"],
            _order=item["order"],
            _order_number=item["_order_number"],
            **fields,
        )


def reject(store: Store, pk: int) -> Doc:
    """The back office says no. Rejecting again answers the same; a finished request stays finished."""
    with store.transaction():
        request = find(store, pk)
        if request["status"] == "rejected":
            return request
        _check_no_plan(store, request)
        return store.save("cancellation_requests", request, status="rejected")


def approve(store: Store, pk: int) -> Doc:
    """The back office says yes: there is a plan for the item from now on. Answers the plan."""
    with store.transaction():
        request = find(store, pk)
        if request["status"] not in ("waiting", "waiting_approval", "confirmed"):
            raise refused(f"A request that is {request['status']} cannot be approved.", rules.REQUEST_STATUS)
        return cancelling.cancel_for_request(store, request)


def remove(store: Store, pk: int) -> None:
    """DELETE: gone, with its mapping, unless a plan came of it."""
    with store.transaction():
        request = find(store, pk)
        _check_no_plan(store, request)
        for action in store.find("integration_actions", object_id=pk, content_type__model="cancellationrequest"):
            store.delete("integration_actions", action["pk"])
        store.delete("cancellation_requests", pk)


def give_easy_return(store: Store, pk: int, shipping_company: str) -> Doc:
    """Obtain the code which the customer shows at the carrier. Answers the request."""
    company = CARRIERS[int(shipping_company) % len(CARRIERS)] if shipping_company.isdigit() else shipping_company
    with store.transaction():
        request = find(store, pk)
        if request["cancellation_type"] != "refund":
            raise refused("Only a refund is sent back.", rules.REQUEST_STATUS)
        now = datetime.now(UTC)
        made = store.insert(
            "easy_returns",
            {
                "shipping_company": company,
                "code": f"EASYRETURN{pk}",
                "start_date": stamp(now),
                "end_date": stamp(now + timedelta(days=14)),
                "max_count": 1,
                "status": "active",
                "raw_request": None,
                "raw_response": None,
                "tracking_number": None,
                "tracking_url": None,
                "pickup_date": None,
                "uuid": str(uuid.uuid4()),
                "_request": pk,
            },
        )
        shown = {"id": made["pk"], **{key: value for key, value in public(made).items() if key != "pk"}}
        return store.save("cancellation_requests", request, easy_return=shown)


def find(store: Store, pk: int) -> Doc:
    """One request, or 404."""
    request = store.get("cancellation_requests", pk)
    if request is None:
        raise not_found()
    return request


def _item(store: Store, pk: Any) -> Doc:
    item = store.get("order_items", int(pk)) if str(pk).isdigit() and len(str(pk)) < 19 else None
    if item is None:
        raise invalid("order_item", f'Invalid pk "{pk}" - object does not exist.', code="does_not_exist")
    return item


def _fields(store: Store, body: Doc, item: Doc) -> Doc:
    fields: Doc = {
        name: str(body[name] or "") if name == "description" else body[name]
        for name in ("description", "iban", "holder_name")
        if name in body
    }
    if "reason" in body:
        fields["reason"] = cancelling.check_reason(store, body["reason"])
    if "cancellation_type" in body:
        kind = body["cancellation_type"]
        if kind not in rules.CANCELLATION_TYPES:
            raise invalid("cancellation_type", f'"{kind}" is not a valid choice.', code="invalid_choice")
        fields["cancellation_type"] = kind
    if body.get("quantity") is not None:
        quantity = body["quantity"]
        if not isinstance(quantity, int) or isinstance(quantity, bool):
            raise invalid("quantity", "A valid integer is required.")
        if not 1 <= quantity <= item["quantity"]:
            raise invalid("quantity", f"Ensure this value is between 1 and {item['quantity']}.")
        fields["quantity"] = quantity
    if "fully_refund_as_loyalty_money" in body:
        if not isinstance(body["fully_refund_as_loyalty_money"], bool):
            raise invalid("fully_refund_as_loyalty_money", "Must be a valid boolean.")
        fields["fully_refund_as_loyalty_money"] = body["fully_refund_as_loyalty_money"]
    return fields


def _check_single(store: Store, item: Doc, *, besides: int | None = None) -> None:
    others = [
        request
        for request in store.find("cancellation_requests", order_item=item["pk"])
        if request["pk"] != besides and request["status"] in rules.ACTIVE_REQUEST_STATUSES
    ]
    if others or (item["status"] == rules.CANCELLATION_WAITING and besides is None):
        raise refused("There is already an active cancellation for this order item.", rules.ACTIVE_REQUEST)


def _check_no_plan(store: Store, request: Doc) -> None:
    item = store.get("order_items", request["order_item"])
    in_plan = item is not None and item["status"] == rules.CANCELLATION_WAITING
    if request["status"] == "completed" or (request["status"] == "approved" and in_plan):
        raise refused(f"A request that is {request['status']} stays so.", rules.REQUEST_STATUS)
