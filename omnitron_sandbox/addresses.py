"""Omnitron's own copies of addresses that came from the commerce side."""

from __future__ import annotations

import hashlib
from typing import Any

from .store import Doc, Store

_ADDRESS_COPIES = (
    "email", "phone_number", "first_name", "last_name", "line", "title", "postcode", "notes",
    "company_name", "tax_office", "tax_no", "e_bill_taxpayer", "identity_number", "is_corporate",
    "address_type", "retail_store",
)  # fmt: skip
PLACES = ("country", "city", "township", "district")


def address_copy(store: Store, address: Any, *, customer: int | None, channel: int) -> Doc | None:
    """Omnitron's copy of a remote address (places as objects or as remote ids)."""
    if not isinstance(address, dict):
        return None
    doc: Doc = {name: address.get(name) for name in _ADDRESS_COPIES}
    doc["address_type"] = doc["address_type"] or "customer"
    for place in PLACES:
        doc[place] = _place(store, place, address.get(place))
    remote_id = address.get("pk", address.get("id"))
    doc |= {
        "remote_id": None if remote_id is None else str(remote_id),
        "extra_field": {},
        "customer": customer,
        "is_active": True,
        "hash_data": address_hash(doc),
        "_channel": channel,
    }
    known = store.first("addresses", hash_data=doc["hash_data"])
    saved = known or store.insert("addresses", doc)
    return {key: value for key, value in saved.items() if not key.startswith("_")}


def address_hash(doc: Doc) -> str:
    """Two addresses with this in common are one."""
    places = [str((doc[place] or {}).get("pk")) for place in PLACES]
    names = (*_ADDRESS_COPIES, "remote_id", "customer")
    text = "|".join([*(str(doc.get(name) or "") for name in names), *places])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _place(store: Store, place: str, value: Any) -> Doc | None:
    if isinstance(value, dict):
        pk = value.get("pk", value.get("id"))
        kept = {name: value[name] for name in ("code", "postcode", *PLACES) if name in value}
        return {"pk": pk, "id": pk, "name": value.get("name"), **kept}
    if value in (None, ""):
        return None
    pk = int(value) if str(value).isdigit() else value
    # A bare remote id: its name is known if any address before this one spelt it out.
    column = f"json_extract(doc, '$.{place}"
    where = f"{column}.pk') = ? AND {column}.name') IS NOT NULL"
    seen = store.select("addresses", where, (pk,), tail="LIMIT 1")
    return dict(seen[0][place]) if seen else {"pk": pk, "id": pk, "name": None}
