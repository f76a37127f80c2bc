"""The parts of an order that pages, rules and mails use: the forms that each may come in, and the one that we store.

Fields that are not named here stay as they came. Variants of a known form are converted if possible (`"country": 1` and
`"TR"` are a place, `id` is a `pk`) and refused with their path if not.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from aftercart.orders.received import PRODUCT
from aftercart.orders.wire_fields import Id, harmless, wrong

LONGEST_KEY = len(str(2**63))


def _label(value: object) -> object:
    """`"yurtici"` → `{"value": "yurtici", "label": "yurtici"}`."""
    return {"value": value, "label": value} if isinstance(value, str) and value else value


def _shown_text(value: object) -> object:
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise wrong("must be a text")


def _place(value: object) -> object:
    """A place by its id, its code or its name, as it stands in the flat form of an address."""
    if value in (None, ""):
        return {"pk": None, "name": "", "is_active": True}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"pk": value, "name": "", "is_active": True}
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < LONGEST_KEY:
        return {"pk": int(value), "name": "", "is_active": True}
    return {"pk": None, "name": value, "is_active": True} if isinstance(value, str) else value


def _country(value: object) -> object:
    if isinstance(value, str) and len(code := value.strip()) == 2 and code.isascii() and code.isalpha():
        return {"pk": None, "name": code.upper(), "code": code.upper(), "is_active": True}
    return _place(value)


def with_defaults(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without those whose null would hide the object, list or text that clients look into.

    Refuses what is another kind of thing than its default.
    """
    kept = {name: value for name, value in given.items() if value is not None or defaults.get(name) is None}
    for name, default in defaults.items():
        if isinstance(default, dict | list) and not isinstance(kept.get(name, default), type(default)):
            raise wrong(f"{name}: must be {'an object' if isinstance(default, dict) else 'a list'}")
    return kept


ShownText = Annotated[Any, BeforeValidator(_shown_text)]
"""What a page shows as a text: a text, a number, or nothing."""


class MessagePart(BaseModel):
    """An object of which some fields are looked into."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def kept(self) -> dict[str, Any]:
        """As it is kept: what came, with what has a form of its own in that form."""
        return self.model_dump(exclude_unset=True)


class PlaceMessage(MessagePart):
    """A country, city, township or district."""

    pk: ShownText = Field(default=None, validation_alias=AliasChoices("pk", "id"))
    name: ShownText = ""
    code: ShownText = ""


class Carrier(MessagePart):
    """A carrier that takes an item back; `pk` is what a wish names."""

    pk: Id = Field(validation_alias=AliasChoices("pk", "id"))
    shipping_company: Annotated[dict[str, Any] | None, BeforeValidator(_label)] = None


class ProductMessage(MessagePart):
    """What an item is."""

    pk: ShownText = None
    sku: ShownText = ""
    base_code: ShownText = ""
    name: ShownText = ""
    image: ShownText = None
    absolute_url: ShownText = ""

    @model_validator(mode="before")
    @classmethod
    def _as_clients_read_it(cls, data: Any) -> Any:
        """By its id alone, too."""
        if isinstance(data, int) and not isinstance(data, bool):
            return {"pk": data}
        return with_defaults(data, PRODUCT) if isinstance(data, Mapping) else data


class AddressMessage(MessagePart):
    """Where an order goes, or who pays, in the detailed form or in the flat one."""

    first_name: ShownText = ""
    last_name: ShownText = ""
    company_name: ShownText = ""
    line: ShownText = ""
    postcode: ShownText = ""
    phone_number: ShownText = ""
    email: ShownText = ""
    title: ShownText = ""
    country: Annotated[PlaceMessage, BeforeValidator(_country)] = PlaceMessage()
    city: Annotated[PlaceMessage, BeforeValidator(_place)] = PlaceMessage()
    township: Annotated[PlaceMessage, BeforeValidator(_place)] = PlaceMessage()
    district: Annotated[PlaceMessage, BeforeValidator(_place)] = PlaceMessage()


if TYPE_CHECKING:
    KeptAddress: TypeAlias = dict[str, Any]
    KeptProduct: TypeAlias = dict[str, Any]
    KeptCarrier: TypeAlias = dict[str, Any]
else:
    KeptAddress = Annotated[AddressMessage, AfterValidator(MessagePart.kept), BeforeValidator(harmless)]
    KeptProduct = Annotated[ProductMessage, AfterValidator(MessagePart.kept), BeforeValidator(harmless)]
    KeptCarrier = Annotated[Carrier, AfterValidator(MessagePart.kept), BeforeValidator(harmless)]
