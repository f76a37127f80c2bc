"""What a declaration of withdrawal says, and what is typed to be sent a link; read from their forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from aftercart.errors import FieldErrors
from aftercart.orders.models import LONGEST_NUMBER

LONGEST_NAME = 255
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who withdraws from what, and where the acknowledgement goes."""

    uuid: UUID
    """Names the filled-in form."""
    name: str
    contact: str
    items: Mapping[int, int]
    """Item id → pieces."""
    statement: str
    """The sentence that is confirmed."""
    iban: str = ""
    """Where the money shall go, in its plain form; blank where it was not asked for or not named."""
    holder_name: str = ""


class Who(NamedTuple):
    """Who declares, and how to reach them."""

    name: str
    contact: str


class Asked(NamedTuple):
    """What a link is asked for by."""

    number: str
    email: str


def read_who(name: str, contact: str) -> Who:
    """Name and contact; FieldErrors."""
    errors = {}
    if not _readable(name, LONGEST_NAME):
        errors["name"] = [gettext("Enter your name.")]
    if not _is_email(contact):
        errors["contact"] = [gettext("Enter an e-mail address, as in name@example.com.")]
    if errors:
        raise FieldErrors(errors)
    return Who(name, contact)


def read_asked(number: str, email: str) -> Asked:
    """Number and e-mail; FieldErrors, which tell nothing of any order."""
    errors = {}
    if not _readable(number, LONGEST_NUMBER):
        errors["number"] = [gettext("Enter the order number; it stands in the shop's mails.")]
    if not _is_email(email):
        errors["email"] = [gettext("Enter an e-mail address, as in name@example.com.")]
    if errors:
        raise FieldErrors(errors)
    return Asked(number, email)


def _readable(text: str, longest: int) -> bool:
    return bool(text) and len(text) <= longest and "\0" not in text


def _is_email(text: str) -> bool:
    if not _readable(text, LONGEST_EMAIL):
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
