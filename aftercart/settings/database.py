"""The database: SQLite where nothing is said, PostgreSQL in production, each with limits to every wait."""

from django.core.exceptions import ImproperlyConfigured

from aftercart.settings.environment import DEBUG, VAR, env

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
