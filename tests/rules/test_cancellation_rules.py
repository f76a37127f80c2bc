"""The reference's table of cancellation rules; the ids are its sentences."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aftercart.cancellations.rules import (
    RULES,
    CancellationCase,
    ItemFacts,
    OrderFacts,
    WishedItem,
    ending,
    is_final,
    refusals,
    request_refusals,
)
from aftercart.dynamic_settings.schema import CancellationFallback, ExtraCancelRules
from aftercart.refusals import Refusal
from aftercart.statuses import Status

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def case(*, item: dict[str, Any] | None = None, wished: dict[str, Any] | None = None, **facts: Any) -> CancellationCase:
    rules = facts.pop("rules", {})
    status = facts.pop("order_status", 400)
    one = ItemFacts(**{"id": 7, "name": "Blue cup", "status": status, "quantity": 2} | (item or {}))
    order = OrderFacts(status, facts.pop("has_invoice", False), facts.pop("attempt_open", False))
    return CancellationCase(
        order=order,
        created_date=facts.pop("created", NOW),
        now=NOW,
        chosen=((one, WishedItem(**{"order_item": 7, "reason": 1} | (wished or {}))),),
        rules=ExtraCancelRules.model_validate(rules),
        **facts,
    )


def said(found: Any) -> list[tuple[str, str]]:
    return [(refusal.code, refusal.message) for refusal in found]


GAP = {"hour_gap": {"is_active": True, "time": 60}}
REFUSED = [
    ("order_already_cancelled", "Order already cancelled!", case(order_status=100, item={"status": 50})),
    ("cancellation_in_progress", "Order cancellation already in progress.", case(attempt_open=True)),
    ("cancellation_in_progress", "Order cancellation already in progress.", case(item={"status": 50})),
    (
        "cancellation_request_100_1",
        "Order cancellation already in progress.",
        case(item={"has_active_request": True}),
    ),
    (
        "order_status_not_cancellable",
        "Order can't be cancelled in this status.",
        case(order_status=450, item={"status": 400}),
    ),
    ("order_has_invoice", "Invoiced orders can not cancel", case(has_invoice=True, rules={"has_invoice": True})),
    (
        "order_has_invoice",
        "Invoiced orders can not cancel",
        case(item={"has_invoice": True}, rules={"has_invoice": True}),
    ),
    ("cancellation_expired", "Order cancellation expired.", case(created=NOW - timedelta(minutes=61), rules=GAP)),
    (
        "item_status_not_cancellable",
        "Order Item (Blue cup) can't be cancelled in this status.",
        case(item={"status": 450}),
    ),
    ("nothing_left", "All of Blue cup has been cancelled or given back already.", case(item={"gone": 2})),
    ("needs_request", None, case(wished={"quantity": 1})),
    ("needs_request", None, case(item={"gone": 1})),
    (
        "part_of_set",
        "Order Item (Blue cup) is part of a set, which is cancelled or returned as one.",
        case(item={"is_part_alone": True}),
    ),
    ("needs_request", None, case(fully_refund_as_loyalty_money=True)),
]


@pytest.mark.parametrize(
    ("code", "sentence", "facts"), REFUSED, ids=[f"{code}: {sentence}" for code, sentence, _ in REFUSED]
)
def test_the_table(code: str, sentence: str | None, facts: CancellationCase) -> None:
    found = said(refusals(facts))
    assert found[0][0] == code
    if sentence:
        assert found[0][1] == sentence


@pytest.mark.parametrize("status", list(Status), ids=lambda status: f"{status.value} {status.wire_name}")
def test_cancellable_order_statuses_by_default_are_300_350_and_400(status: Status) -> None:
    assert (not refusals(case(order_status=int(status)))) == (int(status) in (300, 350, 400))


@pytest.mark.parametrize("extra", [[450], ["450"], ["preparing"]], ids=["code", "code as text", "name"])
def test_extra_direct_cancellable_statuses_widen_orders_and_items(extra: list[Any]) -> None:
    assert not refusals(case(order_status=450, rules={"extra_direct_cancellable_statuses": extra}))


def test_an_extra_status_of_the_order_does_not_help_an_item_in_another() -> None:
    rules = {"extra_direct_cancellable_statuses": ["preparing"]}
    found = refusals(case(order_status=450, item={"status": 500}, rules=rules))
    assert [refusal.code for refusal in found] == ["item_status_not_cancellable"]


def test_an_invoice_matters_only_where_the_setting_is_on() -> None:
    assert not refusals(case(has_invoice=True))


@pytest.mark.parametrize(
    ("age", "allowed"),
    [
        (timedelta(minutes=60), True),
        (timedelta(minutes=60, microseconds=1), False),
        (timedelta(minutes=59, seconds=59), True),
        (timedelta(minutes=-5), True),
    ],
    ids=["exactly at the limit", "a microsecond later", "a second earlier", "a clock that runs ahead"],
)
def test_time_limit_in_minutes_after_order_creation(age: timedelta, allowed: bool) -> None:
    assert (not refusals(case(created=NOW - age, rules=GAP))) is allowed


def test_the_time_limit_counts_only_while_it_is_active() -> None:
    assert not refusals(case(created=NOW - timedelta(days=9), rules={"hour_gap": {"is_active": False, "time": 1}}))


def test_daylight_saving_does_not_stretch_the_limit() -> None:
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    created = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)  # the hour that happens twice, the first time
    late = CancellationCase(
        order=OrderFacts(400),
        created_date=created.astimezone(UTC),
        now=datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1).astimezone(UTC) + timedelta(seconds=1),
        chosen=((ItemFacts(1, "Cup", 400), WishedItem(1, 1)),),
        rules=ExtraCancelRules.model_validate(GAP),
    )
    assert [refusal.code for refusal in refusals(late)] == ["cancellation_expired"]


def test_every_refusal_is_listed_in_the_references_order() -> None:
    facts = case(
        order_status=500,
        has_invoice=True,
        created=NOW - timedelta(days=1),
        wished={"quantity": 1},
        rules={"has_invoice": True, **GAP},
    )
    assert [refusal.code for refusal in refusals(facts)] == [
        "order_status_not_cancellable",
        "order_has_invoice",
        "cancellation_expired",
        "item_status_not_cancellable",
        "needs_request",
    ]


def test_the_rules_stand_in_the_order_of_the_document() -> None:
    of_the_document = [
        "order_already_cancelled",
        "cancellation_in_progress",
        "active_request",
        "order_status",
        "invoice",
        "hour_gap",
        "item_status",
        "needs_request",
    ]
    assert [rule.__name__ for rule in RULES if rule.__name__ in of_the_document] == of_the_document


@pytest.mark.parametrize("status", list(Status), ids=lambda status: f"{status.value} {status.wire_name}")
def test_a_request_to_cancel_needs_an_item_that_has_not_shipped(status: Status) -> None:
    allowed = not request_refusals(case(item={"status": int(status)}))
    assert allowed == (int(status) in (200, 300, 350, 400, 450))


@pytest.mark.parametrize("status", list(Status), ids=lambda status: f"{status.value} {status.wire_name}")
def test_a_request_to_give_back_needs_an_item_that_has(status: Status) -> None:
    allowed = not request_refusals(case(item={"status": int(status)}, wished={"cancellation_type": "refund"}))
    assert allowed == (500 <= int(status) <= 550)


def test_where_nothing_is_left_there_is_nothing_to_ask_for() -> None:
    for facts in (case(item={"gone": 2}), case(item={"gone": 2, "status": 450}, order_status=450)):
        assert next(refusal.code for refusal in ending(refusals(facts), facts.fallback)) == "nothing_left"


@pytest.mark.parametrize("code", ["order_already_cancelled", "cancellation_in_progress", "cancellation_request_100_1"])
def test_by_default_three_refusals_are_final(code: str) -> None:
    assert is_final(Refusal(code), CancellationFallback())
    assert not is_final(Refusal("order_has_invoice"), CancellationFallback())
    assert is_final(Refusal("order_has_invoice"), CancellationFallback(enabled=False))
