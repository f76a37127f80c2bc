"""Rows of Omnitron's lists that could not be understood: kept for the back office, and tried again.

Such a row holds up no others. It is stored as it came, with the reason; a readable row with the same key ends it. It is
tried again by a later release (`begin_again`), by a button in the back office, or by `manage.py read_again`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.duties import Duty, duty_indexes, retry_now
from aftercart.omnitron import Unreadable

LONGEST_NUMBER = 128
LONGEST_REASON = 2000


class UnreadRow(Duty):
    """A row that could not be understood; as a duty, once it is due: try to read it again."""

    class List(models.TextChoices):
        PULLED = "pulled", _("Orders to take in")
        ORDERS = "orders", _("Orders")
        ITEMS = "items", _("Order items")
        REQUESTS = "requests", _("Cancellation requests")
        PLANS = "plans", _("Cancellation plans")

    of_list = models.CharField(_("list"), max_length=16, choices=List.choices)
    key = models.CharField(max_length=160, editable=False)
    """Omnitron's key of it, or whatever else tells it from the others of its list."""
    remote_pk = models.BigIntegerField(_("key at Omnitron"), null=True, blank=True)
    number = models.CharField(_("number"), max_length=LONGEST_NUMBER, blank=True)
    """The order's number, where the row says it."""
    row = models.JSONField(_("as it came"), default=dict)
    created_date = models.DateTimeField(_("seen first"), default=timezone.now)
    seen_date = models.DateTimeField(_("seen last"), default=timezone.now)

    class Meta:
        verbose_name = _("row that could not be read")
        verbose_name_plural = _("rows that could not be read")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["of_list", "key"], name="one_row_per_unread_key")]
        indexes = [*duty_indexes("unread_rows")]

    def __str__(self) -> str:
        return self.number or self.key


def keep(of_list: str, rows: Iterable[Unreadable], *, now: datetime) -> None:
    """Store what could not be read, once each, as given up until somebody or a later release tries it again."""
    kept = [_kept(of_list, row, now=now) for row in rows]
    UnreadRow.objects.bulk_create(
        {row.key: row for row in kept}.values(),
        update_conflicts=True,
        unique_fields=["of_list", "key"],
        update_fields=["remote_pk", "number", "row", "seen_date", "last_error", "is_dead", "next_attempt_at"],
    )


def forget_unread(of_list: str, keys: Iterable[int]) -> None:
    """Rows with these keys have been read meanwhile: forget the stored ones."""
    found = UnreadRow.objects.filter(of_list=of_list)
    if found.exists():
        found.filter(key__in=[str(key) for key in keys]).delete()


def begin_again() -> int:
    """Have every row tried again now; returns how many there are."""
    return retry_now(UnreadRow.objects.all())


def _kept(of_list: str, row: Unreadable, *, now: datetime) -> UnreadRow:
    number = row.number.replace("\0", "")[:LONGEST_NUMBER]
    pk = row.pk if row.pk is not None and abs(row.pk) < 2**63 else None
    return UnreadRow(
        of_list=of_list,
        key=str(pk) if pk is not None else f"number {number}",
        remote_pk=pk,
        number=number,
        row=_as_json(row.row),
        created_date=now,
        seen_date=now,
        last_error=row.reason.replace("\0", "")[:LONGEST_REASON],
        is_dead=True,
    )


def _as_json(row: object) -> Any:
    """The row as a database keeps it."""
    return orjson.loads(orjson.dumps(row, default=str).replace(b"\\u0000", b""))
