"""The payload of an address book entry, from the storefront or from a form of ours.

Everything may be absent: what an address must have depends on its country and on what is there already, and is judged
in `address_rules.py`. Ids and booleans may be text (`"false"`), and blank means missing.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from aftercart.bodies import Id, Text, field_errors
from aftercart.errors import FieldErrors


def _stripped(value: object) -> object:
    return value.strip() or None if isinstance(value, str) else value


Stripped = BeforeValidator(_stripped)
Text20 = Annotated[Annotated[Text, Field(max_length=20)] | None, Stripped]
Text64 = Annotated[Annotated[Text, Field(max_length=64)] | None, Stripped]
Text128 = Annotated[Annotated[Text, Field(max_length=128)] | None, Stripped]
Text254 = Annotated[Annotated[Text, Field(max_length=254)] | None, Stripped]
Text255 = Annotated[Annotated[Text, Field(max_length=255)] | None, Stripped]
Text512 = Annotated[Annotated[Text, Field(max_length=512)] | None, Stripped]
OptionalId = Annotated[Id | None, Stripped]
Flag = Annotated[bool | None, Stripped]


class AddressPayload(BaseModel):
    """The fields of an address (the lengths are Omnitron's); `model_fields_set` says which of them were given."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: Text128 = None
    first_name: Text255 = None
    last_name: Text255 = None
    email: Text254 = None
    phone_number: Text128 = None
    country: OptionalId = None
    city: OptionalId = None
    township: OptionalId = None
    district: OptionalId = None
    line: Text255 = None
    postcode: Text64 = None
    notes: Text512 = None
    company_name: Text255 = None
    tax_office: Text64 = None
    tax_no: Text20 = None
    identity_number: Text64 = None
    e_bill_taxpayer: Flag = None
    is_corporate: Flag = None
    type: Annotated[Literal["personal", "corporate"] | None, Stripped] = None
    """The storefront's form says here what `is_corporate` says, and says `"false"` there either way."""
    primary: Flag = None
    user: OptionalId = None
    """The storefront sends the owner along; nobody else can be named."""

    def given(self, *names: str) -> dict[str, Any]:
        """The values of those of these fields that were given."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


def read_address(data: Mapping[str, Any]) -> AddressPayload:
    """A form's fields as a payload. Raises FieldErrors."""
    try:
        return AddressPayload.model_validate(data)
    except ValidationError as error:
        # The same errors as in the JSON API, where two names precede every path.
        found = [{**problem, "loc": ("form", "fields", *problem["loc"])} for problem in error.errors()]
        raise FieldErrors(field_errors(found)) from None
