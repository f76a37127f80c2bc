"""Customers from another shop: who they are, and the hashes of their passwords. What is known is not overwritten."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from aftercart.customers.imported_passwords import UnreadableHash, as_stored
from aftercart.customers.models import LONGEST_EMAIL, Customer, UserType

FILLED = ("first_name", "last_name", "phone", "language_code")
LARGEST_NUMBER = 2**63 - 1


class ImportOutcome(StrEnum):
    """What became of a customer who came in."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class CustomerRefused(Exception):
    """A customer who is not taken in; `reasons` name the fields."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def _text(longest: int) -> Any:
    return Annotated[str, StringConstraints(strip_whitespace=True, max_length=longest, pattern=r"^[^\x00]*$")]


class CustomerRow(BaseModel):
    """One customer of a file. `pk`: the number by which orders name the customer."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    pk: Annotated[int, Field(gt=0, le=LARGEST_NUMBER)] | None = None
    email: _text(LONGEST_EMAIL)  # type: ignore[valid-type]
    first_name: _text(255) = ""  # type: ignore[valid-type]
    last_name: _text(255) = ""  # type: ignore[valid-type]
    phone: _text(128) = ""  # type: ignore[valid-type]
    language_code: _text(16) = ""  # type: ignore[valid-type]
    password: _text(1000) = ""  # type: ignore[valid-type]

    @field_validator("*", mode="before")
    @classmethod
    def nothing_is_empty(cls, value: Any, info: Any) -> Any:
        """Null, and an empty cell of a CSV, are as if the field were not there."""
        return cls.model_fields[info.field_name].get_default() if value in (None, "") else value

    @field_validator("email")
    @classmethod
    def is_email(cls, value: str) -> str:
        """An e-mail address that mails can go to."""
        try:
            validate_email(value)
        except DjangoValidationError as error:
            raise ValueError("no e-mail address") from error
        return value

    @field_validator("password")
    @classmethod
    def is_read(cls, value: str) -> str:
        """The hash as we keep it."""
        try:
            return as_stored(value) if value else ""
        except UnreadableHash as error:
            raise ValueError(str(error)) from error


def is_readable(password: Any) -> bool:
    """Whether this is a hash that we read."""
    try:
        as_stored(str(password or ""))
    except UnreadableHash:
        return False
    return True


@dataclass
class CustomerReport:
    """What became of all."""

    refuses_unreadable: bool = True
    """Whether a hash that is not read keeps its customer out."""
    counts: Counter[ImportOutcome] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def take(self, row: Any, *, file: str, place: str) -> None:
        """Take in one row of a file, and count what became of it."""
        if not self.refuses_unreadable and isinstance(row, Mapping) and not is_readable(row.get("password")):
            row = {**row, "password": ""}
        try:
            self.counts[take_in_customer(row)] += 1
        except CustomerRefused as refusal:
            self.refuse(file=file, place=place, email=_email_in(row), reasons=refusal.reasons)

    def refuse(self, *, file: str, place: str, email: str, reasons: tuple[str, ...]) -> None:
        """One more is not in."""
        self.refused.append({"file": file, "place": place, "email": email, "reasons": [*reasons]})

    def as_dict(self) -> dict[str, Any]:
        """`{"new", "changed", "unchanged", "refused": [{"file", "place", "email", "reasons"}]}`."""
        return {**{str(outcome): self.counts[outcome] for outcome in ImportOutcome}, "refused": self.refused}

    def as_text(self) -> str:
        """One line for each reason, and one with the counts."""
        lines = []
        for one in self.refused:
            where = ", ".join(filter(None, (one["file"], one["place"], one["email"])))
            lines += [f"refused: {where}: {reason}" for reason in one["reasons"]]
        counts = ", ".join(f"{self.counts[outcome]} {outcome}" for outcome in ImportOutcome)
        return "\n".join([*lines, f"{counts}, {len(self.refused)} refused"])


def take_in_customer(row: Any) -> ImportOutcome:
    """Take in one customer; safe to repeat. Refused names every field that is wrong."""
    if not isinstance(row, Mapping):
        raise CustomerRefused(row if isinstance(row, str) else "no object with the customer's fields")
    try:
        said = CustomerRow.model_validate(dict(row))
    except ValidationError as found:
        raise CustomerRefused(*(_reason(one) for one in found.errors())) from None
    try:
        with transaction.atomic():
            return _taken(said)
    except IntegrityError:  # somebody took in the same customer at the same moment
        with transaction.atomic():
            return _taken(said)


def _taken(said: CustomerRow) -> ImportOutcome:
    known = Customer.objects.select_for_update()
    customer = known.filter(pk=said.pk).first() if said.pk else None
    same = Customer.objects.with_email(said.email)
    if customer is None and same is None:
        return _made(said)
    if customer is not None and (customer.user_type != UserType.REGISTERED or customer != same):
        raise CustomerRefused(f"pk: {said.pk} is {customer.email} here")
    assert same is not None
    if said.pk and same.pk != said.pk:
        raise CustomerRefused(f"email: registered here for customer {same.pk}")
    return _filled(known.get(pk=same.pk), said)


def _made(said: CustomerRow) -> ImportOutcome:
    customer = Customer(pk=said.pk, email=said.email, **{name: getattr(said, name) for name in FILLED})
    customer.password = said.password
    if not said.password:
        customer.set_unusable_password()
    customer.save(force_insert=True)
    return ImportOutcome.NEW


def _filled(customer: Customer, said: CustomerRow) -> ImportOutcome:
    """Write what was not known. A password that is there stays: it may be newer. Nobody hands one to staff."""
    blank = [name for name in FILLED if not getattr(customer, name) and getattr(said, name)]
    for name in blank:
        setattr(customer, name, getattr(said, name))
    if said.password and not customer.has_usable_password() and not (customer.is_staff or customer.is_superuser):
        customer.password = said.password
        blank.append("password")
    if blank:
        customer.save(update_fields=[*blank, "modified_date"])
    return ImportOutcome.CHANGED if blank else ImportOutcome.UNCHANGED


def _reason(found: Any) -> str:
    return f"{'.'.join(str(part) for part in found['loc'])}: {found['msg'].removeprefix('Value error, ')}"


def _email_in(row: Any) -> str:
    return str(row.get("email") or "")[:LONGEST_EMAIL] if isinstance(row, Mapping) else ""
