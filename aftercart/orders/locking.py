"""One order of locking for all who write an order and what hangs on it, so that no two ever wait for each other.

Attempt, items (by id), the order, requests, how far a list has been read, news of the order. Whoever needs less begins
later, and nobody goes back.

None of these locks stands in the way of a foreign key: PostgreSQL looks for the order of every event, webhook and mail
when their transaction commits, behind all that it has locked by then.
"""

from aftercart.orders.models import Order, OrderItem


def hold_items(order_id: int) -> None:
    """The items of an order, until the transaction ends. What is read after that stays true until then."""
    list(OrderItem.objects.select_for_update(no_key=True).filter(order=order_id).order_by("pk").values_list("pk"))


def hold(order_id: int) -> Order | None:
    """The items, and the order itself, which is given back; None where there is none."""
    hold_items(order_id)
    own = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    return own.filter(pk=order_id).first()
