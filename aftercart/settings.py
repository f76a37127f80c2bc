"""Every setting of the service; the only place where the environment is read, once.

Nothing configured means *embedded*: SQLite under `VAR`, no broker, the sandbox as Omnitron (with DEBUG on).
Production differs in values alone: see docs/configuration.md.
"""

import logging
import os
import re
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from aftercart.back_office.navigation import NAVIGATION
from aftercart.log_lines import DiscreetRecord

env = environ.Env()
# What the environment does not say may stand in a file, as `aftercart init` writes it. Empty: in none.
SETTINGS_FILE = env.str("AFTERCART_SETTINGS", default="aftercart.env")
if SETTINGS_FILE and Path(SETTINGS_FILE).is_file():
    environ.Env.read_env(SETTINGS_FILE)
elif SETTINGS_FILE and "AFTERCART_SETTINGS" in os.environ:
    raise ImproperlyConfigured(f"AFTERCART_SETTINGS names {SETTINGS_FILE}, and there is no such file.")
BASE_DIR = Path(__file__).resolve().parent.parent
# Beside manage.py in a clone; where the package is installed, in the folder it is run from.
VAR = Path(env.str("VAR", default=str(BASE_DIR / "var" if (BASE_DIR / "manage.py").exists() else "var"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
# A fixed key is fine where nothing is worth forging, and only there: with DEBUG off the service refuses it.
SECRET_KEY = env.str("SECRET_KEY", default="only-for-development" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set: links and sessions are signed with it.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Omnitron -----------------------------------------------------------------------------------------------
OMNITRON_URL = env.str("OMNITRON_URL", default="http://127.0.0.1:8001/" if DEBUG else "")
if not OMNITRON_URL:
    raise ImproperlyConfigured("OMNITRON_URL is not set: there would be no one to send a cancellation to.")
OMNITRON_USERNAME = env.str("OMNITRON_USERNAME", default="aftercart")
OMNITRON_PASSWORD = env.str("OMNITRON_PASSWORD", default="aftercart" if DEBUG else "")
OMNITRON_CHANNEL_ID = env.int("OMNITRON_CHANNEL_ID", default=1)
# Seconds that one promise (reading the order, then cancelling it) may spend at Omnitron, all calls together.
OMNITRON_TIMEOUT = env.float("OMNITRON_TIMEOUT", default=2.0)
# Threads of one process that may wait for Omnitron; more are turned away. The server has more (docs/decisions/0021).
OMNITRON_MAX_CONCURRENT = env.int("OMNITRON_MAX_CONCURRENT", default=24)
# Seconds between two looks at what changed there, and between two comparisons of every open order.
POLL_SECONDS = env.float("POLL_SECONDS", default=10.0)
RECONCILE_SECONDS = env.float("RECONCILE_SECONDS", default=24 * 60 * 60.0)
# Secrets that sign its webhooks (`whsec_…`), the new one beside the old while they change; none: no webhooks.
OMNITRON_WEBHOOK_SECRETS = env.list("OMNITRON_WEBHOOK_SECRETS", default=[])

# --- Background work ----------------------------------------------------------------------------------------
# Production: Celery on RabbitMQ carries ticks to workers (aftercart/celery.py). Embedded: `manage.py work` alone.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
TICK_SECONDS = env.float("TICK_SECONDS", default=0.5)
TICK_LIMIT = env.int("TICK_LIMIT", default=20)  # rows of a kind that one tick takes

# --- What a promise may take --------------------------------------------------------------------------------
# Keys that sign completed-order links, the new before the old while they change; none: SECRET_KEY and its fallbacks.
COMPLETED_LINK_KEYS = env.list("COMPLETED_LINK_KEYS", default=[])
COMPLETED_LINK_MAX_AGE = env.int("COMPLETED_LINK_MAX_AGE", default=24 * 60 * 60)  # seconds
# Seconds for which a mailed link to withdraw from a contract works.
WITHDRAWAL_LINK_MAX_AGE = env.int("WITHDRAWAL_LINK_MAX_AGE", default=60 * 24 * 60 * 60)
# Orders of guests: whether the storefront finds and cancels them by number and e-mail; the mailed link always works.
GUEST_TRACKING = env.bool("GUEST_TRACKING", default=True)
GUEST_LINK_MAX_AGE = env.int("GUEST_LINK_MAX_AGE", default=24 * 60 * 60)  # seconds
# Wrong tries in an hour: by one IP address, at one order number, with one e-mail.
GUEST_TRIES_PER_ADDRESS = env.int("GUEST_TRIES_PER_ADDRESS", default=10)
GUEST_TRIES_PER_NUMBER = env.int("GUEST_TRIES_PER_NUMBER", default=5)
GUEST_TRIES_PER_EMAIL = env.int("GUEST_TRIES_PER_EMAIL", default=10)
# Links in an hour: asked for by one IP address, and mailed of one kind for one order.
GUEST_LINKS_PER_ADDRESS = env.int("GUEST_LINKS_PER_ADDRESS", default=20)
LINK_MAILS_PER_ORDER = env.int("LINK_MAILS_PER_ORDER", default=5)
# Seconds after which someone else may finish what a process began: longer than any promise takes when healthy.
LEASE_SECONDS = env.float("LEASE_SECONDS", default=30.0)
# Seconds to wait before Omnitron is asked what became of a call that had no readable answer.
SETTLE_AFTER_SECONDS = env.float("SETTLE_AFTER_SECONDS", default=5.0)
# Seconds for which a request with an Idempotency-Key gets its first answer again.
IDEMPOTENCY_KEY_SECONDS = env.float("IDEMPOTENCY_KEY_SECONDS", default=24 * 60 * 60)

# --- Django -------------------------------------------------------------------------------------------------
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
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*env.list("TEMPLATE_DIRS", default=[]), BASE_DIR / "aftercart" / "templates"],
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

# --- Database -----------------------------------------------------------------------------------------------
VAR.mkdir(parents=True, exist_ok=True)
# Seconds that one statement may take on PostgreSQL, whatever is wrong with it; 0: no limit (for a long migration).
DATABASE_STATEMENT_SECONDS = env.float("DATABASE_STATEMENT_SECONDS", default=5.0)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR / 'aftercart.sqlite3'}")}
if not DEBUG and "sqlite" in DATABASES["default"]["ENGINE"] and not env.bool("ALLOW_SQLITE", default=False):
    raise ImproperlyConfigured(
        "DATABASE_URL names no PostgreSQL, and production would begin on an empty SQLite file without a word. "
        "Set DATABASE_URL (postgresql://…), or ALLOW_SQLITE=1 for a small shop on one machine."
    )
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "aftercart.database.sqlite"  # writers wait in a queue
    # IMMEDIATE: a transaction that reads before it writes would otherwise fail at once under a second writer.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["ENGINE"] = "aftercart.database.postgresql"  # with a limit to every wait for it
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Prepared statements are the largest saving on the database's side (docs/speed.md).
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        # A server that is gone without a word is noticed by the kernel, within 20 seconds.
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        # A transaction never waits for anything but the database: one that is idle belongs to a process that is gone.
        "options": f"-c statement_timeout={DATABASE_STATEMENT_SECONDS * 1000:.0f}"
        " -c idle_in_transaction_session_timeout=10s",
        "server_side_binding": True,
        "prepare_threshold": 1,
        **DATABASES["default"].get("OPTIONS", {}),
    }

# --- Customers and sessions ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "customers.Customer"
AUTHENTICATION_BACKENDS = ["aftercart.customers.sign_in.EmailBackend"]
PASSWORD_HASHERS = [
    "aftercart.customers.passwords.FewAtATime",
    # What customers of another shop come with, until they sign in for the first time.
    *(
        f"aftercart.customers.imported_passwords.{name}"
        for name in ("Pbkdf2Sha256", "Pbkdf2Sha1", "Scrypt", "BcryptSha256", "Bcrypt", "WordPress", "Phpass")
    ),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_ENGINE = "aftercart.customers.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=14 * 24 * 60 * 60)
# Days for which a session that is over stays in the database.
SESSIONS_KEPT_DAYS = env.float("SESSIONS_KEPT_DAYS", default=1.0)
SESSION_COOKIE_SECURE = env.bool("COOKIES_SECURE", default=not DEBUG)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_FAILURE_VIEW = "aftercart.pages.csrf_failed"
LOGIN_URL = "/account/login/"
# Wrong passwords within the hours of LOGIN_COOLOFF_HOURS (docs/decisions/0044): for one account from one network,
# accounts tried from one network; and in a day, for one account from anywhere.
LOGIN_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
LOGIN_COOLOFF_HOURS = env.float("LOGIN_COOLOFF_HOURS", default=0.25)
LOGIN_ACCOUNTS_PER_NETWORK = env.int("LOGIN_ACCOUNTS_PER_NETWORK", default=20)
LOGIN_FAILURES_PER_ACCOUNT = env.int("LOGIN_FAILURES_PER_ACCOUNT", default=100)
# Passwords that one process checks at a time; argon2 takes 100 MiB for each.
LOGIN_MAX_CONCURRENT = env.int("LOGIN_MAX_CONCURRENT", default=2)
# Ways to sign in, one page each in docs/sign-in/.
SIGN_IN = env.list("SIGN_IN", default=["password"])
if not SIGN_IN or {*SIGN_IN} - {"password", "link", "oidc", "handover"}:
    raise ImproperlyConfigured("SIGN_IN names some of password, link, oidc and handover, with commas between them.")
# Seconds for which a mailed link signs in, or lets a new password be chosen; links asked for in an hour from one
# network, and mailed to one customer.
SIGN_IN_LINK_MAX_AGE = env.int("SIGN_IN_LINK_MAX_AGE", default=15 * 60)
SIGN_IN_LINKS_PER_ADDRESS = env.int("SIGN_IN_LINKS_PER_ADDRESS", default=20)
SIGN_IN_MAILS_PER_CUSTOMER = env.int("SIGN_IN_MAILS_PER_CUSTOMER", default=5)
# Somebody whom another system signs in and we do not know: a new customer, or nobody.
SIGN_IN_MAKES_CUSTOMERS = env.bool("SIGN_IN_MAKES_CUSTOMERS", default=False)
# Seconds that the calls of one sign-in may take together, and by which other systems' clocks may differ from ours.
SIGN_IN_TIMEOUT = env.float("SIGN_IN_TIMEOUT", default=5.0)
SIGN_IN_LEEWAY = env.int("SIGN_IN_LEEWAY", default=30)
# The shop's own login (OpenID Connect).
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid email profile")
OIDC_ALGORITHMS = env.list("OIDC_ALGORITHMS", default=["RS256"])
# The storefront's word: the one algorithm, with keys that we share (the new before the old) or its own.
HANDOVER_ALGORITHM = env.str("HANDOVER_ALGORITHM", default="HS256")
HANDOVER_KEYS = env.list("HANDOVER_KEYS", default=[])
HANDOVER_JWKS_URL = env.str("HANDOVER_JWKS_URL", default="")
HANDOVER_SECONDS = env.int("HANDOVER_SECONDS", default=60)
SIGNED_BY_KEY_PAIRS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
if {*OIDC_ALGORITHMS} - SIGNED_BY_KEY_PAIRS or not OIDC_ALGORITHMS:
    raise ImproperlyConfigured(f"OIDC_ALGORITHMS: some of {', '.join(sorted(SIGNED_BY_KEY_PAIRS))}.")
if HANDOVER_ALGORITHM not in SIGNED_BY_KEY_PAIRS | {"HS256", "HS384", "HS512"}:
    raise ImproperlyConfigured("HANDOVER_ALGORITHM: HS256, HS384, HS512, or one for OIDC_ALGORITHMS.")
if any(len(key) < 32 for key in HANDOVER_KEYS):
    raise ImproperlyConfigured("HANDOVER_KEYS: a key of fewer than 32 letters can be guessed.")
for _way, _needed in (
    ("oidc", {"OIDC_ISSUER": OIDC_ISSUER, "OIDC_CLIENT_ID": OIDC_CLIENT_ID}),
    (
        "handover",
        {"HANDOVER_KEYS": HANDOVER_KEYS}
        if HANDOVER_ALGORITHM.startswith("HS")
        else {"HANDOVER_JWKS_URL": HANDOVER_JWKS_URL},
    ),
):
    if _way in SIGN_IN and not all(_needed.values()):
        raise ImproperlyConfigured(f"SIGN_IN names {_way}, which needs {' and '.join(_needed)}.")
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # an e-mail is unique among registered customers, as sign-in needs it
TRUST_FORWARDED_FOR = env.bool("TRUST_FORWARDED_FOR", default=False)

# --- Language and time --------------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("tr", _("Turkish"))]
LOCALE_PATHS = [BASE_DIR / "aftercart" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Istanbul")

# --- Pages --------------------------------------------------------------------------------------------------
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

# --- Mails --------------------------------------------------------------------------------------------------
# Off: none are written or sent, for a merchant whose storefront mails already.
MAILS = env.bool("MAILS", default=True)
# A mail that thanks for an order that comes in, with the link to it: off, as most storefronts send their own.
THANK_YOU_MAIL = env.bool("THANK_YOU_MAIL", default=False)
# Where customers reach our pages: the beginning of every link in a mail.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
if not SITE_URL and {*SIGN_IN} - {"password"}:
    raise ImproperlyConfigured("SITE_URL is not set: links, the shop's login and hand-overs are for one address alone.")
if not MAILS and "link" in SIGN_IN:
    raise ImproperlyConfigured("SIGN_IN names link, and MAILS is off: nobody would ever get one.")
# `smtp+tls://user:password@host:587`, or a folder that mails are written to as files: `filemail:///var/mails`.
EMAIL = env.email_url("EMAIL_URL", default=f"filemail://{VAR / 'mails'}" if DEBUG else "dummymail://")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@localhost" if DEBUG else "")
if MAILS and not DEBUG and not (env.str("EMAIL_URL", default="") and DEFAULT_FROM_EMAIL and SITE_URL):
    raise ImproperlyConfigured(
        "EMAIL_URL, DEFAULT_FROM_EMAIL and SITE_URL are not all set: customers would never hear what became of their "
        "orders. MAILS=off leaves that to someone else."
    )
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"].replace("django.core.mail.backends.smtp.", "aftercart.mails.smtp.")
EMAIL_BACKEND = EMAIL_BACKEND.replace("django.core.mail.backends.filebased.", "aftercart.mails.files.")
EMAIL_FILE_PATH = f"/{EMAIL['EMAIL_FILE_PATH']}" if EMAIL["EMAIL_FILE_PATH"] else None
EMAIL_HOST = EMAIL["EMAIL_HOST"] or ""
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_PORT = EMAIL["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
# Seconds that one mail may take at the mail server, all together: less than a lease, or two workers would send it.
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10.0)

# --- Security -----------------------------------------------------------------------------------------------
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_FORWARDED_FOR else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/", "/api/docs"],  # unfold and the API document need inline scripts
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "img-src": [SELF, "https:", "data:"],  # product pictures stand wherever the merchant keeps them
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# --- Back office -----------------------------------------------------------------------------------------------
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

# --- Logging ------------------------------------------------------------------------------------------------
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # who may read /metrics/; empty: nobody
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
logging.setLogRecordFactory(DiscreetRecord)  # whoever handles and formats them: no line has people's data
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "aftercart.log_lines.Discreet",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
            "datefmt": "%H:%M:%S",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "aftercart": {"level": LOG_LEVEL},
        "django": {"handlers": [], "level": "INFO"},  # Django's own handler would say everything twice
        "django.request": {"level": "ERROR"},  # a 4xx is the client's business
    },
}
