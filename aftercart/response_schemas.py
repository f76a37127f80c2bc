"""What answers look like, for the API document. Answers are not built from these: tests hold the two equal."""

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class Labelled(Shape):
    """A value of a fixed list (always text), and its name in the reader's language."""

    value: str
    label: str


Entry = TypeVar("Entry")


class PageSchema(Shape, Generic[Entry]):
    """One page of a list; `next` and `previous` are addresses of the pages beside it."""

    count: int
    next: str | None
    previous: str | None
    results: list[Entry]


class RefusalSchema(Shape):
    """One reason why not; `order_item` is an id where it is about one item."""

    code: str
    message: str
    order_item: int | None


class ErrorSchema(Shape):
    """Every refusal: the first one's code and sentence, then all of them."""

    error_code: str
    non_field_errors: str
    refusals: list[RefusalSchema]


class FieldErrorsSchema(BaseModel):
    """Malformed input: lists of sentences by field, nested like the payload."""

    model_config = ConfigDict(extra="allow")


class EasyReturnSchema(Shape):
    """The carrier of an easy return, and the code to show there once Omnitron has it."""

    code: str | None
    shipping_company: Labelled


class CancellationReasonSchema(Shape):
    """A reason to choose from; `translations` maps a language's code to the subject in it."""

    id: int
    uuid: UUID
    cancellation_type: str
    subject: str
    order: int
    extra_information_needed: bool
    is_active: bool
    translations: dict[str, Any]
    created_date: datetime
    modified_date: datetime


class CancellationRequestSchema(Shape):
    """A request for the back office; `because` is the code that closed the direct way, `asked` where none was tried.

    While `status.value` is `waiting` or `waiting_approval` its owner may take it back.
    """

    id: int
    uuid: UUID
    order_item: int
    reason: int
    description: str
    created_date: datetime
    cancellation_type: Labelled
    status: Labelled
    easy_return: EasyReturnSchema | None
    quantity: int
    because: str
    being_checked: bool
    closing_note: str


class AddressChangeSchema(Shape):
    """A submitted address change; `status` is `submitted` or `waiting_approval`."""

    id: int
    uuid: UUID
    order: int
    address: int
    channel_id: int
    status: str
    created_date: datetime


class CompletedOrderSchema(Shape):
    """The order as the platform's storefront reads it; amounts are text with two decimals."""

    campaigns: list[Any]
    order: dict[str, Any]


OrderSchema = dict[str, Any]


class OrdersPageSchema(Shape):
    """A page of the customer's orders, newest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[dict[str, Any]]


class TokenSchema(Shape):
    """A CSRF token."""

    csrf_token: str


class SignedInSchema(Shape):
    """`key`: 40 hexadecimal digits that stand for success; `redirect_url`: where `next` wanted to go."""

    key: str
    redirect_url: str | None


class CustomerSchema(Shape):
    """The signed-in customer."""

    pk: int
    first_name: str
    last_name: str
    email: str
    phone: str
    email_allowed: bool
    sms_allowed: bool
    date_joined: datetime
    last_login: datetime | None
    date_of_birth: str | None
    hashed_email: str
    gender: str | None


REFUSALS: dict[int, Any] = {400: FieldErrorsSchema | ErrorSchema, 401: ErrorSchema, 403: ErrorSchema}
"""What every write may answer instead."""
