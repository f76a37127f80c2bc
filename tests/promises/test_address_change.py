"""POST /orders/address_change/."""

from typing import Any

import pytest

from aftercart import omnitron_client
from aftercart.address_changes.models import AddressChange
from aftercart.background.kinds import KINDS
from aftercart.duties import tick
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import OrderEvent
from tests import builders

PATH = "/orders/address_change/"


def ask(client: Any, order: Any, address: Any, **fields: Any) -> Any:
    return client.send(PATH, {"order": order.pk, "address": address.pk, **fields})


@pytest.mark.parametrize("status", [200, 300, 350, 400])
def test_before_it_is_prepared_an_order_goes_elsewhere_at_once(
    status: int, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order, address = stock(ada, status=status), builders.an_address(ada, line="Elsewhere 2")
    response = ask(at_ada, order, address)
    assert response.status_code == 200, response.content
    body = response.json()
    assert body.keys() == {"id", "uuid", "order", "address", "channel_id", "status", "created_date"}
    assert (body["order"], body["address"], body["channel_id"]) == (order.pk, address.pk, 1)
    assert body["status"] == "submitted"
    order.refresh_from_db()
    assert order.shipping_address["line"] == "Elsewhere 2"
    assert order.billing_address["line"] != "Elsewhere 2"
    assert omnitron.order(order.number)["shipping_address"]["line"] == "Elsewhere 2"
    event = OrderEvent.objects.get(kind="address_changed")
    assert event.actor == "ada@example.com"
    assert event.data["old"]["line"] != event.data["new"]["line"] == "Elsewhere 2"


def test_the_order_keeps_a_copy(stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada, line="Elsewhere 2")
    ask(at_ada, order, address)
    address.line = "Edited"
    address.save()
    address.delete()
    order.refresh_from_db()
    assert order.shipping_address["line"] == "Elsewhere 2"


def test_while_it_is_prepared_someone_must_approve(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada, status=450), builders.an_address(ada, line="Elsewhere 2")
    response = ask(at_ada, order, address)
    assert response.status_code == 200
    assert response.json()["status"] == "waiting_approval"
    before = order.shipping_address
    order.refresh_from_db()
    assert order.shipping_address == before
    assert ask(at_ada, order, address).json() == response.json()


def test_another_country_needs_approval(stock: Any, ada: Any, at_ada: Any) -> None:
    response = ask(at_ada, stock(ada), builders.an_address(ada, country="DE"))
    assert response.json()["status"] == "waiting_approval"


@pytest.mark.parametrize("status", [50, 100, 500, 510, 550, 600])
def test_a_shipped_or_cancelled_order_is_refused_with_order_100_3(
    status: int, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order = stock(ada, status=status)
    response = ask(at_ada, order, builders.an_address(ada))
    assert response.status_code == 400
    assert response.json()["error_code"] == "order_100_3"
    assert response.json()["non_field_errors"] == "Old order address cannot be changed"
    assert not AddressChange.objects.exists()
    assert not omnitron.calls(operation="address_change")


def test_omnitron_knowing_it_shipped_is_the_same_refusal(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    omnitron.ship(order.number)
    before = order.shipping_address
    response = ask(at_ada, order, builders.an_address(ada))
    assert response.status_code == 400
    assert response.json()["error_code"] == "order_100_3"
    order.refresh_from_db()
    assert order.shipping_address == before


def test_the_statuses_are_the_merchants_choice(stock: Any, ada: Any, at_ada: Any) -> None:
    DynamicSetting.objects.create(
        name="ADDRESS_CHANGE_RULES", value={"direct_statuses": ["preparing"], "approval_statuses": []}
    )
    assert ask(at_ada, stock(ada, status=450), builders.an_address(ada)).json()["status"] == "submitted"
    assert ask(at_ada, stock(ada, status=400), builders.an_address(ada)).status_code == 400


def test_the_same_change_again_answers_the_same(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada)
    first = ask(at_ada, order, address)
    assert [ask(at_ada, order, address).content for _ in range(3)] == [first.content] * 3
    assert len(omnitron.calls(operation="address_change")) == 1
    assert AddressChange.objects.count() == 1


def test_there_and_back_again_are_three_changes(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada)
    here, there = builders.an_address(ada, line="Here"), builders.an_address(ada, line="There")
    for address in (here, there, here):
        assert ask(at_ada, order, address).json()["status"] == "submitted"
    assert omnitron.order(order.number)["shipping_address"]["line"] == "Here"


def test_another_change_while_one_is_open_is_refused(stock: Any, ada: Any, at_ada: Any) -> None:
    order = stock(ada, status=450)
    assert ask(at_ada, order, builders.an_address(ada)).status_code == 200
    response = ask(at_ada, order, builders.an_address(ada))
    assert response.status_code == 400
    assert response.json()["error_code"] == "address_change_in_progress"


@pytest.mark.parametrize("channel", [None, 1])
def test_the_channel_is_the_orders_own(channel: int | None, stock: Any, ada: Any, at_ada: Any) -> None:
    response = ask(at_ada, stock(ada), builders.an_address(ada), channel_id=channel)
    assert response.json()["channel_id"] == 1


def test_another_channel_is_400(stock: Any, ada: Any, at_ada: Any) -> None:
    response = ask(at_ada, stock(ada), builders.an_address(ada), channel_id=2)
    assert response.status_code == 400
    assert response.json().keys() == {"channel_id"}


def settle_all() -> None:
    omnitron_client.forget_omnitron()
    for _ in range(5):
        tick(KINDS)


def test_omnitron_out_of_reach_is_503_and_nothing_changed(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    order, address = stock(ada), builders.an_address(ada)
    omnitron.power(False)
    response = ask(at_ada, order, address)
    # A connection reset may have come after the order was carried out: that is what "unknown" is for.
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    omnitron.power(True)


UNKNOWN = ["reset_after", "silence_after", "half", "nonsense_after"]


@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_unknown_outcome_is_503_and_settles_as_omnitron_did(
    kind: str, omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    order, address = stock(ada), builders.an_address(ada, line="Elsewhere 2")
    omnitron.fault(operation="address_change", kind=kind, times=1, seconds=5)
    response = ask(at_ada, order, address)
    assert response.status_code == 503
    assert response.json()["error_code"] == "omnitron_outcome_unknown"
    order.refresh_from_db()
    assert order.shipping_address["line"] != "Elsewhere 2"
    settle_all()
    order.refresh_from_db()
    assert order.shipping_address["line"] == "Elsewhere 2"
    assert AddressChange.objects.get().state == "submitted"


def test_an_unknown_outcome_that_never_happened_is_closed_and_shown(
    omnitron: Any, stock: Any, ada: Any, at_ada: Any
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    order, address = stock(ada), builders.an_address(ada, line="Elsewhere 2")
    omnitron.fault(operation="address_change", kind="reset_before", times=1)
    assert ask(at_ada, order, address).status_code == 503
    omnitron_client.forget_omnitron()
    tick(KINDS)
    assert AddressChange.objects.get().state == "unknown"  # too early to tell
    later = timezone.now() + timedelta(minutes=3)
    tick(KINDS, now=later)
    assert AddressChange.objects.get().state == "not_sent"
    assert OrderEvent.objects.filter(kind="address_change_closed").count() == 1
    assert ask(at_ada, order, address).status_code == 200  # and it can be tried anew


def test_an_approved_change_reaches_the_order_later(omnitron: Any, stock: Any, ada: Any, at_ada: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    order, address = stock(ada, status=450), builders.an_address(ada, line="Elsewhere 2")
    ask(at_ada, order, address)
    change = omnitron.order(order.number)["orderaddresschange_set"][0]
    omnitron.approve_address_change(change["pk"])
    omnitron_client.forget_omnitron()
    tick(KINDS, now=timezone.now() + timedelta(minutes=2))
    order.refresh_from_db()
    assert order.shipping_address["line"] == "Elsewhere 2"
