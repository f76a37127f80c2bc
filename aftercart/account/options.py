"""Can I, until when, why not, and what is refunded: the options of an order, by the same rules that judge a POST."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext

from aftercart.account import words
from aftercart.account.estimates import comes_back, shown_estimate
from aftercart.account.reading import OwnOrder
from aftercart.account.representation import shown_currency, shown_statuses
from aftercart.account.wishes import judged, loyalty_possible, type_of
from aftercart.bodies import LARGEST_ID, SENTENCES
from aftercart.cancellations.checking import too_many
from aftercart.cancellations.eligibility import Way, eligibility
from aftercart.cancellations.models import CancellationReason
from aftercart.cancellations.request_parts import within_reach
from aftercart.cancellations.rules import CANCEL, REFUND, CancellationCase, WishedItem
from aftercart.cancellations.sets import with_their_sets
from aftercart.currencies import on_the_wire
from aftercart.errors import FieldErrors
from aftercart.http_errors import sentence
from aftercart.orders.models import OrderItem
from aftercart.refusals import Refusal
from aftercart.statuses import CLOSED

YES, NO = ("1", "true", "on"), ("", "0", "false", "off")
LONGEST_SHOWN = 40

Chosen = tuple[OrderItem, WishedItem]


def read_flag(name: str, text: str) -> bool:
    """A yes or no from the query string. Raises FieldErrors for anything else."""
    value = text.strip().lower()
    if value not in YES + NO:
        raise FieldErrors({name: [gettext(SENTENCES["bool_type"])]})
    return value in YES


def read_choice(own: OwnOrder, text: str) -> list[Chosen]:
    """`1,2:3` → item 1 and three pieces of item 2, each to be cancelled or returned, whichever is possible.

    Raises FieldErrors for a malformed list, items of other orders, repeated items, and more pieces than there are.
    """
    items = {item.pk: item for item in own.items}
    chosen: dict[int, Chosen] = {}
    errors: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        try:
            pk, pieces = _read_part(part)
            item = items[pk]
        except ValueError:
            error = gettext("Write an item's id, or its id and how many of it, as in 12 or 12:3.")
        except KeyError:
            error = gettext("This item does not belong to the order.")
        else:
            if pk in chosen:
                error = gettext("This item stands in the list twice.")
            elif pieces is not None and pieces > item.quantity_left > 0:
                error = too_many(item, item.quantity_left)
            else:
                chosen[pk] = (item, WishedItem(pk, 0, type_of(item), quantity=pieces))
                continue
        errors.append(f"{part[:LONGEST_SHOWN]}: {error}")
    if errors:
        raise FieldErrors({"items": errors})
    return list(chosen.values())


def _read_part(part: str) -> tuple[int, int | None]:
    numbers = [int(number) for number in part.split(":") if number.isascii() and number.isdigit() and len(number) < 20]
    if len(numbers) != part.count(":") + 1 or len(numbers) > 2 or not all(1 <= n <= LARGEST_ID for n in numbers):
        raise ValueError(part)
    return numbers[0], numbers[1] if len(numbers) == 2 else None


class Options:
    """One order as its owner may change it now."""

    def __init__(self, own: OwnOrder, *, now: datetime, as_loyalty: bool) -> None:
        self.own, self.now, self.as_loyalty = own, now, as_loyalty
        self.basis = own.basis
        self.money = comes_back(own.order, own.items)

    def case(self, chosen: Iterable[Chosen]) -> CancellationCase:
        """The case that a POST of these items would be."""
        return self.basis.case(chosen, now=self.now, as_loyalty=self.as_loyalty)

    def judged(self, chosen: Sequence[Chosen]) -> dict[str, Any]:
        """What would become of a POST of these items: the way, why, until when, and the refund."""
        chosen = with_their_sets(chosen, self.own.items)
        found = eligibility(self.case(chosen))
        left = (found.closes_at - self.now).total_seconds() if found.closes_at else None
        back = None
        if found.way is not Way.NONE:
            pieces = {
                item.pk: within_reach(item, wished.cancellation_type, wished.quantity or None)
                for item, wished in chosen
            }
            back = shown_estimate(self.money.estimate(pieces, as_loyalty=self.as_loyalty), self.own.order)
        return {
            "way": found.way,
            "refusals": [_refusal(refusal) for refusal in found.refusals],
            "because": _because(found.because, chosen),
            "closes_at": found.closes_at,
            "seconds_left": None if left is None else int(left),
            "afterwards": found.afterwards,
            "estimate": back,
        }

    def item(self, item: OrderItem) -> dict[str, dict[str, Any]]:
        """One item alone, with all of its pieces, for each kind of wish."""
        return {kind: self.judged([(item, WishedItem(item.pk, 0, kind))]) for kind in (CANCEL, REFUND)}

    def goes_with(self, item: OrderItem) -> list[OrderItem]:
        """The other items of its set that go with it."""
        alone = [(item, WishedItem(item.pk, 0, type_of(item)))]
        return [line for line, _ in with_their_sets(alone, self.own.items) if line is not item]

    def whole(self, alone: dict[int, dict[str, dict[str, Any]]]) -> dict[str, Any]:
        """Everything together: each kind of wish with the items it is possible for, or with all if there are none."""
        found = {}
        for kind in (CANCEL, REFUND):
            possible = [item for item in self.own.items if alone[item.pk][kind]["way"] is not Way.NONE]
            judged = [(item, WishedItem(item.pk, 0, kind)) for item in possible or self.own.items]
            found[kind] = {"order_items": [item.pk for item, _ in judged], **self.judged(judged)}
        return found


def shown_options(
    own: OwnOrder, reasons: Iterable[CancellationReason], *, now: datetime, items: str = "", as_loyalty: str = ""
) -> dict[str, Any]:
    """The options of an order and of each of its items; `items` and `as_loyalty` as they stand in the address.

    `reasons`: those to choose from. Raises FieldErrors.
    """
    options = Options(own, now=now, as_loyalty=read_flag("as_loyalty", as_loyalty))
    chosen = read_choice(own, items) if items.strip() else []
    may = own.permissions(now=now)
    alone = {item.pk: options.item(item) for item in own.items}
    return {
        "id": own.order.pk,
        "number": own.order.number,
        "status": shown_statuses(get_language() or "")[own.order.status],
        "currency": shown_currency(own.order.currency),
        "asked_at": now,
        **options.whole(alone),
        "items": [
            {
                "id": item.pk,
                "name": item.name,
                "status": shown_statuses(get_language() or "")[item.status],
                "quantity": item.quantity,
                "goes_with": [line.pk for line in options.goes_with(item)],
                "quantity_left": 0 if item.status in CLOSED else item.quantity_left,
                "price": on_the_wire(item.price, own.order.currency),
                **alone[item.pk],
                "available_easy_return_shipping_companies": may.carriers(item.easy_return_companies),
            }
            for item in own.items
        ],
        "choice": _choice(options, chosen) if chosen else None,
        "reasons": [_reason(reason) for reason in reasons],
        "loyalty_money": _loyalty(own, now=now),
    }


def _loyalty(own: OwnOrder, *, now: datetime) -> dict[str, Any]:
    """Whether loyalty points may be asked for instead of money, with any item; if not, why."""
    found = judged(own, now=now, as_loyalty=True)
    refused = [] if any(not one.refusals for one in found) else found[0].refusals
    return {"possible": loyalty_possible(own, now=now), "refusals": [_refusal(refusal) for refusal in refused]}


def _choice(options: Options, chosen: Sequence[Chosen]) -> dict[str, Any]:
    wished = [
        {
            "order_item": item.pk,
            "cancellation_type": wished.cancellation_type,
            "quantity": wished.quantity or item.quantity_left,
        }
        for item, wished in with_their_sets(chosen, options.own.items)
    ]
    return {"cancel_order_items": wished, "as_loyalty": options.as_loyalty, **options.judged(chosen)}


def _reason(reason: CancellationReason) -> dict[str, Any]:
    return {
        "id": reason.pk,
        "cancellation_type": reason.cancellation_type,
        "subject": reason.subject_in(get_language()),
        "extra_information_needed": reason.extra_information_needed,
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "message": sentence(refusal), "order_item": refusal.order_item}


def _because(found: Iterable[Refusal], chosen: Sequence[Chosen]) -> list[dict[str, str]]:
    """Each code once, with what the pages say for it."""
    kinds = {wished.cancellation_type for _, wished in chosen}
    kind = CANCEL if CANCEL in kinds else REFUND
    codes = dict.fromkeys(refusal.code for refusal in found)
    return [{"code": code, "message": words.because(code, cancellation_type=kind)} for code in codes]
