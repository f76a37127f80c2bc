"""The promise of the profile: what customers may read about themselves, and change."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from django.conf import settings
from django.utils.translation import gettext, gettext_noop
from pydantic import BaseModel, ConfigDict

from aftercart.customers.address_payloads import Flag, Stripped, Text128, Text255
from aftercart.customers.models import Address, Customer
from aftercart.customers.phone_rules import is_international, phone_problem, too_few_digits, wrong_letters
from aftercart.errors import FieldErrors

GENDERS: Mapping[str, str] = {"female": gettext_noop("Female"), "male": gettext_noop("Male")}
LEAST_PHONE_DIGITS = 7
EARLIEST_BIRTH = date(1900, 1, 1)
NEVER_NULL = ("first_name", "last_name", "phone", "gender", "language_code")
SWITCHES = ("email_allowed", "sms_allowed")


class ProfilePayload(BaseModel):
    """What customers say about themselves; only what is given changes, and the rest of a whole profile is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    first_name: Text255 = None
    last_name: Text255 = None
    phone: Text128 = None
    gender: Text128 = None
    date_of_birth: Annotated[date | None, Stripped] = None
    language_code: Text128 = None
    email_allowed: Flag = None
    sms_allowed: Flag = None
    call_allowed: Flag = None
    # Cannot be changed here: read only in order to say so.
    email: Any = None
    password: Any = None


def shown_profile(customer: Customer) -> dict[str, Any]:
    """The profile as the storefront reads it."""
    return {
        "id": customer.pk,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email_allowed": customer.email_allowed,
        "sms_allowed": customer.sms_allowed,
        "call_allowed": customer.call_allowed,
        "avatar": None,
        "email": customer.email,
        "phone": customer.phone,
        "date_of_birth": customer.date_of_birth.isoformat() if customer.date_of_birth else None,
        "gender": customer.gender or None,
        "genders": [{"value": value, "label": gettext(label)} for value, label in GENDERS.items()],
        "language_code": customer.language_code or None,
        "attributes": customer.attributes,
    }


def change_profile(*, customer: Customer, fields: ProfilePayload, today: date) -> Customer:
    """Write what is given; returns the customer. Raises FieldErrors, also for an e-mail or a password."""
    errors = _problems(customer, fields, today=today)
    if errors:
        raise FieldErrors(errors)
    given = {name: getattr(fields, name) for name in fields.model_fields_set - {"email", "password"}}
    # A switch that is neither on nor off stays as it is, if customers must have chosen one or the other.
    given = {name: value for name, value in given.items() if not (value is None and name in SWITCHES)}
    for name, value in given.items():
        setattr(customer, name, "" if value is None and name in NEVER_NULL else value)
    if given:
        customer.save(update_fields=[*given, "modified_date"])
    return customer


def _problems(customer: Customer, fields: ProfilePayload, *, today: date) -> dict[str, list[str]]:
    found = {}
    if fields.email not in (None, "") and fields.email != customer.email:
        found["email"] = gettext("The e-mail cannot be changed here. Please ask the shop.")
    if fields.password not in (None, ""):
        found["password"] = gettext("The password cannot be changed here. Please ask the shop.")
    if fields.phone and (why := _phone_problem(customer, fields.phone)):
        found["phone"] = why
    if fields.gender and fields.gender not in (*GENDERS, customer.gender):
        found["gender"] = gettext("Must be one of {expected}.").format(expected=", ".join(GENDERS))
    if fields.date_of_birth and not EARLIEST_BIRTH <= fields.date_of_birth <= today:
        found["date_of_birth"] = gettext("Enter the day on which you were born.")
    if fields.language_code and not _is_language(fields.language_code):
        languages = ", ".join(code for code, _ in settings.LANGUAGES)
        found["language_code"] = gettext("Must be one of {expected}.").format(expected=languages)
    return {name: [why] for name, why in found.items()}


def _phone_problem(customer: Customer, text: str) -> str:
    """A profile has no country: a number must be valid where the customer lives, or have enough digits for a number."""
    if is_international(text):
        return phone_problem(text, turkish_digits=LEAST_PHONE_DIGITS)
    wrong = wrong_letters(text) or too_few_digits(text, LEAST_PHONE_DIGITS)
    if not wrong:
        return ""
    home = Address.objects.belonging_to(customer).filter(primary=True).values_list("country__code", flat=True).first()
    return wrong if home is None or phone_problem(text, country=home) else ""


def _is_language(code: str) -> bool:
    """Whether this is one of our languages, with or without a country: `tr`, `tr-tr`."""
    language, _, country = code.lower().partition("-")
    return language in dict(settings.LANGUAGES) and len(country) in (0, 2) and country.isascii()
