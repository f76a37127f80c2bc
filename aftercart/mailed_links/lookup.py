"""What people type to find an order without an account: its number and the e-mail that was given with it."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from aftercart.errors import FieldErrors
from aftercart.orders.models import LONGEST_NUMBER

LONGEST_EMAIL = 254


class OrderLookup(NamedTuple):
    """What an order is looked for by; readable, and nothing more is known of it."""

    number: str
    email: str


def read_lookup(number: str, email: str) -> OrderLookup:
    """Number and e-mail, stripped of blanks. Raises FieldErrors, which reveal nothing about any order."""
    lookup = OrderLookup(number.strip(), email.strip())
    errors = {}
    if not is_storable(lookup.number, LONGEST_NUMBER):
        errors["number"] = [gettext("Enter the order number; it stands in the shop's mails.")]
    if not is_email(lookup.email):
        errors["email"] = [gettext("Enter an e-mail address, as in name@example.com.")]
    if errors:
        raise FieldErrors(errors)
    return lookup


def is_storable(text: str, longest: int) -> bool:
    """Whether a text says something, and can be stored."""
    return bool(text) and len(text) <= longest and "\0" not in text


def is_email(text: str) -> bool:
    """Whether a text has the form of an e-mail address."""
    if not is_storable(text, LONGEST_EMAIL):
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
