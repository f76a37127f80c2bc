"""The bank account for a refund, on our forms: asked for when the money cannot go back the way it was paid."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from aftercart.bank_accounts import LONGEST_HOLDER, grouped, plain_iban
from aftercart.bodies import SENTENCES
from aftercart.errors import FieldErrors
from aftercart.orders.models import Order, OrderItem
from aftercart.orders.payments import needs_account

FIELDS = ("iban", "holder_name")


class BankAccount:
    """A bank account as typed, with its errors. Nobody has to give one: without it the shop asks."""

    def __init__(
        self, order: Order, items: Iterable[OrderItem], data: Mapping[str, Any] | None, *, holder: str
    ) -> None:
        self.is_asked = needs_account(order, items)
        self.iban, self.holder_name = "", holder
        self.errors: dict[str, str] = {}
        if data is not None and self.is_asked:
            self.iban, self.holder_name = (str(data.get(name, "")).strip() for name in FIELDS)

    @property
    def shown(self) -> str:
        """The IBAN in groups of four; as typed if it isn't one."""
        try:
            return grouped(plain_iban(self.iban))
        except ValueError:
            return self.iban

    @property
    def said(self) -> dict[str, str]:
        """The fields of the wish: empty without an IBAN, as a holder's name alone is no use."""
        return {name: getattr(self, name) for name in FIELDS} if self.iban else {}

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Names and values that carry it through a confirmation page."""
        return list(self.said.items())

    def read(self) -> dict[str, str]:
        """The fields in their plain form. Raises FieldErrors."""
        errors: dict[str, list[str]] = {}
        iban = ""
        try:
            iban = plain_iban(self.iban)
        except ValueError:
            errors["iban"] = [gettext(SENTENCES["iban"])]
        if self.iban and not self.holder_name:
            errors["holder_name"] = [gettext(SENTENCES["holder"])]
        elif len(self.holder_name) > LONGEST_HOLDER:
            errors["holder_name"] = [gettext(SENTENCES["string_too_long"]).format(max_length=LONGEST_HOLDER)]
        elif "\0" in self.holder_name:
            errors["holder_name"] = [gettext(SENTENCES["nul"])]
        if errors:
            raise FieldErrors(errors)
        return {"iban": iban, "holder_name": self.holder_name} if iban else {}

    def show_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Keep the errors of its own fields."""
        self.errors |= {name: " ".join(errors[name]) for name in FIELDS if errors.get(name)}
