"""What crosses the wire, as typed and frozen messages. Wire names stop here.

Tolerant when reading: `pk` or `id`; a status as "50", 50, {"value": "50"} or "cancellation_waiting"; a
relation as its pk or as an object. Strict where a guess could do harm: an unreadable status, amount or
date makes the whole answer nonsense. Money is Decimal in `currency`; times are aware.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from .fields import Bag, Expanded, Listed, Moment, Money, OptionalPk, Pk, Quantity, Status, Text, Word

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row of a list that could not be understood, and why; what could be made out of it is said beside it."""

    reason: str
    row: object
    pk: int | None = None
    number: str = ""
    remote_id: int | None = None
    modified_date: datetime | None = None


class Message(BaseModel):
    """One thing at Omnitron; `pk` is Omnitron's number for it."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    pk: int = Field(validation_alias=AliasChoices("pk", "id"), ge=-(2**63), le=2**63 - 1)
    modified_date: Moment = None


class Traced(Message):
    """A message that may know its number on the commerce side, ours."""

    extra_field: Bag = Field(default_factory=dict)
    remote_id: OptionalPk = None

    @model_validator(mode="before")
    @classmethod
    def _remote_id_from_extra_field(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        extra = data.get("extra_field")
        remote = data.get("remote_id")
        if remote is None:
            remote = extra.get("id") if isinstance(extra, dict) else None
        # Both fields are free for all: what is no number there is not ours, and no reason to refuse the rest.
        if isinstance(remote, str) and remote.isdecimal() and len(remote) < 20:
            remote = int(remote)
        ours = remote if isinstance(remote, int) and not isinstance(remote, bool) else None
        return {**data, "remote_id": ours}


class RemoteItem(Traced):
    """A line of an order. `order` and `product` are Omnitron's pks."""

    order: Pk
    product: OptionalPk = None
    status: Status
    price: Money = None
    retail_price: Money = None
    tax_rate: Money = None
    discount_amount: Money = None
    price_currency: Word = ""
    quantity: Quantity = 1
    tracking_number: Text = ""
    tracking_url: Text = ""
    invoice_number: Text = ""
    invoice_date: Moment = None
    e_archive_url: Text = ""
    delivered_date: Moment = None
    estimated_delivery_date: Moment = None
    parent: OptionalPk = None
    attributes: Bag = Field(default_factory=dict)
    attributes_kwargs: Bag = Field(default_factory=dict)
    created_date: Moment = None


class RemoteOrder(Traced):
    """An order as Omnitron knows it. `items` is filled by `Omnitron.order` only; `unread_items`: those left out.

    Addresses and customer are Omnitron's own objects, or ``{"pk": n}`` where it sent only the number.
    """

    number: Text
    channel: OptionalPk = None
    status: Status
    currency: Word = ""
    amount: Money = None
    discount_amount: Money = None
    shipping_amount: Money = None
    net_shipping_amount: Money = None
    shipping_tax_rate: Money = None
    refund_amount: Money = None
    discount_refund_amount: Money = None
    shipping_refund_amount: Money = None
    installment_interest_amount: Money = None
    invoice_number: Text = ""
    invoice_date: Moment = None
    e_archive_url: Text = ""
    tracking_number: Text = ""
    tracking_url: Text = ""
    carrier_shipping_code: Text = ""
    cargo_company: Expanded = None
    shipping_address: Expanded = None
    billing_address: Expanded = None
    customer: Expanded = None
    payment_option: Expanded = None
    payment_option_slug: Text = ""
    shipping_option_slug: Text = ""
    delivery_type: Text = ""
    client_type: Text = ""
    language_code: Text = ""
    notes: Text = ""
    has_gift_box: bool | None = False
    gift_box_note: Text = ""
    installment_count: int | None = None
    bin_number: Text = ""
    remote_addr: Text = ""
    transaction_set: Listed = Field(default_factory=list)
    """The payments, where Omnitron sends them in full; else their numbers."""
    date_placed: Moment = None
    created_date: Moment = None
    items: tuple[RemoteItem, ...] = ()
    unread_items: tuple[Unreadable, ...] = ()

    @property
    def placed_at(self) -> datetime | None:
        """When the customer ordered; the row's own creation where Omnitron does not say."""
        return self.date_placed or self.created_date


class RemoteCancellationRequest(Message):
    """A request that waits for the back office. `status`: waiting, confirmed, approved, rejected, ..."""

    remote_id: Text = ""
    """The name that whoever handed it over gave it; empty for one that staff made."""
    order_item: Pk
    reason: OptionalPk = None
    description: Text = ""
    cancellation_type: Word
    status: Word
    quantity: Quantity = 1
    iban: Text = ""
    holder_name: Text = ""
    easy_return: Expanded = None
    fully_refund_as_loyalty_money: bool = False
    uuid: Text = ""
    created_date: Moment = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        """The name may stand in the extra field, as an order's does; what is neither text nor number names nothing."""
        if not isinstance(data, dict):
            return data
        extra, name = data.get("extra_field"), data.get("remote_id")
        if name is None and isinstance(extra, dict):
            name = extra.get("id")
        is_name = isinstance(name, str | int) and not isinstance(name, bool)
        return {**data, "remote_id": str(name) if is_name else ""}


class RemoteCancellationPlan(Message):
    """What Omnitron makes of a cancellation. `status`: waiting, confirmed, approved, rejected, ..."""

    order: Pk
    order_number: Text = ""
    plan_type: Word
    status: Word = Field(validation_alias=AliasChoices("status", "cancellation_plan_status", "cancel_status"))
    order_items: tuple[Pk, ...] = ()
    refund_amount: Money = None
    created_date: Moment = None

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        """The items may stand in the plan or in its payment plans; the number in the order object."""
        if not isinstance(data, dict):
            return data
        found = dict(data)
        if not isinstance(found.get("order_items"), list):
            found["order_items"] = list(_items_of_payment_plans(data))
        order = data.get("order")
        if not found.get("order_number") and isinstance(order, dict):
            found["order_number"] = order.get("number")
        return found


def _items_of_payment_plans(data: Mapping[str, Any]) -> Iterator[Any]:
    seen = []
    for name in ("payment_plan", "payment_plans", "paymentplan_set", "cancel_items"):
        inside = data.get(name)
        for plan in inside if isinstance(inside, list) else [inside]:
            items = plan.get("order_items") if isinstance(plan, dict) else plan
            for item in items if isinstance(items, list) else [items]:
                if item is not None and item not in seen:
                    seen.append(item)
                    yield item


class RemoteProduct(Message):
    """What an item is. `image` is a URL, the first one found; '' for none."""

    name: Text = ""
    sku: Text = ""
    base_code: Text = ""
    image: Text = ""
    absolute_url: Text = ""
    attributes: Bag = Field(default_factory=dict)
    attributes_kwargs: Bag = Field(default_factory=dict)
    is_active: bool = True

    @model_validator(mode="before")
    @classmethod
    def _first_image(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("image"):
            return data
        images = data.get("productimage_set")
        if isinstance(images, list) and images and isinstance(images[0], dict):
            return {**data, "image": images[0].get("image")}
        return data


class RemoteReason(Traced):
    """Why a customer cancels or returns. `order` sorts the list."""

    subject: Text
    cancellation_type: Word
    order: int = 100
    extra_information_needed: bool = False
    is_active: bool = True
    send_to_remote: bool = False
    send_to_oms: bool = False
    translations: Bag = Field(default_factory=dict)
    uuid: Text = ""
    created_date: Moment = None


class IntegrationAction(Message):
    """Which of Omnitron's things is ours: `remote_id` (ours) ↔ `object_id` (Omnitron's pk)."""

    object_id: int
    remote_id: Text = ""


class Hints(Traced):
    """What can be made out of a row that is not readable as a whole."""

    pk: OptionalPk = Field(default=None, validation_alias=AliasChoices("pk", "id"))  # type: ignore[assignment]
    number: Text = ""
    order_number: Text = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of a list. `count` counts all pages; `has_next` asks for `page + 1`; `unread`: rows left out."""

    results: tuple[M, ...]
    count: int
    page: int = 1
    has_next: bool = False
    unread: tuple[Unreadable, ...] = ()

    def __iter__(self) -> Iterator[M]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)
