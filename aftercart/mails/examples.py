"""An example of each kind of mail, to see what customers get before they get it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, override

from aftercart.customers.models import Customer
from aftercart.mails.models import Mail, MailKind
from aftercart.mails.rendering import language_of_mail
from aftercart.orders.models import Order
from aftercart.statuses import Status, gettext_noop

CUP, LAMP = gettext_noop("Coffee cup"), gettext_noop("Desk lamp")
OLD = {"first_name": "Ada", "last_name": "Yılmaz", "line": "Bahariye Cd. 12", "postcode": "34710"}
PLACE = {"district": "Moda", "township": "Kadıköy", "city": "İstanbul", "country": "Türkiye"}

WITHOUT_AN_ORDER = (MailKind.SIGN_IN_LINK, MailKind.NEW_PASSWORD)


def example(kind: MailKind, *, language: str, now: datetime) -> Mail:
    """A mail of this kind, in this language, that is never sent; nothing is stored."""
    customer = Customer(first_name="Ada", last_name="Yılmaz", email="ada@example.com")
    order = Order(
        number="2284200000000017",
        customer=customer,
        status=Status.CANCELLATION_WAITING,
        status_before_cancellation=Status.APPROVED,
        currency="try",
        amount=Decimal("1848.80"),
        language_code=language,
        created_date=now - timedelta(days=1),
    )
    about = None if kind in WITHOUT_AN_ORDER else order
    mail = Mail(kind=kind, order=about, to=customer.email, language=language, created_date=now)
    with override(language_of_mail(mail)):
        mail.data = _data(kind, order, now=now)
    return mail


def _data(kind: MailKind, order: Order, *, now: datetime) -> dict[str, Any]:
    old = OLD | {name: {"name": text} for name, text in PLACE.items()}
    new = old | {"line": "Tunalı Hilmi Cd. 7", "postcode": "06680", "city": {"name": "Ankara"}, "district": None}
    match kind:
        case MailKind.ADDRESS_CHANGED:
            return {"old": old, "new": new | {"township": {"name": "Çankaya"}}, "is_old_contact": False}
        case MailKind.ADDRESS_CHANGE_CLOSED:
            return {
                "old": old,
                "new": new,
                "because": "It was too late: the order had left the shop by then, or was cancelled.",
            }
        case MailKind.NEW_LINK:
            return {"link": "https://example.com/orders/…", "valid_until": (now + timedelta(days=1)).isoformat()}
        case MailKind.SIGN_IN_LINK | MailKind.NEW_PASSWORD:
            return {"customer": 0, "token": "", "next": ""}
        case MailKind.WITHDRAWAL_ACKNOWLEDGED:
            return {
                "name": "Ada Yılmaz",
                "contact": "ada@example.com",
                "contract": order.number,
                "statement": "",
                "received": now.isoformat(),
                "items": _items(),
                "estimate": {
                    "parts": [
                        {"said": "Price of what you have chosen", "amount": "1848.80", "currency": "try"},
                        {"said": "Shipping", "amount": "49.90", "currency": "try"},
                    ],
                    "total": {"amount": "1898.70", "currency": "try"},
                    "rules": [
                        "You withdraw from the whole contract, so shipping and other charges come back too.",
                        "This is an estimate; the shop works out the final amount.",
                    ],
                },
            }
    return {"items": _items(kind)}


def _items(kind: MailKind | None = None) -> list[dict[str, Any]]:
    more: dict[str, Any] = {"type": "cancel"}
    if kind == MailKind.REQUEST_RECEIVED:
        more["because"] = "order_has_invoice"
    if kind == MailKind.REQUEST_APPROVED:
        more = {"type": "refund", "carrier": "Example Kargo", "code": "EASYRETURN17"}
    if kind == MailKind.REQUEST_REJECTED:
        more["note"] = "The parcel had already left; it can be returned once it has arrived."
    return [
        {"name": gettext(CUP), "quantity": 2, "price": "249.90", "currency": "try", **more},
        {"name": gettext(LAMP), "quantity": 1, "price": "1349.00", "currency": "try", **more},
    ]
