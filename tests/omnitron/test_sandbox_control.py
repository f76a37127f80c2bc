"""The control door over HTTP, and the panel a person sees."""

from __future__ import annotations

import re

import pytest
import requests

from omnitron_sandbox import running

from .world import Caller, commerce_order, statuses

NUMBER = "2284207301612555"
MARKUP = '"><script>alert(1)</script>'


class Door:
    """Calls to the control door and the panel."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, path: str, **options):
        options.setdefault("timeout", 10)
        return requests.request(method, self.url + path, **options)


@pytest.fixture
def sandbox():
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def door(sandbox):
    return Door(sandbox.url)


def test_an_orders_life_by_the_control_door(door):
    taken = door("POST", "/sandbox/orders/", json=commerce_order(items=2)).json()
    assert set(taken[NUMBER]) == {"pk", "items"}
    remote = next(iter(taken[NUMBER]["items"]))
    page = door("GET", "/sandbox/orders/").json()
    assert (page["count"], page["results"][0]["number"]) == (1, NUMBER)
    path = f"/sandbox/orders/{NUMBER}"
    shipped = door("POST", f"{path}/ship/", json={"items": [int(remote)]}).json()
    assert [item["status"] for item in shipped["orderitem_set"]] == ["500", "400"]
    assert door("POST", f"{path}/ship/").json()["status"] == "500"
    assert door("POST", f"{path}/deliver/").json()["status"] == "550"
    assert door("POST", f"{path}/invoice/").json()["invoice_number"]
    refund = door("POST", f"{path}/cancel/", json={"items": [remote], "reason": 4}).json()
    plan = refund["cancellationplan_set"][0]
    assert plan["plan_type"] == "refund"
    assert door("POST", f"/sandbox/plans/{plan['pk']}/approve/").json()["status"] == "approved"
    assert [item["status"] for item in door("GET", f"{path}/").json()["orderitem_set"]] == ["600", "550"]


def test_refusals_of_the_control_door_are_json_too(door):
    assert door("GET", "/sandbox/orders/1/").status_code == 404
    assert door("POST", "/sandbox/orders/", json=[{"number": "1"}]).status_code == 400
    assert door("POST", "/sandbox/orders/", json=7).status_code == 400
    assert door("POST", "/sandbox/plans/1/approve/").status_code == 404
    assert door("POST", "/sandbox/plans/x/approve/").status_code == 404
    assert door("PATCH", "/sandbox/faults/").status_code == 405
    door("POST", "/sandbox/orders/", json=commerce_order())
    assert door("POST", f"/sandbox/orders/{NUMBER}/deliver/").json()["error_code"] == "OrderItemStatus"
    assert door("POST", f"/sandbox/orders/{NUMBER}/ship/", json={"items": [1]}).status_code == 400


def test_requests_and_address_changes_are_decided_by_the_control_door(door, sandbox):
    order = commerce_order(items=2, status="450")
    sandbox.add_orders(order)
    with Caller(sandbox) as caller:
        first, second = (caller.ask(NUMBER, index=index).json()["id"] for index in (0, 1))
        change = caller.move(order).json()["pk"]
    assert door("POST", f"/sandbox/requests/{first}/reject/").json()["status"] == "rejected"
    assert door("POST", f"/sandbox/address_changes/{change}/approve/").json()["status"] == "approved"
    plan = door("POST", f"/sandbox/requests/{second}/approve/").json()
    assert door("POST", f"/sandbox/plans/{plan['pk']}/reject/").json()["status"] == "rejected"
    assert statuses(sandbox, NUMBER) == ("450", ["450", "450"])
    assert sandbox.order(NUMBER)["cancellationrequest_set"][1]["status"] == "rejected"


def test_faults_settings_calls_and_reasons_by_the_control_door(door, sandbox):
    made = door("POST", "/sandbox/faults/", json={"operation": "order", "kind": "status", "status": 503})
    assert made.status_code == 201
    assert door("GET", "/sandbox/faults/").json()["results"] == [made.json()]
    assert door("POST", "/sandbox/faults/", json={"kind": "rain"}).status_code == 400
    replaced = door("PUT", "/sandbox/faults/", json=[{"kind": "html"}, {"kind": "drip"}]).json()
    assert [fault["kind"] for fault in replaced["results"]] == ["html", "drip"]
    assert door("PUT", "/sandbox/faults/", json=[{"kind": "rain"}]).status_code == 400
    assert len(sandbox.faults.shown()) == 2, "the old ones stay"
    assert door("DELETE", f"/sandbox/faults/{replaced['results'][0]['id']}/").status_code == 204
    assert door("DELETE", "/sandbox/faults/999/").status_code == 404
    assert door("DELETE", "/sandbox/faults/").status_code == 204
    assert door("PUT", "/sandbox/settings/", json={"plan_delay": 2}).json() == {"plan_delay": 2.0}
    assert door("PUT", "/sandbox/settings/", json={"plan_delay": "soon"}).status_code == 400
    Caller(sandbox).session.close()
    calls = door("GET", "/sandbox/calls/?operation=login").json()
    assert (calls["count"], calls["results"][0]["status_sent"]) == (1, 200)
    assert {"at", "operation", "order_number", "status_sent", "fault"} <= set(calls["results"][0])
    assert door("DELETE", "/sandbox/calls/").status_code == 204
    assert door("GET", "/sandbox/calls/").json() == {"count": 0, "results": []}
    reason = {"pk": 20, "cancellation_type": "refund", "subject": "Wrong colour"}
    assert door("POST", "/sandbox/reasons/", json=reason).json()["pk"] == 20
    assert door("GET", "/sandbox/health/").json() == {"status": "ok", "power": True}
    assert door("POST", "/sandbox/reset/").status_code == 204


def test_the_panel_shows_orders_and_what_waits(door, sandbox):
    sandbox.add_orders([commerce_order(items=2), commerce_order(31, status="450")])
    sandbox.cancel("31")
    page = door("GET", "/").text
    assert NUMBER in page
    assert "cancellation waiting" in page
    assert "/panel/plans/800001/approve" in page
    assert NUMBER not in door("GET", "/?q=31").text.split("Waiting for")[0]
    detail = door("GET", f"/?order={NUMBER}")
    assert "7000001" in detail.text
    assert door("GET", "/?order=404").status_code == 404
    assert door("GET", "/panel.css").headers["Content-Type"].startswith("text/css")


def test_the_panels_buttons_work_as_plain_forms(door, sandbox):
    sandbox.add_orders(commerce_order())
    answer = door("POST", f"/panel/orders/{NUMBER}/ship", data={"back": NUMBER}, allow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"/?order={NUMBER}&said=")
    assert statuses(sandbox, NUMBER) == ("500", ["500"])
    refused = door("POST", f"/panel/orders/{NUMBER}/ship")
    assert 'class="note bad"' in refused.text
    door("POST", "/panel/faults", data={"operation": "cancel", "kind": "html", "times": "2", "seconds": ""})
    (fault,) = sandbox.faults.shown()
    assert (fault["kind"], fault["times"]) == ("html", 2)
    door("POST", f"/panel/faults/{fault['id']}/off")
    assert sandbox.faults.shown() == []
    assert "Omnitron is off" in door("POST", "/panel/power", data={"on": "no"}).text
    assert sandbox.power_is_on is False
    assert "No such button" in door("POST", "/panel/dance").text


def test_every_button_on_the_panel_leads_somewhere(door, sandbox):
    sandbox.add_orders([commerce_order(), commerce_order(31)])
    sandbox.ship("31")
    with Caller(sandbox) as caller:
        caller.ask(NUMBER)
    sandbox.cancel(NUMBER)
    sandbox.fault(kind="html")
    page = door("GET", "/").text + door("GET", f"/?order={NUMBER}").text
    actions = set(re.findall(r'action="(/panel[^"]*)"', page))
    assert len(actions) >= 6
    for action in actions:
        answer = door("POST", action, data={"kind": "html"}, allow_redirects=False)
        assert answer.status_code == 303
        assert "No+such+button" not in answer.headers["Location"]


def test_what_customers_write_is_escaped_on_the_panel(door, sandbox):
    order = commerce_order(status="450") | {"number": MARKUP, "user_email": MARKUP}
    order["shipping_address"] = {**order["shipping_address"], "line": MARKUP, "first_name": MARKUP}
    sandbox.add_orders(order)
    with Caller(sandbox) as caller:
        assert caller.ask(MARKUP, description=MARKUP, remote_id=MARKUP).status_code == 201
        change = {**order["shipping_address"], "line": f"{MARKUP}2"}
        assert caller.move(order, address=change).status_code == 200
    for path, query in (
        ("/", {}),
        ("/", {"order": MARKUP}),
        ("/", {"q": MARKUP, "said": MARKUP, "refused": MARKUP}),
    ):
        page = door("GET", path, params=query)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_page_elsewhere_cannot_press_our_buttons(door, sandbox):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert door("POST", "/sandbox/reset/", headers=headers).status_code == 403
    assert door("POST", "/panel/power", data={"on": "no"}, headers=headers).status_code == 403
    assert sandbox.power_is_on
