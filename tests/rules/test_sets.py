"""A set and its parts: which lines are one thing, and what is added to a choice so that it is whole."""

from dataclasses import dataclass
from typing import Any

import pytest

from aftercart.cancellations.rules import WishedItem
from aftercart.cancellations.sets import in_order, parts_alone, sets_of, with_their_sets


@dataclass
class Line:
    id: int
    parent: int | None = None
    status: int = 400
    quantity: int = 1
    returned_quantity: int = 0
    withdrawn_quantity: int = 0


def lines(**changes: dict[str, Any]) -> list[Line]:
    """A set (1) with two parts (2, 4) and something else between them (3); `line_4={"status": 500}` changes one."""
    made = [Line(1), Line(2, parent=1), Line(3), Line(4, parent=1)]
    for name, values in changes.items():
        for field, value in values.items():
            setattr(made[int(name.removeprefix("line_")) - 1], field, value)
    return made


def chosen(order: list[Line], **wished: int | None) -> list[tuple[int, str, int | None]]:
    """What becomes of a choice: `line_1=None` wishes for all of line 1."""
    by_name = {f"line_{line.id}": line for line in order}
    picked = [(by_name[name], WishedItem(by_name[name].id, 7, quantity=count)) for name, count in wished.items()]
    return [(line.id, one.cancellation_type, one.quantity) for line, one in with_their_sets(picked, order)]


def test_lines_without_a_parent_are_no_set() -> None:
    order = [Line(1), Line(2)]
    assert (sets_of(order), in_order(order)) == ({}, order)
    assert chosen(order, line_2=None) == [(2, "cancel", None)]


def test_a_set_is_its_line_and_the_parts_that_name_it() -> None:
    order = lines()
    found = {pk: [line.id for line in group] for pk, group in sets_of(order).items()}
    assert found == {1: [1, 2, 4], 2: [1, 2, 4], 4: [1, 2, 4]}
    assert [line.id for line in in_order(order)] == [1, 2, 4, 3]
    assert [line.id for line in in_order([order[3], order[2], order[0], order[1]])] == [3, 1, 4, 2]


@pytest.mark.parametrize(
    "wished", [{"line_1": None}, {"line_1": None, "line_2": None}, {"line_2": None, "line_4": None}]
)
def test_the_set_brings_its_parts_and_all_parts_bring_the_set(wished: dict[str, None]) -> None:
    order = lines()
    found = chosen(order, **wished)
    assert sorted(found) == [(1, "cancel", None), (2, "cancel", None), (4, "cancel", None)]
    picked = [(line, WishedItem(line.id, 7)) for line in order if (line.id, "cancel", None) in found]
    assert parts_alone(picked, order) == frozenset()


def test_some_parts_are_parts_alone() -> None:
    order = lines()
    assert chosen(order, line_2=None) == [(2, "cancel", None)]
    assert parts_alone([(order[1], WishedItem(2, 7)), (order[2], WishedItem(3, 7))], order) == {2}


def test_each_line_goes_as_it_can() -> None:
    assert sorted(chosen(lines(line_4={"status": 550}), line_1=None)) == [
        (1, "cancel", None),
        (2, "cancel", None),
        (4, "refund", None),
    ]


@pytest.mark.parametrize("gone", [{"status": 100}, {"status": 50}, {"status": 600}, {"returned_quantity": 1}])
def test_what_is_gone_already_is_neither_brought_nor_does_it_hold_the_rest(gone: dict[str, int]) -> None:
    assert sorted(chosen(lines(line_4=gone), line_1=None)) == [(1, "cancel", None), (2, "cancel", None)]
    assert sorted(chosen(lines(line_4=gone), line_2=None)) == [(1, "cancel", None), (2, "cancel", None)]
    left = lines(line_1=gone)
    assert chosen(left, line_2=None) == [(2, "cancel", None)]
    assert parts_alone([(left[1], WishedItem(2, 7))], left) == frozenset()


def test_with_a_whole_set_go_all_pieces_of_its_parts_whatever_number_is_named() -> None:
    order = lines(line_1={"quantity": 2}, line_2={"quantity": 4})
    for count in (None, 2):
        assert sorted(chosen(order, line_1=count, line_2=1)) == [
            (1, "cancel", count),
            (2, "cancel", 4),
            (4, "cancel", None),
        ]


def test_some_of_several_sets_bring_their_share_of_every_part() -> None:
    order = lines(line_1={"quantity": 2}, line_2={"quantity": 4}, line_4={"quantity": 1})
    assert sorted(chosen(order, line_1=1)) == [(1, "cancel", 1), (2, "cancel", 2)]
    assert sorted(chosen(order, line_1=2)) == [(1, "cancel", 2), (2, "cancel", None), (4, "cancel", None)]
    assert sorted(chosen(order, line_1=1, line_2=1)) == [(1, "cancel", 1), (2, "cancel", 2)]
    assert chosen(order, line_2=4, line_4=1)[2] == (1, "cancel", None)
    assert chosen(order, line_2=3, line_4=1) == [(2, "cancel", 3), (4, "cancel", 1)]


@pytest.mark.parametrize(
    "order",
    [
        [Line(1, parent=1), Line(2)],
        [Line(1, parent=2), Line(2, parent=1)],
        [Line(1, parent=99), Line(2)],
        [Line(1, parent=2), Line(2, parent=3), Line(3, parent=1)],
    ],
    ids=["itself", "each other", "no line of this order", "in a ring"],
)
def test_what_names_no_set_is_none(order: list[Line]) -> None:
    assert sets_of(order) == {}


def test_a_set_within_a_set_is_one_with_it() -> None:
    order = [Line(1), Line(2, parent=1), Line(3, parent=2)]
    assert sorted(pk for pk, *_ in chosen(order, line_1=None)) == [1, 2, 3]
    assert {pk: group[0].id for pk, group in sets_of(order).items()} == {1: 1, 2: 1, 3: 1}
