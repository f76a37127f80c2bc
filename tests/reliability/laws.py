"""The laws: what holds of a shop and its Omnitron once everything has settled, whatever happened before."""

import time
from collections import Counter
from typing import Any

CANCELLED = {50, 100, 600}
TOLD = {"cancellation_unfinished", "cancellation_rejected"}
OPEN = {"waiting", "confirmed", "waiting_approval", "approved"}
ACTIVE = OPEN | {"withdrawing"}


def broken_laws(facts: Any, remote: Any, *, wished: set[int], chained: bool = False) -> list[str]:
    """Every law that does not hold, as a sentence; `wished` are the items that someone asked to cancel.

    `chained`: the caller follows the items' events himself, through cancellations that were rejected and repeated.
    """
    broken = [
        f"attempt of {a['order__number']} has no end: {a}"
        for a in facts["attempts"]
        if a["state"] in ("open", "unknown")
    ]
    active: Counter[int] = Counter()
    for request in facts["requests"]:
        if request["status"] in ACTIVE:
            active[request["order_item_id"]] += 1
            if request["omnitron_pk"] is None:
                broken.append(f"request {request['pk']} never reached Omnitron: {request}")
            if request["being_checked"]:
                broken.append(f"request {request['pk']} is being checked for ever")
            if request["status"] == "withdrawing":
                broken.append(f"request {request['pk']} is being taken back for ever: {request}")
    broken += [f"item {item} has {count} active requests" for item, count in active.items() if count > 1]
    cancelled: set[int] = set()
    for number, order in facts["orders"].items():
        there = remote.order(number)
        theirs = parts_there(there)
        for pk, status in order["items"].items():
            item = int(pk)
            gone = [part in CANCELLED for part in theirs[item]]
            if (status in CANCELLED) != all(gone):
                broken.append(f"item {item} is {status} here and {theirs[item]} at Omnitron")
            if status in CANCELLED:
                cancelled.add(item)
            elif len(gone) > 1 and order["gone"][pk] != sum(gone):
                broken.append(f"of item {item} {order['gone'][pk]} pieces are gone here, and {sum(gone)} at Omnitron")
        ours = {name for r in facts["requests"] if r["order__number"] == number for name in r["names"]}
        known = Counter(str(r["remote_id"]) for r in there["cancellationrequest_set"])
        theirs_open = {str(r["remote_id"]) for r in there["cancellationrequest_set"] if r["status"] in OPEN}
        of_it = {
            name: r["status"]
            for r in facts["requests"]
            if r["order__number"] == number
            for name in r["open_names" if r["status"] in OPEN else "names"]
        }
        broken += [
            f"request {pk} was taken back here and stands open at Omnitron"
            for pk, status in of_it.items()
            if status == "withdrawn" and pk in theirs_open
        ]
        broken += [
            f"request {pk} is open here and gone at Omnitron"
            for pk, status in of_it.items()
            if status in OPEN and pk not in known
        ]
        broken += [f"request {pk} stands {count} times at Omnitron" for pk, count in known.items() if count > 1]
        broken += [f"Omnitron has a request {pk} that we do not know" for pk in known if pk not in ours]
    # An approved request and its item in cancellation say the same thing until the plan is done.
    asked = {r["order_item_id"] for r in facts["requests"] if r["status"] in ACTIVE and r["status"] != "approved"}
    broken += [f"item {item} is both cancelled and asked for" for item in cancelled & asked]
    told = {e["order_item_id"] for e in facts["events"] if e["kind"] in (*TOLD, "cancelled_directly")}
    ended = cancelled | set(active) | {r["order_item_id"] for r in facts["requests"]} | told
    broken += [f"the wish for item {item} was lost" for item in wished - ended]
    # By our hand an item goes to 50 first; by news of a plan that is finished already, straight to 100.
    entered = [e for e in facts["events"] if e["to_status"] in CANCELLED and e["from_status"] not in CANCELLED]
    moves = Counter(e["order_item_id"] for e in entered if e["order_item_id"])
    if not chained:
        broken += [
            f"item {item} has {moves[item]} events of its cancellation" for item in cancelled if moves[item] != 1
        ]
    if facts["dead_duties"]:
        broken.append(f"{facts['dead_duties']} duties were given up")
    return broken


def parts_there(order: Any) -> dict[int, list[int]]:
    """Our item's id → the status of each item at Omnitron that it is."""
    parts: dict[int, list[int]] = {}
    for item in order["orderitem_set"]:
        parts.setdefault(int(item["extra_field"]["id"]), []).append(int(item["status"]))
    return parts


def settled(shop: Any, remote: Any, *, wished: set[int], seconds: float = 25) -> Any:
    """Wait until the laws hold, at most so long; the facts as they are then."""
    until = time.monotonic() + seconds
    while True:
        facts = shop.inside("facts")
        broken = broken_laws(facts, remote, wished=wished)
        if not broken:
            return facts
        if time.monotonic() > until:
            raise AssertionError("\n".join([*broken, shop.logs()]))
        time.sleep(0.5)
