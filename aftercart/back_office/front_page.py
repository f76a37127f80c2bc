"""The front page: what is open, of every page that has figures and of the duties without a page."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from aftercart.back_office.duties import DutyAdmin
from aftercart.back_office.figures import Figure, heading, since
from aftercart.duties import Duty


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: the figures of every page that has some and that this person may see."""
    sections: dict[str, list[Figure]] = {}
    models = [model for model in apps.get_models() if admin.site.is_registered(model)]
    pages = sorted(map(admin.site.get_model_admin, models), key=lambda page: not isinstance(page, DutyAdmin))
    for page in pages:
        if hasattr(page, "figures") and page.has_view_permission(request):
            for figure in page.figures(request):
                sections.setdefault(figure["of"], []).append(figure)
    if request.user.is_superuser:
        for figure in _further_duties():
            sections.setdefault(figure["of"], []).append(figure)
    return {**context, "title": gettext("What is open"), "sections": sections}


def _further_duties() -> Iterator[Figure]:
    """Duties without a page of their own: one statement for each kind. They must not die unseen either."""
    now = timezone.now()
    is_due = Q(next_attempt_at__lte=now)
    for model in apps.get_models():
        if not issubclass(model, Duty) or admin.site.is_registered(model):
            continue
        rows = model._default_manager.order_by().filter(is_due | Q(is_dead=True))
        found = rows.aggregate(
            due=Count("pk", filter=is_due),
            oldest=Min("next_attempt_at", filter=is_due),
            dead=Count("pk", filter=Q(is_dead=True)),
        )
        yield Figure(
            of=gettext("Further work, due"),
            title=heading(model._meta.verbose_name_plural),
            value=found["due"],
            note=since(found["oldest"], now),
            link="",
            colour="",
            details=[gettext("Given up: %(count)d") % {"count": found["dead"]}] if found["dead"] else (),
        )
