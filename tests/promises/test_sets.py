"""A set and its parts are one thing: at every door, on every page, and at Omnitron."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from aftercart.cancellations.models import CancellationRequest
from aftercart.dynamic_settings.models import DynamicSetting
from aftercart.dynamic_settings.schema import ALWAYS_FINAL
from aftercart.mailed_links.links import TO_ORDER
from aftercart.orders.intake import take_in
from aftercart.orders.models import Order, OrderItem
from aftercart.withdrawals.models import Withdrawal
from tests import builders
from tests.acts import hear, item_statuses, work
from tests.promises.withdrawing import Consumer

BULK = "/users/orders/bulk_cancellation_requests/"


@pytest.fixture
def a_set(omnitron: Any) -> Callable[..., Order]:
    """An order of a set with two parts, and of one thing more, that Omnitron knows: the price on the set's line."""

    def make(customer: Any, *, prices: tuple[str, ...] = ("100.00", "0.00", "0.00", "20.00"), **fields: Any) -> Order:
        order = builders.an_order(customer, items=4, amount="120.00", **fields)
        items = list(order.items.all())
        for item, price in zip(items, prices, strict=True):
            item.price = price
        for part in items[1:3]:
            part.parent = items[0].pk
            part.details = {"parent": items[0].pk}
        OrderItem.objects.bulk_update(items, ["price", "parent", "details"])
        omnitron.add_orders([builders.as_wire(order)])
        return order

    return make


def keys(order: Order) -> list[int]:
    return list(order.items.order_by("pk").values_list("pk", flat=True))


def wish(pk: int, **fields: Any) -> dict[str, Any]:
    return {"order_item": pk, "reason": "1", "cancellation_type": "cancel", "description": "", **fields}


def asked(order: Order) -> list[tuple[int, str, int]]:
    rows = CancellationRequest.objects.filter(order=order).order_by("order_item")
    return list(rows.values_list("order_item", "cancellation_type", "quantity"))


def options(at_ada: Any, order: Order, *items: int) -> dict[str, Any]:
    named = ",".join(map(str, items))
    return at_ada.read(f"/orders/{order.number}/cancellation-options/?items={named}").json()


# Cancelling


@pytest.mark.parametrize("prices", [("100.00", "0.00", "0.00", "20.00"), ("0.00", "60.00", "40.00", "20.00")])
@pytest.mark.parametrize("named", [[0], [1, 2], [0, 1], [0, 1, 2]], ids=["the set", "its parts", "some", "all of it"])
def test_a_set_is_cancelled_with_its_parts(
    named: list[int], prices: tuple[str, ...], omnitron: Any, a_set: Any, ada: Any, at_ada: Any
) -> None:
    order = a_set(ada, prices=prices)
    items = keys(order)
    shown = options(at_ada, order, *(items[n] for n in named))["choice"]
    assert (shown["way"], shown["estimate"]["amount"]) == ("direct", "100.00")
    assert sorted(one["order_item"] for one in shown["cancel_order_items"]) == items[:3]
    body = {"cancel_order_items": [wish(items[n]) for n in named]}
    assert at_ada.cancel(order, body).status_code == 204
    assert item_statuses(order) == [50, 50, 50, 400]
    (plan,) = omnitron.order(order.number)["cancellationplan_set"]
    assert [entry["reason"] for entry in plan["cancellationplanorderitem_set"]] == [1, 1, 1]
    omnitron.approve_plan(plan["pk"])
    hear()
    assert item_statuses(order) == [100, 100, 100, 400]


def test_a_part_alone_is_asked_for(a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(ada)
    part = keys(order)[1]
    shown = options(at_ada, order, part)["choice"]
    said = [{"code": "part_of_set", "message": "It is part of a set, so the shop decides whether it can go alone."}]
    assert (shown["way"], shown["because"]) == ("request", said)
    answer = at_ada.cancel(order, {"cancel_order_items": [wish(part)]})
    assert (answer.status_code, [one["because"] for one in answer.json()]) == (200, ["part_of_set"])
    assert (asked(order), item_statuses(order)) == ([(part, "cancel", 1)], [400, 400, 400, 400])
    # Its set cannot go while the shop thinks about a part of it.
    refused = at_ada.cancel(order, {"cancel_order_items": [wish(keys(order)[0])]}).json()
    assert (refused["error_code"], refused["refusals"][0]["order_item"]) == ("cancellation_request_100_1", part)


def test_a_merchant_who_never_splits_a_set_says_so(a_set: Any, ada: Any, at_ada: Any) -> None:
    DynamicSetting.objects.create(name="CANCELLATION_FALLBACK", value={"final": [*ALWAYS_FINAL, "part_of_set"]})
    order = a_set(ada)
    answer = at_ada.cancel(order, {"cancel_order_items": [wish(keys(order)[1])]})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "part_of_set")
    assert "is part of a set, which is cancelled or returned as one." in answer.json()["non_field_errors"]
    rows = at_ada.read(f"/users/orders/{order.pk}/").json()["orderitem_set"]
    assert [row["is_cancellable"] for row in rows] == [True, False, False, True]
    assert at_ada.cancel(order, {"cancel_order_items": [wish(keys(order)[0])]}).status_code == 204


@pytest.mark.parametrize("left", [[2], [1, 2]], ids=["one part", "both parts"])
def test_what_of_a_set_has_left_is_asked_back(left: list[int], a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(ada)
    items = keys(order)
    OrderItem.objects.filter(pk__in=[items[n] for n in left]).update(status=500)
    wanted = [(items[n], "refund" if n in left else "cancel", 1) for n in range(3)]
    assert options(at_ada, order, items[0])["choice"]["way"] == "request"
    assert at_ada.cancel(order, {"cancel_order_items": [wish(items[0])]}).status_code == 200
    assert asked(order) == wanted


def test_a_delivered_set_is_given_back_as_one(a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(ada, status=550)
    items = keys(order)
    answer = at_ada.cancel(order, {"cancel_order_items": [wish(items[0], cancellation_type="refund", reason="4")]})
    assert answer.status_code == 200
    assert asked(order) == [(pk, "refund", 1) for pk in items[:3]]


def test_parts_whose_set_is_gone_stand_for_themselves(a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(ada)
    items = keys(order)
    OrderItem.objects.filter(pk=items[0]).update(status=100)
    assert at_ada.cancel(order, {"cancel_order_items": [wish(items[1])]}).status_code == 204
    assert item_statuses(order) == [100, 50, 400, 400]


def test_some_of_several_sets_take_their_share_of_the_parts(a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(ada, item_fields={"quantity": 2}, status=450)
    items = keys(order)
    assert at_ada.cancel(order, {"cancel_order_items": [wish(items[0], quantity=1)]}).status_code == 200
    assert asked(order) == [(pk, "cancel", 1) for pk in items[:3]]


# The other doors


@pytest.mark.parametrize("door", ["bulk", "single", "guest"])
def test_whoever_asks_the_shop_for_a_set_asks_for_its_parts(door: str, a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(builders.a_customer("guest", user_type="guest") if door == "guest" else ada)
    items = keys(order)
    if door == "guest":
        named = {"number": order.number, "email": order.user_email}
        answer = at_ada.send("/users/orders/anonymous/cancel/", wish(items[0]) | named)
    elif door == "single":
        answer = at_ada.send(f"/users/orders/{order.pk}/cancellation_requests/", wish(items[0]))
    else:
        answer = at_ada.send(BULK, {"id": order.number, "cancel_order_items": [wish(items[0])]})
    assert answer.status_code == 201
    if door != "bulk":
        assert answer.json()["order_item"] == items[0]
    assert asked(order) == [(pk, "cancel", 1) for pk in items[:3]]


def test_options_and_flags_say_beforehand_what_is_one_thing(a_set: Any, ada: Any, at_ada: Any) -> None:
    order = a_set(ada)
    items = keys(order)
    shown = options(at_ada, order)["items"]
    assert [one["goes_with"] for one in shown] == [items[1:3], [], [], []]
    assert [one["cancel"]["way"] for one in shown] == ["direct", "request", "request", "direct"]
    assert shown[0]["cancel"]["estimate"]["amount"] == "100.00"
    OrderItem.objects.filter(pk=items[2]).update(status=50)
    rows = at_ada.read(f"/users/orders/{order.pk}/").json()["orderitem_set"]
    assert [(row["parent"], row["is_cancellable"]) for row in rows] == [
        (None, True),
        (items[0], True),
        (items[0], False),
        (None, True),
    ]


# Our own pages


def test_the_form_shows_one_block_and_what_goes_along(a_set: Any, ada: Any) -> None:
    order = a_set(ada)
    items = keys(order)
    browser, path = Consumer(ada), f"/account/orders/{order.number}/cancel/"
    page = browser.see(path)
    html = page.content.decode()
    assert html.count("Part of Cup 1, and goes with it") == 2
    assert html.count("pick--part") == 2
    fields = browser.form(page, "") | {"item": [str(items[0])], f"reason-{items[0]}": ["1"]}
    confirm = browser.send(path, fields, step="review")
    said = confirm.content.decode()
    assert confirm.status_code == 200
    assert "Cancel these 3 items?" in said
    assert all(f"Cup {n}" in said for n in (1, 2, 3))
    assert browser.send(path, browser.form(confirm, ""), step="confirm").status_code == 303
    assert item_statuses(order) == [50, 50, 50, 400]


def test_the_form_lets_a_part_alone_be_asked_for(a_set: Any, ada: Any) -> None:
    order = a_set(ada)
    part = keys(order)[1]
    browser, path = Consumer(ada), f"/account/orders/{order.number}/cancel/"
    fields = browser.form(browser.see(path), "") | {"item": [str(part)], f"reason-{part}": ["1"]}
    confirm = browser.send(path, fields, step="review")
    assert "It is part of a set, so the shop decides" in confirm.content.decode()
    assert browser.send(path, browser.form(confirm, ""), step="confirm").status_code == 303
    assert asked(order) == [(part, "cancel", 1)]


def test_the_order_shows_its_parts_behind_their_set(a_set: Any, ada: Any) -> None:
    order = a_set(ada)
    items = keys(order)
    OrderItem.objects.filter(pk=items[1]).update(parent=items[3])
    html = Consumer(ada).see(f"/account/orders/{order.number}/").content.decode()
    assert (html.count("Part of Cup 1"), html.count("Part of Cup 4")) == (1, 1)
    names = [html.index(f">Cup {n}<") for n in (1, 3, 4, 2)]
    assert names == sorted(names)


@pytest.mark.parametrize("status", [400, 550])
def test_a_set_is_withdrawn_from_as_one(status: int, a_set: Any, ada: Any) -> None:
    order = a_set(ada, status=status, item_fields={"quantity": 2})
    items = keys(order)
    consumer, path = Consumer(ada), f"/account/orders/{order.number}/withdraw/"
    html = consumer.see(path).content.decode()
    assert html.count("Part of Cup 1, and goes with it") == 2
    assert html.count('name="item"') == 2
    consumer.withdraw(path, item=[str(items[0])], **{f"quantity-{items[0]}": ["1"]})
    pieces = Withdrawal.objects.get().pieces.order_by("order_item")
    assert list(pieces.values_list("order_item", "quantity")) == [(pk, 1) for pk in items[:3]]
    work()
    assert asked(order) == [(pk, "refund" if status == 550 else "cancel", 1) for pk in items[:3]]


def test_a_part_is_not_withdrawn_from_alone(a_set: Any, ada: Any) -> None:
    order = a_set(ada)
    answer = Consumer(ada).review(f"/account/orders/{order.number}/withdraw/", item=[str(keys(order)[1])])
    assert (answer.status_code, "Choose at least one item." in answer.content.decode()) == (400, True)


# Where it comes from


@pytest.mark.parametrize("form", ["a number", "text", "an object", "nonsense", "itself"])
def test_a_set_is_known_by_what_its_parts_name(form: str, a_set: Any, ada: Any) -> None:
    order = a_set(ada)
    items = keys(order)
    wire = builders.as_wire(order)
    named = {"a number": items[0], "text": str(items[0]), "an object": {"pk": items[0]}, "nonsense": "set A"}
    wire["orderitem_set"][1]["parent"] = named.get(form, items[1])
    OrderItem.objects.update(parent=None, details={})
    take_in(wire, now=timezone.now())
    assert OrderItem.objects.get(pk=items[1]).parent == {"nonsense": None, "itself": items[1]}.get(form, items[0])
    assert Consumer(ada).see(f"/account/orders/{order.number}/").status_code == 200


@pytest.mark.parametrize("who", ["owner", "guest"])
def test_each_line_of_the_form_says_its_own_reason_wherever_a_part_of_a_set_stands(
    who: str, a_set: Any, ada: Any, at_ada: Any
) -> None:
    order = a_set(builders.a_customer("gul", user_type="guest") if who == "guest" else ada)
    first, _, other, last = order.items.order_by("pk")
    # A part that stands behind the one thing more: the form brings it forward.
    OrderItem.objects.filter(pk=other.pk).update(parent=None, details={}, status=100)
    OrderItem.objects.filter(pk=last.pk).update(parent=first.pk, details={"parent": first.pk})
    if who == "guest":
        page = Consumer().see(f"/guest/orders/{TO_ORDER.sign(order)}/cancel/").content.decode()
    else:
        page = at_ada.get(f"/account/orders/{order.number}/cancel/").content.decode()
    closed = re.findall(r'<input[^>]*name="item"[^>]*value="(\d+)"[^>]*disabled', page)
    assert closed == [str(other.pk)]
