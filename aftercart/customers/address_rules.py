"""What an address book entry must have, in general and in its country. Knows no database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from aftercart.customers.phone_rules import phone_problem
from aftercart.dynamic_settings.field_rules import FieldRule
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.dynamic_settings.schema import AddressDistrictRequired, AddressPhoneMinLength, AddressSerializerFields

REQUIRED = ("title", "first_name", "last_name", "phone_number", "country", "city", "township", "line")
MAY_BE_UNKNOWN = ("township", "district")
"""Not every country has them, and a merchant need not list them: nobody is asked for what has no choices."""


@dataclass(frozen=True, slots=True)
class AddressCase:
    """An address as it would be saved."""

    values: Mapping[str, str | int | None]
    """By field; places by their ids; None if not given."""
    names: Collection[str]
    """The fields to judge: not those that are unchanged while the country is unchanged."""
    country_code: str
    """Blank if the country is not known."""
    least_digits: int | None
    """The least number of digits in a phone number, if the merchant sets one."""
    district_required: bool
    known: Collection[str]
    """Of the levels that may be unknown, those that have something to choose at this address."""
    rules: Collection[FieldRule]
    """What the merchant demands in this country."""

    @classmethod
    def under(
        cls,
        settings: DynamicSettings,
        *,
        country_code: str,
        values: Mapping[str, str | int | None],
        names: Collection[str],
        known: Collection[str],
    ) -> "AddressCase":
        """The case under the settings in force; `country_code` is blank if the country is not known."""
        return cls(
            values=values,
            names=names,
            country_code=country_code,
            least_digits=settings.get(AddressPhoneMinLength).root,
            district_required=settings.get(AddressDistrictRequired).root,
            known=known,
            rules=settings.get(AddressSerializerFields).of(country_code),
        )


def problems(case: AddressCase) -> dict[str, list[str]]:
    """Sentences by field for all that is wrong; empty if nothing is."""
    found: dict[str, list[str]] = {}
    required = _required(case)
    for name in sorted(case.names):
        value = case.values.get(name)
        if value in (None, ""):
            if name in required:
                found[name] = [gettext("This field is required.")]
            continue
        if wrong := _wrong(name, str(value), case):
            found[name] = wrong
    placeless = case.values.get("district") and not case.values.get("township")
    if placeless and "district" in case.names and not {"township", "district"} & found.keys():
        found["district"] = [gettext("Choose a district of this township.")]
    return found


def _required(case: AddressCase) -> set[str]:
    demanded = {*REQUIRED, *(rule.field for rule in case.rules if rule.required)}
    if case.district_required:
        demanded.add("district")
    return demanded - ({*MAY_BE_UNKNOWN} - {*case.known})


def _wrong(name: str, text: str, case: AddressCase) -> list[str]:
    wrong = []
    if name == "phone_number":
        why = phone_problem(text, country=case.country_code, least_digits=case.least_digits)
        wrong += [why] if why else []
    if name == "email" and not _is_email(text):
        wrong.append(gettext("Enter an e-mail address, as in name@example.com."))
    for rule in case.rules:
        if rule.field == name:
            wrong += _against(rule, text)
    return wrong


def _against(rule: FieldRule, text: str) -> list[str]:
    """What a merchant's rule says to this text."""
    longest, shortest = rule.kwargs.max_length, rule.kwargs.min_length
    if longest is not None and len(text) > longest:
        return [gettext("At most {max_length} characters are allowed.").format(max_length=longest)]
    if shortest is not None and len(text) < shortest:
        return [gettext("At least {min_length} characters are needed.").format(min_length=shortest)]
    if not rule.matches(text):
        return [gettext("This does not have the form that is usual in this country. Please check it.")]
    return []


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
