"""A request is nobody else's at Omnitron, though the database be restored and hand its numbers out again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.cancellations import identity
from aftercart.cancellations.models import CancellationRequest, new_remote_id
from aftercart.feed.comparing import ADOPT
from aftercart.feed.reconcile import compare_requests
from aftercart.orders.models import OrderItem
from tests.acts import hear, settle


@pytest.fixture
def ours(stock: Any, ada: Any, at_ada: Any) -> Any:
    """A request of Ada's for an item that is being prepared; not handed over yet."""
    order = stock(ada, status=450, items=1)
    assert at_ada.cancel(order).status_code == 200
    return CancellationRequest.objects.select_related("order", "order_item").get(order=order)


@pytest.fixture
def anothers_item(stock: Any, eve: Any) -> OrderItem:
    """An item of Eve's, with Omnitron's key."""
    return key_of(stock(eve, status=450, items=1).items.get())


def key_of(item: OrderItem) -> OrderItem:
    item.omnitron_pk = omnitron_client.omnitron().order(number=item.order.number).items[0].pk
    item.save()
    return item


def stands_there(item: OrderItem, name: str, *, kind: str = "cancel") -> int:
    """A request that Omnitron has under this name, as one that we lost left it; its key."""
    made = omnitron_client.omnitron().create_cancellation_request(
        remote_id=name, order_item=item.omnitron_pk or 0, reason=1, description="", cancellation_type=kind
    )
    return made.pk


def there(omnitron: Any, order: Any) -> list[tuple[int, str]]:
    return [(one["pk"], str(one["remote_id"])) for one in omnitron.order(order.number)["cancellationrequest_set"]]


def test_names_are_never_handed_out_twice() -> None:
    assert len({new_remote_id() for _ in range(1000)}) == 1000


def test_a_number_that_omnitron_knows_of_another_customers_request_ties_nothing(
    omnitron: Any, ours: Any, anothers_item: OrderItem
) -> None:
    """Our row has the number by which another system called what it asked for Eve."""
    of_eve = stands_there(anothers_item, str(ours.pk))
    settle()
    ours.refresh_from_db()
    assert ours.omnitron_pk not in (None, of_eve)
    assert there(omnitron, ours.order) == [(ours.omnitron_pk, ours.remote_id)]
    assert there(omnitron, anothers_item.order) == [(of_eve, str(ours.pk))]


def test_what_the_shop_decides_of_anothers_request_closes_none_of_ours(
    omnitron: Any, ours: Any, anothers_item: OrderItem
) -> None:
    omnitron_client.omnitron().reject_cancellation_request(pk=stands_there(anothers_item, str(ours.pk)))
    hear()
    ours.refresh_from_db()
    assert ours.status == "waiting"


@pytest.mark.parametrize("column", ["omnitron_pk", "remote_id"])
def test_neither_does_a_key_or_a_name_that_omnitron_has_given_to_another_item(
    omnitron: Any, ours: Any, anothers_item: OrderItem, column: str
) -> None:
    """Omnitron, too, may have been restored."""
    settle()
    pk = stands_there(anothers_item, "of-eve")
    CancellationRequest.objects.filter(pk=ours.pk).update(
        **{column: {"omnitron_pk": pk, "remote_id": "of-eve"}[column]}
    )
    omnitron_client.omnitron().reject_cancellation_request(pk=pk)
    hear()
    ours.refresh_from_db()
    assert ours.status == "waiting"


def test_a_request_that_we_lost_is_taken_for_the_one_that_its_owner_makes_again(omnitron: Any, ours: Any) -> None:
    """Its first row is gone with the database's tail; Omnitron allows one open request for an item."""
    key_of(ours.order_item)
    pk = stands_there(ours.order_item, new_remote_id())
    settle()
    ours.refresh_from_db()
    assert (ours.omnitron_pk, ours.is_dead) == (pk, False)
    assert len(there(omnitron, ours.order)) == 1
    omnitron_client.omnitron().reject_cancellation_request(pk=pk)
    hear()
    ours.refresh_from_db()
    assert ours.status == "rejected"


def test_reconciliation_finds_a_request_that_we_lost_and_makes_it_ours_again(omnitron: Any, ours: Any) -> None:
    settle()
    CancellationRequest.objects.all().delete()
    started = timezone.now() - timedelta(hours=1)
    (found,) = compare_requests(since=started, clock=timezone.now)
    assert [(one.what, one.repair) for one in found.left] == [("request unknown here", ADOPT)]
    (repaired,) = compare_requests(since=started, clock=timezone.now, repair=True)
    assert not repaired.left
    again = CancellationRequest.objects.get()
    assert (again.order_item_id, again.status) == (ours.order_item_id, "waiting")


def test_an_unknown_request_of_another_type_is_not_taken_for_ours(omnitron: Any, ours: Any) -> None:
    key_of(ours.order_item)
    stands_there(ours.order_item, new_remote_id(), kind="refund")
    assert identity.asked_before(ours, omnitron_client.omnitron()) is None


def test_our_name_on_another_item_is_said_and_nothing_is_tied(
    omnitron: Any, ours: Any, anothers_item: OrderItem
) -> None:
    key_of(ours.order_item)
    stands_there(anothers_item, ours.remote_id)
    settle()
    ours.refresh_from_db()
    assert ours.omnitron_pk is None
    assert "is about another item" in ours.last_error


def test_one_that_is_taken_back_takes_back_none_of_another_customer(
    omnitron: Any, ours: Any, at_ada: Any, anothers_item: OrderItem
) -> None:
    key_of(ours.order_item)
    of_eve = stands_there(anothers_item, str(ours.pk))
    CancellationRequest.objects.filter(pk=ours.pk).update(attempts=1)  # somebody has begun to hand it over
    path = f"/users/orders/cancellation_requests/{ours.pk}/withdraw/"
    assert at_ada.send(path, {}).status_code == 200
    settle()
    assert there(omnitron, anothers_item.order) == [(of_eve, str(ours.pk))]
    ours.refresh_from_db()
    assert ours.status == "withdrawn"
