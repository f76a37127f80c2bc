"""The cancellation's body as published clients send it, read into a wish."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from django.utils.translation import gettext
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from aftercart.bank_accounts import LONGEST_HOLDER, LONGEST_TYPED, NoneIsBlank, read_iban
from aftercart.bodies import Id, Text, nested, readable
from aftercart.cancellations.rules import Wish, WishedItem
from aftercart.errors import FieldErrors

LARGEST_QUANTITY = 2**31 - 1
READABLE = AfterValidator(readable)


class CancelItemPayload(BaseModel):
    """One item to cancel or give back."""

    model_config = ConfigDict(extra="ignore")

    order_item: Id
    reason: Id
    cancellation_type: Literal["cancel", "refund"] = "cancel"
    description: Text = ""
    quantity: Annotated[Id, Field(le=LARGEST_QUANTITY)] | None = None
    shipping_company: Id | None = None
    iban: Annotated[str, Field(max_length=LONGEST_TYPED), READABLE, AfterValidator(read_iban), NoneIsBlank] = ""
    holder_name: Annotated[str, Field(max_length=LONGEST_HOLDER, validate_default=True), READABLE, NoneIsBlank] = ""

    @field_validator("holder_name")
    @classmethod
    def _whose_account(cls, name: str, info: ValidationInfo) -> str:
        if info.data.get("iban") and not name.strip():
            raise PydanticCustomError("holder", "no holder")
        return name.strip()


class CancelPayload(BaseModel):
    """Everything that one cancellation asks for. Fields we do not know are ignored: clients send such."""

    model_config = ConfigDict(extra="ignore")

    cancel_order_items: Annotated[list[CancelItemPayload], Field(min_length=1, max_length=1000)]
    pickup_address: Id | None = None
    fully_refund_as_loyalty_money: StrictBool = False

    def wish(self) -> Wish:
        """The wish. Raises FieldErrors if an item is named twice."""
        seen: set[int] = set()
        errors: dict[tuple[str | int, ...], str] = {}
        for index, item in enumerate(self.cancel_order_items):
            if item.order_item in seen:
                errors["cancel_order_items", index, "order_item"] = gettext("This item stands in the list twice.")
            seen.add(item.order_item)
        if errors:
            raise FieldErrors(nested(errors))
        return Wish(
            items=tuple(WishedItem(**item.model_dump()) for item in self.cancel_order_items),
            pickup_address=self.pickup_address,
            fully_refund_as_loyalty_money=self.fully_refund_as_loyalty_money,
        )


def _as_text(value: object) -> object:
    """An order's id comes as a number or as text, its number as text; blank means none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else value


Name = Annotated[Annotated[Text, Field(max_length=128)] | None, BeforeValidator(_as_text)]
"""An order's id or number; None if missing."""


class BulkPayload(CancelPayload):
    """A cancellation's body that names its order, by its id or its number; without, its first item tells."""

    id: Name = None


class SinglePayload(CancelItemPayload):
    """One request. `order_id` may repeat what the path says, and nothing else."""

    order_id: Name = None
    pickup_address: Id | None = None
    fully_refund_as_loyalty_money: StrictBool = False

    def wish(self, *, order_id: int) -> Wish:
        """The wish. Raises FieldErrors if another order is named."""
        if self.order_id not in (None, str(order_id)):
            raise FieldErrors({"order_id": [gettext("This is another order than the one in the address.")]})
        around = {"order_id", "pickup_address", "fully_refund_as_loyalty_money"}
        return Wish(
            items=(WishedItem(**self.model_dump(exclude=around)),),
            pickup_address=self.pickup_address,
            fully_refund_as_loyalty_money=self.fully_refund_as_loyalty_money,
        )


def unnested(errors: Mapping[str, Any]) -> dict[str, Any]:
    """Field errors of a single request, which has no list around its fields."""
    items = errors.get("cancel_order_items") or [{}]
    return {**{name: said for name, said in errors.items() if name != "cancel_order_items"}, **items[0]}
