"""What pages look like: the shop's name, logo and colour, and where their files are."""

import re

from django.core.exceptions import ImproperlyConfigured

from aftercart.settings.environment import BASE_DIR, DEBUG, VAR, env

SHOP_NAME = env.str("SHOP_NAME", default="Aftercart")
# The logo's address (https, or a path on this host), and the shop's colour: its light and dark shades are computed.
SHOP_LOGO_URL = env.str("SHOP_LOGO_URL", default="")
if SHOP_LOGO_URL and not re.match(r"https://|/(?!/)", SHOP_LOGO_URL):
    raise ImproperlyConfigured("SHOP_LOGO_URL is neither https://… nor a path on this host: no browser would show it.")
SHOP_ACCENT = env.str("SHOP_ACCENT", default="").lower()
if SHOP_ACCENT and not re.fullmatch(r"#[0-9a-f]{6}", SHOP_ACCENT):
    raise ImproperlyConfigured("SHOP_ACCENT is not a colour of the form #rrggbb.")
# Where customers find help when a page cannot give it: in the foot of every page and on every error.
SHOP_SUPPORT_URL = env.str("SHOP_SUPPORT_URL", default="")
if SHOP_SUPPORT_URL and not SHOP_SUPPORT_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("SHOP_SUPPORT_URL is not a link (https://…).")
SHOP_SUPPORT_EMAIL = env.str("SHOP_SUPPORT_EMAIL", default="")
# Whether `/` leads to my orders: for a host of our own. A storefront asks us about its pages, and must hear 404.
FRONT_PAGE = env.bool("FRONT_PAGE", default=False)
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "aftercart" / "static"]
# Straight from the source tree, or from STATIC_ROOT after `manage.py collectstatic`.
WHITENOISE_USE_FINDERS = env.bool("STATIC_FROM_SOURCE", default=DEBUG)
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # a plain name would mean another file after the next upgrade
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "aftercart.static_files.ContentStorage"
    },
}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a folder that is not there
