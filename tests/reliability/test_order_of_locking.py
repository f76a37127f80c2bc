"""Hundreds of webhooks of one order while workers learn it, and nobody waits in a circle."""

import base64
import http.client
import json
import threading
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from aftercart.feed.signature import key_of, webhook_signature
from tests.reliability.crowd import cancel_body, post
from tests.reliability.laws import settled
from tests.reliability.servers import Shop

SECRET = "whsec_" + base64.b64encode(b"a secret of this test").decode()
WEBHOOKS = 400
AT_ONCE = 16
TYPES = ("order.updated", "cancellation_request.updated", "cancellation_plan.updated")


def webhook(shop: Shop, number: str, event_type: str) -> int:
    event = {"event": {"type": event_type, "uuid": str(uuid.uuid4())}, "payload": {"number": number}}
    body, message_id, now = json.dumps(event).encode(), str(uuid.uuid4()), str(int(time.time()))
    signature = webhook_signature(key_of(SECRET), message_id=message_id, timestamp=now, body=body)
    headers = {"webhook-id": message_id, "webhook-timestamp": now, "webhook-signature": signature}
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=60)
    try:
        connection.request("POST", "/webhooks/omnitron/", body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def deadlocks(shop: Shop) -> int:
    with psycopg.connect(shop.database, autocommit=True) as own:
        found = own.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_webhooks_of_one_order_its_news_and_its_customer_never_wait_in_a_circle(
    running_shop: Shop, remote: Any
) -> None:
    seed = running_shop.inside("seed", orders=2, items=4, status=450)
    remote.add_orders(seed["orders"])
    settings = {"OMNITRON_WEBHOOK_SECRETS": SECRET, "POLL_SECONDS": "0.2", "TICK_SECONDS": "0.02"}
    running_shop.start_web(threads=AT_ONCE, **settings)
    for _ in range(2):
        running_shop.start_worker(**settings)
    first, second = seed["orders"]
    post(running_shop.url, f"/orders/{second['number']}/cancel/", cancel_body(second), seed)
    statuses: list[int] = []
    turns = iter(range(WEBHOOKS))
    taking = threading.Lock()

    def send() -> None:
        while True:
            with taking:
                turn = next(turns, None)
            if turn is None:
                return
            number = (first if turn % 4 else second)["number"]
            if turn == WEBHOOKS // 2:  # it changes there, so that learning has something to write
                remote.ship(second["number"])
            statuses.append(webhook(running_shop, number, TYPES[turn % 3]))

    senders = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for sender in senders:
        sender.start()
    post(running_shop.url, f"/orders/{first['number']}/cancel/", cancel_body(first, [0]), seed)
    for sender in senders:
        sender.join()
    settled(running_shop, remote, wished=set(), seconds=60)
    assert statuses == [200] * WEBHOOKS, running_shop.logs()
    assert deadlocks(running_shop) == 0, running_shop.logs()
    assert "deadlock" not in running_shop.logs()
