"""Cancellation reasons from Omnitron, which must know those that we send, and a starter set if it has none.

A reason keeps Omnitron's key as its id if that is free: published clients send `"1"` if nothing was chosen. What the
merchant switched off here stays off; what is gone at Omnitron is switched off, not deleted, as requests point to it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from aftercart.cancellations.models import CancellationReason, CancellationType
from aftercart.database import key_counters
from aftercart.omnitron import RemoteReason

STARTER: tuple[tuple[int, str, dict[str, str], bool], ...] = (
    (1, CancellationType.CANCEL, {"en": "Changed my mind", "tr": "Fikrimi değiştirdim"}, False),
    (2, CancellationType.CANCEL, {"en": "Ordered by mistake", "tr": "Yanlışlıkla sipariş verdim"}, False),
    (3, CancellationType.CANCEL, {"en": "Delivery takes too long", "tr": "Teslimat çok uzun sürüyor"}, False),
    (4, CancellationType.REFUND, {"en": "Does not fit", "tr": "Uymadı"}, False),
    (5, CancellationType.REFUND, {"en": "Damaged or faulty", "tr": "Hasarlı veya kusurlu"}, True),
    (6, CancellationType.REFUND, {"en": "Other", "tr": "Diğer"}, True),
)
FIELDS = ("cancellation_type", "subject", "order", "extra_information_needed", "translations")


def take_over_reasons(reasons: Sequence[RemoteReason]) -> Counter[str]:
    """Bring our reasons in line with Omnitron's; returns how many are new, changed and switched off. Safe to repeat."""
    counts: Counter[str] = Counter()
    with transaction.atomic():
        for remote in reasons:
            if remote.cancellation_type in CancellationType.values:
                counts[_take_over(remote)] += 1
        there = {remote.pk for remote in reasons if remote.is_active}
        gone = CancellationReason.objects.filter(is_active=True, omnitron_pk__isnull=False)
        counts["switched off"] = gone.exclude(omnitron_pk__in=there).update(is_active=False)
        key_counters.align(CancellationReason)
    return counts


def make_starter_set() -> int:
    """Add a few reasons that every shop needs, the first with id 1; returns how many are new. Existing ones stay."""
    with transaction.atomic():
        made = [
            CancellationReason.objects.get_or_create(
                pk=pk,
                defaults={
                    "cancellation_type": kind,
                    "subject": subjects["en"],
                    "order": 10 * pk,
                    "extra_information_needed": needs_more,
                    "translations": subjects,
                },
            )[1]
            for pk, kind, subjects, needs_more in STARTER
        ]
        key_counters.align(CancellationReason)
    return sum(made)


def _take_over(remote: RemoteReason) -> str:
    values = {
        "cancellation_type": remote.cancellation_type,
        "subject": remote.subject[:100],
        "order": remote.order,
        "extra_information_needed": remote.extra_information_needed,
        "translations": _translations(remote.translations),
    }
    ours = (
        CancellationReason.objects.filter(omnitron_pk=remote.pk).first()
        or CancellationReason.objects.filter(pk=remote.pk, omnitron_pk=None).first()
    )
    if ours is None:
        taken = CancellationReason.objects.filter(pk=remote.pk).exists()
        key = {} if taken else {"pk": remote.pk}
        CancellationReason.objects.create(omnitron_pk=remote.pk, is_active=remote.is_active, **key, **values)
        return "new"
    if not values["translations"]:
        del values["translations"]  # Omnitron says nothing of them: the merchant's own stay
    if ours.omnitron_pk == remote.pk and all(getattr(ours, name) == value for name, value in values.items()):
        return "unchanged"
    for name, value in {**values, "omnitron_pk": remote.pk}.items():
        setattr(ours, name, value)
    ours.save()
    return "changed"


def _translations(wire: Mapping[str, Any]) -> dict[str, str]:
    """Language → subject; on the wire the subject may be inside an object, and the language may have a country."""
    found = {}
    for language, said in wire.items():
        subject = said.get("subject") if isinstance(said, Mapping) else said
        if isinstance(subject, str) and subject.strip():
            found[language[:2].lower()] = subject.strip()[:100]
    return found
