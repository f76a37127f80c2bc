"""What an order's options look like, for the API document; tests hold the answers equal to it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import ConfigDict

from aftercart.response_schemas import Labelled, RefusalSchema, Shape


class CodeSchema(Shape):
    """A code that never changes, and what it means in the reader's language."""

    code: str
    message: str


class AmountSchema(CodeSchema):
    """A part of an amount; `text` is `amount` as the reader writes it."""

    amount: Decimal
    text: str


class EstimateSchema(Shape):
    """What comes back, by our rule, which `rules` says in words: the sum of `parts`, and of `routes`.

    Routes: `card` or `money` (back the way it was paid), `gift_card`, `loyalty`. An estimate: the shop works out the
    final amount.
    """

    amount: Decimal
    text: str
    parts: list[AmountSchema]
    routes: list[AmountSchema]
    rules: list[CodeSchema]


class OptionSchema(Shape):
    """What becomes of one wish.

    `way`: `direct` (at once), `request` (the shop decides, `because` of what), `none` (see `refusals`). `closes_at`
    is the last instant of the direct way, where it has one; `afterwards` the way that is left then.
    """

    way: Literal["direct", "request", "none"]
    refusals: list[RefusalSchema]
    because: list[CodeSchema]
    closes_at: datetime | None
    seconds_left: int | None
    afterwards: Literal["request", "none"] | None
    estimate: EstimateSchema | None


class WholeOptionSchema(OptionSchema):
    """One wish for all items that it is possible for; for every item, where it is possible for none."""

    order_items: list[int]


class ChosenItemSchema(Shape):
    """An item of a choice, as a POST would name it."""

    order_item: int
    cancellation_type: Literal["cancel", "refund"]
    quantity: int


class ChoiceSchema(OptionSchema):
    """The choice that was asked for, judged as one POST."""

    cancel_order_items: list[ChosenItemSchema]
    as_loyalty: bool


class EasyReturnCompanySchema(Shape):
    """A carrier that takes an item back at present; `pk` is what a POST names as `shipping_company`."""

    model_config = ConfigDict(extra="allow")

    pk: int
    shipping_company: Labelled


class ItemOptionsSchema(Shape):
    """One item, alone and with all of its pieces that are left; `price` is that of one piece.

    `goes_with`: ids of the parts that go with a set, which is one thing. `quantity`: what was bought; `quantity_left`:
    without what was cancelled, given back or withdrawn from already.
    """

    id: int
    name: str
    status: Labelled
    quantity: int
    goes_with: list[int]
    quantity_left: int
    price: Decimal
    cancel: OptionSchema
    refund: OptionSchema
    available_easy_return_shipping_companies: list[EasyReturnCompanySchema]


class ReasonSchema(Shape):
    """A reason to choose from, in the reader's language."""

    id: int
    cancellation_type: Literal["cancel", "refund"]
    subject: str
    extra_information_needed: bool


class LoyaltyMoneySchema(Shape):
    """Whether loyalty points may be asked for instead of money, with any item."""

    possible: bool
    refusals: list[RefusalSchema]


class CancellationOptionsSchema(Shape):
    """What may be done with an order now, judged by what judges a POST; amounts are in the order's currency."""

    id: int
    number: str
    status: Labelled
    currency: Labelled
    asked_at: datetime
    cancel: WholeOptionSchema
    refund: WholeOptionSchema
    items: list[ItemOptionsSchema]
    choice: ChoiceSchema | None
    reasons: list[ReasonSchema]
    loyalty_money: LoyaltyMoneySchema
