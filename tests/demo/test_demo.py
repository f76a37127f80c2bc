"""The demo as its visitor meets it: what it prints is true, and it survives what was done in it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from aftercart.customers.models import Address, Customer
from aftercart.demo import history, load, summary
from aftercart.demo.data import LOTS
from aftercart.demo.people import ADA, EVE, GUEST
from aftercart.orders.models import Order
from aftercart.statuses import Status
from tests.reliability.servers import ROOT, free_port


@dataclass
class Running:
    folder: Path
    environment: dict[str, str]
    facts: dict[str, Any]
    log: Path


def command(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "aftercart.demo"], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("demo")
    own = {"VAR": str(folder), "PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "DJANGO"))}, **own}
    log = folder.with_suffix(".log")
    process = command(environment, log)
    try:
        end = time.monotonic() + 100
        while not (folder / "demo.json").exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield Running(folder, environment, json.loads((folder / "demo.json").read_text()), log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_the_first_address_that_a_visitor_types_leads_somewhere(demo: Running) -> None:
    with urllib.request.urlopen(demo.facts["web"]) as answer:
        assert answer.url.startswith(f"{demo.facts['web']}/account/login/")


def test_a_guests_order_is_found_by_what_is_printed(demo: Running) -> None:
    guest = demo.facts["guest"]
    assert guest["number"] in demo.log.read_text()
    body = json.dumps({"number": guest["number"], "email": guest["email"]}).encode()
    asked = urllib.request.Request(
        f"{demo.facts['web']}/users/orders/anonymous/", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer)[0]["number"] == guest["number"]


def test_a_second_demo_on_the_same_folder_is_refused(demo: Running, tmp_path: Path) -> None:
    other = {**demo.environment, "PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
    log = tmp_path / "second.log"
    assert command(other, log).wait(timeout=60) == 1
    assert f"another demo runs on {demo.folder}" in log.read_text()
    assert (demo.folder / "demo.json").exists(), "what the first one says stays true"


def test_mails_can_be_read_at_the_address_that_is_printed(demo: Running) -> None:
    with urllib.request.urlopen(f"{demo.facts['sandbox']['url']}/mails/") as answer:
        assert "None yet" in answer.read().decode()


@pytest.fixture
def loaded(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A few orders of Ada, Eve and a guest: the whole demo is loaded above."""
    few = [replace(next(lot for lot in LOTS if lot.person is person), count=6) for person in (ADA, EVE, GUEST)]
    monkeypatch.setattr("aftercart.demo.data.LOTS", few)
    now = timezone.now()
    orders = tmp_path / "orders.jsonl"
    load.write_orders(orders, now=now)
    load.load_shop(orders, now=now)
    return now


def printed(tmp_path: Path) -> str:
    facts = summary.demo_json(web="http://w", sandbox="http://s", channel_id=1, login=("a", "b"))
    return summary.for_people(facts, jar=tmp_path / "jar", mails=tmp_path)


def test_it_starts_again_after_its_customer_has_emptied_the_address_book(loaded: Any, tmp_path: Path) -> None:
    assert "address_change" in printed(tmp_path)
    Address.objects.filter(user__email="ada@example.com").delete()
    text = printed(tmp_path)
    assert "address_change" not in text
    assert "cancel two items: 204" in text


def test_it_starts_again_after_everything_is_gone(loaded: Any, tmp_path: Path) -> None:
    Order.objects.all().delete()
    Address.objects.all().delete()
    Customer.objects.all().delete()
    assert "`make demo-fresh` begins anew" in printed(tmp_path)


@pytest.mark.parametrize("status", [status for status in Status if status in {lot.status for lot in LOTS}])
def test_a_timeline_leads_from_the_order_to_its_status(status: Status) -> None:
    now = timezone.now()
    lot = next(lot for lot in LOTS if lot.status == status)
    order = Order(status=status, created_date=now - lot.age)
    events = list(history._events(order, now))
    moments = [event.created_date for event in events]
    assert moments[0] == order.created_date
    assert moments == sorted(moments)
    assert moments[-1] <= now
    assert events[-1].to_status == status
