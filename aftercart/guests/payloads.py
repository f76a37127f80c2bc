"""What a guest names an order by, and what he asks for; from JSON or a form."""

from typing import Annotated, Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from aftercart.bodies import Text
from aftercart.cancellations.payloads import CancelItemPayload
from aftercart.cancellations.rules import REFUND, Wish, WishedItem
from aftercart.errors import FieldErrors
from aftercart.orders.models import LONGEST_NUMBER

LONGEST_EMAIL = 254


class Asked(NamedTuple):
    """What an order is asked for by; readable, and nothing more is known of it."""

    number: str
    email: str


def read_asked(number: str, email: str) -> Asked:
    """Number and e-mail without spaces around them; FieldErrors, which tell nothing of any order."""
    asked = Asked(number.strip(), email.strip())
    errors = {}
    if not _readable(asked.number, LONGEST_NUMBER):
        errors["number"] = [gettext("Enter the order number; it stands in the shop's mails.")]
    if not _is_email(asked.email):
        errors["email"] = [gettext("Enter an e-mail address, as in name@example.com.")]
    if errors:
        raise FieldErrors(errors)
    return asked


def _readable(text: str, longest: int) -> bool:
    return bool(text) and len(text) <= longest and "\0" not in text


def _is_email(text: str) -> bool:
    if not _readable(text, LONGEST_EMAIL):
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _as_text(value: object) -> object:
    """Shops that number their orders send the number as a number, too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[Text, BeforeValidator(_as_text), Field(validation_alias=AliasChoices("number", "order"))]
"""The order's number; some clients call it `order`."""


class GuestPayload(BaseModel):
    """An order's number and the e-mail that was given with it."""

    model_config = ConfigDict(extra="ignore")

    number: Number
    email: Text

    def asked(self) -> Asked:
        """Both as they can be looked for; FieldErrors."""
        return read_asked(self.number, self.email)


class GuestCancelPayload(CancelItemPayload, GuestPayload):
    """One item of such an order that the shop is asked to cancel or to take back."""

    cancellation_type: Literal["cancel", "refund"]

    def wish(self) -> Wish:
        """The wish; FieldErrors where a return names no carrier."""
        if self.cancellation_type == REFUND and self.shipping_company is None:
            raise FieldErrors({"shipping_company": [gettext("Choose the carrier that takes the item back.")]})
        return Wish(items=(WishedItem(**self.model_dump(exclude={"number", "email"})),))
