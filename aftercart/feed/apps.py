"""The app for news: its recurring duties are rows, too, made whenever the database is migrated."""

from datetime import datetime
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db.models.signals import post_migrate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.orders.signals import items_moved


class FeedConfig(AppConfig):
    """News from Omnitron: polling, webhook, reconciliation."""

    name = "aftercart.feed"
    verbose_name = _("News from Omnitron")

    def ready(self) -> None:
        """After every migration, make sure that the recurring duties exist."""
        post_migrate.connect(begin_feeds, sender=self)
        post_migrate.connect(retry_unread_rows, sender=self)
        items_moved.connect(close_what_is_overtaken)


def begin_feeds(**_options: Any) -> None:
    """Make the rows of the recurring duties that are missing."""
    # Models don't exist yet when this file is read.
    from aftercart.feed.polling import begin_to_listen
    from aftercart.feed.reconcile import plan_reconciliation

    now = timezone.now()
    begin_to_listen(now=now)
    plan_reconciliation(now=now)


def retry_unread_rows(**_options: Any) -> None:
    """A newly installed release may understand what the one before did not."""
    from aftercart.orders.unread import begin_again

    begin_again()


def close_what_is_overtaken(*, order: Any, now: datetime, **_options: Any) -> None:
    """A version of the order came in that moved its items: close requests that this has overtaken.

    A cancellation in progress has read the items as they were, and may still make a request: the order is synced after
    it.
    """
    from aftercart.cancellations.closing import close_overtaken_requests
    from aftercart.cancellations.reading import items_of
    from aftercart.feed.order_sync import attempt_open, mark_stale

    close_overtaken_requests(items_of(order), now=now)
    if attempt_open(order.pk):
        mark_stale([order.pk], now=now)


@register()
def webhook_secrets_can_be_read(**_options: Any) -> list[CheckMessage]:
    """Report a malformed secret at the start, not at the first webhook."""
    from aftercart.feed.signature import key_of

    problems: list[CheckMessage] = []
    for number, secret in enumerate(settings.OMNITRON_WEBHOOK_SECRETS, start=1):
        try:
            key_of(secret)
        except ValueError as error:
            problems.append(Error(f"OMNITRON_WEBHOOK_SECRETS, entry {number}: {error}", id="feed.E001"))
    return problems
