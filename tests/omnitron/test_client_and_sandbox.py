"""The client against the running sandbox: what one writes, the other reads."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from aftercart.omnitron import (
    CancellationAlreadyOpen,
    Deadline,
    NotSent,
    Omnitron,
    OrderUnknown,
    OutcomeUnknown,
    RefusedByOmnitron,
)
from omnitron_sandbox import Sandbox, running

from .world import commerce_order

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Omnitron]:
    client = Omnitron(url=sandbox.url, username=sandbox.username, password=sandbox.password, channel_id=1, timeout=10)
    yield client
    client.close()


def cancel(client: Omnitron, number: str) -> None:
    order = client.order(number=number)
    client.cancel(order_pk=order.pk, reasons={order.items[0].pk: 1}, order_number=number)


def test_an_order_is_read_cancelled_and_followed(sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31, items=2))
    order = client.order(number="31")
    assert order.number == "31"
    assert order.status == 400
    assert order.remote_id is not None
    assert [item.status for item in order.items] == [400, 400]
    assert all(item.remote_id for item in order.items)
    cancel(client, "31")
    assert [item.status for item in client.order(number="31").items] == [50, 400]
    (plan,) = client.cancellation_plan_updates(since=LONG_AGO)
    assert (plan.order, plan.order_number, plan.status, plan.plan_type) == (
        order.pk,
        "31",
        "waiting",
        "cancel",
    )
    assert plan.order_items == (order.items[0].pk,)
    with pytest.raises(CancellationAlreadyOpen):
        cancel(client, "31")


def test_everything_that_changed_is_listed(sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31, items=2))
    assert [order.number for order in client.orders()] == ["31"]
    assert len(client.order_updates(since=LONG_AGO)) == 0, "nothing changed since it was imported"
    sandbox.ship("31")
    assert [order.number for order in client.order_updates(since=LONG_AGO)] == ["31"]
    assert len(client.order_item_updates(since=LONG_AGO)) == 2
    assert len(client.cancellation_request_updates(since=LONG_AGO)) == 0
    assert {reason.cancellation_type for reason in client.reasons()} == {"cancel", "refund"}
    order = client.order(number="31")
    wanted = [item.product for item in order.items if item.product is not None]
    assert {product.pk for product in client.products(pks=wanted)} == set(wanted)


def test_a_request_is_made_and_found_again(sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31))
    (item,) = client.order(number="31").items
    assert client.find_cancellation_request(remote_id="9") is None
    made = client.create_cancellation_request(
        remote_id="9", order_item=item.pk, reason=1, description="Vazgeçtim", cancellation_type="cancel"
    )
    found = client.find_cancellation_request(remote_id="9")
    assert found == made
    sandbox.reject_request(made.pk)
    (changed,) = client.cancellation_request_updates(since=LONG_AGO)
    assert (changed.pk, changed.status) == (made.pk, "rejected")


def test_an_order_it_does_not_have_is_unknown(client: Omnitron) -> None:
    with pytest.raises(OrderUnknown):
        client.order(number="404")


def test_a_refusal_has_its_reason(sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31))
    order = client.order(number="31")
    with pytest.raises(RefusedByOmnitron) as caught:
        client.cancel(order_pk=order.pk, reasons={order.items[0].pk: 10**6}, order_number="31")
    assert caught.value.message


# kind of fault → what the order says afterwards
UNKNOWN = {
    "reset_before": 400,
    "reset_after": 50,
    "silence_before": 400,
    "silence_after": 50,
    "half": 50,
    "drip": 50,
    "nonsense": 400,
    "nonsense_after": 50,
    "html": 400,
    "html_502": 400,
    "redirect": 400,
}


@pytest.mark.parametrize(("kind", "status"), UNKNOWN.items(), ids=UNKNOWN)
def test_after_a_fault_the_outcome_is_unknown_and_the_order_tells(
    kind: str, status: int, sandbox: Sandbox, client: Omnitron
) -> None:
    sandbox.add_orders(commerce_order(31))
    order = client.order(number="31")
    sandbox.fault(operation="cancel", kind=kind, times=1)
    with pytest.raises(OutcomeUnknown):
        client.cancel(order_pk=order.pk, reasons={order.items[0].pk: 1}, deadline=Deadline.after(0.7))
    assert len(sandbox.calls(operation="cancel")) == 1
    assert client.order(number="31").items[0].status == status


@pytest.mark.parametrize("kind", ["wrong_order", "wrong_shape", "html"])
def test_an_order_that_lies_is_not_believed(kind: str, sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31))
    sandbox.add_orders(commerce_order(32))
    sandbox.fault(operation="order", kind=kind, times=1)
    with pytest.raises(OutcomeUnknown) as caught:
        client.order(number="31")
    assert caught.value.reason == "nonsense"


def test_a_token_that_lapsed_is_renewed(sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31))
    sandbox.fault(operation="cancel", kind="unauthorized", times=1)
    cancel(client, "31")
    assert client.order(number="31").items[0].status == 50


def test_a_switched_off_omnitron_never_agrees(sandbox: Sandbox, client: Omnitron) -> None:
    sandbox.add_orders(commerce_order(31))
    order = client.order(number="31")
    sandbox.power(False)
    with pytest.raises((NotSent, OutcomeUnknown)):
        client.cancel(order_pk=order.pk, reasons={order.items[0].pk: 1})
    sandbox.power(True)
    assert client.order(number="31").items[0].status == 400
