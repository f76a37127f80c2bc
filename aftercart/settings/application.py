"""How Django is put together: apps, middleware, templates, bodies, languages, back office."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.navigation import NAVIGATION
from aftercart.settings.environment import BASE_DIR, env
from aftercart.settings.pages import SHOP_NAME

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "ninja",
    "simple_history",
    "aftercart.customers",
    "aftercart.dynamic_settings",
    "aftercart.idempotency",
    "aftercart.throttling",
    "aftercart.orders",
    "aftercart.mails",
    "aftercart.mailed_links",
    "aftercart.cancellations",
    "aftercart.address_changes",
    "aftercart.feed",
    "aftercart.account",
    "aftercart.sign_in",
    "aftercart.withdrawals",
    "aftercart.background",
    "aftercart.integration",
    "aftercart.command_line",
]
MIDDLEWARE = [
    "aftercart.middleware.head_as_get",
    "aftercart.middleware.kept_by_no_cache",
    "aftercart.middleware.lost_cookies",
    "django.middleware.security.SecurityMiddleware",
    "aftercart.static_files.StaticFilesMiddleware",
    "aftercart.customers.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "aftercart.customers.sessions.CustomerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "aftercart.middleware.BodyAndMethod",
]
ROOT_URLCONF = "aftercart.urls"
WSGI_APPLICATION = "aftercart.wsgi.application"
TEMPLATE_DIRS = env.list("TEMPLATE_DIRS", default=[])
TEMPLATES = [
    {
        "BACKEND": "aftercart.page_templates.Pages",
        "NAME": "pages",
        "DIRS": [*TEMPLATE_DIRS, BASE_DIR / "aftercart" / "templates" / "pages"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "aftercart.page_templates.environment",
            "context_processors": ["aftercart.page_templates.of_every_page"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*TEMPLATE_DIRS, BASE_DIR / "aftercart" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aftercart.pages.shop",
            ],
        },
    },
]
APPEND_SLASH = False  # a redirect of a POST loses its body, and the storefront's proxy follows redirects
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# No door takes files: a form that brings one is refused before anything of it is kept.
FILE_UPLOAD_HANDLERS = ["aftercart.bodies.NoFiles"]
# Seconds that a body may take to arrive, and threads of one process that may wait for one (docs/decisions/0043).
BODY_SECONDS = env.float("BODY_SECONDS", default=10.0)
BODY_MAX_CONCURRENT = env.int("BODY_MAX_CONCURRENT", default=12)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the page that cancels an order of 1,000 items has a few for each

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("tr", _("Turkish"))]
LOCALE_PATHS = [BASE_DIR / "aftercart" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Istanbul")

UNFOLD = {
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "local_shipping",
    "SITE_URL": "/account/orders/",
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("set-language")},
    "DASHBOARD_CALLBACK": "aftercart.back_office.front_page.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "navigation": NAVIGATION,
    },
}
