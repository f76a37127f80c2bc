"""What every page needs: the shop's looks, and a plain answer to a form whose CSRF token is missing."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja.errors import HttpError

from aftercart import http_errors


def shop(_request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_logo": settings.SHOP_LOGO_URL,
        "shop_accent": settings.SHOP_ACCENT.removeprefix("#"),
        "support_url": settings.SHOP_SUPPORT_URL,
        "support_email": settings.SHOP_SUPPORT_EMAIL,
    }


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for a failed CSRF check: 403, as JSON or as a page."""
    if http_errors.wants_json(request):
        return http_errors.answer(HttpError(403, reason))
    return http_errors.page(
        request, 403, gettext("This form has become too old."), gettext("Go back, reload the page and try again.")
    )
