"""A wish is judged, then claimed: what has changed by then is noticed, whatever it is that a case is made of."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from aftercart.cancellations.case import OF_ITEM, OF_ORDER
from aftercart.cancellations.claim import Claim, claim_again, claim_seen, take
from aftercart.cancellations.models import CancellationRequest
from aftercart.cancellations.reading import look
from aftercart.cancellations.rules import Wish, WishedItem
from aftercart.orders.models import Order, OrderItem

# What each column has become meanwhile.
ORDER: dict[str, Any] = {
    "status": 450,
    "invoice_number": "A1",
    "created_date": datetime(2020, 1, 1, tzinfo=UTC),
}
ITEM: dict[str, Any] = {
    "status": 450,
    "quantity": 7,
    "returned_quantity": 1,
    "withdrawn_quantity": 1,
    "invoice_number": "A1",
    "parent": 4711,
    "omnitron_pk": 4712,
    "parts": [{"pk": 1, "status": 400, "quantity": 1}, {"pk": 2, "status": 450, "quantity": 1}],
}


def claimed(order: Order) -> Claim:
    """A claim to cancel all of an order, as it was judged."""
    wish = Wish(tuple(WishedItem(item.pk, 1) for item in order.items.all()))
    return claim_seen(look(order.number), order.customer, wish, now=timezone.now())


def is_as_it_was(claim: Claim) -> bool:
    with transaction.atomic():
        return take(claim)


def test_what_has_not_changed_is_not_judged_again(stock: Any, ada: Any) -> None:
    claim = claimed(stock(ada, items=3))
    assert is_as_it_was(claim)
    assert claim_again(claim.attempt).case(now=claim.attempt.created_date) == claim.case(now=claim.attempt.created_date)


@pytest.mark.parametrize("column", OF_ORDER)
def test_another_order_behind_the_claim_is_noticed(column: str, stock: Any, ada: Any) -> None:
    order = stock(ada)
    claim = claimed(order)
    Order.objects.filter(pk=order.pk).update(**{column: ORDER[column]})
    assert not is_as_it_was(claim)


@pytest.mark.parametrize("column", [column for column in OF_ITEM if column != "id"])
def test_another_item_behind_the_claim_is_noticed(column: str, stock: Any, ada: Any) -> None:
    order = stock(ada, item_fields={"quantity": 2})
    claim = claimed(order)
    OrderItem.objects.filter(pk=order.items.last().pk).update(**{column: ITEM[column]})
    assert not is_as_it_was(claim)


def test_a_request_behind_the_claim_is_noticed(stock: Any, ada: Any) -> None:
    order = stock(ada)
    claim = claimed(order)
    CancellationRequest.objects.create(
        order=order, order_item=order.items.last(), reason_id=1, cancellation_type="cancel"
    )
    assert not is_as_it_was(claim)


def test_an_item_more_behind_the_claim_is_noticed(stock: Any, ada: Any) -> None:
    order = stock(ada)
    claim = claimed(order)
    item = order.items.last()
    item.pk += 100_000
    item.save(force_insert=True)
    assert not is_as_it_was(claim)
