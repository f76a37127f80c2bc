"""What the mails' templates need beside Django's own."""

from typing import Any

from django import template
from django.utils.translation import gettext

from aftercart import formatting
from aftercart.mails.models import Mail
from aftercart.orders import words
from aftercart.orders.models import Order
from aftercart.orders.payments import Back, back_of

register = template.Library()
register.filter("money", formatting.money)
register.filter("moment", formatting.moment)
register.filter("address_lines", formatting.address_lines)


@register.filter
def exact_moment(value: Any) -> str:
    """A moment with its distance to UTC: where it is part of a proof."""
    return formatting.moment(value, zone=True)


@register.filter
def note(item: dict[str, Any]) -> str:
    """The shop's sentence about an item, translated."""
    text = str(item.get("note") or "")
    return gettext(text).replace("{name}", str(item.get("name", ""))) if text else ""


@register.filter("said")
def said_in_language(sentence: Any) -> str:
    """A sentence that was kept in English, in the reader's language."""
    return gettext(str(sentence)) if sentence else ""


@register.filter("reasons")
def reasons_told(items: list[dict[str, Any]]) -> list[str]:
    """Why the shop was asked, each reason once."""
    said_once = (words.because(str(i.get("because", "")), cancellation_type=str(i.get("type", ""))) for i in items)
    return list(dict.fromkeys(said_once))


@register.filter
def of_type(items: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """Those of the items that are to be cancelled (`cancel`) or returned (`refund`)."""
    return [item for item in items if item.get("type", "cancel") == wanted]


@register.filter
def done(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the items that the shop has dealt with already."""
    return [item for item in items if item.get("is_done")]


@register.filter
def not_done(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the items that the shop has agreed to deal with."""
    return [item for item in items if not item.get("is_done")]


@register.filter("money_back")
def money_back_of_mail(items: list[dict[str, Any]], order: Order) -> str:
    """Where the money for the items goes, or has gone."""
    as_loyalty = any(item.get("as_loyalty") for item in items)
    back = back_of(order, delivered=bool(of_type(items, words.RETURN)), as_loyalty=as_loyalty)
    if done(items) and back is Back.MONEY:
        return gettext("The shop sends the money for what is cancelled or returned back the way you paid.")
    return words.money_back(order, back)


@register.filter
def greeted(mail: Mail) -> str:
    """The first name of who ordered, where it is that person who reads."""
    customer = mail.order.customer if mail.order else None
    return customer.first_name if customer and not mail.data.get("is_old_contact") else ""
