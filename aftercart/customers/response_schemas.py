"""What responses about a customer look like, for the API document; see aftercart/response_schemas.py."""

from datetime import datetime
from typing import Any

from aftercart.response_schemas import Labelled, Shape


class CountrySchema(Shape):
    """A country."""

    pk: int
    is_active: bool
    name: str
    code: str
    translations: dict[str, Any] | None


class CitySchema(Shape):
    """A city; the lower its `priority`, the earlier it stands in a list."""

    pk: int
    is_active: bool
    name: str
    country: int
    translations: dict[str, Any] | None
    priority: int | None
    postcode: str | None


class TownshipSchema(Shape):
    """A township, or in an address a blank one where none is known."""

    pk: int | None
    is_active: bool
    name: str
    city: int
    postcode: str | None


class DistrictSchema(TownshipSchema):
    """A district, or in an address a blank one where none is known."""

    township: int | None


class OwnerSchema(Shape):
    """The customer as an address shows its owner."""

    pk: int
    username: str
    first_name: str
    last_name: str
    email: str
    is_active: bool
    date_joined: datetime
    last_login: datetime | None
    email_allowed: bool
    sms_allowed: bool
    call_allowed: bool | None
    gender: str | None
    attributes: dict[str, Any]
    phone: str
    date_of_birth: str | None
    attributes_kwargs: dict[str, Any]
    user_type: str
    modified_date: datetime


class AddressTexts(Shape):
    """What both forms of an address have."""

    pk: int
    email: str
    phone_number: str
    first_name: str
    last_name: str
    line: str
    title: str
    postcode: str | None
    notes: str | None
    company_name: str | None
    tax_office: str | None
    tax_no: str | None
    e_bill_taxpayer: bool
    hash_data: str
    address_type: str
    retail_store: int | None
    remote_id: str | None
    identity_number: str | None
    extra_field: Any
    is_corporate: bool
    primary: bool


class AddressSchema(AddressTexts):
    """An address with its places and its owner by their ids."""

    country: int
    city: int
    township: int | None
    district: int | None
    user: int


class DetailedAddressSchema(AddressTexts):
    """An address with everything about its places and its owner."""

    country: CountrySchema
    city: CitySchema
    township: TownshipSchema
    district: DistrictSchema
    user: OwnerSchema


class ProfileSchema(Shape):
    """What customers may read about themselves, and mostly change; `genders` is the list to choose from."""

    id: int
    first_name: str
    last_name: str
    email_allowed: bool
    sms_allowed: bool
    call_allowed: bool | None
    avatar: None
    email: str
    phone: str
    date_of_birth: str | None
    gender: str | None
    genders: list[Labelled]
    language_code: str | None
    attributes: dict[str, Any]


class BalanceSchema(Shape):
    """The loyalty account's balance: text with two decimals."""

    balance: str


class LoyaltyOriginSchema(Shape):
    """Where a movement came from; `order` is an order number, null where there is none."""

    created_date: datetime
    order: str | None


class LoyaltyTransactionSchema(Shape):
    """A movement of the loyalty account: `amount` is text with two decimals, below zero where points were spent."""

    amount: str
    created_date: datetime
    transaction: LoyaltyOriginSchema
