"""Reading what a customer may see: an order with its items, its requests and the rules in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aftercart.account.representation import Permissions, shown_order
from aftercart.cancellations.case import Basis
from aftercart.cancellations.reading import items_of, judged_row, own_order_row
from aftercart.cancellations.statements import carriers_of
from aftercart.customers.models import Customer
from aftercart.dynamic_settings import read as dynamic_settings
from aftercart.dynamic_settings.read import DynamicSettings
from aftercart.orders.models import Order, OrderItem


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order as read for its owner, in two statements."""

    order: Order
    items: list[OrderItem]
    settings: DynamicSettings
    attempt_open: bool

    def shown(self, *, now: datetime) -> dict[str, Any]:
        """The wire's JSON."""
        asked = {item.pk: item.active_request for item in self.items if item.active_request}
        return shown_order(self.order, self.items, asked, self.permissions(now=now))

    @property
    def basis(self) -> Basis:
        """What any wish for its items would be judged by."""
        return Basis.of(self.order, self.items, self.settings, attempt_open=self.attempt_open)

    def permissions(self, *, now: datetime) -> Permissions:
        """What may be done with its items."""
        return Permissions(
            self.order,
            self.settings,
            now=now,
            active_carriers=carriers_of(self.order),
        )


def own_order(customer: Customer, *, number: str) -> OwnOrder:
    """The customer's order with this number. Raises NotFound, for unknown and others' orders alike."""
    order = own_order_row(customer, number)
    return with_items(order, items_of(order))


def own_order_with_id(customer: Customer, *, order_id: int) -> OwnOrder:
    """The customer's order with this id. Raises NotFound, for unknown and others' orders alike."""
    order = judged_row(Order.objects.belonging_to(customer).filter(pk=order_id))
    return with_items(order, items_of(order))


def with_items(order: Any, items: list[OrderItem]) -> OwnOrder:
    """An order, read with the other facts that are judged, and its items with their active requests."""
    return OwnOrder(
        order=order,
        items=items,
        settings=dynamic_settings.from_row(order),
        attempt_open=order.attempt_open,
    )
