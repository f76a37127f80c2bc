"""The platform's published integration works against the sandbox: its own commands, run as it runs them."""

from __future__ import annotations

import importlib.util
import os

import pytest

from omnitron_sandbox import running
from tests.conftest import demanded

from .world import commerce_order, statuses

NUMBER = "2284207301612555"
# What an integration reads of its channel: the shop's reasons there, by the codes of the marketplace.
CONF = {"reason_mapping": {"CHANGED_MIND": 1, "LATE": 7}, "cancellation_reason_id": 3, "send_shipping_info": False}


class Memory(dict):
    """What stands for its Redis, where it keeps its token."""

    def set(self, name, value, _expires=None):
        self[name] = str(value).encode()


@pytest.fixture(scope="module")
def app():
    """channel_app as an integration configures it: by the environment, at the first import."""
    if importlib.util.find_spec("channel_app") is None:
        demanded("the published integration, channel-app, is not installed: make test does so")
    os.environ["OMNITRON_MODULE"] = "channel_app.omnitron.integration"
    os.environ["CHANNEL_MODULE"] = "channel_app.channel.integration"
    from channel_app.core import clients, data, settings

    clients.RedisClient = Memory
    return data, settings


@pytest.fixture
def sandbox():
    orders = [commerce_order(items=3), commerce_order(31)]
    for item in orders[0]["orderitem_set"]:
        item["quantity"] = 2
    with running() as sandbox:
        sandbox.add_orders(orders, apart=True)
        yield sandbox


@pytest.fixture
def integration(app, sandbox):
    from channel_app.omnitron.integration import OmnitronIntegration
    from omnisdk.base_client import BaseClient

    _, settings = app
    settings.OMNITRON_URL = f"{sandbox.url}/"
    settings.OMNITRON_USER, settings.OMNITRON_PASSWORD = sandbox.username, sandbox.password
    settings.OMNITRON_CHANNEL_ID, settings.OMNITRON_CATALOG_ID = sandbox.channel_id, 1
    with OmnitronIntegration(create_batch=False) as first:
        first.api.session.patch(f"{first.api.base_url}channels/1/", json={"conf": CONF}).raise_for_status()
        first.api.session.close()
    with OmnitronIntegration(content_type="order") as opened:
        yield opened
        opened.api.session.close()
    BaseClient.instance.clear()


def item_ids(sandbox, number=NUMBER):
    """The remote ids of an order's lines."""
    return sorted({int(item["extra_field"]["id"]) for item in sandbox.order(number)["orderitem_set"]})


def reports(sandbox):
    return sandbox.store.find("error_reports")


def batches(sandbox):
    return [batch["status"] for batch in sandbox.store.find("batch_requests")]


def test_it_opens_its_channel_and_a_batch_and_reads_its_settings(integration, sandbox):
    assert integration.channel_is_active is True
    assert integration.channel.conf == CONF
    assert (integration.batch_request.status, batches(sandbox)) == ("initialized", ["initialized"])


def test_a_channel_that_is_not_its_own_or_not_active_is_not_opened(app, integration, sandbox):
    assert integration.api.session.get(f"{integration.api.base_url}channels/2/").status_code == 404
    integration.api.session.patch(f"{integration.api.base_url}channels/1/", json={"is_active": False})
    from channel_app.omnitron.integration import OmnitronIntegration

    with OmnitronIntegration(content_type="order") as nobody:
        assert nobody is None


def test_it_cancels_every_item_that_a_remote_id_maps_to(app, integration, sandbox):
    data, _ = app
    first, second, _third = (str(pk) for pk in item_ids(sandbox))
    wish = data.CancelOrderDto(
        order=str(sandbox.order(NUMBER)["extra_field"]["id"]),
        cancel_items=[first, second],
        reasons={first: "LATE", second: "SOMETHING_NEW"},
    )
    (sent,) = integration.do_action(key="create_order_cancel", objects=wish)
    assert len(sent["cancel_items"]) == 4
    assert statuses(sandbox, NUMBER) == ("50", ["50", "50", "50", "50", "400", "400"])
    (plan,) = sandbox.order(NUMBER)["cancellationplan_set"]
    assert [entry["reason"] for entry in plan["cancellationplanorderitem_set"]] == [7, 7, 3, 3]
    assert reports(sandbox) == []


def test_what_omnitron_refuses_is_reported_and_fails_the_batch(app, integration, sandbox):
    data, _ = app
    sandbox.ship(NUMBER)
    order, first = str(sandbox.order(NUMBER)["extra_field"]["id"]), str(item_ids(sandbox)[0])
    wish = data.CancelOrderDto(order=order, cancel_items=[first], reasons={first: "LATE"})
    assert integration.do_action(key="create_order_cancel", objects=wish) == []
    (report,) = reports(sandbox)
    assert (report["action_content_type"], report["action_object_id"]) == (41, integration.batch_request.pk)
    assert report["is_ok"] is False
    assert "is shipped and cannot be cancelled" in report["raw_response"]
    assert batches(sandbox) == ["fail"]


def test_a_batch_that_is_finished_stays_so(integration, sandbox):
    from channel_app.omnitron.batch_request import ClientBatchRequest
    from requests import HTTPError

    service = ClientBatchRequest(channel_id=1)
    integration.batch_request.objects = []
    service.to_done(integration.batch_request)
    with pytest.raises(HTTPError) as raised:
        service.to_commit(integration.batch_request)
    assert raised.value.response.status_code == 406
    assert "batch_request_status_100_1" in raised.value.response.text


def test_it_updates_an_item(app, integration, sandbox):
    data, _ = app
    (line,) = item_ids(sandbox, "31")[:1]
    news = data.ChannelUpdateOrderItemDto(remote_id=str(line), status="500", tracking_number="T-1")
    (changed,) = integration.do_action(key="update_order_items", objects=news)
    assert (changed["status"], changed["tracking_number"]) == ("500", "T-1")
    assert integration.do_action(key="update_order_items", objects=news) == [None]


def a_request(data, sandbox, number, remote_id):
    line = item_ids(sandbox, number)[0]
    return data.CancellationRequestDto(order_item=str(line), reason="LATE", remote_id=remote_id, description="Too late")


def test_it_hands_a_request_over_and_hears_of_its_end(app, integration, sandbox):
    data, _ = app
    (made,) = integration.do_action(key="create_cancellation_requests", objects=a_request(data, sandbox, "31", "R-1"))
    (there,) = sandbox.order("31")["cancellationrequest_set"]
    assert (there["id"], there["reason"], there["remote_id"], there["status"]) == (made.pk, 7, "R-1", "waiting")
    assert integration.do_action(key="get_cancellation_requests_update", objects={}) == []
    sandbox.reject_request(made.pk)
    with_news = integration.do_action(key="get_cancellation_requests", objects={"status": "rejected"})
    assert [request.id for request in with_news] == [made.pk]


def test_a_request_about_an_item_that_is_several_it_reports_instead(app, integration, sandbox):
    data, _ = app
    wish = a_request(data, sandbox, NUMBER, "R-2")
    assert integration.do_action(key="create_cancellation_requests", objects=wish) == []
    assert "Multiple records returned from Omnitron" in reports(sandbox)[0]["raw_response"]
    assert sandbox.order(NUMBER)["cancellationrequest_set"] == []


def test_it_reads_what_changed_and_acknowledges_it(integration, sandbox):
    sandbox.ship("31")
    orders = integration.do_action(key="get_orders")
    assert [order.number for order in orders] == ["31"]
    assert batches(sandbox) == ["commit"]
    (with_items,) = integration.do_action(key="get_order_items_with_order", objects=orders)
    assert [item.status for item in with_items.orderitem_set] == ["500"] * len(with_items.orderitem_set)


def test_it_finds_its_open_batches_by_several_statuses(integration, sandbox):
    from channel_app.omnitron.batch_request import ClientBatchRequest

    ClientBatchRequest(channel_id=1).to_sent_to_remote(integration.batch_request)
    params = {"status": ["sent_to_remote", "ongoing"]}
    (found,) = integration.do_action("get_batch_requests", params=params)
    assert found.pk == integration.batch_request.pk


def test_what_it_reports_is_kept(app, integration, sandbox):
    data, _ = app
    order = sandbox.order(NUMBER)
    report = data.ErrorReportDto(
        action_content_type="order", action_object_id=order["pk"], modified_date=order["modified_date"], is_ok=True
    )
    integration.do_action(key="create_error_report", objects=report)
    place = {"type": "city", "name": "Atlantis", "code": "AT"}
    integration.do_action(key="create_address_error_report", objects=place)
    said, unknown = reports(sandbox)
    assert (said["action_content_type"], said["target_content_type"], said["is_ok"]) == (21, 51, True)
    assert (unknown["type"], unknown["name"]) == ("city", "Atlantis")


def test_its_next_release_tells_of_events(integration):
    """As its release of this autumn posts them; no published client library has the endpoint yet."""
    path = f"{integration.api.base_url}channel/1/operational_events/"
    event = {"event_type": "error", "level": "ERROR", "source": "order", "message": "No", "context": {}, "tags": {}}
    made = integration.api.session.post(path, json=event)
    assert (made.status_code, made.json()["event_type"]) == (201, "error")
    assert integration.api.session.post(path, json={}).status_code == 400
    assert integration.api.session.get(path, params={"level": "ERROR"}).json()["count"] == 1
