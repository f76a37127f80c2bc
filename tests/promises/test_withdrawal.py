"""The withdrawal function: found, declared in two steps, recorded and acknowledged, carried out. Once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercart.cancellations.models import CancellationAttempt, CancellationReason, CancellationRequest
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.orders.models import Order, OrderEvent
from aftercart.withdrawals.models import Withdrawal, WithdrawnItem
from tests import builders
from tests.acts import item_statuses, work
from tests.promises.withdrawing import Consumer, acknowledgements

State = Withdrawal.State


@pytest.fixture
def consumer(omnitron: Any, ada: Any) -> Consumer:
    return Consumer(ada)


def here(order: Order) -> str:
    return f"/account/orders/{order.number}/withdraw/"


def delivered(days: float = 1) -> dict[str, Any]:
    moment = timezone.now() - timedelta(days=days)
    return {"status": 550, "item_fields": {"delivered_date": moment}, "created": moment - timedelta(days=3)}


# --- found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "label", "confirm"),
    [
        pytest.param("en", "Withdraw from contract here", "Confirm withdrawal", id="English"),
        pytest.param("tr", "Sözleşmeden burada cayın", "Caymayı onayla", id="Turkish"),
    ],
)
def test_every_page_of_an_order_leads_there_in_the_reader_s_language(
    stock: Any, ada: Any, language: str, label: str, confirm: str
) -> None:
    from aftercart.orders import signed_number

    order, consumer = stock(ada), Consumer(ada, language)
    for path in (f"/account/orders/{order.number}/", f"/orders/completed/{signed_number.sign(order.number)}/"):
        html = consumer.see(path).content.decode()
        assert f'href="{here(order)}"' in html, path
        assert label in html
    first = consumer.see(here(order)).content.decode()
    assert f"<h1>{label}</h1>" in first
    second = consumer.review(here(order)).content.decode()
    assert f"<h1>{confirm}</h1>" in second
    assert second.count(f">{confirm}</button>") == 1


def test_the_words_are_the_merchant_s(stock: Any, ada: Any, consumer: Consumer) -> None:
    DynamicSetting(name="WITHDRAWAL", value={"label": {"en": "Changed your mind?"}}).save()
    assert "Changed your mind?" in consumer.see(f"/account/orders/{stock(ada).number}/").content.decode()


@pytest.mark.parametrize(
    ("fields", "setting", "is_open"),
    [
        pytest.param(delivered(13), {}, True, id="within the period"),
        pytest.param(delivered(18), {}, False, id="after it"),
        pytest.param(delivered(18), {"days": 30}, True, id="after the law's, within the merchant's"),
        pytest.param({"status": 500, "created": timezone.now() - timedelta(days=90)}, {}, True, id="long on its way"),
        pytest.param({"status": 100}, {}, False, id="cancelled"),
        pytest.param({}, {"enabled": False}, False, id="switched off"),
        pytest.param({}, {"exempt_skus": ["SKU1", "SKU2", "SKU3"]}, False, id="nothing but exempt products"),
        pytest.param({}, {"exempt_skus": ["SKU1"]}, True, id="some exempt products"),
    ],
)
def test_there_is_a_way_while_there_is_a_right(
    fields: Any, setting: Any, is_open: bool, ada: Any, consumer: Consumer
) -> None:
    DynamicSetting(name="WITHDRAWAL", value=setting).save()
    order = builders.an_order(ada, **fields)
    assert (here(order) in consumer.see(f"/account/orders/{order.number}/").content.decode()) is is_open
    page = consumer.see(here(order))
    assert page.status_code == 200
    assert ("step" in page.content.decode()) is is_open


def test_a_period_that_is_over_is_said_with_its_last_day(ada: Any, consumer: Consumer) -> None:
    order = builders.an_order(ada, **delivered(30))
    html = consumer.see(here(order)).content.decode()
    assert "The time for withdrawing from this contract is over." in html
    assert "Its last day was" in html


@pytest.mark.parametrize(
    ("country", "last_day"),
    [
        pytest.param("DE", "28 December 2026", id="Germany"),
        pytest.param("BG", "29 December 2026", id="Bulgaria"),
        pytest.param("TR", "25 December 2026", id="Turkey"),
        pytest.param("XX", "25 December 2026", id="nobody knows where"),
    ],
)
def test_the_last_day_is_a_working_day_where_the_goods_went(
    country: str, last_day: str, ada: Any, omnitron: Any, time_machine: Any
) -> None:
    time_machine.move_to("2026-12-14T12:00:00Z", tick=True)
    order = builders.an_order(ada, status=550, item_fields={"delivered_date": datetime(2026, 12, 11, 9, tzinfo=UTC)})
    order.shipping_address["country"]["code"] = country
    order.save()
    consumer = Consumer(ada)
    for path in (f"/account/orders/{order.number}/", here(order)):
        assert f"until the end of {last_day}" in consumer.see(path).content.decode()
    time_machine.move_to("2026-12-31T12:00:00Z", tick=True)
    assert f"Its last day was {last_day}" in Consumer(ada).see(here(order)).content.decode()


def test_a_period_that_ends_between_the_steps_is_over(ada: Any, consumer: Consumer) -> None:
    order = builders.an_order(ada, **delivered(1))
    fields = consumer.form(consumer.review(here(order)), here(order))
    order.items.update(delivered_date=timezone.now() - timedelta(days=30))
    answer = consumer.send(here(order), fields, step="confirm")
    assert answer.status_code == 400
    assert "is over" in answer.content.decode()
    assert not Withdrawal.objects.exists()


def test_the_way_costs_an_order_s_page_one_statement(
    ada: Any, consumer: Consumer, django_assert_max_num_queries: Any
) -> None:
    order = builders.an_order(ada, items=50)
    consumer.see(f"/account/orders/{order.number}/")
    with CaptureQueriesContext(connection) as seen:
        consumer.see(f"/account/orders/{order.number}/")
    assert sum("withdrawals_withdrawal" in query["sql"] for query in seen) == 1


# --- declared ------------------------------------------------------------------------------------------------


def test_step_one_is_filled_in_and_asks_for_no_reason(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    page = consumer.see(here(order))
    fields = consumer.form(page, here(order))
    assert fields["name"] == ["Ada Example"]
    assert fields["contact"] == [ada.email]
    assert fields["item"] == [str(item.pk) for item in order.items.all()]
    assert order.number in page.content.decode()
    assert "reason" not in " ".join(fields)


def test_step_two_repeats_everything_and_changes_nothing(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    html = consumer.review(here(order), name=["Ada Lovelace"], contact=["ada@home.example"]).content.decode()
    for text in ("Ada Lovelace", "ada@home.example", order.number, "Cup 1", "Cup 2", "Cup 3"):
        assert text in html
    assert not Withdrawal.objects.exists()


def test_what_was_typed_survives_going_back(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    chosen = [str(order.items.first().pk)]
    second = consumer.review(here(order), name=["Ada Lovelace"], item=chosen)
    again = consumer.send(here(order), consumer.form(second, here(order)), step="edit")
    fields = consumer.form(again, here(order))
    assert (fields["name"], fields["item"]) == (["Ada Lovelace"], chosen)


@pytest.mark.parametrize("step", ["review", "confirm"])
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param({"name": [" "]}, "Enter your name.", id="no name"),
        pytest.param({"name": ["x" * 256]}, "Enter your name.", id="a name that no row can keep"),
        pytest.param({"name": ["A\0da"]}, "Enter your name.", id="a name with a NUL"),
        pytest.param({"contact": ["ada"]}, "Enter an e-mail address", id="no e-mail address"),
        pytest.param({"contact": ["a@b.example\nBcc: c@d.example"]}, "Enter an e-mail address", id="two lines"),
        pytest.param({"item": []}, "Choose at least one item.", id="nothing chosen"),
        pytest.param({"item": ["1e3", "-1", "", "999999"]}, "Choose at least one item.", id="items that are none"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    typed: Any, said: str, step: str, ada: Any, consumer: Consumer
) -> None:
    order = builders.an_order(ada)
    answer = consumer.send(here(order), {**consumer.form(consumer.see(here(order)), here(order)), **typed}, step=step)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "4", "-1", "x", "1.5", "٣", "9" * 30])
@pytest.mark.parametrize("step", ["review", "confirm"])
def test_a_quantity_that_there_is_not_is_refused(quantity: str, step: str, ada: Any, consumer: Consumer) -> None:
    order = builders.an_order(ada, items=1, item_fields={"quantity": 3})
    fields = consumer.form(consumer.see(here(order)), here(order))
    name = f"quantity-{order.items.get().pk}"
    assert fields[name] == ["3"]
    answer = consumer.send(here(order), {**fields, name: [quantity]}, step=step)
    assert answer.status_code == 400
    assert "Choose a number from 1 to 3." in answer.content.decode()


def test_a_declaration_is_recorded_acknowledged_and_stays_in_the_account(
    stock: Any, ada: Any, consumer: Consumer
) -> None:
    order = stock(ada)
    before = timezone.now()
    answer = consumer.withdraw(here(order), name=["Ada Lovelace"], contact=["ada@home.example"])
    withdrawal = Withdrawal.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/account/withdrawals/{withdrawal.uuid}/"
    assert before <= withdrawal.created_date <= timezone.now()
    assert (withdrawal.name, withdrawal.contact, withdrawal.how) == ("Ada Lovelace", "ada@home.example", "account")
    assert withdrawal.statement == f"I withdraw from the contract on order {order.number}."
    assert [item["name"] for item in withdrawal.items] == ["Cup 1", "Cup 2", "Cup 3"]

    page = consumer.see(answer["Location"]).content.decode()
    for text in ("Your withdrawal has been received", withdrawal.statement, "Ada Lovelace", "UTC+03:00", "Cup 3"):
        assert text in page
    shown = consumer.see(f"/account/orders/{order.number}/").content.decode()
    assert answer["Location"] in shown
    assert "Withdrawn from the contract" in shown
    assert here(order) not in shown


def test_the_acknowledgement_says_what_was_declared_and_when(stock: Any, ada: Any, consumer: Consumer) -> None:
    from aftercart.mails.rendering import rendered

    order = stock(ada)
    consumer.withdraw(here(order), contact=["ada@home.example"])
    withdrawal = Withdrawal.objects.get()
    first, second = acknowledgements()
    assert {first.to, second.to} == {"ada@home.example", ada.email}, "the order's own contact hears of it, too"
    text = rendered(first).text
    for said in (order.number, "Ada Example", "ada@home.example", "Cup 1", withdrawal.statement, "UTC+03:00"):
        assert said in text, said
    assert first.next_attempt_at is not None


def test_who_names_his_own_address_gets_one_acknowledgement(stock: Any, ada: Any, consumer: Consumer) -> None:
    consumer.withdraw(here(stock(ada)), contact=[ada.email.upper()])
    assert [mail.to for mail in acknowledgements()] == [ada.email.upper()]


def test_a_part_of_a_quantity_may_be_withdrawn_from_and_the_rest_later(ada: Any, consumer: Consumer) -> None:
    order = builders.an_order(ada, items=1, item_fields={"quantity": 3})
    name = f"quantity-{order.items.get().pk}"
    consumer.withdraw(here(order), **{name: ["1"]})
    assert consumer.form(consumer.see(here(order)), here(order))[name] == ["2"]
    consumer.withdraw(here(order))
    assert list(WithdrawnItem.objects.values_list("before", "quantity")) == [(0, 1), (1, 2)]
    assert "You have withdrawn from it already." not in consumer.see(here(order)).content.decode()
    assert "Nothing of this order can be withdrawn from here." in consumer.see(here(order)).content.decode()


# --- once ----------------------------------------------------------------------------------------------------


def test_the_same_form_again_is_the_same_withdrawal(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    fields = consumer.form(consumer.review(here(order)), here(order))
    answers = [consumer.send(here(order), fields, step="confirm") for _ in range(3)]
    work()
    answers.append(consumer.send(here(order), fields, step="confirm"))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, answers[0]["Location"])}
    assert Withdrawal.objects.count() == 1
    assert len(acknowledgements()) == 1
    assert OrderEvent.objects.filter(kind="withdrawn").count() == 3


def test_the_same_from_two_windows_is_the_same_withdrawal(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    one, other = (consumer.form(consumer.review(here(order)), here(order)) for _ in range(2))
    assert one["declaration"] != other["declaration"]
    answers = [consumer.send(here(order), fields, step="confirm") for fields in (one, other)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Withdrawal.objects.count() == 1


def test_what_another_window_withdrew_from_is_said(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    fields = consumer.form(consumer.review(here(order)), here(order))
    consumer.withdraw(here(order), item=[str(order.items.first().pk)])
    answer = consumer.send(here(order), fields, step="confirm")
    assert answer.status_code == 400
    assert "Cup 1: You have withdrawn from it already." in answer.content.decode()
    assert Withdrawal.objects.count() == 1


def test_a_piece_is_withdrawn_from_once_whatever_the_code_does(stock: Any, ada: Any, consumer: Consumer) -> None:
    consumer.withdraw(here(stock(ada)))
    piece = WithdrawnItem.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        WithdrawnItem.objects.create(
            withdrawal=piece.withdrawal, order_item=piece.order_item, quantity=1, before=piece.before
        )


# --- carried out ---------------------------------------------------------------------------------------------


def test_before_shipment_it_is_cancelled_directly(omnitron: Any, stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    consumer.withdraw(here(order))
    assert omnitron.calls(operation="cancel") == [], "nothing leaves the house before it is recorded"
    work()
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.state, withdrawal.reasons, withdrawal.next_attempt_at) == (State.DONE, [], None)
    assert item_statuses(order) == [50, 50, 50]
    assert len(omnitron.calls(operation="cancel", number=order.number)) == 1
    assert not CancellationRequest.objects.exists()
    assert (
        "Your withdrawal has been passed on"
        in consumer.see(f"/account/withdrawals/{withdrawal.uuid}/").content.decode()
    )


def test_while_omnitron_is_down_it_becomes_requests(omnitron: Any, stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    omnitron.power(False)
    assert consumer.withdraw(here(order)).status_code == 303
    work()
    assert Withdrawal.objects.get().state == State.DONE
    requests = CancellationRequest.objects.all()
    assert {(request.cancellation_type, request.because) for request in requests} == {
        ("cancel", "omnitron_unreachable")
    }
    assert requests.count() == 3
    assert len(acknowledgements()) == 1
    omnitron.power(True)


def test_what_was_delivered_is_asked_to_be_taken_back(omnitron: Any, stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada, **delivered(2))
    answer = consumer.withdraw(here(order))
    assert "Send back what you have received" in consumer.see(answer["Location"]).content.decode()
    work()
    requests = list(CancellationRequest.objects.all())
    assert {(request.cancellation_type, request.reason_id) for request in requests} == {("refund", 4)}
    assert requests[0].description.startswith("Withdrawal from the contract, declared on 20")
    assert len(requests) == 3
    assert Withdrawal.objects.get().state == State.DONE


def test_an_order_in_several_states_goes_each_way(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada, status=500, items=4)
    first, second, third, _fourth = order.items.all()
    type(first).objects.filter(pk=first.pk).update(status=450)
    type(first).objects.filter(pk=second.pk).update(status=550, delivered_date=timezone.now())
    type(first).objects.filter(pk=third.pk).update(status=100)
    consumer.withdraw(here(order))
    work()
    found = dict(CancellationRequest.objects.values_list("order_item__product__name", "cancellation_type"))
    assert found == {"Cup 1": "cancel", "Cup 2": "refund", "Cup 4": "refund"}
    assert Withdrawal.objects.get().state == State.DONE


def test_a_part_of_a_quantity_is_asked_for(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada, items=1, item_fields={"quantity": 3})
    consumer.withdraw(here(order), **{f"quantity-{order.items.get().pk}": ["2"]})
    work()
    assert CancellationRequest.objects.get().quantity == 2


def test_the_parcel_leaves_while_it_is_carried_out(omnitron: Any, stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    consumer.withdraw(here(order))
    omnitron.ship(order.number)
    work(4)
    assert set(item_statuses(order)) == {500}
    assert set(CancellationRequest.objects.values_list("cancellation_type", flat=True)) == {"refund"}
    assert Withdrawal.objects.get().state == State.DONE


# --- a right, whatever the rules of requests say -------------------------------------------------------------


def test_a_shop_that_takes_no_requests_finds_it_in_its_back_office(stock: Any, ada: Any, consumer: Consumer) -> None:
    DynamicSetting(name="CANCELLATION_FALLBACK", value={"enabled": False}).save()
    order = stock(ada, **delivered())
    assert consumer.withdraw(here(order)).status_code == 303
    work()
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.state, withdrawal.is_dead) == (State.NEEDS_BACK_OFFICE, True)
    assert "needs_request" in withdrawal.reasons or "order_status_not_cancellable" in withdrawal.reasons
    assert len(acknowledgements()) == 1
    page = consumer.see(f"/account/withdrawals/{withdrawal.uuid}/").content.decode()
    assert "It counts from the moment above." in page

    DynamicSetting.objects.all().delete()
    Withdrawal.objects.update(is_dead=False, next_attempt_at=timezone.now())  # as `Try again now` does
    work()
    assert Withdrawal.objects.get().state == State.DONE
    assert CancellationRequest.objects.count() == 3


def test_an_open_request_is_no_obstacle_to_declaring_and_is_shown_to_the_shop(
    stock: Any, ada: Any, at_ada: Any, consumer: Consumer
) -> None:
    order = stock(ada, status=450)
    at_ada.cancel(order, builders.a_body(order, only=1))
    consumer.withdraw(here(order))
    work()
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.state, withdrawal.reasons) == (State.NEEDS_BACK_OFFICE, ["cancellation_request_100_1"])
    assert CancellationRequest.objects.count() == 3, "what can be carried out is"


def test_without_any_reason_to_give_the_shop_sees_to_it(stock: Any, ada: Any, consumer: Consumer) -> None:
    CancellationReason.objects.all().delete()
    consumer.withdraw(here(stock(ada)))
    work()
    assert Withdrawal.objects.get().reasons == ["no_reason_offered"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        pytest.param({}, 4, id="the first of the right type"),
        pytest.param({"refund_reason": 8}, 8, id="the one that the setting names"),
        pytest.param({"refund_reason": 9}, 4, id="not one that is not offered any more"),
        pytest.param({"refund_reason": 77}, 4, id="nor one that there is not"),
    ],
)
def test_a_reason_is_found_for_the_shop_s_books(
    setting: Any, reason: int, stock: Any, ada: Any, consumer: Consumer
) -> None:
    builders.a_reason(pk=7, cancellation_type="refund", order=1, extra_information_needed=True)
    builders.a_reason(pk=8, cancellation_type="refund", order=200)
    builders.a_reason(pk=9, cancellation_type="refund", is_active=False)
    DynamicSetting(name="WITHDRAWAL", value=setting).save()
    consumer.withdraw(here(stock(ada, items=1, **delivered())))
    work()
    assert CancellationRequest.objects.get().reason_id == reason


def test_another_cancellation_under_way_is_waited_for(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    other = CancellationAttempt.objects.create(order=order, customer=ada, wish={"items": []}, state="open")
    consumer.withdraw(here(order))
    work()
    withdrawal = Withdrawal.objects.get()
    assert withdrawal.state == State.RECORDED
    assert withdrawal.next_attempt_at > timezone.now()
    CancellationAttempt.objects.filter(pk=other.pk).update(state="refused")
    Withdrawal.objects.update(next_attempt_at=timezone.now())
    work()
    assert Withdrawal.objects.get().state == State.DONE


@pytest.mark.parametrize("step", ["withdrawal: recorded", "withdrawal: asking", "withdrawal: asked"])
def test_a_worker_that_dies_leaves_nothing_undone_and_nothing_done_twice(
    step: str, omnitron: Any, stock: Any, ada: Any, consumer: Consumer, monkeypatch: Any
) -> None:
    from aftercart import failpoints

    class Died(BaseException):
        """What no handler of ours catches."""

    def die(reached: str) -> None:
        if reached == step:
            raise Died

    order = stock(ada)
    monkeypatch.setattr(failpoints, "hook", die)
    fields = consumer.form(consumer.review(here(order)), here(order))
    if step == "withdrawal: recorded":
        with pytest.raises(Died):
            consumer.send(here(order), fields, step="confirm")
    else:
        consumer.send(here(order), fields, step="confirm")
        with pytest.raises(Died):
            work()
    monkeypatch.setattr(failpoints, "hook", None)
    Withdrawal.objects.update(lease_until=None)  # its lease runs out
    work()
    assert Withdrawal.objects.get().state == State.DONE
    assert item_statuses(order) == [50, 50, 50]
    assert len(omnitron.calls(operation="cancel", number=order.number)) == 1
    assert consumer.send(here(order), fields, step="confirm").status_code == 303
    assert Withdrawal.objects.count() == 1


# --- whose ---------------------------------------------------------------------------------------------------


def test_what_is_another_s_does_not_exist(stock: Any, ada: Any, eve: Any, consumer: Consumer) -> None:
    order, stranger = stock(ada), Consumer(eve)
    fields = consumer.form(consumer.review(here(order)), here(order))
    acknowledged = consumer.withdraw(here(order))["Location"]
    assert stranger.see(here(order)).status_code == 404
    assert stranger.see(acknowledged).status_code == 404
    own = stranger.form(stranger.see(here(stock(eve))), here(Order.objects.get(customer=eve)))
    answer = stranger.send(here(order), {**fields, "csrfmiddlewaretoken": own["csrfmiddlewaretoken"]}, step="confirm")
    assert answer.status_code == 404
    assert Consumer().see(here(order)).status_code == 302


def test_a_foreign_item_is_none_of_the_order_s(stock: Any, ada: Any, eve: Any, consumer: Consumer) -> None:
    order, foreign = stock(ada), stock(eve)
    item = str(foreign.items.first().pk)
    fields = {**consumer.form(consumer.see(here(order)), here(order)), "item": [item], f"quantity-{item}": ["1"]}
    assert consumer.send(here(order), fields, step="confirm").status_code == 400
    assert not Withdrawal.objects.exists()


def test_a_form_without_its_token_withdraws_from_nothing(stock: Any, ada: Any, consumer: Consumer) -> None:
    order = stock(ada)
    fields = consumer.form(consumer.review(here(order)), here(order))
    del fields["csrfmiddlewaretoken"]
    assert consumer.send(here(order), fields, step="confirm").status_code == 403
    assert not Withdrawal.objects.exists()
