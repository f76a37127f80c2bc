"""What a monitoring system asks: is the service up, and are its duties being done?"""

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from aftercart import http_errors
from aftercart.background.kinds import KINDS
from aftercart.database import clock
from aftercart.errors import NotFound


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """200 while this process reaches its database; 503 otherwise, by the table of errors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return http_errors.json_response({"status": "ok"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The duties' number and age in Prometheus' text format, for who holds METRICS_TOKEN; 404 for everyone else."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return http_errors.answer(NotFound())
    registry = CollectorRegistry()
    registry.register(Duties(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Duties(Collector):
    """One statement per kind, each on its partial index of what is not done."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """How many are due, how long the oldest has been due (seconds), how many were given up."""
        due = GaugeMetricFamily("aftercart_duties_due", "Duties whose time has come", labels=["kind"])
        age = GaugeMetricFamily("aftercart_duties_oldest_seconds", "How long the oldest has been due", labels=["kind"])
        dead = GaugeMetricFamily(
            "aftercart_duties_given_up", "Duties given up, waiting for an operator", labels=["kind"]
        )
        for kind in KINDS:
            rows = kind.rows
            figures = rows.filter(next_attempt_at__lte=self.now).aggregate(
                due=Count("pk"), oldest=Min("next_attempt_at")
            )
            oldest = (self.now - figures["oldest"]).total_seconds() if figures["oldest"] else 0.0
            due.add_metric([kind.name], figures["due"])
            age.add_metric([kind.name], oldest)
            dead.add_metric([kind.name], rows.filter(is_dead=True).count())
        yield from (due, age, dead)
        told = "Seconds by which this machine's clock is ahead of the database's"
        yield GaugeMetricFamily("aftercart_clock_ahead_seconds", told, value=clock.seconds_ahead())
