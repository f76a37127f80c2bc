"""How far we have read Omnitron's news, which orders are stale, what webhooks said, what does not agree."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes
from aftercart.orders.models import Order


class FeedCursor(Duty):
    """How far one list of Omnitron's changes has been read; as a duty: read its next page.

    A round begins a little before `position` (for late commits there) and goes on to the end of the list, a page at a
    time; `since` and `page` say where a round in progress continues.
    """

    class Feed(models.TextChoices):
        ORDERS = "orders", _("Orders")
        ITEMS = "items", _("Order items")
        REQUESTS = "requests", _("Cancellation requests")
        PLANS = "plans", _("Cancellation plans")
        REASONS = "reasons", _("Cancellation reasons")

    name = models.CharField(_("list"), max_length=16, choices=Feed.choices, primary_key=True)
    position = models.DateTimeField(_("read up to"))
    """Omnitron's date of the newest change that was read; never in the future, never moved back."""
    since = models.DateTimeField(null=True, editable=False)
    page = models.PositiveIntegerField(default=1, editable=False)
    seen = models.JSONField(default=dict, editable=False)
    """What is within reach of the next round and will be listed again (`seen.py`)."""
    read_date = models.DateTimeField(_("last read"), null=True, editable=False)

    class Meta:
        verbose_name = _("news feed")
        verbose_name_plural = _("news feeds")
        indexes = [*duty_indexes("feed_cursors")]

    def __str__(self) -> str:
        return self.get_name_display()


class OrderNews(Duty):
    """Something changed at Omnitron about an order; as a duty: read the order there and take over what it says.

    One row per order, however much news there is of it.
    """

    order = models.OneToOneField(Order, on_delete=models.CASCADE, primary_key=True, related_name="+")
    heard = models.PositiveIntegerField(default=1, editable=False)
    """Counts news, so that news that arrives while the order is being read is not taken as synced."""
    rejected_plan = models.BigIntegerField(null=True, editable=False)
    """Omnitron's pk of a rejected cancellation plan whose items may have to go back."""
    learned_date = models.DateTimeField(_("last learned"), null=True, editable=False)

    class Meta:
        verbose_name = _("news of an order")
        verbose_name_plural = _("news of orders")
        indexes = [*duty_indexes("order_news")]

    def __str__(self) -> str:
        return str(self.order_id)


class WebhookEvent(models.Model):
    """A webhook that was received: stored with the news that it brings, so that a repeat brings nothing."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_type = models.CharField(_("type"), max_length=128)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("order"))
    """None: about an order that we do not have."""
    received_date = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-received_date"]
        indexes = [models.Index(fields=["received_date"], name="webhooks_by_age")]

    def __str__(self) -> str:
        return f"{self.event_type} {self.uuid}"


class ReconciliationReport(Duty):
    """The result of comparing our orders with Omnitron's; as a duty: compare the next page of them."""

    started_date = models.DateTimeField(_("started"), null=True)
    """Empty: planned."""
    finished_date = models.DateTimeField(_("finished"), null=True)
    since = models.DateTimeField(null=True)
    """Closed orders are compared too if they changed at or after this moment."""
    after = models.BigIntegerField(default=0, editable=False)
    """The id of the order that was compared last."""
    compared = models.PositiveIntegerField(_("orders compared"), default=0)
    difference_count = models.PositiveIntegerField(_("differences"), default=0)
    repaired_count = models.PositiveIntegerField(_("repaired"), default=0)
    differences = models.JSONField(_("list"), default=list)
    """The first 200: `[{"order", "item", "what", "ours", "theirs", "repair", "repaired"}]`."""

    class Meta:
        verbose_name = _("reconciliation report")
        verbose_name_plural = _("reconciliation reports")
        ordering = ["-pk"]
        indexes = [*duty_indexes("reconciliations")]

    def __str__(self) -> str:
        return f"{self.started_date or ''}: {self.difference_count}"
