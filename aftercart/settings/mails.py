"""What customers are told by mail, and by which server."""

from django.core.exceptions import ImproperlyConfigured

from aftercart.settings.environment import DEBUG, VAR, env
from aftercart.settings.sign_in import SIGN_IN

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
