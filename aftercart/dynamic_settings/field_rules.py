"""What a merchant may demand of one field of an address. Pure: imports nothing of Django.

A rule names a field and what is checked: `required`, `max_length`, `min_length`, `regex`. `kwargs` holds what a check
needs (a length, an expression); `validators` may name the checks, but those in `kwargs` need no naming:

    {"field": "postcode", "validators": ["required", "regex"], "kwargs": {"regex": "^[0-9]{5}$"}}
"""

from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import SchemaError

CountryCode = Annotated[str, Field(min_length=2, max_length=8)]
RuledField = Literal[
    "title",
    "first_name",
    "last_name",
    "email",
    "phone_number",
    "line",
    "postcode",
    "notes",
    "company_name",
    "tax_office",
    "tax_no",
    "identity_number",
    "district",
]
Check = Literal["required", "max_length", "min_length", "regex"]
LONGEST = 512


@lru_cache(maxsize=256)
def _matcher(regex: str) -> TypeAdapter[str]:
    """Matches by automata, in a time that no text can stretch; what cannot be had so (look-around) is refused."""
    return TypeAdapter(Annotated[str, Field(pattern=regex)])


def _readable(regex: str) -> str:
    try:
        _matcher(regex)
    except SchemaError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ValueError(f"is not a regular expression that can be used here: {reason}") from None
    return regex


class CheckArguments(BaseModel):
    """What the checks of a rule need."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    required: bool = False
    max_length: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    min_length: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    regex: Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_readable)] | None = None


class FieldRule(BaseModel):
    """What one field must say."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    field: RuledField
    validators: list[Check] = []
    kwargs: CheckArguments = CheckArguments()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in self.validators:
            if name != "required" and getattr(self.kwargs, name) is None:
                raise ValueError(f"validator {name!r} needs its value in kwargs")
        if self.field == "district" and (self.kwargs.max_length or self.kwargs.min_length or self.kwargs.regex):
            raise ValueError("a district is chosen from a list: it can be required, and nothing else")
        if self.kwargs.max_length and self.kwargs.min_length and self.kwargs.min_length > self.kwargs.max_length:
            raise ValueError("min_length is above max_length")
        return self

    @property
    def required(self) -> bool:
        """Whether the field may not be blank."""
        return self.kwargs.required or "required" in self.validators

    def matches(self, text: str) -> bool:
        """Whether the text holds what the rule's expression looks for; true where it has none."""
        if self.kwargs.regex is None:
            return True
        try:
            _matcher(self.kwargs.regex).validate_python(text)
        except ValidationError:
            return False
        return True
