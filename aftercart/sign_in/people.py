"""Whom another system means: found by what never changes, else by a proven e-mail; made where the shop wants it.

Staff are never meant: no other system's word opens the back office.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from aftercart.customers.models import LONGEST_EMAIL, Customer, UserType
from aftercart.sign_in.models import ExternalIdentity

# Customers who are made here begin far above the numbers that orders of the storefront's customers come with.
MADE_HERE = 10**12


class NotMeant(Exception):
    """There is nobody whom this may sign in; the reason is for the log."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is, as another system says."""

    email: str
    """Verified to be theirs; empty if it isn't."""
    first_name: str = ""
    last_name: str = ""


def of_identity(issuer: str, subject: str, person: Person) -> Customer:
    """The customer who is this subject at this issuer, known from now on. NotMeant."""
    known = _known(issuer, subject)
    if known is not None:
        return known
    customer = _of_email(person)
    try:
        with transaction.atomic():
            ExternalIdentity.objects.create(customer=customer, issuer=issuer, subject=subject)
    except IntegrityError:
        # The same sign-in at the same moment; or the e-mail of a customer who is another subject there.
        known = _known(issuer, subject)
        if known is None:
            raise NotMeant("the customer of this e-mail is known there by another subject") from None
        return known
    return customer


def of_storefront(number: int | None, person: Person) -> Customer:
    """The customer of this number (as orders name them) or, where there is none, of this e-mail. NotMeant."""
    if number is None:
        return _of_email(person)
    customer = Customer.objects.filter(pk=number).first()
    if customer is None:
        return _of_email(person, number=number)
    if person.email and person.email.lower() != customer.email.lower():
        raise NotMeant("the customer of this number has another e-mail")
    return _let_in(customer)


def _known(issuer: str, subject: str) -> Customer | None:
    found = ExternalIdentity.objects.select_related("customer").filter(issuer=issuer, subject=subject).first()
    return _let_in(found.customer) if found else None


def _of_email(person: Person, *, number: int | None = None) -> Customer:
    if not person.email:
        raise NotMeant("nobody is known, and no e-mail is proven")
    customer = Customer.objects.with_email(person.email)
    if customer is not None:
        if number is not None:
            raise NotMeant("the customer of this e-mail has another number")
        return _let_in(customer)
    if not settings.SIGN_IN_MAKES_CUSTOMERS:
        raise NotMeant("nobody is known, and SIGN_IN_MAKES_CUSTOMERS is off")
    return _made(person, number or MADE_HERE + secrets.randbelow(MADE_HERE))


def _made(person: Person, number: int) -> Customer:
    try:
        validate_email(person.email)
    except ValidationError:
        raise NotMeant("the e-mail is none") from None
    if len(person.email) > LONGEST_EMAIL:
        raise NotMeant("the e-mail is too long")
    customer = Customer(
        pk=number, email=person.email, first_name=person.first_name[:255], last_name=person.last_name[:255]
    )
    customer.set_unusable_password()
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError:  # made by another at the same moment
        found = Customer.objects.with_email(person.email)
        if found is None:
            raise NotMeant("somebody else has this number") from None
        return _let_in(found)
    return customer


def _let_in(customer: Customer) -> Customer:
    if not customer.is_active or customer.user_type != UserType.REGISTERED:
        raise NotMeant("the customer is switched off, or a guest")
    if customer.is_staff or customer.is_superuser:
        raise NotMeant("staff sign in by a password")
    return customer
