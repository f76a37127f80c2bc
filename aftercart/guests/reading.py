"""Finding an order for someone without an account: by number and e-mail, or by a mailed link."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare

from aftercart.account import rows
from aftercart.account.reading import OwnOrder, own_order_with_id
from aftercart.customers.models import Customer, UserType
from aftercart.errors import NotFound
from aftercart.fastpath import CompiledQuery
from aftercart.mailed_links.links import TO_ORDER
from aftercart.mailed_links.lookup import OrderLookup
from aftercart.orders.models import Order
from aftercart.orders.numbers import other_way


def _with_user_type(orders: QuerySet[Order]) -> QuerySet[Any]:
    judged: Any = rows.with_what_is_judged(orders)
    with_type: QuerySet[Any] = judged.annotate(user_type=F("customer__user_type"))
    return with_type.values_list(*judged._fields, "user_type", named=True)


BY_NUMBER = CompiledQuery(
    lambda number, other: _with_user_type(Order.objects.filter(number__in=[number, other])), number=str, other=str
)


def guest_row(asked: OrderLookup) -> Any:
    """The guest's order with this number, with or without a `#`, and exactly this e-mail, as a row; or None.

    The statement is the same whatever is wrong: the number, the e-mail, or that it isn't a guest's order.
    """
    found = BY_NUMBER.all(number=asked.number, other=other_way(asked.number))
    rows_of_email = [row for row in found if constant_time_compare(row.user_email, asked.email)]
    right = [row for row in rows_of_email if row.user_type == UserType.GUEST]
    return max(right, key=lambda row: row.number == asked.number, default=None)


def guest_order_behind(signed: str) -> OwnOrder:
    """The order that a fresh link leads to, with its customer. Raises LinkExpired, NotFound. Three statements."""
    link = TO_ORDER.read(signed)
    customer = Customer.objects.filter(orders=link.order_id).first()
    if customer is None:
        raise NotFound
    own = own_order_with_id(customer, order_id=link.order_id)
    own.order.customer = customer
    link.check(own.order)
    return own
