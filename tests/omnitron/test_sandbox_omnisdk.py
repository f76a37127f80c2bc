"""The published Omnitron client works against the sandbox, call for call as `channel-app` uses it."""

from __future__ import annotations

import pytest
import requests
from omnisdk.base_client import BaseClient
from omnisdk.exceptions import ValidationError
from omnisdk.omnitron import endpoints
from omnisdk.omnitron.client import OmnitronApiClient
from omnisdk.omnitron.models import Address, BatchRequest, CancellationRequest

from omnitron_sandbox import running

from .world import commerce_order, statuses

NUMBER = "2284207301612555"
CHANNEL = {"channel_id": 1}


@pytest.fixture
def sandbox():
    with running(orders=[commerce_order(items=12), commerce_order(31)]) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    client = OmnitronApiClient(f"{sandbox.url}/", sandbox.username, sandbox.password)
    yield client
    client.session.close()
    # The client keeps itself in a class attribute, for everybody: leave none behind.
    BaseClient.instance.clear()


@pytest.fixture
def order(client):
    (order,) = endpoints.ChannelOrderEndpoint(**CHANNEL).list(params={"number": NUMBER})
    return order


def items_of(order):
    """As channel-app's GetOrderItems: the first page, then the iterator."""
    endpoint = endpoints.ChannelOrderItemEndpoint(**CHANNEL)
    items = endpoint.list(params={"order": order.pk, "sort": "id"})
    for page in endpoint.iterator:
        if not page:
            break
        items.extend(page)
    return items


def mapped(name, remote_id):
    """As channel-app's get_order_pk: remote id to Omnitron's pk."""
    params = {"channel": 1, "content_type_name": name, "remote_id__exact": remote_id, "sort": "id"}
    return [found.object_id for found in endpoints.ChannelIntegrationActionEndpoint(**CHANNEL).list(params=params)]


def test_it_logs_in_and_validates_its_token(sandbox, client):
    assert client.token.startswith("Token ")
    assert client.validate_token(client.token)


def test_a_wrong_password_is_its_validation_error(sandbox):
    with pytest.raises(ValidationError) as raised:
        OmnitronApiClient(f"{sandbox.url}/", sandbox.username, "wrong")
    assert raised.value.json["non_field_errors"]


def test_it_logs_in_again_after_a_401(sandbox, client, order):
    first = client.token
    sandbox.fault(operation="order", kind="unauthorized", times=1)
    assert endpoints.ChannelOrderEndpoint(**CHANNEL).retrieve(id=order.pk).number == NUMBER
    assert client.token != first


def test_it_reads_orders_and_all_pages_of_items(client, order):
    assert endpoints.OrderByNumberEndpoint().retrieve(id=NUMBER).pk == order.pk
    assert endpoints.ChannelOrderEndpoint(**CHANNEL).retrieve(id=order.pk).status == "400"
    items = items_of(order)
    assert len({item.pk for item in items}) == 12
    two = endpoints.ChannelOrderEndpoint(**CHANNEL).list(params={"pk__in": f"{order.pk},{order.pk + 1}", "limit": 2})
    assert len(two) == 2
    product = endpoints.ChannelProductEndpoint(**CHANNEL).retrieve(id=items[0].product)
    assert product.sku == "sku-0"


def test_it_maps_remote_ids_both_ways(client, order):
    items = items_of(order)
    assert mapped("order", order.extra_field["id"]) == [order.pk]
    assert mapped("orderitem", items[3].extra_field["id"]) == [items[3].pk]
    params = {
        "limit": 2,
        "channel_id": 1,
        "content_type_name": "orderitem",
        "object_id__in": f"{items[0].pk},{items[1].pk}",
    }
    actions = endpoints.ChannelIntegrationActionEndpoint(**CHANNEL).list(params=params)
    assert {int(found.remote_id) for found in actions} == {
        items[0].extra_field["id"],
        items[1].extra_field["id"],
    }
    assert actions[0].content_type["model"] == "orderitem"


def test_it_cancels_as_create_order_cancel_does(sandbox, client, order):
    pk = items_of(order)[0].pk
    body = {"cancel_items": [pk], "order": order.pk, "reasons": {pk: 1}, "forced_refund_amount": None}
    endpoint = endpoints.ChannelOrderEndpoint(path=f"{order.pk}/cancel", raw=True, **CHANNEL)
    assert endpoint.create(item=body)["status"] == "50"
    assert statuses(sandbox, NUMBER)[1][:2] == ["50", "400"]
    with pytest.raises(requests.HTTPError) as raised:
        endpoint.create(item=body)
    assert raised.value.response.status_code == 406
    assert raised.value.args[1]["error_code"] == "OrderCancelMoreThenOne", "it reads the body of the refusal"
    assert len(sandbox.calls(operation="cancel", number=NUMBER)) == 2, "a 406 is not repeated"


def test_it_works_with_cancellation_requests(sandbox, client, order):
    endpoint = endpoints.ChannelCancellationRequestEndpoint(**CHANNEL)
    wish = CancellationRequest(
        order_item=items_of(order)[0].pk,
        reason=1,
        remote_id="r-1",
        description="",
        cancellation_type="cancel",
    )
    made = endpoint.create(item=wish)
    assert made.status == "waiting"
    assert mapped("cancellationrequest", "r-1") == [made.id]
    assert [found.id for found in endpoint.list(params={"status": "waiting", "cancellation_type": "cancel"})] == [
        made.id
    ]
    assert endpoint.retrieve(id=made.id).uuid == made.uuid
    assert endpoint.update(id=made.id, item=CancellationRequest(description="new")).description == "new"
    updates = endpoints.ChannelCancellationRequestEndpoint(path="updates", **CHANNEL)
    assert [found.id for found in updates.list(params={"limit": 50})] == [made.id]
    rejecting = endpoints.ChannelCancellationRequestEndpoint(path=f"{made.id}/reject", raw=True, **CHANNEL)
    assert rejecting.create(item={})["status"] == "rejected"
    assert endpoint(path=None).delete(id=made.id) == {}
    assert endpoint.list(params={}) == []


def test_it_reads_reasons(client):
    endpoint = endpoints.ChannelCancellationReasonEndpoint(**CHANNEL)
    assert len(endpoint.list(params={"limit": 50})) == 8
    assert endpoint.retrieve(id=1).cancellation_type == "cancel"


def test_it_updates_an_item_as_update_order_items_does(sandbox, client, order):
    pk = items_of(order)[0].pk
    endpoint = endpoints.ChannelOrderItemEndpoint(raw=True, **CHANNEL)
    changed = endpoint.update(id=pk, item={"status": "500", "tracking_number": "T-1"})
    assert (changed["status"], changed["tracking_number"]) == ("500", "T-1")


def test_it_acknowledges_what_it_fetched_with_a_batch(sandbox, client):
    sandbox.ship("31")
    updates = endpoints.ChannelOrderEndpoint(path="updates", **CHANNEL)
    (changed,) = updates.list(params={"limit": 100})
    batches = endpoints.ChannelBatchRequestEndpoint(**CHANNEL)
    batch = batches.create(item=BatchRequest(channel=1))
    seen = {"pk": changed.pk, "version_date": changed.modified_date, "content_type": "order"}
    done = batches.update(id=batch.pk, item=BatchRequest(objects=[seen], status="commit", content_type="order"))
    assert done.status == "commit"
    assert updates.list(params={"limit": 100}) == []


def test_it_finds_a_known_address_by_the_hash_of_the_refusal(client):
    endpoint = endpoints.ChannelAddressEndpoint(**CHANNEL)
    wish = Address(first_name="Ada", last_name="L", phone_number="0", line="A street", country=1, city=1)
    made = endpoint.create(item=wish)
    with pytest.raises(requests.HTTPError) as raised:
        endpoint.create(item=wish)
    name, hash_data = raised.value.response.json()["non_field_errors"].split()[0].split(":")
    assert name == "hash_data"
    assert [found.pk for found in endpoint.list(params={"hash_data": hash_data})] == [made.pk]
