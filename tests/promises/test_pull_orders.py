"""The shop is filled from Omnitron's list: completely, once, and going on where it was interrupted."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.omnitron import OmnitronError
from aftercart.orders.intake import take_in
from aftercart.orders.models import Order, OrderEvent, OrderItem, PullPosition
from aftercart.orders.pull import pull
from aftercart.statuses import Status
from omnitron_sandbox import Sandbox

DATA = Path(__file__).parents[1] / "data"

pytestmark = pytest.mark.django_db(transaction=True)


def orders(count: int) -> list[dict[str, Any]]:
    made = []
    for index in range(count):
        order = json.loads((DATA / "completed.json").read_text())["order"]
        order |= {"id": 82000 + index, "number": str(3000000000001000 + index)}
        for place, item in enumerate(order["orderitem_set"]):
            item |= {"id": 92000 + 10 * index + place, "order": order["id"]}
        made.append(order)
    return made


def pulled(**options: Any) -> Counter[str]:
    counts: Counter[str] = Counter()
    for page in pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, pause=0, **options):
        counts.update(str(one.taken.outcome) if one.taken else "refused" for one in page.orders)
    return counts


def test_every_order_of_omnitron_comes_in_once(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(7))
    assert pulled(page_size=3) == {"new": 7}
    assert pulled(page_size=3) == {"unchanged": 7}
    order = Order.objects.get(pk=82003)
    assert (order.number, order.customer.email, str(order.amount)) == (
        "3000000000001003",
        "nil@example.org",
        "300.50",
    )
    assert order.omnitron_pk == sandbox.order(order.number)["pk"]
    item = order.items.get(pk=92031)
    assert (item.name, item.quantity, str(item.price)) == ("Kemer", 2, "100.00")
    assert item.omnitron_pk is not None
    assert order.shipping_address["city"]["name"] == "İZMİR"
    assert OrderEvent.objects.filter(kind=OrderEvent.Kind.IMPORTED, actor="omnitron").count() == 7


def test_a_pull_after_a_file_loses_nothing_of_the_file(sandbox: Sandbox) -> None:
    for order in orders(2):
        take_in(order, now=timezone.now())
    sandbox.add_orders(orders(2))
    before = list(OrderItem.objects.order_by("pk").values("product", "details", "price"))
    assert pulled() == {"changed": 2}  # they learn Omnitron's keys
    assert pulled() == {"unchanged": 2}
    assert list(OrderItem.objects.order_by("pk").values("product", "details", "price")) == before
    assert Order.objects.get(pk=82000).details["segment"] == "gold"


def test_a_pull_that_was_killed_goes_on_where_it_was(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(6))
    pages = pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, page_size=2)
    next(pages)
    pages.close()
    assert PullPosition.objects.get().page == 2
    assert pulled(page_size=2) == {"new": 4}
    assert not PullPosition.objects.exists()


def test_restart_begins_at_the_first_page(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(4))
    pages = pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, page_size=2)
    next(pages)
    pages.close()
    assert pulled(page_size=2, restart=True) == {"unchanged": 2, "new": 2}


def test_while_omnitron_is_away_the_position_stays(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(4))
    pages = pull(omnitron=omnitron_client.omnitron(), clock=timezone.now, page_size=2, pause=0)
    next(pages)
    sandbox.power(False)
    with pytest.raises(OmnitronError):
        next(pages)
    sandbox.power(True)
    omnitron_client.forget_omnitron()
    assert pulled(page_size=2) == {"new": 2}


def test_since_reads_only_what_changed(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(5))
    pulled()
    since = timezone.now()
    for index in (1, 3, 4):
        sandbox.ship(str(3000000000001000 + index))
    found = pulled(since=since, page_size=1)
    assert found["changed"] == 3
    shipped = Order.objects.filter(status=Status.SHIPPED)
    assert sorted(shipped.values_list("pk", flat=True)) == [82001, 82003, 82004]


def test_what_was_cancelled_here_stays_cancelled(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(1))
    pulled()
    Order.objects.update(status=Status.CANCELLATION_WAITING)
    OrderItem.objects.update(status=Status.CANCELLATION_WAITING)
    assert pulled() == {"unchanged": 1}
    assert Order.objects.get().status == Status.CANCELLATION_WAITING


def test_a_partly_cancelled_order_keeps_the_status_of_the_rest(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(1))
    sandbox.cancel("3000000000001000", items=[92000])
    assert pulled() == {"new": 1}
    assert Order.objects.get().status == Status.APPROVED
    assert OrderItem.objects.get(pk=92000).status == Status.CANCELLATION_WAITING


def test_an_order_that_omnitron_made_itself_is_refused_by_name(sandbox: Sandbox) -> None:
    sandbox.add_orders(orders(2))
    known = sandbox.store.first("orders", number="3000000000001001")
    assert known is not None
    sandbox.store.save("orders", known, extra_field={})
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("pull_orders", stdout=out)
    assert "order 3000000000001001: Omnitron knows no id of ours" in out.getvalue()
    assert out.getvalue().endswith("1 new, 0 changed, 0 unchanged, 1 refused\n")


def test_the_command_says_in_a_sentence_that_omnitron_is_away(sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.setattr("aftercart.orders.pull.time.sleep", lambda _: None)
    sandbox.power(False)
    with pytest.raises(CommandError, match="Run the command again"):
        call_command("pull_orders", stdout=io.StringIO())
