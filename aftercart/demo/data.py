"""The demo's orders, in the commerce wire's shape: about three hundred, the same ones every time.

Everything hangs on a seeded random source and on `now`; nothing is read from anywhere.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aftercart.demo.people import (
    ADA,
    ADDRESS_BOOK,
    BERK,
    CARRIERS,
    EVE,
    GUEST,
    GUEST_ENTRY,
    DemoCustomer,
    address_on_wire,
)
from aftercart.demo.products import ODD_NAMES, PRODUCTS, DemoProduct
from aftercart.statuses import AFTER_SHIPMENT, LABELS, Status

SEED = 20260131
FIRST_ORDER, FIRST_ITEM = 10001, 100001
FIRST_NUMBER = 2601310000000137  # sixteen digits, and small enough for a number of JavaScript
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Lot:
    """Some orders of one kind. `mixed`: the statuses of the items go round through these."""

    count: int
    status: Status
    person: DemoCustomer = ADA
    age: timedelta = timedelta(minutes=40)
    """The oldest of the lot; the others spread up to now."""
    invoiced: bool = False
    mixed: tuple[Status, ...] = ()
    odd_names: bool = False


DAYS, HOURS = timedelta(days=1), timedelta(hours=1)
S = Status
LOTS = (
    Lot(48, S.APPROVED),
    Lot(16, S.APPROVED, BERK),
    Lot(8, S.APPROVED, EVE),
    Lot(6, S.APPROVED, odd_names=True),
    Lot(14, S.PAYMENT_WAITING),
    Lot(6, S.PAYMENT_WAITING, BERK),
    Lot(14, S.CONFIRMATION_WAITING),
    Lot(6, S.CONFIRMATION_WAITING, BERK),
    Lot(12, S.WAITING),
    Lot(4, S.WAITING, BERK),
    Lot(14, S.PREPARING, age=6 * HOURS),
    Lot(5, S.PREPARING, BERK, age=6 * HOURS),
    Lot(3, S.PREPARING, EVE, age=6 * HOURS),
    Lot(14, S.SHIPPED, age=2 * DAYS, invoiced=True),
    Lot(5, S.SHIPPED, BERK, age=2 * DAYS, invoiced=True),
    Lot(6, S.SHIPPED_AND_INFORMED, age=2 * DAYS, invoiced=True),
    Lot(5, S.READY_FOR_PICKUP, age=3 * DAYS, invoiced=True),
    Lot(4, S.ATTEMPTED_DELIVERY, age=3 * DAYS, invoiced=True),
    Lot(3, S.REVIEW_STARTED, age=9 * DAYS, invoiced=True),
    Lot(3, S.REVIEW_WAITING, age=9 * DAYS, invoiced=True),
    Lot(3, S.WAITING_FOR_PAYMENT, age=9 * DAYS, invoiced=True),
    Lot(3, S.PAID, age=9 * DAYS, invoiced=True),
    Lot(18, S.DELIVERED, age=20 * DAYS, invoiced=True),
    Lot(8, S.DELIVERED, BERK, age=20 * DAYS, invoiced=True),
    Lot(2, S.DELIVERED, EVE, age=20 * DAYS, invoiced=True),
    Lot(10, S.CANCELED, age=12 * DAYS),
    Lot(3, S.CANCELED, BERK, age=12 * DAYS),
    Lot(8, S.CANCELLATION_WAITING, age=DAYS),
    Lot(3, S.CANCELLATION_WAITING, BERK, age=DAYS),
    Lot(6, S.REFUNDED, age=40 * DAYS, invoiced=True),
    Lot(12, S.APPROVED, age=5 * HOURS, invoiced=True),
    Lot(4, S.APPROVED, BERK, age=5 * HOURS, invoiced=True),
    Lot(10, S.APPROVED, age=14 * DAYS),
    Lot(4, S.APPROVED, BERK, age=14 * DAYS),
    Lot(4, S.APPROVED, age=8 * HOURS, mixed=(S.APPROVED, S.CANCELED)),
    Lot(4, S.APPROVED, age=8 * HOURS, mixed=(S.APPROVED, S.CANCELLATION_WAITING)),
    Lot(4, S.SHIPPED, age=2 * DAYS, mixed=(S.SHIPPED, S.PREPARING)),
    Lot(3, S.DELIVERED, age=20 * DAYS, invoiced=True, mixed=(S.DELIVERED, S.REFUNDED)),
    Lot(2, S.APPROVED, GUEST),
)


def demo_orders(*, now: datetime) -> Iterator[dict[str, Any]]:
    """The orders in the wire's form (docs/contract.md, section B). `now` (aware): when the newest ones were made."""
    source = random.Random(SEED)  # noqa: S311 - the point is that it repeats itself
    keys = Keys()
    for lot in LOTS:
        for index in range(lot.count):
            # The oldest exactly as old as the lot says, the others nearer to now, never in the future.
            share = Decimal(lot.count - index) / lot.count
            created = now - timedelta(seconds=int(lot.age.total_seconds() * float(share)))
            yield _order(lot, index, created, source, keys)


class Keys:
    """Hands out ids and numbers, one after the other."""

    def __init__(self) -> None:
        self.orders, self.items = 0, 0

    def order(self) -> tuple[int, str]:
        """The next order's id and number."""
        self.orders += 1
        # Steps of an odd size: numbers that look like numbers, and can be told apart.
        return FIRST_ORDER + self.orders - 1, str(FIRST_NUMBER + self.orders * 7919)

    def item(self) -> int:
        """The next item's id."""
        self.items += 1
        return FIRST_ITEM + self.items - 1


def _order(lot: Lot, index: int, created: datetime, source: random.Random, keys: Keys) -> dict[str, Any]:
    order_id, number = keys.order()
    euro = index % 5 == 4
    currency = {"value": "eur", "label": "EUR"} if euro else {"value": "try", "label": "TL"}
    count = source.choice((2, 2, 2, 3, 3, 4)) + (2 if index == 1 else 0)
    items = [_item(lot, place, index, order_id, created, euro=euro, source=source, keys=keys) for place in range(count)]
    full = sum((Decimal(item["price"]) * item["quantity"] for item in items), Decimal())
    discount = (full / 10).quantize(CENT) if index % 4 == 2 else Decimal("0.00")
    shipping = Decimal("49.90") if index % 3 == 1 else Decimal("0.00")
    address = address_on_wire(_entry(lot.person, index, source))
    shipped = lot.status in AFTER_SHIPMENT or lot.status == Status.REFUNDED
    tracking = f"AC{order_id:010d}" if shipped else None
    return {
        "id": order_id,
        "number": number,
        "status": _value(lot.status),
        "currency": currency,
        "orderitem_set": items,
        "discountitem_set": [_discount(order_id, discount, created)] if discount else [],
        "shipping_address": address,
        "billing_address": address,
        "shipping_company": {"value": "yurtici", "label": "Yurtiçi Kargo"} if shipped else None,
        "client_type": "default",
        "payment_option": {
            "pk": 1,
            "name": "Credit Card",
            "payment_type": "credit_card",
            "slug": "credit-card",
        },
        "bank": {"pk": 1, "name": "Other", "slug": "other", "logo": None},
        "amount": str(full - discount + shipping),
        "amount_without_discount": str(full + shipping),
        "discount_amount": str(discount),
        "shipping_amount": str(shipping),
        "refund_amount": str(full - discount if lot.status == Status.REFUNDED else Decimal("0.00")),
        "invoice_number": f"AFC{order_id:013d}" if lot.invoiced else None,
        "invoice_date": _iso(created + timedelta(minutes=2)) if lot.invoiced else None,
        "tracking_number": tracking,
        "tracking_url": f"https://carrier.example.com/track/{tracking}" if tracking else None,
        "language_code": lot.person.language,
        "user_email": lot.person.email,
        "user": lot.person.pk,
        "shipping_option_slug": "yurtici",
        "payment_option_slug": "credit-card",
        "bin_number": "545454",
        "installment_count": 1 if index % 6 else 3,
        "installment_interest_amount": "0.00",
        "has_gift_box": index % 7 == 3,
        "gift_box_note": "İyi ki doğdun! 🎉" if index % 7 == 3 else None,
        "extra_field": {},
        "created_date": _iso(created),
        "modified_date": _iso(created + timedelta(seconds=9)),
    }


def _item(
    lot: Lot,
    place: int,
    index: int,
    order_id: int,
    created: datetime,
    *,
    euro: bool,
    source: random.Random,
    keys: Keys,
) -> dict[str, Any]:
    product = source.choice(PRODUCTS)
    status = lot.mixed[place % len(lot.mixed)] if lot.mixed else lot.status
    price = (product.euro if euro else product.lira).quantize(CENT)
    reduced = (price * Decimal("0.85")).quantize(CENT) if source.random() < 0.2 else price
    shipped = status in AFTER_SHIPMENT or status == Status.REFUNDED
    tracking = f"AC{order_id:010d}" if shipped else None
    turkish = lot.person.language.startswith("tr")
    name = ODD_NAMES[(index + place) % len(ODD_NAMES)] if lot.odd_names and place == 0 else product.name(turkish)
    return {
        "id": keys.item(),
        "order": order_id,
        "status": _value(status),
        "quantity": source.choice((2, 3)) if (index + place) % 9 == 4 else 1,
        "price": str(reduced),
        "retail_price": str(price),
        "tax_rate": "20.00" if not euro else "19.00",
        "price_currency": {"value": "eur", "label": "EUR"} if euro else {"value": "try", "label": "TL"},
        "product": _product(product, name),
        "available_easy_return_shipping_companies": _carriers() if (index + place) % 3 != 2 else [],
        "shipping_company": {"name": "yurtici", "label": "Yurtiçi Kargo"} if shipped else None,
        "tracking_number": tracking,
        "tracking_url": f"https://carrier.example.com/track/{tracking}" if tracking else None,
        "invoice_number": f"AFC{order_id:013d}" if lot.invoiced else None,
        "invoice_date": _iso(created + timedelta(minutes=2)) if lot.invoiced else None,
        "delivered_date": _iso(created + timedelta(hours=50)) if status == Status.DELIVERED else None,
        "attributes": {},
        "attributes_kwargs": {},
        "extra_field": {"price_extra_field": {}, "stock_extra_field": {}},
        "parent": None,
        "created_date": _iso(created),
        "modified_date": _iso(created + timedelta(seconds=9)),
    }


def _product(product: DemoProduct, name: str) -> dict[str, Any]:
    # An odd name makes it another product: the sandbox keeps each one once.
    pk = product.pk if name in (product.english, product.turkish) else 900 + ODD_NAMES.index(name)
    return {
        "pk": pk,
        "sku": f"SKU-{pk:05d}",
        "base_code": f"AC-{product.pk:04d}",
        "name": name,
        "image": f"/static/demo/{product.image}.svg",
        "absolute_url": f"/{product.image}-{pk}/",
        "attributes": dict(product.attributes),
        "attributes_kwargs": {},
        "extra_attributes": {},
        "form_schema": None,
        "data_source": None,
    }


def _discount(order_id: int, amount: Decimal, created: datetime) -> Mapping[str, Any]:
    return {
        "pk": 50_000 + order_id,
        "name": "Welcome back",
        "amount": str(amount),
        "cancel_amount": "0.00",
        "code": "WELCOME10",
        "offer_type": "default",
        "promotion": 1,
        "session_offer_type": None,
        "order": order_id,
        "created_date": _iso(created),
        "modified_date": _iso(created),
    }


def _entry(person: DemoCustomer, index: int, source: random.Random) -> Any:
    if person is GUEST:
        return GUEST_ENTRY
    book = [entry for entry in ADDRESS_BOOK if entry.owner is person]
    # Mostly at home: a change of address has somewhere else to go then.
    return book[0] if index % 4 else source.choice(book[:3])


def _carriers() -> list[dict[str, Any]]:
    return [{"pk": pk, "shipping_company": {"value": value, "label": label}} for pk, value, label in CARRIERS]


def _value(status: Status) -> dict[str, str]:
    return {"value": str(int(status)), "label": LABELS[status]}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
