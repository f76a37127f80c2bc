"""Whose order comes in: the customer whom the wire names, found or created, never overwritten."""

from dataclasses import dataclass
from typing import Any

from aftercart.customers.models import Customer, UserType
from aftercart.orders.models import Order
from aftercart.orders.wire import OrderMessage, OrderRefused, UserMessage, read_user

CUSTOMER_FIELDS = ("username", "first_name", "last_name", "phone", "gender")


@dataclass(frozen=True, slots=True)
class Orderer:
    """Whose order a message says it is."""

    pk: int
    email: str
    details: UserMessage | None


def orderer_of(message: OrderMessage) -> Orderer:
    """The orderer. Raises OrderRefused if the message names nobody."""
    users = [read_user(message.shipping_address, "shipping_address")]
    users += [read_user(message.billing_address, "billing_address")]
    pk = message.user or next((user.pk for user in users if user), None)
    if pk is None:
        raise OrderRefused("user: whose order is it?")
    # An address may be another person's; only the orderer's own details count.
    details = next((user for user in users if user and user.pk == pk), None)
    return Orderer(pk, (details and details.email) or message.user_email or "", details)


def check_owner(order: Order, orderer: Orderer) -> None:
    """An order that is here does not change hands."""
    # The same e-mail: given to this customer by `match_email` before.
    if order.customer_id != orderer.pk and order.customer.email.lower() != orderer.email.lower():
        raise OrderRefused(f"user: order {order.number} belongs to customer {order.customer_id} here")


def customer_of_order(orderer: Orderer, *, match_email: bool) -> Customer:
    """The customer, created without a password if unknown. Raises OrderRefused if it may be someone else."""
    pk, email, details = orderer.pk, orderer.email, orderer.details
    customer = Customer.objects.filter(pk=pk).first()
    if customer is not None:
        if customer.is_staff and email and customer.email.lower() != email.lower():
            raise OrderRefused(f"user: {pk} is {customer.email} of the back office here, not {email}")
        fill_blanks(customer, details)
        return customer
    if not email:
        raise OrderRefused(f"user: customer {pk} is new here and comes without an e-mail address")
    guest = details is not None and details.user_type == UserType.GUEST
    same = None if guest else Customer.objects.with_email(email)
    if same is None:
        return _new_customer(pk, email, details, guest=guest)
    if match_email:
        return same
    raise OrderRefused(
        f"user: customer {pk} has the e-mail {email}, which is registered here for customer {same.pk} "
        "(--match-email gives such orders to the customer of the e-mail)"
    )


def _new_customer(pk: int, email: str, details: UserMessage | None, *, guest: bool) -> Customer:
    fields: dict[str, Any] = {}
    if details is not None:
        allowed = ("email_allowed", "sms_allowed", "call_allowed", "attributes", "date_joined")
        fields = {name: getattr(details, name) for name in (*CUSTOMER_FIELDS, *allowed)}
        fields["date_of_birth"] = details.date_of_birth and details.date_of_birth.date()
    fields = {name: value for name, value in fields.items() if value is not None}
    user_type = UserType.GUEST if guest else UserType.REGISTERED
    customer = Customer(pk=pk, email=email, user_type=user_type, **fields)
    customer.set_unusable_password()
    customer.save(force_insert=True)
    return customer


def fill_blanks(customer: Customer, details: UserMessage | None) -> None:
    """Write what was not known of a customer, and nothing else."""
    if details is None:
        return
    blank = [name for name in CUSTOMER_FIELDS if not getattr(customer, name) and getattr(details, name)]
    for name in blank:
        setattr(customer, name, getattr(details, name))
    if blank:
        customer.save(update_fields=[*blank, "modified_date"])
