"""What a withdrawal gives back is said alike on its page, in its acknowledgement and as JSON, with the delivery."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.utils import timezone
from pydantic import TypeAdapter

from aftercart.cancellations.models import CancellationRequest
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import Order
from aftercart.withdrawals.models import Withdrawal
from aftercart.withdrawals.options_views import WithdrawalOptionsSchema
from tests import builders
from tests.acts import work
from tests.promises.withdrawing import Consumer, acknowledgements

WHOLE = "You withdraw from the whole contract, so shipping and other charges come back too."
STAYS = "Shipping and other charges come back only if"


@pytest.fixture
def consumer(omnitron: Any, ada: Any) -> Consumer:
    return Consumer(ada)


def here(order: Order) -> str:
    return f"/account/orders/{order.number}/withdraw/"


def a_delivered_order(ada: Any, **fields: Any) -> Order:
    """Two lamps of 40.00, delivered yesterday, with 10.00 of delivery."""
    moment = timezone.now() - timedelta(days=1)
    return builders.an_order(
        ada,
        items=2,
        status=550,
        currency="eur",
        amount="90.00",
        shipping_amount="10.00",
        item_fields={"price": "40.00", "price_currency": "eur", "delivered_date": moment},
        **fields,
    )


def options(at_ada: Any, order: Order, query: str = "") -> Any:
    return at_ada.read(f"/orders/{order.number}/withdrawal-options/{query}").json()


def parts(estimate: Any) -> dict[str, str]:
    return {part["code"]: part["amount"] for part in estimate["parts"]}


def test_of_a_whole_contract_the_delivery_comes_back_after_delivery_too(
    ada: Any, at_ada: Any, consumer: Consumer
) -> None:
    order = a_delivered_order(ada)
    asked = options(at_ada, order)["estimate"]
    assert parts(asked) == {"items": "80.00", "shipping": "10.00"}
    assert WHOLE in [rule["message"] for rule in asked["rules"]]
    second = consumer.review(here(order)).content.decode()
    assert WHOLE in second
    assert "€90.00" in second
    done = consumer.withdraw(here(order))
    page = consumer.see(done.headers["Location"]).content.decode()
    assert WHOLE in page
    assert "€90.00" in page
    work()
    (sent,) = [one for one in outbox.outbox if one.subject.startswith("We have received your withdrawal")]
    for text in (sent.body, sent.alternatives[0][0]):
        assert WHOLE in text
        assert "€90.00" in text
    assert "the delivery comes back, too" in CancellationRequest.objects.first().description


def test_of_a_part_of_it_the_delivery_stays(ada: Any, at_ada: Any, consumer: Consumer) -> None:
    order = a_delivered_order(ada)
    first = str(order.items.first().pk)
    asked = options(at_ada, order, f"?items={first}")["estimate"]
    assert parts(asked) == {"items": "40.00"}
    page = consumer.see(consumer.withdraw(here(order), item=[first]).headers["Location"]).content.decode()
    assert STAYS in page
    assert "€40.00" in page
    (mail,) = acknowledgements()
    assert mail.data["estimate"]["total"] == {"amount": "40.00", "currency": "eur"}


def test_the_last_of_several_declarations_brings_it(ada: Any, at_ada: Any, consumer: Consumer) -> None:
    order = a_delivered_order(ada)
    first, last = [str(pk) for pk in order.items.values_list("pk", flat=True)]
    consumer.withdraw(here(order), item=[first])
    assert parts(options(at_ada, order)["estimate"]) == {"items": "40.00", "shipping": "10.00"}
    work()
    assert parts(options(at_ada, order)["estimate"]) == {"items": "40.00", "shipping": "10.00"}
    consumer.withdraw(here(order), item=[last])
    totals = [withdrawal.estimate["money"] for withdrawal in Withdrawal.objects.order_by("pk")]
    assert totals == ["40.00", "50.00"]


def test_pieces_of_a_line_one_after_another_are_the_whole_contract_at_the_end(ada: Any, consumer: Consumer) -> None:
    moment = timezone.now() - timedelta(days=1)
    order = builders.an_order(
        ada,
        items=1,
        status=550,
        amount="90.00",
        shipping_amount="10.00",
        item_fields={"price": "40.00", "quantity": 2, "delivered_date": moment},
    )
    item = order.items.get()
    for _ in range(2):
        assert consumer.withdraw(here(order), **{"item": [str(item.pk)], f"quantity-{item.pk}": ["1"]})
    assert [one.estimate["money"] for one in Withdrawal.objects.order_by("pk")] == ["40.00", "50.00"]


def test_standard_delivery_is_all_that_must_come_back_of_an_express(ada: Any, at_ada: Any) -> None:
    DynamicSetting(name="WITHDRAWAL", value={"standard_shipping": {"eur": "4.90"}}).save()
    asked = options(at_ada, a_delivered_order(ada))["estimate"]
    assert parts(asked) == {"items": "80.00", "shipping": "4.90"}
    assert "shipping_standard" in [rule["code"] for rule in asked["rules"]]


def test_a_withdrawal_that_the_previous_release_recorded_is_shown_without_an_estimate(
    ada: Any, consumer: Consumer
) -> None:
    order = a_delivered_order(ada)
    there = consumer.withdraw(here(order)).headers["Location"]
    Withdrawal.objects.update(estimate={})
    page = consumer.see(there)
    assert page.status_code == 200
    assert 'id="estimate"' not in page.content.decode()


def test_the_options_say_until_when(ada: Any, omnitron: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-12-14T12:00:00Z", tick=True)
    order = builders.an_order(ada, status=550, item_fields={"delivered_date": datetime(2026, 12, 11, 9, tzinfo=UTC)})
    order.shipping_address["country"]["code"] = "DE"
    order.save()
    at_ada = Consumer(ada)  # her session is made now, not before the time that we travelled to
    path = f"/orders/{order.number}/withdrawal-options/"
    found = at_ada.get(path).json()
    TypeAdapter(WithdrawalOptionsSchema).validate_json(at_ada.get(path).content)
    assert (found["possible"], found["last_day"], found["ends_at"][:16]) == (True, "2026-12-28", "2026-12-29T00:00")
    order.items.update(delivered_date=datetime(2026, 11, 20, 9, tzinfo=UTC))
    over = at_ada.get(path).json()
    assert [refusal["code"] for refusal in over["refusals"]] == ["withdrawal_period_over"]
    assert over["last_day"] == "2026-12-04"


def test_the_options_say_why_not(ada: Any, at_ada: Any) -> None:
    order = builders.an_order(ada, status=100)
    found = options(at_ada, order)
    assert [refusal["code"] for refusal in found["refusals"]] == ["withdrawal_not_offered"]
    assert (found["possible"], found["estimate"]) == (False, None)
    assert {refusal["code"] for item in found["items"] for refusal in item["refusals"]} == {"item_in_cancellation"}
    DynamicSetting(name="WITHDRAWAL", value={"enabled": False}).save()
    assert not options(at_ada, a_delivered_order(ada))["possible"]
    assert at_ada.read(f"/orders/{order.number}/withdrawal-options/?items=x").status_code == 400
    assert at_ada.read("/orders/1/withdrawal-options/").status_code == 404
