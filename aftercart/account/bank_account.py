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
    """What is typed of an account, with its errors. Nobody has to name one: then the shop asks for it."""

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
        """The IBAN in groups of four; as it was typed where it is none."""
        try:
            return grouped(plain_iban(self.iban))
        except ValueError:
            return self.iban

    @property
    def said(self) -> dict[str, str]:
        """The fields of the wish: nothing without an IBAN, for a holder's name alone pays nobody."""
        return {name: getattr(self, name) for name in FIELDS} if self.iban else {}

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Names and values that bring it through a confirming page."""
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
        """Keep the errors of its fields; others are somebody else's."""
        self.errors |= {name: " ".join(errors[name]) for name in FIELDS if errors.get(name)}
