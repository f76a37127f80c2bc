"""Sessions that are over do not stay for ever."""

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from aftercart.background.cleaning import AT_ONCE
from aftercart.background.kinds import KINDS
from aftercart.background.models import Cleaning
from aftercart.customers.models import Session
from aftercart.duties import tick


def test_sessions_are_deleted_a_day_after_they_are_over(omnitron: Any, settings: Any) -> None:
    call_command("migrate", verbosity=0)
    now = timezone.now()
    Session.objects.all().delete()
    over = [Session(session_key=f"a{n}", expire_date=now - timedelta(days=2)) for n in range(AT_ONCE + 5)]
    Session.objects.bulk_create(over)
    for hours in (1, 23, -1):
        Session.objects.create(session_key=f"kept{hours}", expire_date=now - timedelta(hours=hours))
    Cleaning.objects.update(next_attempt_at=now)
    for _ in range(2):
        tick(KINDS, now=now)
    assert set(Session.objects.values_list("session_key", flat=True)) == {"kept1", "kept23", "kept-1"}
    [again] = Cleaning.objects.values_list("next_attempt_at", flat=True)
    assert again == now + timedelta(hours=1)
    settings.SESSIONS_KEPT_DAYS = 0
    tick(KINDS, now=again)
    assert set(Session.objects.values_list("session_key", flat=True)) == {"kept-1"}
