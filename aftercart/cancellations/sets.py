"""A set and its parts: lines of one order that name another line as their `parent`. Sold and cancelled as one.

Lines are models or rows, which both have what is read here. A part whose set's line is gone already stands alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from aftercart.cancellations.rules import CANCEL, REFUND, WishedItem
from aftercart.statuses import AFTER_SHIPMENT, CLOSED, Status

Line = TypeVar("Line", bound=Any)
GONE = CLOSED | {Status.CANCELLATION_WAITING}


def sets_of(lines: Sequence[Line]) -> Mapping[int, tuple[Line, ...]]:
    """By the id of every line of a set, all of its lines that are still here, the set's own first."""
    if not any(line.parent for line in lines):
        return {}
    by_id = {line.id: line for line in lines}
    found: dict[int, tuple[Line, ...]] = {}
    for line in lines:
        head = _topmost(line, by_id)
        if head is not line and _is_here(line) and _is_here(head):
            found[head.id] = (*found.get(head.id, (head,)), line)
    return {line.id: group for group in found.values() for line in group}


def _topmost(line: Line, by_id: Mapping[int, Line]) -> Line:
    """The set that a line belongs to, the outermost if sets are nested; the line itself if it is part of none."""
    seen, head = {line.id}, line
    while head.parent in by_id:
        if head.parent in seen:  # it names itself, perhaps by way of others: that is no set
            return line
        seen.add(head.parent)
        head = by_id[head.parent]
    return head


def left_of(line: Any) -> int:
    """How many pieces of a line are left."""
    return int(line.quantity - line.returned_quantity - line.withdrawn_quantity)


def _is_here(line: Any) -> bool:
    return line.status not in GONE and left_of(line) > 0


def in_order(lines: Sequence[Line]) -> list[Line]:
    """Lines as they were ordered, the parts of a set right behind it."""
    sets = sets_of(lines)
    if not sets:
        return list(lines)
    place = {line.id: number for number, line in enumerate(lines)}
    head = {line.id: sets[line.id][0].id if line.id in sets else line.id for line in lines}
    return sorted(lines, key=lambda line: (place[head[line.id]], line.id != head[line.id], place[line.id]))


def with_their_sets(chosen: Iterable[tuple[Line, WishedItem]], lines: Sequence[Line]) -> list[tuple[Line, WishedItem]]:
    """What is chosen, with all that goes with it: a set with its parts, and if all of its parts are chosen, the set.

    Lines that are added get the wish of the line that brought them; each is cancelled or returned, by where it is.
    """
    picked = list(chosen)
    sets = sets_of(lines)
    if not sets:
        return picked
    wished = {line.id: one for line, one in picked}
    for line, _ in picked:
        group = sets.get(line.id)
        head = group[0] if group else None
        if group is None or head is None or (head.id not in wished and not _is_whole(group[1:], wished)):
            continue
        model = wished.get(head.id, wished[line.id])
        all_of_it = model.quantity is None or model.quantity >= left_of(head) or head.id not in wished
        for other in group:
            share = None if all_of_it else left_of(other) * (model.quantity or 0) // left_of(head)
            if other.id in wished:
                if other is not head:
                    asked = wished[other.id].quantity
                    # Pieces of a withdrawal are not left any more.
                    asked = asked and max(asked, left_of(other)) if all_of_it else share or asked
                    wished[other.id] = replace(wished[other.id], quantity=asked)
            elif share != 0:
                wished[other.id] = _as(model, other, share)
    known = {line.id: line for line in lines} | {line.id: line for line, _ in picked}
    return [(known[pk], one) for pk, one in wished.items()]


def _is_whole(parts: Sequence[Any], wished: Mapping[int, WishedItem]) -> bool:
    """Whether all pieces of all parts are wished for."""
    return all(part.id in wished and (wished[part.id].quantity or left_of(part)) >= left_of(part) for part in parts)


def _as(model: WishedItem, line: Any, quantity: int | None) -> WishedItem:
    is_return = line.status in AFTER_SHIPMENT
    return replace(
        model,
        order_item=line.id,
        cancellation_type=REFUND if is_return else CANCEL,
        quantity=quantity,
        shipping_company=model.shipping_company if is_return else None,
    )


def parts_alone(chosen: Iterable[tuple[Line, WishedItem]], lines: Sequence[Line]) -> frozenset[int]:
    """The ids of chosen lines that are parts of a set which is not chosen with them."""
    picked = [line.id for line, _ in chosen]
    sets = sets_of(lines)
    return frozenset(pk for pk in picked if pk in sets and sets[pk][0].id not in picked)
