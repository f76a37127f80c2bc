"""Reading an order as a wish is judged by it, and what the storefront reads around cancellations."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from aftercart.cancellations import statements
from aftercart.cancellations.models import CancellationReason, CancellationRequest, CancellationType
from aftercart.customers.models import Customer
from aftercart.errors import NotFound
from aftercart.fastpath import Statement, batch
from aftercart.orders.models import Order, OrderItem, OrderQuerySet, can_be_a_number


class Seen(NamedTuple):
    """An order as a wish is judged by it before anything is claimed."""

    order: Any
    items: list[OrderItem]
    reasons: list[CancellationReason]

    @classmethod
    def of(cls, answers: Sequence[list[Any]]) -> "Seen | None":
        """What the statements of `looking` have found; None if there is no such order."""
        orders, items, reasons = answers
        return cls(orders[0], items, reasons) if orders else None


def looking(number: str) -> tuple[Statement, ...]:
    """For `batch`: an order by its number (the caller compares the owner), its items, the reasons."""
    known = {"number": number}
    return statements.JUDGED_ORDER.bind(**known), statements.JUDGED_ITEMS.bind(**known), statements.REASONS.bind()


def look(number: str) -> Seen:
    """An order, by its number, as it is at this moment. Raises NotFound."""
    seen = Seen.of(batch(*looking(number))) if can_be_a_number(number) else None
    if seen is None:
        raise NotFound
    return seen


def judged_row(orders: OrderQuerySet) -> Any:
    """The first of these orders, with its dynamic settings and `attempt_open`. Raises NotFound."""
    order = orders.annotate(**statements.judged_beside()).first()
    if order is None:
        raise NotFound
    return order


def own_order_row(customer: Customer, number: str) -> Any:
    """As `judged_row`, the customer's order of this number, by a statement that is compiled once."""
    order = statements.ORDER.one(number=number) if can_be_a_number(number) else None
    if order is None or order.customer_id != customer.pk:
        raise NotFound
    return order


def items_of(order: Order) -> list[OrderItem]:
    """The items of an order, each with its active request if it has one."""
    return statements.ITEMS.all(order=order.pk)


def offered_reasons(cancellation_type: str = "") -> list[CancellationReason]:
    """The active reasons in their order, in one statement; of one type where `cancellation_type` is one."""
    reasons = CancellationReason.objects.filter(is_active=True)
    if cancellation_type in CancellationType.values:
        reasons = reasons.filter(cancellation_type=cancellation_type)
    return list(reasons)


def requests_of_own_order(customer: Customer, order_id: int) -> list[CancellationRequest]:
    """The customer's requests for one of their orders, the latest first. Raises NotFound."""
    own = CancellationRequest.objects.filter(order=order_id, order__customer=customer)
    found = list(own.select_related("easy_return_company").order_by("-created_date", "-pk"))
    if not found and not Order.objects.belonging_to(customer).filter(pk=order_id).exists():
        raise NotFound
    return found
