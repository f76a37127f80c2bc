"""The app for mails: thanks customers for an order that comes in, if the merchant wishes."""

from datetime import datetime, timedelta
from typing import Any

from django.apps import AppConfig
from django.conf import settings

# Whoever had an older order before has mailed about it long ago.
NEW = timedelta(days=1)


class MailsConfig(AppConfig):
    """Listens for orders."""

    name = "aftercart.mails"

    def ready(self) -> None:
        """Connect, once everything is loaded."""
        from aftercart.orders.signals import received

        received.connect(thank, dispatch_uid="thank")


def thank(sender: Any, *, order: Any, items: Any, now: datetime, **_: Any) -> None:
    """Write the mail, inside the transaction in which the order comes in."""
    if not settings.THANK_YOU_MAIL or now - order.created_date > NEW:
        return
    from aftercart.mails.models import MailKind
    from aftercart.mails.writing import item_data, write_mail

    data = {"items": [item_data(item) for item in items]}
    write_mail(MailKind.ORDER_RECEIVED, about=f"order:{order.pk}", order=order, data=data, now=now)
