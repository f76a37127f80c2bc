"""Customers: passwords, sessions, cookies, and how often a password may be tried."""

from aftercart.settings.environment import DEBUG, env

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

SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # an e-mail is unique among registered customers, as sign-in needs it
