"""A customer's account with an order of every kind: for the browser tests and the screenshots."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.utils import timezone

from aftercart import omnitron_client
from aftercart.address_changes.actions import change_address
from aftercart.cancellations.actions import cancel_order
from aftercart.cancellations.closing import SHIPPED_MEANWHILE, close_request
from aftercart.cancellations.models import CancellationRequest, EasyReturnShippingCompany, RequestStatus
from aftercart.cancellations.reading import look
from aftercart.cancellations.rules import Wish, WishedItem
from aftercart.customers.address_copy import copy_of
from aftercart.customers.models import City, Customer, District, Township
from aftercart.orders.models import Order, OrderEvent
from aftercart.withdrawals.actions import withdraw
from aftercart.withdrawals.models import Withdrawal
from aftercart.withdrawals.payloads import Declaration
from omnitron_sandbox import Sandbox
from tests import builders

LONG_NAME = "Hand-thrown stoneware cup with a very long name " * 4 + "and-a-word-that-does-not-end-" + "x" * 20
LONG_WORD = "Muvaffakiyetsizleştiricileştiriveremeyebileceklerimizdenmişsinizcesine"
ARABIC_NAME = "كوب شاي خزفي مصنوع يدويا"
# Every page is looked at on this evening: a month with a long name in both languages, and two digits in every number.
EVENING = datetime(2026, 9, 23, 20, 48, tzinfo=ZoneInfo("Europe/Istanbul"))
PICTURE = "/static/aftercart/icon.svg"
PAYMENT = {"payment_option": {"pk": 1, "name": "Credit card", "payment_type": "credit_card", "slug": "card"}}
REASONS = {
    1: ("cancel", "Changed my mind", "Vazgeçtim", False),
    2: ("cancel", "Ordered by mistake", "Yanlışlıkla sipariş verdim", False),
    3: ("cancel", "Other", "Diğer", True),
    4: ("refund", "Does not fit", "Uymadı", False),
    5: ("refund", "Damaged", "Hasarlı", False),
    6: ("refund", "Other", "Diğer", True),
}


@dataclass(slots=True)
class Scene:
    """The customer, and orders by what is special about them."""

    customer: Customer
    newcomer: Customer
    """Another customer, with nothing at all."""
    orders: dict[str, Order]
    requests: dict[str, CancellationRequest] = field(default_factory=dict)
    """Requests by what is special about them, once `unfold` has made some."""
    withdrawal: Withdrawal | None = None
    """One that `unfold` declares."""


def furnish(sandbox: Sandbox, name: str = "ada") -> Scene:
    """Fill an empty database and an empty sandbox."""
    now = timezone.now()
    for pk, (kind, subject, turkish, explain) in REASONS.items():
        builders.a_reason(
            pk=pk,
            cancellation_type=kind,
            subject=subject,
            translations={"tr": turkish},
            extra_information_needed=explain,
        )
    EasyReturnShippingCompany.objects.create(pk=1, value="yurtici", label="Yurtiçi Kargo")
    ada = builders.a_customer(name)
    home = builders.an_address(ada, line="Bahariye Cd. 1")
    scene = Scene(ada, builders.a_customer("newcomer"), {})

    def add(name: str, *, age: int, **fields: Any) -> Order:
        values = {
            "number": f"2284207301612{len(scene.orders):03d}",
            "created": now - timedelta(hours=age),
            "amount": "1349.00",
            "details": {**PAYMENT},
            "shipping_address": copy_of(home),
            "billing_address": copy_of(home),
            **fields,
        }
        order = builders.an_order(ada, **values)
        ada.addresses.exclude(pk=home.pk).delete()
        OrderEvent.objects.create(order=order, kind=OrderEvent.Kind.IMPORTED, created_date=order.created_date)
        _dress(order)
        scene.orders[name] = order
        return order

    for age in range(12):
        add(f"old {age}", age=2000 + age * 700, status=550, items=2)
    add("returned", age=950, status=600, items=1, refund_amount="1349.00")
    add("cancelled", age=900, status=100, items=2, refund_amount="1349.00")
    add("answered", age=500, status=550, items=7, invoice_number="ABC2026000000016", invoice_date=now)
    add("delivered", age=400, status=550, items=3, invoice_number="ABC2026000000017", invoice_date=now)
    add(
        "on its way",
        age=60,
        status=500,
        items=2,
        tracking_number="YK123",
        tracking_url="https://example.com/t/1",
    )
    add("unpaid", age=5, status=300, items=1, currency="eur", amount="12.50")
    add("preparing", age=4, status=450, items=2)
    add("mixed", age=3, status=450, items=5)
    add("checked", age=2, status=400, items=2)
    add("declined", age=2, status=500, items=2)
    add("abroad", age=2, status=400, items=2)
    add("fresh", age=1, status=400, items=3, discount_amount="50.00", shipping_amount="29.90")
    add("huge", age=6, status=400, items=2, amount="9999999999.99", discount_amount="8888888888.88")
    _special(scene, now)
    sandbox.add_orders([builders.as_wire(order) for order in scene.orders.values()])
    builders.an_address(ada, title="Work", line="Levent Plaza, 4th floor")
    builders.an_address(ada, title=LONG_WORD, line=LONG_WORD * 3, company_name="x" * 200)
    builders.an_address(ada, title="Mum", country="DE", line="Lindenstraße 5")
    ada.addresses.filter(title="Home").update(primary=True)
    _more_places()
    return scene


def unfold(scene: Scene, sandbox: Sandbox) -> None:
    """Let things happen to the orders, so that every state is there to be seen."""
    cancel(scene, "preparing", items=1, as_loyalty=True)
    cancel(scene, "delivered", items=1, reason=4, cancellation_type="refund", shipping_company=1)
    cancel(scene, "mixed", items=1)
    sandbox.fault(operation="cancel", kind="reset_after", times=1)
    cancel(scene, "checked", items=2, reason=3, description="A present, and she has one already.\nSorry!")
    change(scene, "abroad", title="Mum")
    _answered(scene)
    _returning(scene)
    _withdrawn(scene)
    # A request that the parcel has overtaken.
    order = scene.orders["declined"]
    item = order.items.first()
    request = CancellationRequest.objects.create(
        order=order, order_item=item, reason_id=1, cancellation_type="cancel", because="omnitron_unreachable"
    )
    OrderEvent.objects.create(
        order=order,
        order_item=item,
        kind=OrderEvent.Kind.REQUESTED,
        actor=scene.customer.email,
        data={"request": request.pk},
    )
    close_request(request, RequestStatus.REJECTED, note=SHIPPED_MEANWHILE, now=timezone.now())


def _answered(scene: Scene) -> None:
    """Requests of an old order in every state that they can have."""
    order = scene.orders["answered"]
    asked_at = timezone.now() - timedelta(days=3)
    answers: list[tuple[RequestStatus, dict[str, Any]]] = [
        (RequestStatus.WAITING_APPROVAL, {"because": "order_has_invoice"}),
        (RequestStatus.CONFIRMED, {"fully_refund_as_loyalty_money": True}),
        (RequestStatus.APPROVED, {"easy_return_company_id": 1, "easy_return_code": "YK-2284-7301-6125"}),
        (RequestStatus.COMPLETED, {"closing_note": "Thank you, it arrived in good order."}),
        (RequestStatus.REJECTED, {"closing_note": "The seal is broken.\nPlease call us about it."}),
        (RequestStatus.WITHDRAWING, {"withdrawal_date": asked_at}),
        (RequestStatus.WITHDRAWN, {"withdrawal_date": asked_at}),
    ]
    for item, (status, fields) in zip(order.items.all(), answers, strict=True):
        made = CancellationRequest.objects.create(
            order=order,
            order_item=item,
            reason_id=5,
            cancellation_type="refund",
            description="The handle is broken off.\nI am sorry.",
            pickup_address=order.shipping_address if status == RequestStatus.APPROVED else None,
            created_date=asked_at,
            status=status,
            **fields,
        )
        scene.requests[status] = made


def _withdrawn(scene: Scene) -> None:
    """One of two items of an order on its way is withdrawn from: the way to the other one stays open."""
    order = scene.orders["on its way"]
    order.refresh_from_db()  # its amounts are numbers once they have been read
    item = order.items.first()
    assert item is not None
    said = f"Ada Example: {order.number}"  # stays as it was declared, so here in no language
    declared = Declaration(uuid4(), "Ada Example", scene.customer.email, {item.pk: item.quantity}, said)
    scene.withdrawal = withdraw(order=order, declared=declared, how=Withdrawal.How.ACCOUNT, now=timezone.now())


def _returning(scene: Scene) -> None:
    """What the pages of a request that waits, and of one that is being checked, are shown with."""
    for name, order in (("waits", "delivered"), ("checked", "checked")):
        found = scene.orders[order].cancellation_requests.first()
        assert found is not None
        scene.requests[name] = found


def cancel(scene: Scene, name: str, *, items: int, reason: int = 1, as_loyalty: bool = False, **fields: Any) -> None:
    """Cancel the first items of an order, as the page would."""
    order = scene.orders[name]
    is_return = fields.get("cancellation_type") == "refund"
    chosen = [item.pk for item in order.items.all() if (item.status >= 500) == is_return][:items]
    cancel_order(
        customer=scene.customer,
        order=look(order.number),
        wish=Wish(tuple(WishedItem(pk, reason, **fields) for pk in chosen), fully_refund_as_loyalty_money=as_loyalty),
        now=timezone.now(),
        omnitron=omnitron_client.omnitron(),
    )


def change(scene: Scene, name: str, *, title: str) -> None:
    """Send an order to another address, as the page would."""
    change_address(
        customer=scene.customer,
        order_id=scene.orders[name].pk,
        address_id=scene.customer.addresses.get(title=title).pk,
        channel_id=None,
        now=timezone.now(),
        omnitron=omnitron_client.omnitron(),
    )


def _dress(order: Order) -> None:
    names = ["Stoneware cup", "Linen table cloth, 140 × 240 cm", "Walnut tray", "Tea, 250 g", "Teapot"]
    prices = ["349.00", "850.00", "150.00", "95.00", "610.00"]
    for index, item in enumerate(order.items.all()):
        item.product |= {"name": names[index % 5], "image": PICTURE if index == 0 else None}
        item.price = item.retail_price = prices[index % 5]
        item.price_currency = order.currency
        item.save()


def _special(scene: Scene, now: Any) -> None:
    fresh = list(scene.orders["fresh"].items.all())
    fresh[1].product["name"], fresh[1].retail_price = LONG_NAME[:200], "999.00"
    fresh[2].product["name"] = ARABIC_NAME
    huge = list(scene.orders["huge"].items.all())
    huge[0].product["name"], huge[0].quantity = LONG_WORD, 3
    huge[0].price, huge[0].retail_price = "8888888888.88", "9999999999.99"
    huge[1].product["name"], huge[1].tracking_number = "X" * 120, "9" * 60
    mixed = list(scene.orders["mixed"].items.all())
    mixed[1].status, mixed[1].tracking_number = 500, "YK123456789"
    mixed[1].tracking_url = "https://example.com/track/YK123456789"
    mixed[2].status = 100
    mixed[3].quantity = 3
    mixed[4].product = mixed[3].product
    mixed[4].price = mixed[4].retail_price = mixed[3].price
    delivered = list(scene.orders["delivered"].items.all())
    delivered[1].quantity = 3
    for item in delivered:
        item.delivered_date = now
        item.easy_return_companies = [{"pk": 1, "shipping_company": {"value": "yurtici", "label": "Yurtiçi Kargo"}}]
    for item in fresh + mixed + delivered + huge:
        item.save()
    scene.orders["delivered"].details |= {"e_archive_url": "https://example.com/invoice.pdf"}
    scene.orders["delivered"].save()


def _more_places() -> None:
    """Enough places for the lists of an address to be lists."""
    istanbul = City.objects.get(name="İstanbul")
    for city in ("Ankara", "Çanakkale", "İzmir"):
        City.objects.create(country=istanbul.country, name=city)
    izmir = City.objects.get(name="İzmir")
    konak = Township.objects.create(city=izmir, name="Konak")
    Township.objects.create(city=izmir, name="Karşıyaka")
    District.objects.create(city=izmir, township=konak, name="Alsancak")
