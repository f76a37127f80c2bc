"""Writing mails: rows in the transaction of the fact. Nothing is read, rendered or sent here.

What `data` holds, by kind (moments in ISO 8601, amounts as text, sentences in English as they are looked up in the
catalogue):

- `order_received`, `cancelled`, `cancellation_declined`: `{"items": [Item, …]}`
- `request_received`: `{"items": [Item + "type" and "because", …]}`
- `request_approved`, `request_rejected`: `{"items": [Item + "type", "note", "is_done", "carrier", "code",
  "as_loyalty", …]}`
- `address_changed`: `{"old": address, "new": address, "is_old_contact": bool}`; an old contact is not told the new
  address
- `address_change_closed`: `{"old": address, "new": address, "because": sentence}`
- `withdrawal_acknowledged`: `{"name": str, "contact": str, "contract": str, "statement": str, "received": moment,
  "items": [Item, …], "estimate": {"parts": [{"said": sentence, "amount", "currency"}], "total": {"amount", "currency"},
  "rules": [sentence]}}`
- `new_link`: `{"link": absolute URL, "valid_until": moment}`
- `sign_in_link`, `new_password`: `{"customer": id, "token": the link's name, "next": path}`; the link itself is made
  when the mail is sent, and nowhere kept

An Item is `{"name": str, "quantity": int, "price": amount, "currency": code}`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from aftercart.fastpath import Statement, batch, insert
from aftercart.mails.models import GATHERED, GATHERED_FOR, Mail, MailKind
from aftercart.orders.models import Order, OrderItem


def a_mail(
    kind: MailKind,
    *,
    about: str,
    order: Order | None,
    data: dict[str, Any],
    now: datetime,
    to: str = "",
    language: str = "",
) -> Mail:
    """A mail, not stored yet. `about` names the fact; `to` and `language` default to the order's own."""
    return Mail(
        kind=kind,
        about=about,
        order_id=order.pk if order else None,
        to=to or (contact_of(order) if order else ""),
        language=language or (order.language_code if order else settings.LANGUAGE_CODE),
        data=data,
        created_date=now,
        next_attempt_at=now + GATHERED_FOR if kind in GATHERED else now,
    )


def writing(mails: Iterable[Mail]) -> list[Statement]:
    """For `batch`: all mails of a transaction, without those already written and readers without an address."""
    rows = [mail for mail in mails if mail.to]
    return [insert(rows, ignore_conflicts=True)] if rows and settings.MAILS else []


def write_mails(mails: Iterable[Mail]) -> None:
    """Write all mails of a transaction in one statement."""
    batch(*writing(mails))


def write_mail(kind: MailKind, **fields: Any) -> None:
    """One mail, inside the caller's transaction; `fields` as `a_mail` takes them."""
    write_mails([a_mail(kind, **fields)])


def contact_of(order: Order) -> str:
    """Whom an order's mails go to: the address given with the order, else the customer's."""
    return order.user_email or order.customer.email


def item_data(item: OrderItem, *, quantity: int | None = None, **more: Any) -> dict[str, Any]:
    """An item as mails store it; `quantity`: if fewer than all of it."""
    return {
        "name": item.name,
        "quantity": quantity or item.quantity,
        "price": str(item.price),
        "currency": item.price_currency,
        **more,
    }
