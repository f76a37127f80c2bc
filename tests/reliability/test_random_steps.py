"""A machine of random steps: customers, Omnitron, faults, deaths and time in any order; settled, the laws hold.

CI runs a fixed budget. A long run: `RANDOM_EXAMPLES=500 pytest tests/reliability/test_random_steps.py -n 0`.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from aftercart import failpoints, omnitron_client
from aftercart.address_changes.models import AddressChange
from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.feed.comparing import differences
from aftercart.feed.reading import read_ours, read_theirs
from aftercart.omnitron import OmnitronError
from aftercart.statuses import may_move, may_return
from omnitron_sandbox import Problem
from tests import builders
from tests.conftest import SignedIn
from tests.reliability.inside import facts
from tests.reliability.laws import CANCELLED, broken_laws, parts_there
from tests.shop_orders import an_order, most_of, orders_of

EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "12"))
KINDS_OF_FAULT = [
    *("reset_before", "reset_after", "silence_before", "silence_after", "half", "nonsense", "nonsense_after"),
    *("html", "html_502", "status_after", "wrong_shape", "unauthorized", "redirect", "wrong_order", "fewer_items"),
]
BULK = "/users/orders/bulk_cancellation_requests/"
OPERATIONS = ["order", "order_items", "cancel", "cancellation_request", "address_change", "any"]
STEPS = [
    *("cancel: judged", "cancel: claiming", "cancel: claimed", "cancel: order read", "cancel: called"),
    *("cancel: settled", "cancel: falling back", "cancel: fell back", "settlement: asked", "settlement: settling"),
    *("delivery: looked up", "delivery: handed over", "delivery: done", "address: claimed", "address: called"),
    *("request: claiming", "request: written", "withdraw: claiming", "withdraw: claimed"),
    *("withdraw: looked up", "withdraw: told", "withdraw: settling"),
]
SETTINGS = [
    ("EXTRA_CANCEL_RULES", {}),
    ("EXTRA_CANCEL_RULES", {"extra_direct_cancellable_statuses": ["preparing"], "has_invoice": True}),
    ("CANCELLATION_FALLBACK", {"enabled": False}),
    ("CANCELLATION_FALLBACK", {}),
]
OF_THREE_LINES = orders_of(lines=3, statuses=[300, 400, 400, 450, 550])


class Died(BaseException):
    """The process ended here: nothing after this step happened."""


class Shop(RuleBasedStateMachine):
    """Two customers, two orders each as shops have them, one Omnitron."""

    sandbox: Any
    clock = timezone.now()  # goes on from one example to the next: what waits for a time must not wait for ever

    @initialize(drawn=st.lists(OF_THREE_LINES, min_size=4, max_size=4))
    def open_the_shop(self, drawn: list[dict[str, Any]]) -> None:
        self.now = Shop.clock = max(Shop.clock, timezone.now())
        self.numbers: list[str] = []
        self.orders: list[Any] = []
        self.clients: list[SignedIn] = []
        self.started_as: dict[int, int] = {}
        tag = f"{id(self)}-{self.now.timestamp()}"
        for name in ("ada", "eve"):
            customer = builders.a_customer(f"{name}-{tag}")
            for _ in range(2):
                of_it = drawn[len(self.orders)]
                order = an_order(customer, of_it)
                self.sandbox.add_orders([builders.as_wire(order)], apart=of_it["apart"])
                self.orders.append(order)
                self.clients.append(SignedIn(customer))
                self.started_as |= {item.pk: item.status for item in order.items.all()}
        self.numbers = [order.number for order in self.orders]
        self.accepted: set[int] = set()

    def died(self, action: Callable[[], Any]) -> Any:
        """Do something that may end in death; the next process begins afresh."""
        try:
            return action()
        except Died:
            failpoints.hook = None
            omnitron_client.forget_omnitron()
            return None

    @rule(
        which=st.integers(0, 3),
        chosen=st.sets(st.integers(0, 2), min_size=1),
        kind=st.sampled_from(["cancel", "cancel", "refund"]),
        pieces=st.sampled_from([None, None, 1, 2]),
        repeats=st.integers(1, 2),
    )
    def customer_cancels(self, which: int, chosen: set[int], kind: str, pieces: int | None, repeats: int) -> None:
        order = self.orders[which]
        body = builders.a_body(order, reason=1 if kind == "cancel" else 4, cancellation_type=kind, quantity=pieces)
        body["cancel_order_items"] = [body["cancel_order_items"][index] for index in sorted(chosen)]
        for _ in range(repeats):
            gone = self.gone_at_omnitron(which)
            response = self.died(lambda: self.clients[which].cancel(order, body))
            if response is not None and response.status_code == 204:
                self.is_cancelled_there(which, body, gone)
            if response is not None:
                assert response.status_code in (200, 204, 400), response.content
                if response.status_code != 400:
                    self.accepted |= {entry["order_item"] for entry in body["cancel_order_items"]}

    @rule(which=st.integers(0, 3), nth=st.integers(0, 2), pieces=st.sampled_from([None, 1, 2]))
    def customer_cancels_an_item(self, which: int, nth: int, pieces: int | None) -> None:
        self.customer_cancels(which, {nth}, "cancel", pieces, 1)

    def gone_at_omnitron(self, which: int) -> dict[int, list[bool]]:
        """By our items' ids, of each part at Omnitron whether it is cancelled or about to be."""
        there = parts_there(self.sandbox.order(self.numbers[which]))
        return {pk: [part in CANCELLED for part in parts] for pk, parts in there.items()}

    def is_cancelled_there(self, which: int, body: Any, before: dict[int, list[bool]]) -> None:
        """204 says: all that was wished for is cancelled at Omnitron, and not a piece more."""
        now = self.gone_at_omnitron(which)
        for entry in body["cancel_order_items"]:
            item, pieces = entry["order_item"], entry["quantity"]
            if pieces is None or len(now[item]) == 1:
                assert all(now[item]), f"item {item} was cancelled, and there it is {now[item]}"
            else:
                assert sum(now[item]) - sum(before[item]) == pieces, f"{pieces} of {item}: {before[item]} {now[item]}"

    @rule(which=st.integers(0, 3), chosen=st.sets(st.integers(0, 2), min_size=1), repeats=st.integers(1, 2))
    def customer_asks(self, which: int, chosen: set[int], repeats: int) -> None:
        order = self.orders[which]
        body = {**builders.a_body(order), "id": str(order.pk)}
        body["cancel_order_items"] = [body["cancel_order_items"][index] for index in sorted(chosen)]
        for _ in range(repeats):
            response = self.died(lambda: self.clients[which].send(BULK, body))
            if response is not None:
                assert response.status_code in (201, 400), response.content
                if response.status_code == 201:
                    self.accepted |= {entry["order_item"] for entry in body["cancel_order_items"]}

    @rule(which=st.integers(0, 3), nth=st.integers(0, 2), repeats=st.integers(1, 2))
    def customer_takes_back(self, which: int, nth: int, repeats: int) -> None:
        keys = list(self.orders[which].cancellation_requests.order_by("-pk").values_list("pk", flat=True))
        if not keys:
            return
        path = f"/users/orders/cancellation_requests/{keys[nth % len(keys)]}/withdraw/"
        for _ in range(repeats):
            response = self.died(lambda: self.clients[which].send(path, {}))
            if response is not None:
                assert response.status_code in (200, 400), response.content

    @rule(which=st.integers(0, 3))
    def customer_moves(self, which: int) -> None:
        order = self.orders[which]
        address = builders.an_address(order.customer)
        body = {"order": order.pk, "address": address.pk}
        response = self.died(lambda: self.clients[which].send("/orders/address_change/", body))
        if response is not None:
            assert response.status_code in (200, 400, 503), response.content

    @rule(which=st.integers(0, 3), verb=st.sampled_from(["ship", "deliver", "invoice", "cancel"]))
    def omnitron_goes_on(self, which: int, verb: str) -> None:
        try:
            getattr(self.sandbox, verb)(self.numbers[which])
        except Problem:
            return  # not possible in this state: that is Omnitron's own rule

    @rule(which=st.integers(0, 3), verb=st.sampled_from(["ship", "deliver", "cancel"]), nth=st.integers(0, 8))
    def a_part_goes_on(self, which: int, verb: str, nth: int) -> None:
        keys = [item["pk"] for item in self.sandbox.order(self.numbers[which])["orderitem_set"]]
        try:
            getattr(self.sandbox, verb)(self.numbers[which], parts=[keys[nth % len(keys)]])
        except Problem:
            return  # as above

    @rule(which=st.integers(0, 3), approve=st.booleans())
    def omnitron_decides(self, which: int, approve: bool) -> None:
        there = self.sandbox.order(self.numbers[which])
        try:
            for plan in there["cancellationplan_set"]:
                if plan["status"] == "waiting":
                    (self.sandbox.approve_plan if approve else self.sandbox.reject_plan)(plan["pk"])
            for request in there["cancellationrequest_set"]:
                if request["status"] == "waiting":
                    (self.sandbox.approve_request if approve else self.sandbox.reject_request)(request["pk"])
        except Problem:
            return

    @rule(operation=st.sampled_from(OPERATIONS), kind=st.sampled_from(KINDS_OF_FAULT))
    def something_breaks(self, operation: str, kind: str) -> None:
        self.sandbox.fault(operation=operation, kind=kind, times=1, seconds=1.0, status=503)

    @rule(step=st.sampled_from(STEPS))
    def death_waits(self, step: str) -> None:
        def die(reached: str) -> None:
            if reached == step:
                failpoints.hook = None
                raise Died

        failpoints.hook = die

    @rule(setting=st.sampled_from(SETTINGS))
    def merchant_changes_the_rules(self, setting: tuple[str, Any]) -> None:
        DynamicSetting.objects.update_or_create(name=setting[0], defaults={"value": setting[1]})

    @rule(seconds=st.sampled_from([1, 20, 40, 200]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.died(lambda: tick(KINDS, now=self.now))

    @rule()
    def a_process_starts_anew(self) -> None:
        omnitron_client.forget_omnitron()

    def teardown(self) -> None:
        failpoints.hook = None
        if not hasattr(self, "accepted"):
            return
        self.sandbox.clear_faults()
        DynamicSetting.objects.all().delete()
        omnitron_client.forget_omnitron()
        broken = ["not settled"]
        for _ in range(30):
            self.now += timedelta(seconds=61)
            tick(KINDS, now=self.now)
            broken = self.broken()
            broken = broken or self.disagreements()
            if not broken:
                break
        Shop.clock = self.now
        AddressChange.objects.filter(order__in=self.orders).update(next_attempt_at=None)  # may wait for approval
        if not broken:
            return
        raise AssertionError("\n".join(broken))

    def disagreements(self) -> list[str]:
        """What reconciliation would find, and what came back beyond what was paid."""
        found = []
        for order in self.orders:
            try:
                ours = read_ours(order.pk)
                found += [str(difference) for difference in differences(ours, read_theirs(ours))]
            except OmnitronError as error:  # a busy machine: the next round asks again
                return [str(error)]
            back = Decimal(self.sandbox.order(order.number)["refund_amount"] or 0)
            if not ours.order.refund_amount == back <= most_of(order):
                found.append(f"of {most_of(order)} {back} came back, and {ours.order.refund_amount} is known here")
        return found

    def broken(self) -> list[str]:
        found = facts(numbers=self.numbers)
        broken = broken_laws(found, self.sandbox, wished=self.accepted, chained=True)
        status = dict(self.started_as)
        for event in found["events"]:
            item, here, there = event["order_item_id"], event["from_status"], event["to_status"]
            if item is None or there is None:
                continue
            if status[item] != here or not (may_move(here, there) or may_return(here, there)):
                broken.append(f"item {item} was {status[item]}, and an event moves it from {here} to {there}")
            status[item] = there
        now = {int(pk): s for order in found["orders"].values() for pk, s in order["items"].items()}
        return broken + [f"item {pk} is {now[pk]}, its events say {s}" for pk, s in status.items() if now[pk] != s]


@pytest.mark.timeout(900)
def test_whatever_happens_the_laws_hold(omnitron: Any, settings: Any) -> None:
    from hypothesis import settings as profile

    settings.OMNITRON_TIMEOUT = 0.3
    omnitron_client.forget_omnitron()
    Shop.sandbox = omnitron
    omnitron.plan_delay = -1
    run_state_machine_as_test(
        Shop,
        settings=profile(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize="RANDOM_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            print_blob=True,
        ),
    )
