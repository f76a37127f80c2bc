"""What a declaration of withdrawal says, read from its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext

from aftercart.errors import FieldErrors
from aftercart.mailed_links.lookup import is_email, is_storable

LONGEST_NAME = 255


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
    """The account for the refund, in its plain form; blank if not asked for or not given."""
    holder_name: str = ""


class Who(NamedTuple):
    """Who declares, and how to reach them."""

    name: str
    contact: str


def read_who(name: str, contact: str) -> Who:
    """Name and contact. Raises FieldErrors."""
    errors = {}
    if not is_storable(name, LONGEST_NAME):
        errors["name"] = [gettext("Enter your name.")]
    if not is_email(contact):
        errors["contact"] = [gettext("Enter an e-mail address, as in name@example.com.")]
    if errors:
        raise FieldErrors(errors)
    return Who(name, contact)
