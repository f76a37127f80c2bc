"""Orders come in from files: whole or not at all, once, and never backwards."""

import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from aftercart.account.reading import own_order
from aftercart.customers.models import Customer
from aftercart.orders.intake import IntakeOutcome, OrderRefused, take_in
from aftercart.orders.models import Order, OrderEvent, OrderItem
from aftercart.statuses import Status
from tests import builders

DATA = Path(__file__).parents[1] / "data"
WIRE = DATA / "wire"
EXAMPLES = ["completed_order.json", "order_detail.json", "order_list.json"]

pytestmark = pytest.mark.django_db


def example() -> dict[str, Any]:
    order: dict[str, Any] = json.loads((DATA / "completed.json").read_text())["order"]
    return order


def come_in(order: object, **options: Any) -> IntakeOutcome:
    return take_in(order, now=timezone.now(), **options).outcome


def run(*arguments: str, stdin: bytes = b"", monkeypatch: Any = None) -> tuple[int, str]:
    """The command's exit code and output."""
    out = io.StringIO()
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    try:
        call_command("import_orders", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def refusal(order: object, **options: Any) -> str:
    with pytest.raises(OrderRefused) as caught:
        come_in(order, **options)
    return str(caught.value)


# --- Files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_published_examples_come_in_as_they_are(name: str) -> None:
    assert run(str(WIRE / name)) == (0, "1 new, 0 changed, 0 unchanged, 0 refused\n")
    assert run(str(WIRE / name)) == (0, "0 new, 0 changed, 1 unchanged, 0 refused\n")


def test_a_completed_order_keeps_every_field_that_has_no_column() -> None:
    assert run(str(DATA / "completed.json"))[0] == 0
    order = Order.objects.get(number="3000000000000001")
    assert (order.pk, order.customer_id, str(order.amount)) == (81001, 7001, "300.50")
    assert order.details["segment"] == "gold"
    assert order.shipping_address["city"]["name"] == "İZMİR"
    item = order.items.get(pk=91002)
    assert (item.quantity, item.details["datasource"], item.name) == (2, 12, "Kemer")
    assert item.easy_return_companies[0]["pk"] == 1
    computed = {"is_cancellable", "is_cancelled", "active_cancellation_request", "cancellationrequest_set"}
    assert not computed & (order.details.keys() | item.details.keys())


def test_json_lines_may_mix_orders_completed_orders_and_pages() -> None:
    assert run(str(DATA / "orders.jsonl")) == (0, "3 new, 0 changed, 0 unchanged, 0 refused\n")
    odd = Order.objects.get(pk=81003)
    assert (odd.status, odd.currency, str(odd.amount)) == (Status.PAYMENT_WAITING, "eur", "300.50")


def test_standard_input_is_a_file_too(monkeypatch: Any) -> None:
    lines = (DATA / "orders.jsonl").read_bytes()
    assert run("-", stdin=lines, monkeypatch=monkeypatch)[1].startswith("3 new")
    page = (DATA / "page.json").read_bytes()
    assert run("-", stdin=page, monkeypatch=monkeypatch)[1].startswith("0 new, 0 changed, 2 unchanged")


def test_what_is_refused_is_named_and_the_rest_is_in(tmp_path: Path) -> None:
    bad = example() | {"id": 81009, "number": "3000000000000009", "amount": "-1.00"}
    bad["orderitem_set"] = [example()["orderitem_set"][0] | {"id": 91009, "order": 81009, "price": "x"}]
    file = tmp_path / "mixed.jsonl"
    file.write_text(f"{json.dumps(bad)}\n{{broken\n\n{json.dumps(example())}\n")
    code, out = run(str(file), str(tmp_path / "missing.json"), "--json")
    report = json.loads(out)
    assert (code, report["new"], len(report["refused"])) == (1, 1, 3)
    first, second, third = report["refused"]
    assert (first["file"], first["place"], first["number"]) == (str(file), "line 1", "3000000000000009")
    assert any(reason.startswith("amount: ") for reason in first["reasons"])
    assert any(reason.startswith("orderitem_set.0.price: ") for reason in first["reasons"])
    assert second["place"] == "line 2"
    assert "JSON" in second["reasons"][0]
    assert third["file"].endswith("missing.json")
    assert not Order.objects.filter(pk=81009).exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\n \n", b"null", b"[1, 2]", b"\xff\xfe{", b"[" * 100_000, b'{"id": 1, "id": 2}', b'{"a": NaN}'],
)
def test_nonsense_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "nonsense.json"
    file.write_bytes(content)
    code, out = run(str(file))
    assert code == 1
    assert "refused: " in out


# --- Once ---------------------------------------------------------------------------------------------------


def test_the_same_order_twice_writes_nothing_the_second_time(django_assert_max_num_queries: Any) -> None:
    assert come_in(example()) is IntakeOutcome.NEW
    with django_assert_max_num_queries(8) as queries:
        assert come_in(example()) is IntakeOutcome.UNCHANGED
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert OrderEvent.objects.filter(kind=OrderEvent.Kind.IMPORTED).count() == 1


def test_a_large_order_needs_no_statement_per_item(django_assert_max_num_queries: Any) -> None:
    order = example()
    order["orderitem_set"] = [example()["orderitem_set"][0] | {"id": 95000 + index} for index in range(60)]
    with django_assert_max_num_queries(13):  # two of them bring the items: SQLite takes so many parameters at once
        assert come_in(order) is IntakeOutcome.NEW


def test_changed_fields_are_updated_and_statuses_move_forward() -> None:
    come_in(example())
    later = example()
    later["status"] = later["orderitem_set"][0]["status"] = "shipped"
    later["tracking_number"] = "T1"
    assert come_in(later) is IntakeOutcome.CHANGED
    order = Order.objects.get(pk=81001)
    assert (order.status, order.tracking_number) == (Status.SHIPPED, "T1")
    assert OrderItem.objects.get(pk=91001).status == Status.SHIPPED
    assert OrderItem.objects.get(pk=91002).status == Status.APPROVED
    assert OrderEvent.objects.filter(kind=OrderEvent.Kind.STATUS_CHANGED).count() == 2


def test_an_older_export_takes_nothing_back() -> None:
    come_in(example())
    Order.objects.update(
        status=Status.CANCELLATION_WAITING, omnitron_pk=900001, invoice_number="I1", refund_amount="10.00"
    )
    OrderItem.objects.update(status=Status.CANCELLATION_WAITING, omnitron_pk=7000001)
    assert come_in(example()) is IntakeOutcome.UNCHANGED
    order = Order.objects.get(pk=81001)
    assert (order.status, order.omnitron_pk, order.invoice_number, str(order.refund_amount)) == (
        Status.CANCELLATION_WAITING,
        900001,
        "I1",
        "10.00",
    )


def test_an_address_that_was_changed_here_stays() -> None:
    come_in(example())
    Order.objects.update(shipping_address={"line": "elsewhere"})
    OrderEvent.objects.create(order_id=81001, kind=OrderEvent.Kind.ADDRESS_CHANGED)
    assert come_in(example()) is IntakeOutcome.UNCHANGED
    assert Order.objects.get(pk=81001).shipping_address == {"line": "elsewhere"}


def test_an_item_that_joins_later_is_added() -> None:
    less = example()
    second = less["orderitem_set"].pop()
    come_in(less)
    less["orderitem_set"].append(second)
    assert come_in(less) is IntakeOutcome.CHANGED
    assert OrderItem.objects.filter(order_id=81001).count() == 2


# --- Refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": "3000000000000077"}, "id: 81001 is order 3000000000000001 here"),
        ({"id": 81077}, "number: order 3000000000000001 has the id 81001 here"),
    ],
)
def test_an_id_and_a_number_belong_together(changes: dict[str, Any], said: str) -> None:
    come_in(example())
    order = example() | changes
    for item in order["orderitem_set"]:
        item["order"] = order["id"]
    assert said in refusal(order)


def test_an_item_of_another_order_is_refused() -> None:
    come_in(example())
    order = example() | {"id": 81077, "number": "3000000000000077"}
    for item in order["orderitem_set"]:
        del item["order"]
    assert "item 91001 belongs to order 3000000000000001" in refusal(order)
    assert not Order.objects.filter(pk=81077).exists()


def changed(path: str, value: object) -> dict[str, Any]:
    order: Any = example()
    *parents, leaf = (int(part) if part.isdigit() else part for part in path.split("."))
    inner = order
    for part in parents:
        inner = inner[part]
    inner[leaf] = value
    return deepcopy(order)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("amount", "12.345"),
        ("amount", "-0.01"),
        ("amount", "NaN"),
        ("amount", True),
        ("amount", "99999999999.00"),
        ("amount", None),
        ("status", {"value": "401", "label": "?"}),
        ("status", "no such"),
        ("number", " 3000"),
        ("number", "30\n00"),
        ("number", "3" * 129),
        ("number", ""),
        ("number", "1\x00"),
        ("id", 0),
        ("id", 2**63),
        ("id", 1.5),
        ("id", True),
        ("created_date", "yesterday"),
        ("created_date", 1700000000),
        ("created_date", "0001-01-01T00:00:00+05:00"),
        ("user_email", "nobody"),
        ("segment", "a\x00b"),
        ("segment", "a" * 20_001),
        ("segment", "\ud800"),
        ("extra_field", {"deep": {"er": float("inf")}}),
        ("shipping_address", "Kordon 5"),
        ("shipping_address.line", "a\x00"),
        ("shipping_address.user.email", "@"),
        ("orderitem_set", []),
        ("orderitem_set.1.id", 91001),
        ("orderitem_set.0.order", 5),
        ("orderitem_set.0.quantity", 0),
        ("orderitem_set.0.price", "1,50"),
        ("orderitem_set.0.status", None),
        ("orderitem_set.0.product", "Keten gömlek"),
        ("orderitem_set.0.product.name", "a\x00"),
        ("orderitem_set.0.tracking_url", "h" * 513),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(path: str, value: object) -> None:
    said = refusal(changed(path, value))
    assert path.split(".", maxsplit=1)[0] in said
    assert not Order.objects.exists()
    assert not Customer.objects.exists()


@pytest.mark.parametrize("number", ["ORD-2024-001234", "2024/17", "№ 5", 3000000000000001])
def test_an_order_number_may_be_any_printable_text(number: object) -> None:
    assert come_in(changed("number", number)) is IntakeOutcome.NEW
    assert Order.objects.get().number == str(number)


def test_a_date_without_a_time_zone_is_utc() -> None:
    come_in(changed("created_date", "2026-01-10T09:00:00"))
    assert Order.objects.get().created_date.isoformat() == "2026-01-10T09:00:00+00:00"


@pytest.mark.parametrize("form", ["id", "id as text", "code", "small code"])
def test_a_flat_address_is_read_and_its_places_are_named(form: str) -> None:
    district = builders.the_places()
    country, city = district.city.country, district.city
    said = {"id": country.pk, "id as text": str(country.pk), "code": "TR", "small code": "tr"}[form]
    order = example()
    order["shipping_address"] |= {"country": said, "city": city.pk, "township": 999, "district": None, "user": 7001}
    come_in(order)
    address = Order.objects.get().shipping_address
    assert {name: address["country"][name] for name in ("pk", "name", "code")} == {
        "pk": country.pk,
        "name": "Türkiye",
        "code": "TR",
    }
    assert (address["city"]["name"], address["township"]["pk"], address["district"]["name"]) == ("İstanbul", 999, "")
    assert come_in(order) is IntakeOutcome.UNCHANGED


def test_what_stands_for_no_date_is_none() -> None:
    order = example()
    order["orderitem_set"][0] |= {"delivered_date": "9999-12-31T23:59:59Z", "invoice_date": "0001-01-01T00:00:00"}
    come_in(order)
    item = OrderItem.objects.get(pk=91001)
    assert (item.delivered_date, item.invoice_date) == (None, None)
    assert "lies outside of the years" in refusal(example() | {"created_date": "9999-12-31T23:59:59Z"})


def test_a_carrier_may_be_named_by_its_id_and_a_tax_rate_have_three_places() -> None:
    order = example()
    carrier = {"id": "7", "shipping_company": "yurtici"}
    order["orderitem_set"][0] |= {"available_easy_return_shipping_companies": [carrier], "tax_rate": 8.375}
    order["orderitem_set"][1] |= {"quantity": None, "product": None, "price_currency": " "}
    come_in(order | {"currency": None, "discount_amount": ""})
    item = OrderItem.objects.get(pk=91001)
    label = {"value": "yurtici", "label": "yurtici"}
    assert item.easy_return_companies == [{"pk": 7, "shipping_company": label}]
    shown = own_order(item.order.customer, number=item.order.number).shown(now=timezone.now())
    assert [str(item["tax_rate"]) for item in shown["orderitem_set"]] == ["8.375", "20.00"]


# --- Customers ----------------------------------------------------------------------------------------------


def test_a_new_customer_cannot_sign_in_until_a_password_is_set() -> None:
    come_in(example())
    customer = Customer.objects.get(pk=7001)
    assert (customer.email, customer.first_name, customer.phone) == ("nil@example.org", "Nil", "05321112233")
    assert not customer.has_usable_password()


def test_a_known_customer_is_not_overwritten_but_blanks_are_filled() -> None:
    Customer.objects.create_user("new@example.org", "secret", pk=7001, first_name="Nilüfer")
    come_in(example())
    customer = Customer.objects.get(pk=7001)
    assert (customer.email, customer.first_name, customer.last_name) == ("new@example.org", "Nilüfer", "Kaya")
    assert customer.check_password("secret")


def test_an_email_of_another_registered_customer_is_refused() -> None:
    Customer.objects.create_user("NIL@example.org", pk=5)
    assert "registered here for customer 5" in refusal(example())
    assert come_in(example(), match_email=True) is IntakeOutcome.NEW
    assert Order.objects.get().customer_id == 5
    assert come_in(example()) is IntakeOutcome.UNCHANGED


def test_a_guest_may_share_an_email_with_a_registered_customer() -> None:
    Customer.objects.create_user("nil@example.org", pk=5)
    order = example()
    for address in ("shipping_address", "billing_address"):
        order[address]["user"]["user_type"] = "guest"
    assert come_in(order) is IntakeOutcome.NEW
    assert Customer.objects.get(pk=7001).user_type == "guest"


def test_an_order_does_not_change_hands() -> None:
    come_in(example())
    other = example() | {"user": 7002, "user_email": "other@example.org"}
    assert "belongs to customer 7001" in refusal(other)


def test_a_customer_key_that_the_back_office_has_is_refused() -> None:
    Customer.objects.create_superuser("boss@example.org", pk=7001)
    assert "back office" in refusal(example())
