"""The shop's colour as a stylesheet of its own: no inline style, which the content security policy forbids."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from aftercart.account.colours import scheme

# Its URL contains the colour, so a browser never needs to ask again.
FOREVER = "public, max-age=31536000, immutable"


@require_safe
def theme(_request: HttpRequest) -> HttpResponse:
    """The variables of `base.css` in the shop's colour; empty where none is set."""
    accent = settings.SHOP_ACCENT
    css = ""
    if accent:
        light, dark = _rule(scheme(accent, dark=False)), _rule(scheme(accent, dark=True))
        css = f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": FOREVER})


def _rule(variables: Mapping[str, str]) -> str:
    return ":root { " + " ".join(f"{name}: {value};" for name, value in variables.items()) + " }"
