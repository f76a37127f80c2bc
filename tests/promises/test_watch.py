"""What a monitoring system asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aftercart.background.kinds import KINDS


def test_a_healthy_service_says_so_to_anyone(transactional_db: None) -> None:
    assert Client().get("/health/").json() == {"status": "ok"}


def test_the_figures_are_for_who_holds_the_token(transactional_db: None, settings: Any) -> None:
    assert Client().get("/metrics/").status_code == 404
    settings.METRICS_TOKEN = "let-me-see"
    assert Client().get("/metrics/").status_code == 404
    assert Client().get("/metrics/", headers={"Authorization": "Bearer guess"}).status_code == 404


def test_number_and_age_of_due_duties_and_the_dead_are_told(stock: Any, ada: Any, at_ada: Any, settings: Any) -> None:
    from aftercart.cancellations.models import CancellationRequest

    settings.METRICS_TOKEN = "let-me-see"
    order = stock(ada, status=450)
    at_ada.cancel(order)
    CancellationRequest.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=90))
    last = CancellationRequest.objects.order_by("pk").last()
    CancellationRequest.objects.filter(pk=last.pk).update(is_dead=True, next_attempt_at=None)
    text = Client().get("/metrics/", headers={"Authorization": "Bearer let-me-see"}).content.decode()
    kind = 'kind="hand a cancellation request to Omnitron"'
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(figures[f"aftercart_duties_due{{{kind}}}"]) == 2
    assert 89 < float(figures[f"aftercart_duties_oldest_seconds{{{kind}}}"]) < 100
    assert float(figures[f"aftercart_duties_given_up{{{kind}}}"]) == 1


@pytest.mark.parametrize("model", sorted({kind.model for kind in KINDS}, key=str), ids=lambda model: model.__name__)
def test_the_dead_are_counted_without_reading_the_living(model: Any, transactional_db: None) -> None:
    plan = model._default_manager.filter(is_dead=True).order_by().values("pk").explain()
    assert "INDEX dead_" in plan, plan
