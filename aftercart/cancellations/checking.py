"""Whether a wish is well formed against the order that it is about: its items, reasons, carriers and address."""

from typing import Any

from django.utils.translation import gettext

from aftercart.bodies import nested
from aftercart.cancellations.case import gone
from aftercart.cancellations.models import CancellationReason, EasyReturnShippingCompany
from aftercart.cancellations.rules import REFUND, Wish, WishedItem
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import Address, Customer
from aftercart.errors import FieldErrors
from aftercart.orders.models import OrderItem
from aftercart.orders.received import carrier_keys
from aftercart.statuses import gettext_noop

FOREIGN_ITEM = gettext_noop("This item does not belong to the order.")


def checked(
    wish: Wish, items: list[OrderItem], customer: Customer, offered: list[CancellationReason]
) -> tuple[list[tuple[OrderItem, WishedItem]], dict[int, CancellationReason], dict[str, Any] | None]:
    """The chosen items with their wishes, the reasons by id, and the pickup address. Raises FieldErrors."""
    by_id = {item.pk: item for item in items}
    reasons = {reason.pk: reason for reason in offered}
    companies = _offered_companies(wish, by_id)
    errors: dict[tuple[str | int, ...], str] = {}
    for index, wished in enumerate(wish.items):
        at = ("cancel_order_items", index)
        item, reason = by_id.get(wished.order_item), reasons.get(wished.reason)
        if item is None:
            errors[*at, "order_item"] = gettext(FOREIGN_ITEM)
            continue
        if reason is None:
            errors[*at, "reason"] = gettext("This reason does not exist or is no longer offered.")
        elif reason.extra_information_needed and not wished.description.strip():
            errors[*at, "description"] = gettext("Please say more: this reason needs an explanation.")
        if wished.quantity is not None and wished.quantity > (left := left_for(wish, item)) > 0:
            errors[*at, "quantity"] = too_many(item, left)
        if wished.cancellation_type == REFUND:
            if wished.shipping_company is None and wish.pickup_address is not None:
                errors[*at, "shipping_company"] = gettext("Choose the carrier that collects the parcel.")
            elif wished.shipping_company is not None and wished.shipping_company not in companies.get(item.pk, ()):
                errors[*at, "shipping_company"] = gettext("This carrier does not take this item back.")
    pickup = None
    if wish.pickup_address is not None:
        address = Address.objects.belonging_to(customer).with_places().filter(pk=wish.pickup_address).first()
        if address is None:
            errors["pickup_address",] = gettext("This address is not in your address book.")
        else:
            pickup = copy_of(address)
    if errors:
        raise FieldErrors(nested(errors))
    return [(by_id[wished.order_item], wished) for wished in wish.items], reasons, pickup


def left_for(wish: Wish | None, item: OrderItem) -> int:
    """How many pieces of an item a wish may be about: a withdrawal's were counted when it was declared."""
    return item.quantity - gone(item, wish)


def too_many(item: OrderItem, left: int) -> str:
    """The error of asking for more pieces than are left."""
    if left == item.quantity:
        return gettext("The order has only {quantity} of it.").format(quantity=left)
    return gettext("Only {left} of {quantity} are left: the others were cancelled or given back.").format(
        left=left, quantity=item.quantity
    )


def _offered_companies(wish: Wish, by_id: dict[int, OrderItem]) -> dict[int, set[int]]:
    """Item id → the active carriers offered for it; queried only if a wish names one."""
    named = {wished.shipping_company for wished in wish.items if wished.shipping_company is not None}
    if not named:
        return {}
    active = set(EasyReturnShippingCompany.objects.filter(pk__in=named, is_active=True).values_list("pk", flat=True))
    return {
        item.pk: carrier_keys(item.easy_return_companies) & active
        for item in (by_id[w.order_item] for w in wish.items if w.order_item in by_id)
    }
