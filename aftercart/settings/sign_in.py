"""Ways to sign in, one page each in docs/sign-in/."""

from django.core.exceptions import ImproperlyConfigured

from aftercart.settings.environment import env

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
