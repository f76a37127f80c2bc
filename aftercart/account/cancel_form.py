"""The cancellation form: one line per item, as typed; made into a wish; errors shown next to its fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language, gettext
from pydantic import ValidationError

from aftercart.account import words
from aftercart.account.bank_account import BankAccount
from aftercart.account.reading import OwnOrder
from aftercart.account.wishes import judged, loyalty_possible, type_of, why_not
from aftercart.bodies import field_errors, nested
from aftercart.cancellations.eligibility import Eligibility
from aftercart.cancellations.models import EasyReturnShippingCompany
from aftercart.cancellations.payloads import CancelPayload
from aftercart.cancellations.rules import REFUND, Wish, WishedItem
from aftercart.cancellations.sets import in_order, sets_of, with_their_sets
from aftercart.cancellations.statements import OFFERED_REASONS
from aftercart.customers.models import Address, Customer
from aftercart.errors import FieldErrors, Refused
from aftercart.http_errors import sentence
from aftercart.orders.models import OrderItem
from aftercart.orders.received import carrier_key, carrier_keys
from aftercart.orders.words import billed_name

ITEMS = "cancel_order_items"
# The payload's name of a field → the form's.
FIELDS = {"shipping_company": "carrier", "order_item": "item"}
TYPED = ("reason", "description", "quantity", "carrier")


@dataclass(slots=True)
class Choice:
    """A reason or a carrier to choose from."""

    value: str
    label: str


@dataclass(slots=True)
class CancelLine:
    """One item in the form."""

    item: OrderItem
    found: Eligibility
    """What becomes of a wish for it."""
    reasons: list[Choice]
    carriers: list[Choice]
    is_first: bool
    """Whether no line above it asks for a reason of the same type."""
    chosen: bool = False
    reason: str = ""
    description: str = ""
    quantity: str = ""
    carrier: str = ""
    set_name: str = ""
    """The name of the set that it is part of and goes with."""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def why_not(self) -> str:
        """What speaks against any wish for it; empty where nothing does."""
        return why_not(self.found)

    @property
    def because(self) -> str:
        """Why it can only be requested, if that is due to this item and not true of every return."""
        codes = [] if self.is_return else [refusal.code for refusal in self.found.because[:1]]
        return "".join(words.because(code, cancellation_type=self.type) for code in codes)

    @property
    def type(self) -> str:
        """`cancel` or `refund`, by where the item is."""
        return type_of(self.item)

    @property
    def key(self) -> str:
        """The item's id as the fields' names carry it."""
        return str(self.item.pk)

    @property
    def is_return(self) -> bool:
        """Whether the item has to come back."""
        return self.type == REFUND

    @property
    def wished_quantity(self) -> str:
        """How many, as the confirmation page says it."""
        return self.quantity or str(self.item.quantity_left)


class CancelForm:
    """The form of one order; without data, as it is first shown."""

    judge: Callable[..., list[Eligibility]] = staticmethod(judged)

    def __init__(self, own: OwnOrder, customer: Customer, *, now: datetime, data: QueryDict | None = None) -> None:
        self.own, self.foreign = own, False
        self.sets = sets_of(own.items)
        self.errors: list[str] = []
        self.reasons = _reasons()
        carriers = _carriers(own.items)
        self.lines: list[CancelLine] = []
        types: set[str] = set()
        self.judged = self.judge(own, now=now)
        for item, found in zip(own.items, self.judged, strict=True):
            kind = type_of(item)
            offered = [carriers[pk] for c in item.easy_return_companies if (pk := carrier_key(c)) in carriers]
            self.lines.append(
                CancelLine(
                    item=item,
                    found=found,
                    reasons=self.reasons.get(kind, []),
                    carriers=offered if kind == REFUND else [],
                    is_first=kind not in types,
                    set_name=_set_name(item, self.sets),
                )
            )
            types |= set() if found.refusals else {kind}
        self.lines = in_order_of_sets(self.lines, own.items)
        self.offered = [line for line in self.lines if not line.why_not]
        self.with_carriers = any(line.carriers for line in self.offered)
        self.addresses = list(Address.objects.belonging_to(customer).with_places()) if self.with_carriers else []
        self.pickup_address, self.as_loyalty, self.pickup_error = "", False, ""
        self.bank_account = BankAccount(own.order, own.items, data, holder=billed_name(own.order, customer))
        self.may_be_loyalty = loyalty_possible(own, now=now)
        if data is None:
            if len(self.offered) == 1:
                self.offered[0].chosen = True
        else:
            self._read(data)

    @property
    def closes(self) -> Eligibility | None:
        """The eligibility that names the instant when direct cancellation ends, if there is one."""
        return next((line.found for line in self.offered if line.found.closes_at), None)

    def _read(self, data: QueryDict) -> None:
        picked = set(data.getlist("item"))
        known = {str(line.item.pk) for line in self.lines}
        self.foreign = bool(picked - known)
        for line in self.lines:
            line.chosen = str(line.item.pk) in picked
            for name in TYPED:
                setattr(line, name, data.get(f"{name}-{line.item.pk}", "").strip())
        self._choose_what_goes_along()
        self.pickup_address = data.get("pickup_address", "")
        self.as_loyalty = data.get("as_loyalty") == "on"

    def _choose_what_goes_along(self) -> None:
        """A set is chosen with its parts, and by all of them: for the same reason, each as it can go."""
        by_item = {line.item.pk: line for line in self.lines}
        wished = [(line.item, WishedItem(line.item.pk, 0, line.type, quantity=_pieces(line))) for line in self.chosen]
        for item, one in with_their_sets(wished, self.own.items):
            line, head = by_item[item.pk], by_item[self.sets[item.pk][0].pk] if item.pk in self.sets else None
            if head is None or (line.chosen and line is head):
                continue
            brought_by = head if head.chosen else next(part for part in self.chosen if part.item.parent)
            if not line.chosen:
                line.chosen, line.reason, line.description = True, brought_by.reason, brought_by.description
            line.quantity = str(one.quantity) if one.quantity else line.quantity

    @property
    def chosen(self) -> list[CancelLine]:
        """The lines that were ticked."""
        return [line for line in self.lines if line.chosen]

    @property
    def chosen_quantity(self) -> int:
        """How many pieces of goods the wish is about."""
        return sum(int(line.wished_quantity) for line in self.chosen if line.wished_quantity.isdecimal())

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Names and values that carry the wish through the confirmation page."""
        fields: list[tuple[str, str]] = []
        for line in self.chosen:
            pk = line.item.pk
            fields.append(("item", str(pk)))
            fields += [(f"{name}-{pk}", value) for name in TYPED if (value := str(getattr(line, name)))]
        if self.pickup_address:
            fields.append(("pickup_address", self.pickup_address))
        if self.as_loyalty:
            fields.append(("as_loyalty", "on"))
        return fields + self.bank_account.carried

    def wish(self) -> Wish:
        """What the customer asks for. Raises FieldErrors."""
        if self.foreign:
            raise FieldErrors({"non_field_errors": [gettext("This item does not belong to the order.")]})
        if not self.chosen:
            raise FieldErrors({"non_field_errors": [gettext("Choose at least one item.")]})
        self._fill_in_reasons()
        with_pickup = any(line.carrier for line in self.chosen)
        body = {
            ITEMS: [_payload(line) | self.bank_account.said for line in self.chosen],
            "pickup_address": self.pickup_address or None if with_pickup else None,
            "fully_refund_as_loyalty_money": self.as_loyalty,
        }
        try:
            return CancelPayload.model_validate(body).wish()
        except ValidationError as found:
            # Two parts in front, as the JSON API has them: the part of the request and the parameter.
            listed = [{**error, "loc": ("body", "form", *error["loc"])} for error in found.errors()]
            raise FieldErrors(field_errors(listed)) from None

    def _fill_in_reasons(self) -> None:
        """An empty reason means the same as above; the topmost one must be chosen."""
        above: dict[str, CancelLine] = {}
        missing: dict[tuple[str | int, ...], str] = {}
        for index, line in enumerate(self.chosen):
            if not line.reason and line.type in above:
                line.reason = above[line.type].reason
                line.description = line.description or above[line.type].description
            if not line.reason:
                missing[ITEMS, index, "reason"] = gettext("Choose a reason.")
            above[line.type] = line
        if missing:
            raise FieldErrors(nested(missing))

    def show_errors(self, errors: Mapping[str, Any]) -> None:
        """Put field errors, nested like the payload, next to the fields they are about."""
        for name, found in errors.items():
            if name == ITEMS and isinstance(found, list):
                for line, by_field in zip(self.chosen, found, strict=False):
                    self._show_line(line, by_field)
            elif name == "pickup_address":
                self.pickup_error = " ".join(found)
            else:
                self.errors += [found] if isinstance(found, str) else [str(text) for text in found]

    def _show_line(self, line: CancelLine, by_field: Any) -> None:
        if not isinstance(by_field, Mapping):
            self.errors.append(str(by_field))
            return
        self.bank_account.show_errors(by_field)
        for name, texts in by_field.items():
            line.errors[FIELDS.get(str(name), str(name))] = " ".join(texts)

    def show_refused(self, refused: Refused) -> None:
        """Every refusal's sentence, each once; with the item's name if the sentence lacks it."""
        names = {line.item.pk: line.item.name for line in self.lines}
        for refusal in refused.refusals:
            text, name = sentence(refusal), names.get(refusal.order_item or 0, "")
            text = text if not name or name in text else f"{name}: {text}"
            if text not in self.errors:
                self.errors.append(text)


def in_order_of_sets(lines: Sequence[CancelLine], items: Sequence[OrderItem]) -> list[CancelLine]:
    """Lines of a form, the parts of a set right behind it."""
    place = {item.pk: number for number, item in enumerate(in_order(items))}
    return sorted(lines, key=lambda line: place[line.item.pk])


def _set_name(item: OrderItem, sets: Mapping[int, Sequence[OrderItem]]) -> str:
    head = sets[item.pk][0] if item.pk in sets else item
    return "" if head is item else head.name


def _pieces(line: CancelLine) -> int | None:
    """How many pieces are typed, where that is a number."""
    is_number = line.quantity.isascii() and line.quantity.isdecimal() and len(line.quantity) < 10
    return int(line.quantity) if is_number else None


def _payload(line: CancelLine) -> dict[str, Any]:
    return {
        "order_item": line.item.pk,
        "reason": line.reason,
        "cancellation_type": line.type,
        "description": line.description,
        "quantity": line.quantity or None,
        "shipping_company": line.carrier or None,
    }


def _reasons() -> dict[str, list[Choice]]:
    found: dict[str, list[Choice]] = {}
    for reason in OFFERED_REASONS.all():
        label = reason.subject_in(get_language())
        if reason.extra_information_needed:
            label = gettext("%(reason)s (please explain below)") % {"reason": label}
        found.setdefault(reason.cancellation_type, []).append(Choice(str(reason.pk), label))
    return found


def _carriers(items: Sequence[OrderItem]) -> dict[int, Choice]:
    named = carrier_keys(company for item in items for company in item.easy_return_companies)
    if not named:
        return {}
    active = EasyReturnShippingCompany.objects.filter(pk__in=named, is_active=True)
    return {company.pk: Choice(str(company.pk), company.label) for company in active}
