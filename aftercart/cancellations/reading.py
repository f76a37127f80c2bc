"""What the storefront reads around cancellations: the reasons to choose from, and the requests of an order."""

from aftercart.cancellations.models import CancellationReason, CancellationRequest, CancellationType
from aftercart.customers.models import Customer
from aftercart.errors import NotFound
from aftercart.orders.models import Order


def offered_reasons(cancellation_type: str = "") -> list[CancellationReason]:
    """The active reasons in their order, in one statement; of one type where `cancellation_type` is one."""
    reasons = CancellationReason.objects.filter(is_active=True)
    if cancellation_type in CancellationType.values:
        reasons = reasons.filter(cancellation_type=cancellation_type)
    return list(reasons)


def requests_of_own_order(customer: Customer, order_id: int) -> list[CancellationRequest]:
    """What a customer has asked the shop for one of her orders, the latest first; NotFound for what is not hers."""
    own = CancellationRequest.objects.filter(order=order_id, order__customer=customer)
    found = list(own.select_related("easy_return_company").order_by("-created_date", "-pk"))
    if not found and not Order.objects.belonging_to(customer).filter(pk=order_id).exists():
        raise NotFound
    return found
