"""Each method: what it puts on the wire, and what it makes of the answer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from aftercart.omnitron import ADDRESS_CHANGE_PATH, Omnitron, OutcomeUnknown, RefusedByOmnitron
from tests.omnitron import wire as w
from tests.omnitron.wire import ORDER, Wire, item

REQUEST = {
    "id": 31,
    "order_item": 71,
    "reason": 1,
    "cancellation_type": "cancel",
    "status": "waiting",
    "created_date": "2025-01-01T10:00:00Z",
    "modified_date": "2025-01-01T10:00:00Z",
}


def test_an_order_comes_with_its_items(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/orders/", w.page(ORDER))
    wire.answer("/order_items/", w.page(item(71, extra_field={"id": "501"}), item(72)))
    order = connect(wire).order(number="N1")
    assert (order.pk, order.number, order.status, order.amount) == (7, "N1", 400, Decimal("30.00"))
    assert order.remote_id == 99
    assert order.placed_at == datetime(2025, 1, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert [(one.pk, one.status, one.remote_id) for one in order.items] == [(71, 400, 501), (72, 400, None)]
    _, first, second = wire.received
    assert (first.method, first.path) == ("GET", "/api/v1/channel/1/orders/")
    assert first.query["number"] == "N1"
    assert (second.method, second.path) == ("GET", "/api/v1/channel/1/order_items/")
    assert second.query == {"order": "7", "sort": "id", "limit": "1000", "page": "1"}
    assert first.headers["accept"] == "application/json"


def test_an_order_number_is_data_and_never_part_of_the_url(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    number = "N1&limit=0/../?ş #\r\nX: y"
    wire.answer("/orders/", w.page(ORDER | {"number": number}))
    wire.answer("/order_items/", w.page())
    assert connect(wire).order(number=number).number == number
    assert wire.asked("/orders/")[0].query["number"] == number


def test_items_of_several_pages_are_put_together(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/orders/", w.page(ORDER))
    wire.answer(
        "/order_items/",
        w.page(item(1), item(2), count=3, next_="http://internal-name/api/?page=2"),
        w.page(item(3), count=3),
    )
    assert [one.pk for one in connect(wire).order(number="N1").items] == [1, 2, 3]
    assert [one.query["page"] for one in wire.asked("/order_items/")] == ["1", "2"]


def test_bare_lists_are_pages_too(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/orders/", w.json([ORDER]))
    wire.answer("/order_items/", w.json([item(71)]))
    assert len(connect(wire).order(number="N1").items) == 1


def test_a_prefix_in_the_url_is_kept(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_reasons/", w.page())
    connect(wire.url + "/oms/").reasons()
    assert [one.path for one in wire.received] == [
        "/oms/api/v1/auth/login/",
        "/oms/api/v1/channel/1/cancellation_reasons/",
    ]


def test_cancel_sends_exactly_what_the_published_client_sends(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancel/", w.json({"pk": 7}))
    connect(wire).cancel(order_pk=7, reasons={71: 1, 72: 3}, order_number="N1")
    (sent,) = wire.asked("/cancel/")
    assert (sent.method, sent.path) == ("POST", "/api/v1/channel/1/orders/7/cancel/")
    assert sent.headers["content-type"] == "application/json"
    assert sent.json == {
        "order": 7,
        "cancel_items": [71, 72],
        "reasons": {"71": 1, "72": 3},
        "forced_refund_amount": None,
    }


def test_a_cancellation_request_is_created(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_requests/", w.json(REQUEST, 201))
    made = connect(wire).create_cancellation_request(
        remote_id="9", order_item=71, reason=1, description="İade", cancellation_type="cancel"
    )
    assert (made.pk, made.order_item, made.status) == (31, 71, "waiting")
    (sent,) = wire.asked("/cancellation_requests/")
    assert sent.path == "/api/v1/channel/1/cancellation_requests/"
    assert sent.json == {
        "order_item": 71,
        "reason": 1,
        "description": "İade",
        "cancellation_type": "cancel",
        "remote_id": "9",
    }


def test_what_a_request_says_beyond_the_usual_is_sent(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_requests/", w.json(REQUEST, 201))
    connect(wire).create_cancellation_request(
        remote_id="9",
        order_item=71,
        reason=1,
        description="",
        cancellation_type="refund",
        quantity=2,
        iban="TR00",
        holder_name="Ada",
        fully_refund_as_loyalty_money=True,
    )
    sent = wire.asked("/cancellation_requests/")[0].json
    assert isinstance(sent, dict)
    extras = {"quantity": 2, "iban": "TR00", "holder_name": "Ada", "fully_refund_as_loyalty_money": True}
    assert sent.items() >= extras.items()


@pytest.mark.parametrize(
    "answer",
    [{}, REQUEST | {"order_item": 5}, REQUEST | {"status": None}],
    ids=["empty", "other item", "no status"],
)
def test_a_created_request_that_cannot_be_believed_is_unknown(
    answer: dict, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/cancellation_requests/", w.json(answer, 201))
    with pytest.raises(OutcomeUnknown):
        connect(wire).create_cancellation_request(
            remote_id="9", order_item=71, reason=1, description="", cancellation_type="cancel"
        )


def test_a_cancellation_request_is_found_by_our_id(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/integration_actions/", w.page({"pk": 4, "object_id": 31, "remote_id": "9"}))
    wire.answer("/cancellation_requests/31/", w.json(REQUEST | {"status": "rejected"}))
    found = connect(wire).find_cancellation_request(remote_id="9")
    assert found is not None
    assert (found.pk, found.status) == (31, "rejected")
    (asked,) = wire.asked("/integration_actions/")
    assert (
        asked.query.items()
        >= {
            "channel": "1",
            "content_type_name": "cancellationrequest",
            "remote_id__exact": "9",
        }.items()
    )


def test_a_request_is_deleted_or_rejected_by_its_pk(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/cancellation_requests/32/reject/", w.json(REQUEST | {"id": 32, "status": "rejected"}))
    wire.answer("/cancellation_requests/31/", w.http(204, b""))
    omnitron = connect(wire)
    omnitron.delete_cancellation_request(pk=31)
    assert omnitron.reject_cancellation_request(pk=32).status == "rejected"
    (deleted,), (rejected,) = wire.asked("/31/"), wire.asked("/32/")
    assert (deleted.method, deleted.path, deleted.body) == (
        "DELETE",
        "/api/v1/channel/1/cancellation_requests/31/",
        b"",
    )
    assert (rejected.method, rejected.path) == ("POST", "/api/v1/channel/1/cancellation_requests/32/reject/")


@pytest.mark.parametrize("answer", [w.html(200), w.json([])], ids=["a page", "a list"])
def test_a_deletion_that_cannot_be_believed_is_unknown(
    answer: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]
) -> None:
    wire.answer("/cancellation_requests/31/", answer)
    with pytest.raises(OutcomeUnknown):
        connect(wire).delete_cancellation_request(pk=31)


@pytest.mark.parametrize("gone", [False, True], ids=["never there", "deleted since"])
def test_a_request_that_is_not_there_is_none(gone: bool, wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/integration_actions/", w.page({"pk": 4, "object_id": 31}) if gone else w.page())
    wire.answer("/cancellation_requests/31/", w.json({"detail": "Not found."}, 404))
    assert connect(wire).find_cancellation_request(remote_id="9") is None


def test_a_request_of_another_remote_id_is_not_ours(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/integration_actions/", w.page({"pk": 4, "object_id": 31, "remote_id": 8}))
    with pytest.raises(OutcomeUnknown):
        connect(wire).find_cancellation_request(remote_id="9")


@pytest.mark.parametrize("answer", [w.json({"id": 1}), w.json({}, 202), w.http(204, b"")], ids=["200", "202", "204"])
def test_an_address_is_changed(answer: w.Behaviour, wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(ADDRESS_CHANGE_PATH, answer)
    connect(wire).change_address(channel_id=1, remote_order_id=99, address={"pk": 5, "line": "Yeni"})
    (sent,) = wire.asked(ADDRESS_CHANGE_PATH)
    assert sent.method == "POST"
    assert sent.json == {
        "channel_id": 1,
        "order": 99,
        "address": {"pk": 5, "line": "Yeni"},
        "order_address_types": ["shipping"],
    }


def test_an_address_change_may_be_refused(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    body = {"non_field_errors": "Old order address cannot be changed", "error_code": "order_100_3"}
    wire.answer(ADDRESS_CHANGE_PATH, w.json(body, 406))
    with pytest.raises(RefusedByOmnitron) as caught:
        connect(wire).change_address(channel_id=1, remote_order_id=99, address={})
    assert caught.value.error_code == "order_100_3"


def test_orders_come_a_page_at_a_time(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/orders/", w.page(ORDER, count=5, next_="x"))
    page = connect(wire).orders(page=2, limit=1)
    assert (len(page), page.count, page.page, page.has_next) == (1, 5, 2, True)
    assert next(iter(page)).items == ()
    assert wire.asked("/orders/")[0].query.items() >= {"page": "2", "limit": "1"}.items()


def test_products_are_asked_for_once_each(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer("/products/", w.page({"pk": 3, "name": "Kazak", "productimage_set": [{"image": "https://x/1.jpg"}]}))
    client = connect(wire)
    (product,) = client.products(pks=[4, 3, 3])
    assert (product.name, product.image) == ("Kazak", "https://x/1.jpg")
    assert wire.asked("/products/")[0].query["pk__in"] == "3,4"
    assert client.products(pks=[]) == []
    assert len(wire.asked("/products/")) == 1


def test_reasons(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(
        "/cancellation_reasons/",
        w.page({"pk": 1, "subject": "Vazgeçtim", "cancellation_type": "cancel", "extra_field": {"id": 11}}),
    )
    (reason,) = connect(wire).reasons()
    assert (reason.pk, reason.subject, reason.cancellation_type, reason.remote_id) == (
        1,
        "Vazgeçtim",
        "cancel",
        11,
    )


PLAN = {"pk": 5, "order": 7, "plan_type": "cancel", "status": "waiting"}
UPDATES = {
    "order_updates": ("orders/updates/", ORDER),
    "order_item_updates": ("order_items/updates/", item(71)),
    "cancellation_request_updates": ("cancellation_requests/updates/", REQUEST),
    "cancellation_requests_since": ("cancellation_requests/inserts_or_updates/", REQUEST),
    "cancellation_plan_updates": ("cancellation_plans/inserts_or_updates/", PLAN),
}


@pytest.mark.parametrize(("path", "row"), UPDATES.values(), ids=UPDATES.keys())
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=3))], ids=str)
def test_updates_since(path: str, row: dict, zone: timezone, wire: Wire, connect: Callable[..., Omnitron]) -> None:
    wire.answer(path, w.page(row))
    method = next(name for name, (known, _) in UPDATES.items() if known == path)
    since = datetime(2025, 1, 1, 12, 0, 0, 5, tzinfo=zone)
    page = getattr(connect(wire), method)(since=since, page=3, limit=50)
    assert [one.pk for one in page] == [row.get("pk", row.get("id"))]
    (sent,) = wire.asked(path)
    assert sent.path == f"/api/v1/channel/1/{path}"
    assert datetime.fromisoformat(sent.query.pop("modified_date__gte")) == since
    assert sent.query == {"page": "3", "limit": "50", "sort": "modified_date"}


def test_a_time_without_a_zone_is_a_programming_error(wire: Wire, connect: Callable[..., Omnitron]) -> None:
    with pytest.raises(ValueError, match="zone"):
        connect(wire).order_updates(since=datetime(2025, 1, 1))
