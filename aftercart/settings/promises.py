"""What a promise may take, and the background work that ends what was begun."""

from aftercart.settings.environment import env

# Production: Celery on RabbitMQ carries ticks to workers (aftercart/celery.py). Embedded: `manage.py work` alone.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
TICK_SECONDS = env.float("TICK_SECONDS", default=0.5)
TICK_LIMIT = env.int("TICK_LIMIT", default=20)  # rows of a kind that one tick takes

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
