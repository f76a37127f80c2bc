"""The form of a declaration: who, from what, how many; as typed, with errors next to its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.http import QueryDict
from django.utils.translation import gettext

from aftercart.account.bank_account import BankAccount
from aftercart.cancellations.sets import in_order, sets_of
from aftercart.errors import FieldErrors, Refused
from aftercart.http_errors import sentence
from aftercart.mails.writing import contact_of
from aftercart.orders.models import OrderItem
from aftercart.orders.words import billed_name
from aftercart.withdrawals.payloads import Declaration, read_who
from aftercart.withdrawals.reading import WithdrawalEligibility
from aftercart.withdrawals.rules import ContractItem, why_not_offered


@dataclass(slots=True)
class WithdrawalLine:
    """One item of the contract."""

    item: OrderItem
    facts: ContractItem
    chosen: bool = False
    quantity: str = ""
    error: str = ""
    head: "WithdrawalLine | None" = None
    """The set that it is part of: one withdraws from the whole set, not from a part."""

    @property
    def key(self) -> str:
        """The item's id as the fields' names carry it."""
        return str(self.item.pk)

    @property
    def left(self) -> int:
        """How many pieces are offered."""
        return self.facts.left

    @property
    def why_not(self) -> str:
        """Why it is not offered; empty if it is."""
        refusal = why_not_offered(self.facts)
        return sentence(refusal) if refusal else ""

    @property
    def wished(self) -> str:
        """How many, as the confirmation page says it; for a part, in proportion to its set."""
        if self.head is None:
            return self.quantity or str(self.left)
        of_set = self.head.wished
        return str(self.left * int(of_set) // self.head.left) if _is_number(of_set) else "0"


class WithdrawForm:
    """The form for one order; without data everything on offer is chosen, as most people withdraw from all of it."""

    def __init__(self, eligibility: WithdrawalEligibility, data: QueryDict | None = None) -> None:
        self.eligibility = eligibility
        order = eligibility.order
        self.lines = _lines(eligibility)
        self.offered = [line for line in self.lines if not line.why_not]
        self.errors: list[str] = []
        self.name_error = self.contact_error = ""
        self.uuid = uuid4()
        self.name, self.contact = billed_name(order, order.customer), contact_of(order)
        self.bank_account = BankAccount(order, [item for item, _ in eligibility.lines], data, holder=self.name)
        if data is None:
            for line in self.offered:
                line.chosen = True
        else:
            self._read(data)

    def _read(self, data: QueryDict) -> None:
        picked = set(data.getlist("item"))
        for line in self.lines:
            line.chosen = (line.head or line).key in picked
            line.quantity = data.get(f"quantity-{line.key}", "").strip()
        self.name, self.contact = data.get("name", "").strip(), data.get("contact", "").strip()
        self.uuid = _uuid(data.get("declaration", "")) or self.uuid

    @property
    def chosen(self) -> list[WithdrawalLine]:
        """The lines that were ticked."""
        return [line for line in self.lines if line.chosen]

    @property
    def is_all(self) -> bool:
        """Whether it is about everything that is offered."""
        return all(line.chosen and line.wished == str(line.left) for line in self.offered)

    @property
    def statement(self) -> str:
        """What is declared, in one sentence."""
        number = self.eligibility.order.number
        if self.is_all and len(self.offered) == len(self.lines):
            return gettext("I withdraw from the contract on order %(number)s.") % {"number": number}
        return gettext("I withdraw from the contract on these goods of order %(number)s.") % {"number": number}

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Names and values that carry the declaration through the confirmation page."""
        fields = [("declaration", str(self.uuid)), ("name", self.name), ("contact", self.contact)]
        for line in self.chosen:
            fields += [("item", str(line.item.pk)), (f"quantity-{line.item.pk}", line.wished)]
        return fields + self.bank_account.carried

    def declared(self) -> Declaration:
        """The declaration. Raises FieldErrors for what is missing or unreadable."""
        errors: dict[str, Any] = {}
        items = {}
        for line in self.chosen:
            if line.head is not None and line.wished == "0":
                continue
            if not _is_number(line.wished):
                text = gettext("Choose a number from 1 to {quantity}.").format(quantity=line.left)
                errors[f"quantity-{line.item.pk}"] = [text]
            else:
                items[line.item.pk] = int(line.wished)
        if not self.chosen:
            errors["items"] = [gettext("Choose at least one item.")]
        account: dict[str, str] = {}
        try:
            account = self.bank_account.read()
        except FieldErrors as found:
            errors |= found.errors
        try:
            who = read_who(self.name, self.contact)
        except FieldErrors as found:
            raise FieldErrors({**errors, **found.errors}) from None
        if errors:
            raise FieldErrors(errors)
        return Declaration(self.uuid, who.name, who.contact, items, self.statement, **account)

    def show_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Put errors next to their fields."""
        self.bank_account.show_errors(errors)
        by_line = {f"quantity-{line.item.pk}": line for line in self.lines}
        for name, found in errors.items():
            text = " ".join(found)
            if name == "name":
                self.name_error = text
            elif name == "contact":
                self.contact_error = text
            elif name in by_line:
                by_line[name].error = text
            elif name not in self.bank_account.errors:
                self.errors.append(text)

    def show_refused(self, refused: Refused) -> None:
        """Every refusal's sentence, with the item's name."""
        names = {line.item.pk: line.item.name for line in self.lines}
        for refusal in refused.refusals:
            name, text = names.get(refusal.order_item or 0, ""), sentence(refusal)
            self.errors.append(f"{name}: {text}" if name else text)


def _lines(eligibility: WithdrawalEligibility) -> list[WithdrawalLine]:
    """The items as they were ordered, the parts of a set right behind it."""
    lines = {item.pk: WithdrawalLine(item, facts) for item, facts in eligibility.lines}
    items = [item for item, _ in eligibility.lines]
    for group in sets_of(items).values():
        head, *parts = (lines[item.pk] for item in group)
        for part in parts:
            part.head = head if not (part.why_not or head.why_not) else None
    return [lines[item.pk] for item in in_order(items)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
