"""How guests name their order, and what they ask for; from JSON or a form."""

from typing import Annotated, Literal

from django.utils.translation import gettext
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from aftercart.bodies import Text
from aftercart.cancellations.payloads import CancelItemPayload
from aftercart.cancellations.rules import REFUND, Wish, WishedItem
from aftercart.errors import FieldErrors
from aftercart.mailed_links.lookup import OrderLookup, read_lookup


def _as_text(value: object) -> object:
    """Shops with numeric order numbers send them as numbers, too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[Text, BeforeValidator(_as_text), Field(validation_alias=AliasChoices("number", "order"))]
"""The order's number; some clients call it `order`."""


class GuestPayload(BaseModel):
    """An order's number and the e-mail that was given with it."""

    model_config = ConfigDict(extra="ignore")

    number: Number
    email: Text

    def asked(self) -> OrderLookup:
        """Both in the form in which they are looked up. Raises FieldErrors."""
        return read_lookup(self.number, self.email)


class GuestCancelPayload(CancelItemPayload, GuestPayload):
    """One item of such an order that the shop is asked to cancel or to take back."""

    cancellation_type: Literal["cancel", "refund"]

    def wish(self) -> Wish:
        """The wish; FieldErrors where a return names no carrier."""
        if self.cancellation_type == REFUND and self.shipping_company is None:
            raise FieldErrors({"shipping_company": [gettext("Choose the carrier that takes the item back.")]})
        return Wish(items=(WishedItem(**self.model_dump(exclude={"number", "email"})),))
