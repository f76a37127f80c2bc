"""Changing an order's delivery address (docs/contract.md, section D; the path there is a guess)."""

from __future__ import annotations

import uuid
from typing import Any

from . import rules
from .addresses import address_copy, address_hash
from .intake import mapped_pk
from .problems import Problem, invalid, not_found, refused
from .store import Doc, Store

ADDRESS_TYPES = ("shipping", "billing")
_REQUIRED = ("first_name", "last_name", "phone_number", "line", "country", "city")


def change(store: Store, body: Any) -> Doc:
    """Judge a change; do it, or keep it waiting for approval. `order` in the body is a REMOTE id."""
    if not isinstance(body, dict):
        raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
    required = ("channel_id", "order", "address", "order_address_types")
    missing = [name for name in required if body.get(name) in (None, "")]
    if missing:
        raise Problem(400, {name: ["This field is required."] for name in missing} | {"code": "required"})
    types = _types(body["order_address_types"])
    address = body["address"]
    if not isinstance(address, dict):
        raise invalid("address", "Expected a dictionary.")
    empty = [name for name in _REQUIRED if address.get(name) in (None, "")]
    if empty:
        texts = {name: ["This field is required."] for name in empty}
        raise Problem(400, {"address": texts, "code": "required"})
    with store.transaction():
        pk = mapped_pk(store, "order", body["order"])
        order = store.get("orders", pk) if pk is not None else None
        if order is None:
            text = f'No order has the remote id "{body["order"]}".'
            raise invalid("order", text, code="does_not_exist")
        if str(body["channel_id"]) != str(order["channel"]):
            raise invalid("channel_id", f"The order is not of channel {body['channel_id']}.")
        status = rules.address_change_verdict(order["status"])
        customer, channel = order["customer"]["pk"], order["channel"]
        copy = address_copy(store, address, customer=customer, channel=channel)
        waiting = store.find("address_changes", _order=order["pk"], status="waiting_approval")
        if waiting:
            same = copy is not None and address_hash(waiting[0]["address"]) == address_hash(copy)
            if same and waiting[0]["order_address_types"] == types:
                return waiting[0]
            text = "An address change of this order waits for approval."
            raise refused(text, rules.OPEN_ADDRESS_CHANGE)
        made = store.insert(
            "address_changes",
            {
                "uuid": str(uuid.uuid4()),
                "order": order["extra_field"]["id"],
                "channel_id": channel,
                "address": copy,
                "order_address_types": types,
                "status": status,
                "former_shipping_address": order["shipping_address"],
                "_order": order["pk"],
                "_order_number": order["number"],
                "_channel": channel,
            },
        )
        if status == "approved":
            _write(store, made, order)
        return made


def approve(store: Store, pk: int) -> Doc:
    """The back office agrees. Judged again: what shipped meanwhile keeps its address."""
    with store.transaction():
        made, order = _waiting(store, pk)
        rules.address_change_verdict(order["status"])
        _write(store, made, order)
        return store.save("address_changes", made, status="approved")


def reject(store: Store, pk: int) -> Doc:
    """The back office refuses; the order stays as it was."""
    with store.transaction():
        made, _ = _waiting(store, pk)
        return store.save("address_changes", made, status="rejected")


def _waiting(store: Store, pk: int) -> tuple[Doc, Doc]:
    made = store.get("address_changes", pk)
    order = store.get("orders", made["_order"]) if made is not None else None
    if made is None or order is None:
        raise not_found()
    if made["status"] != "waiting_approval":
        raise refused(f"An address change that is {made['status']} stays so.", rules.OPEN_ADDRESS_CHANGE)
    return made, order


def _write(store: Store, made: Doc, order: Doc) -> None:
    store.save("orders", order, **{f"{name}_address": made["address"] for name in made["order_address_types"]})


def _types(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise invalid("order_address_types", "Expected a list of address types.")
    # Public pages cut the enum off: either spelling is understood.
    types = [str(entry).lower() for entry in value]
    for entry in types:
        if entry not in ADDRESS_TYPES:
            raise invalid("order_address_types", f'"{entry}" is not a valid choice.', code="invalid_choice")
    return types
