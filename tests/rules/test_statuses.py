"""The status table: names, moves, and the drawing made from it."""

from pathlib import Path

import pytest

from aftercart import statuses
from aftercart.statuses import Status, may_move, may_return, read_status

ALL = list(Status)


def test_every_status_has_a_label() -> None:
    assert set(statuses.LABELS) == set(Status)


@pytest.mark.parametrize("written", ["400", 400, "approved", " Approved "])
def test_a_status_is_read_from_code_or_name(written: object) -> None:
    assert read_status(written) is Status.APPROVED


def test_both_spellings_of_cancelled_are_read() -> None:
    assert read_status("cancelled") is read_status("canceled") is Status.CANCELED


@pytest.mark.parametrize("written", ["", "40", "9999999", "²", "unknown", True, None, 4.0, [], -400])
def test_anything_else_is_no_status(written: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_status(written)


@pytest.mark.parametrize("here", ALL)
def test_nothing_leaves_a_closed_status(here: Status) -> None:
    if here in statuses.CLOSED:
        assert not any(may_move(here, there) for there in ALL)


def test_news_never_moves_anything_backwards_along_the_journey() -> None:
    journey = [s for s in ALL if s not in statuses.CLOSED | {Status.CANCELLATION_WAITING}]
    assert not any(may_move(later, earlier) for i, earlier in enumerate(journey) for later in journey[i:])


def test_only_a_rejected_cancellation_gives_a_former_status_back() -> None:
    assert not may_move(50, 400)
    assert may_return(50, 400)
    assert not may_return(50, 100)
    assert not may_return(400, 300)


def test_the_drawing_of_the_life_of_an_order_is_made_from_the_table() -> None:
    drawn = Path(__file__).parents[2] / "docs" / "order-lifecycle.md"
    assert drawn.read_text() == statuses.drawing(), "run: python -m aftercart.statuses > docs/order-lifecycle.md"
