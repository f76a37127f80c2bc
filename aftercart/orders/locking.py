"""One sequence of locks for everything that writes an order and what belongs to it, so that no two wait for each other.

Attempt, items (by id), the order, requests, how far a list has been read, news of the order. Transactions that need
fewer locks start later in this list, and none goes back.

None of these locks blocks a foreign key: PostgreSQL checks the order of every event, webhook and mail when their
transaction commits, after all its other locks.
"""

from aftercart.orders.models import Order, OrderItem


def hold_items(order_id: int) -> None:
    """The items of an order, until the transaction ends. What is read after that stays true until then."""
    list(OrderItem.objects.select_for_update(no_key=True).filter(order=order_id).order_by("pk").values_list("pk"))


def hold(order_id: int) -> Order | None:
    """Lock the items, and the order itself, which is returned; None if there is none."""
    hold_items(order_id)
    own = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    return own.filter(pk=order_id).first()
