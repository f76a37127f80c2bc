"""Where Omnitron is, who we are there, and how long it may take."""

from django.core.exceptions import ImproperlyConfigured

from aftercart.settings.environment import DEBUG, env

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
