"""Where an order is delivered, whether that may still change, and what a change would mean."""

from dataclasses import dataclass
from typing import Any

from aftercart.account.reading import OwnOrder
from aftercart.address_changes.models import AddressChange
from aftercart.address_changes.rules import AddressChangeCase, address_change_refusals, needs_approval
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address, Customer
from aftercart.dynamic_settings.schema import AddressChangeRules
from aftercart.fastpath import CompiledQuery
from aftercart.http_errors import sentence
from aftercart.orders.received import country_code
from aftercart.refusals import Refusal

State = AddressChange.State
OPEN_STATES = (State.OPEN, State.UNKNOWN, State.WAITING_APPROVAL)


OPEN_CHANGE = CompiledQuery(
    lambda order: AddressChange.objects.filter(order_id=order, state__in=OPEN_STATES)[:1], order=int
)


@dataclass(frozen=True, slots=True)
class AddressNow:
    """The state of an order's delivery address."""

    why_not: str
    """Why it cannot change now; empty if it can."""
    open_change: AddressChange | None
    """A change in progress."""

    @property
    def waits_for_approval(self) -> bool:
        """Whether someone at the shop decides; otherwise we are checking what became of it."""
        return self.open_change is not None and self.open_change.state == State.WAITING_APPROVAL


def address_now(own: OwnOrder) -> AddressNow:
    """Whether the delivery address may change, judged by the rules of the POST itself."""
    open_change = OPEN_CHANGE.one(order=own.order.pk)
    found = address_change_refusals(_case(own, same_country=True))
    if not found and open_change is not None:
        found = [Refusal("address_change_in_progress")]
    return AddressNow(sentence(found[0]) if found else "", open_change)


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """An entry of the address book as a choice for one order."""

    address: Address
    copy: dict[str, Any]
    is_current: bool
    needs_approval: bool


def address_choices(own: OwnOrder, customer: Customer) -> list[AddressChoice]:
    """The customer's address book, as choices for this order."""
    here = own.order.shipping_address
    found = []
    for address in Address.objects.belonging_to(customer).with_places():
        copy = copy_of(address)
        case = _case(own, same_country=country_code(copy) == country_code(here))
        is_current = bool(here) and copy["hash_data"] == here.get("hash_data")
        found.append(AddressChoice(address, copy, is_current, needs_approval(case)))
    return found


def _case(own: OwnOrder, *, same_country: bool) -> AddressChangeCase:
    return AddressChangeCase(
        order_status=own.order.status, same_country=same_country, rules=own.settings.get(AddressChangeRules)
    )
