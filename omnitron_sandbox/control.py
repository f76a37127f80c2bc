"""What a person or a test may do to the sandbox: the control door, as Python methods."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from . import address_changing, cancellation_requests, cancelling, fulfilment, rules
from .faults import Faults
from .fulfilment import Wanted
from .intake import take_in
from .journal import Journal
from .problems import invalid
from .shapes import detailed, shown
from .store import Doc, Store

DEFAULT_REASONS = (
    ("cancel", "Changed my mind", False),
    ("cancel", "Ordered by mistake", False),
    ("cancel", "Found it cheaper", False),
    ("refund", "Does not fit", False),
    ("refund", "Damaged", False),
    ("refund", "Other", True),
    ("cancel", "Delivery takes too long", False),
    ("cancel", "Other", True),
)


class Control:
    """Every verb a person has: orders in, shipping, approving, faults, power, forgetting."""

    def __init__(self, store: Store, *, channel_id: int, plan_delay: float) -> None:
        self.store = store
        self.channel_id = channel_id
        self.faults = Faults()
        self.journal = Journal(store)
        self.plan_delay = plan_delay
        self.power_is_on = True
        self.mails: Path | None = None
        self.on_power_off: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self._clock: threading.Thread | None = None
        if not store.count("cancellation_reasons"):
            self._seed()

    # -- orders ----------------------------------------------------------------------------------

    def add_orders(self, payload: Any, *, apart: bool = False) -> dict[str, Doc]:
        """Take in orders of the commerce wire shape; `apart`: each piece of a quantity becomes an item of its own.

        Answers `{number: {"pk": .., "items": {remote id: lowest pk}}}`.
        """
        return take_in(self.store, payload, channel=self.channel_id, apart=apart)

    def order(self, number: str) -> Doc:
        """Everything about one order: the order, items, plans, requests, address changes."""
        with self.store.transaction():  # one moment: never the order of before with the items of after
            return detailed(self.store, fulfilment.find_order(self.store, number))

    def orders(self, *, page: int = 1, limit: int = 20, search: str = "") -> tuple[int, list[Doc]]:
        """How many there are, and a page of them, the latest changed first."""
        where = "instr(json_extract(doc, '$.number'), ?) > 0" if search else "1"
        parameters = (search,) if search else ()
        tail = (
            "ORDER BY json_extract(doc, '$.modified_date') DESC"
            f" LIMIT {int(limit)} OFFSET {(max(1, int(page)) - 1) * int(limit)}"
        )
        count = self.store.count("orders", where, parameters)
        return count, [shown("orders", doc) for doc in self.store.select("orders", where, parameters, tail)]

    def ship(self, number: str, *, items: Wanted = None, parts: Wanted = None) -> Doc:
        """Items (remote ids, or `parts`: pks; default: all that can) leave the house."""
        fulfilment.ship(self.store, number, items=items, parts=parts)
        return self.order(number)

    def deliver(self, number: str, *, items: Wanted = None, parts: Wanted = None) -> Doc:
        """Shipped items arrive."""
        fulfilment.deliver(self.store, number, items=items, parts=parts)
        return self.order(number)

    def invoice(self, number: str, *, items: Wanted = None, parts: Wanted = None) -> Doc:
        """Write the invoice."""
        fulfilment.invoice(self.store, number, items=items, parts=parts)
        return self.order(number)

    def cancel(self, number: str, *, items: Wanted = None, parts: Wanted = None, reason: int = 1) -> Doc:
        """Cancel as the back office does: items (remote ids, or `parts`: pks; default: all that is left)."""
        with self.store.transaction():
            order = self.order(number)
            is_all = items is None and parts is None
            chosen = order["orderitem_set"] if is_all else fulfilment.named(self.store, order, items, parts)
            body = {
                "cancel_items": [] if is_all else [item["pk"] for item in chosen],
                "is_all": is_all,
                "reasons": {str(item["pk"]): reason for item in chosen},
                "forced_refund_amount": None,
            }
            cancelling.cancel(self.store, order["pk"], body)
            return self.order(number)

    # -- the back office -------------------------------------------------------------------------

    def approve_plan(self, pk: int) -> Doc:
        """Carry a plan out now."""
        return shown("cancellation_plans", cancelling.approve_plan(self.store, pk))

    def reject_plan(self, pk: int) -> Doc:
        """Refuse a plan: items and order go back to where they were."""
        return shown("cancellation_plans", cancelling.reject_plan(self.store, pk))

    def approve_request(self, pk: int) -> Doc:
        """Agree to a request: answers the plan made for its item."""
        return shown("cancellation_plans", cancellation_requests.approve(self.store, pk))

    def reject_request(self, pk: int) -> Doc:
        """Refuse a request."""
        return shown("cancellation_requests", cancellation_requests.reject(self.store, pk))

    def give_easy_return(self, pk: int, *, shipping_company: str = "yurtici") -> Doc:
        """Give a refund request its easy-return code."""
        made = cancellation_requests.give_easy_return(self.store, pk, shipping_company)
        return shown("cancellation_requests", made)

    def approve_address_change(self, pk: int) -> Doc:
        """Let a waiting address change happen."""
        return shown("address_changes", address_changing.approve(self.store, pk))

    def reject_address_change(self, pk: int) -> Doc:
        """Refuse a waiting address change."""
        return shown("address_changes", address_changing.reject(self.store, pk))

    def add_reason(self, reason: Doc) -> Doc:
        """A cancellation reason; `pk` or `id` chooses its number, which is the remote id as well."""
        kind = reason.get("cancellation_type")
        if kind not in rules.CANCELLATION_TYPES:
            raise invalid("cancellation_type", f'"{kind}" is not a valid choice.')
        pk = reason.get("pk", reason.get("id"))
        made = _reason(str(kind), str(reason.get("subject", ""))[:100], False) | {
            name: reason[name]
            for name in ("extra_information_needed", "is_active", "order", "translations")
            if name in reason
        }
        with self.store.transaction():
            if pk is None:
                return self.store.insert("cancellation_reasons", made)
            known = self.store.get("cancellation_reasons", int(pk))
            if known is None:
                return self.store.insert_at("cancellation_reasons", int(pk), made)
            return self.store.save("cancellation_reasons", known, **made)

    # -- what goes wrong, what was heard ---------------------------------------------------------

    def fault(self, **rule: Any) -> Doc:
        """Let calls go wrong: operation, kind, times, after, probability, order_number, ..."""
        return self.faults.add(rule).model_dump(mode="json")

    def clear_faults(self) -> None:
        """Everything goes well again."""
        self.faults.clear()

    def calls(self, *, operation: str | None = None, number: str | None = None) -> list[Doc]:
        """The calls received, oldest first."""
        return self.journal.calls(operation=operation, number=number)

    def clear_calls(self) -> None:
        """Forget the calls received."""
        self.journal.clear()

    def power(self, on: bool) -> None:
        """Off: every API connection is reset, open and new ones, while this door still answers."""
        self.power_is_on = on
        if not on:
            self.on_power_off()

    def reset(self) -> None:
        """Forget everything: orders, calls, faults, tokens. Power on."""
        with self.store.transaction():
            self.store.clear()
            self._seed()
        self.faults.clear()
        self.power_is_on = True

    def load(self, path: str) -> int:
        """Take in the orders of a JSON file; how many there were."""
        with open(path, "rb") as file:
            return len(self.add_orders(orjson.loads(file.read())))

    def another_order(self, number: str | None) -> Doc | None:
        """Some order with another number: what the fault `wrong_order` shows."""
        where = "json_extract(doc, '$.number') != ?"
        found = self.store.select("orders", where, (number or "",), tail="ORDER BY pk LIMIT 1")
        return shown("orders", found[0]) if found else None

    # -- time ------------------------------------------------------------------------------------

    def finish_due_plans(self) -> None:
        """Approve the plans which have waited for `plan_delay` seconds."""
        if self.plan_delay < 0:
            return
        for plan in self.store.find("cancellation_plans", status="waiting"):
            age = datetime.now(UTC) - datetime.fromisoformat(plan["created_date"])
            if age.total_seconds() < self.plan_delay:
                continue
            with self.store.transaction():
                current = self.store.get("cancellation_plans", plan["pk"])
                if current is not None and current["status"] == "waiting":
                    cancelling.approve_plan(self.store, plan["pk"])

    def start_clock(self) -> None:
        """Finish plans by themselves, in a thread, until `stop_clock`."""
        self._stopping.clear()
        self._clock = threading.Thread(target=self._run_clock, name="sandbox-clock", daemon=True)
        self._clock.start()

    def stop_clock(self) -> None:
        """Stop finishing plans."""
        self._stopping.set()
        if self._clock is not None:
            self._clock.join(timeout=5)
            self._clock = None

    def _run_clock(self) -> None:
        while not self._stopping.wait(0.05):
            self.finish_due_plans()

    def wait_for_plans(self, *, seconds: float = 5.0) -> None:
        """Block until no plan is waiting (for tests with a small `plan_delay`)."""
        deadline = time.monotonic() + seconds
        while self.store.count("cancellation_plans", "json_extract(doc, '$.status') = ?", ("waiting",)):
            if time.monotonic() > deadline:
                raise TimeoutError("A cancellation plan is still waiting.")
            time.sleep(0.01)

    def _seed(self) -> None:
        with self.store.transaction():
            for pk, (kind, subject, extra) in enumerate(DEFAULT_REASONS, start=1):
                self.store.insert_at("cancellation_reasons", pk, _reason(kind, subject, extra))


def _reason(kind: str, subject: str, extra: bool) -> Doc:
    return {
        "uuid": str(uuid.uuid4()),
        "cancellation_type": kind,
        "subject": subject,
        "order": 100,
        "extra_information_needed": extra,
        "is_active": True,
        "send_to_remote": True,
        "send_to_oms": True,
        "translations": {},
    }
