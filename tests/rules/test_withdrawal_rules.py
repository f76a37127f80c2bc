"""From what a consumer may withdraw, and until when: tables without a database."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pydantic
import pytest

from aftercart.dynamic_settings.schema import WithdrawalRules, validated
from aftercart.public_holidays import HolidayPlace
from aftercart.withdrawals.rules import (
    ContractItem,
    Period,
    is_over,
    offered,
    period_of,
    why_not_offered,
    withdrawal_refusals,
)

ISTANBUL = ZoneInfo("Europe/Istanbul")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = ISTANBUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def item(status: int = 550, delivered: str = "", **fields: Any) -> ContractItem:
    return ContractItem(**{"id": 1, "status": status, "delivered": at(delivered) if delivered else None} | fields)


def ends_at(items: list[ContractItem], *zones: ZoneInfo, days: int = 14) -> datetime | None:
    found = period_of(items, days=days, zones=zones or [ISTANBUL], working_day_from=HolidayPlace().working_day_from)
    return found.end if found else None


def ending(text: str) -> Period:
    return Period(at(text).date() - timedelta(days=1), at(text))


# 2026-07-01 is a Wednesday.
ENDS = [
    pytest.param([item(400)], None, id="what has not been sent has no end yet"),
    pytest.param([item(500)], None, id="nor has what is on its way"),
    pytest.param([item(540)], None, id="nor what could not be delivered yet"),
    pytest.param(
        [item(delivered="2026-07-01T00:00")],
        "2026-07-16T00:00",
        id="the day of delivery does not count, at its beginning",
    ),
    pytest.param([item(delivered="2026-07-01T23:59")], "2026-07-16T00:00", id="nor at its end"),
    pytest.param(
        [item(delivered="2026-07-01T10:00"), item(delivered="2026-07-07T10:00")],
        "2026-07-22T00:00",
        id="several parcels have one period, from the last of them",
    ),
    pytest.param(
        [item(delivered="2026-07-01T10:00"), item(500)], None, id="while a parcel is still to come there is no end"
    ),
    pytest.param(
        [item(delivered="2026-07-01T10:00"), item(100)],
        "2026-07-16T00:00",
        id="what was cancelled before it came is not waited for",
    ),
    pytest.param(
        [item(delivered="2026-07-01T10:00"), item(50)], None, id="what is only about to be cancelled may still come"
    ),
    pytest.param([item(600, "2026-07-01T10:00")], "2026-07-16T00:00", id="what was returned had been delivered"),
    pytest.param([item(100)], None, id="an order that never came has no end"),
    pytest.param([], None, id="nor has one without items"),
    pytest.param(
        [item(delivered="2026-07-03T10:00")], "2026-07-18T00:00", id="a last day that is a Friday is the last"
    ),
    pytest.param([item(delivered="2026-07-04T10:00")], "2026-07-21T00:00", id="one on a Saturday goes on to Monday"),
    pytest.param([item(delivered="2026-07-05T10:00")], "2026-07-21T00:00", id="and so does one on a Sunday"),
    pytest.param(
        [item(changed=at("2026-07-01T10:00"))],
        "2026-07-16T00:00",
        id="delivered on a day that nobody told: from the last change that is known",
    ),
    pytest.param([item(500, changed=at("2026-07-01T10:00"))], None, id="a change alone is no delivery"),
]


@pytest.mark.parametrize(("items", "end"), ENDS)
def test_the_period_ends(items: list[ContractItem], end: str | None) -> None:
    assert ends_at(items) == (at(end) if end else None)


def test_a_day_is_one_of_the_time_zone_where_it_was_delivered() -> None:
    late = item(delivered="2026-07-01T23:30")  # 22:30 in Berlin, still the first
    assert ends_at([late], BERLIN) == at("2026-07-16T00:00", BERLIN)
    later = item(delivered="2026-07-02T00:30")  # 23:30 in Berlin, where it is still the first
    assert ends_at([later], BERLIN) == at("2026-07-16T00:00", BERLIN)
    assert ends_at([later]) == at("2026-07-17T00:00")


def test_of_several_time_zones_the_one_that_ends_last_counts() -> None:
    canaries = ZoneInfo("Atlantic/Canary")
    late = item(delivered="2026-07-02T01:30")  # 00:30 in Madrid, 23:30 of the day before on the Canaries
    assert ends_at([late], ZoneInfo("Europe/Madrid"), canaries) == at("2026-07-17T00:00", ZoneInfo("Europe/Madrid"))
    assert ends_at([item(delivered="2026-07-01T12:00")], BERLIN, canaries) == at("2026-07-16T00:00", canaries)


def test_the_last_day_lasts_to_its_end_though_clocks_are_changed_meanwhile() -> None:
    found = ends_at([ContractItem(1, 550, delivered=at("2026-10-14T10:00", BERLIN))], BERLIN)
    assert found is not None
    assert found == at("2026-10-29T00:00", BERLIN)
    assert found.utcoffset() != at("2026-10-14T10:00", BERLIN).utcoffset()


@pytest.mark.parametrize(
    ("now", "over"),
    [
        pytest.param("2026-07-15T23:59:59.999999", False, id="the last instant of the last day is in time"),
        pytest.param("2026-07-16T00:00", True, id="the next one is not"),
    ],
)
def test_it_is_over(now: str, over: bool) -> None:
    assert is_over(ending("2026-07-16T00:00"), now=at(now)) is over
    assert not is_over(None, now=at(now))


OFFERED = [
    pytest.param(item(), 1, "", id="a delivered item is offered"),
    pytest.param(item(400), 1, "", id="one that has not been sent is offered"),
    pytest.param(item(quantity=3), 3, "", id="all pieces of it"),
    pytest.param(item(quantity=3, withdrawn=1), 2, "", id="the pieces that are left"),
    pytest.param(item(quantity=3, withdrawn=3), 0, "item_withdrawn", id="none that was withdrawn from already"),
    pytest.param(item(50), 0, "item_in_cancellation", id="none that is being cancelled"),
    pytest.param(item(100), 0, "item_in_cancellation", id="none that is cancelled"),
    pytest.param(item(600), 0, "item_in_cancellation", id="none that was returned"),
    pytest.param(item(50, withdrawn=1), 0, "item_withdrawn", id="that it was withdrawn from is said first"),
    pytest.param(item(is_exempt=True), 0, "item_exempt", id="none that is exempt"),
]


@pytest.mark.parametrize(("facts", "pieces", "code"), OFFERED)
def test_what_is_offered(facts: ContractItem, pieces: int, code: str) -> None:
    refusal = why_not_offered(facts)
    assert offered(facts) == pieces
    assert (refusal.code if refusal else "") == code


@pytest.mark.parametrize(
    ("items", "end", "codes"),
    [
        pytest.param([item()], None, [], id="open without an end"),
        pytest.param([item(), item(100)], "2026-07-16T00:00", [], id="open while one item is offered"),
        pytest.param([item()], "2026-07-10T00:00", ["withdrawal_period_over"], id="over"),
        pytest.param([item(100)], None, ["withdrawal_not_offered"], id="nothing left"),
        pytest.param([item(100)], "2026-07-10T00:00", ["withdrawal_period_over"], id="over, and nothing left"),
    ],
)
def test_what_speaks_against_it(items: list[ContractItem], end: str | None, codes: list[str]) -> None:
    found = withdrawal_refusals(items, ending(end) if end else None, now=at("2026-07-10T00:00"))
    assert [refusal.code for refusal in found] == codes
    assert all(refusal.template for refusal in found)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param({"days": 13}, ("days",), id="fewer days than the law gives"),
        pytest.param({"days": "14"}, ("days",), id="days as text"),
        pytest.param({"days": 10**9}, ("days",), id="a period beyond all bounds"),
        pytest.param({"label": "Withdraw"}, ("label",), id="a label in no language"),
        pytest.param({"label": {"en": "  "}}, ("label", "en"), id="an empty label"),
        pytest.param({"label": {"en": "x" * 81}}, ("label", "en"), id="a label like an essay"),
        pytest.param({"confirm_label": {"english": "Yes"}}, ("confirm_label", "english", "[key]"), id="no language"),
        pytest.param({"holidays": {"DE": ["24.12.2026"]}}, ("holidays", "DE", 0), id="a day written otherwise"),
        pytest.param({"holidays": ["2026-12-24"]}, ("holidays",), id="days of no country"),
        pytest.param({"holiday_regions": ["DE-XX"]}, ("holiday_regions", 0), id="a region that there is not"),
        pytest.param({"holiday_regions": ["BY"]}, ("holiday_regions", 0), id="a region of no country"),
        pytest.param({"exempt_skus": "A1"}, ("exempt_skus",), id="products that are no list"),
        pytest.param({"cancel_reason": 0}, ("cancel_reason",), id="a reason that cannot be"),
        pytest.param({"duration": 14}, ("duration",), id="an unknown field"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_refused(value: Any, path: tuple[str, ...]) -> None:
    with pytest.raises(pydantic.ValidationError) as refused:
        validated("WITHDRAWAL", value)
    assert refused.value.errors()[0]["loc"] == path


def test_labels_are_the_merchant_s_words_or_the_default_ones() -> None:
    rules = WithdrawalRules(label={"en": "Withdraw here", "de": "Vertrag widerrufen"})
    assert rules.label_in("en-gb") == "Withdraw here"
    assert rules.label_in("de") == "Vertrag widerrufen"
    assert rules.label_in("tr") == "Sözleşmeden burada cayın"
    assert rules.label_in("fr") == rules.label_in(None) == "Withdraw here"
    assert WithdrawalRules().confirm_label_in("tr") == "Caymayı onayla"
    assert WithdrawalRules().confirm_label_in("en") == "Confirm withdrawal"
