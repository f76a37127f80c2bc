"""Whether an installation works: everything that production needs, one finding each, with what to do about it.

Nothing here changes anything, and everything that is asked has a deadline.
"""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from aftercart import omnitron_client
from aftercart.background.kinds import KINDS
from aftercart.cancellations.models import CancellationReason
from aftercart.customers.models import Country, Customer
from aftercart.database import history
from aftercart.fastpath.onlookers import onlookers
from aftercart.omnitron import OmnitronError
from aftercart.omnitron.http.deadline import Deadline
from aftercart.sign_in.fetching import OutOfReach
from aftercart.sign_in.keys import keys_of_others
from aftercart.sign_in.provider import provider
from aftercart.static_files import missing

PATIENCE = 5  # seconds
CLOCKS_MAY_DIFFER = timedelta(seconds=2)
DUTIES_MAY_WAIT = timedelta(minutes=5)


class Level(StrEnum):
    """How bad: an error stops the shop from working, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice`: what to do, where there is something."""

    level: Level
    about: str
    what: str
    advice: str = ""


def _error(about: str, what: str, advice: str) -> Finding:
    return Finding(Level.ERROR, about, what, advice)


def _warning(about: str, what: str, advice: str) -> Finding:
    return Finding(Level.WARNING, about, what, advice)


def _good(about: str, what: str) -> Finding:
    return Finding(Level.GOOD, about, what)


def database() -> Iterator[Finding]:
    """It answers, is PostgreSQL, and has this release's tables."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield _error("database", f"does not answer: {str(error).splitlines()[0]}", "Start it, or mend DATABASE_URL.")
        return
    if connection.vendor == "sqlite":
        yield _warning("database", "SQLite: one machine, no second web process elsewhere", "Set DATABASE_URL to grow.")
    else:
        yield _good("database", f"{connection.display_name} answers")
    if unknown := history.foreign(executor):
        yield _error("database", history.what(unknown), history.ADVICE)
    elif pending:
        yield _error("database", f"{len(pending)} migrations are missing", "Run: aftercart migrate")


def clock() -> Iterator[Finding]:
    """This machine and the database agree on the time: leases and due times are judged by it."""
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        before = datetime.now(UTC)
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
    apart = abs(there - before)
    if apart > CLOCKS_MAY_DIFFER:
        advice = "Let both follow a time server (systemd-timesyncd, chrony)."
        yield _error("clock", f"{apart.total_seconds():.0f} seconds from the database's", advice)
    else:
        yield _good("clock", "agrees with the database's")


def broker() -> Iterator[Finding]:
    """RabbitMQ lets us in, where one is set."""
    if not settings.CELERY_BROKER_URL:
        yield _good("broker", "none set: `aftercart worker` works without one")
        return
    from kombu import Connection
    from kombu.exceptions import OperationalError

    for url in settings.CELERY_BROKER_URL.split(";"):
        place = urlsplit(url).hostname
        try:
            with Connection(url, connect_timeout=PATIENCE) as asked:
                asked.ensure_connection(max_retries=1, timeout=PATIENCE)
        except (OSError, OperationalError) as error:  # refused, timed out, not let in
            yield _error("broker", f"{place} does not let us in: {type(error).__name__}", "Mend CELERY_BROKER_URL.")
        else:
            yield _good("broker", f"{place} answers")


def omnitron_lets_us_in() -> Iterator[Finding]:
    """Omnitron lets us in and knows our channel."""
    try:
        reasons = omnitron_client.omnitron().reasons()
        omnitron_client.omnitron().orders(limit=1)
    except OmnitronError as error:
        yield _error("Omnitron", str(error), "Mend OMNITRON_URL, its login or OMNITRON_CHANNEL_ID.")
        return
    yield _good("Omnitron", f"answers for channel {settings.OMNITRON_CHANNEL_ID}, with {len(reasons)} reasons")


def mails() -> Iterator[Finding]:
    """The mail server takes our login."""
    if not settings.MAILS:
        yield _good("mails", "off (MAILS)")
        return
    backend = get_connection()
    try:
        backend.open()
        with suppress(OSError):
            backend.close()
    except (OSError, smtplib.SMTPException) as error:
        yield _error("mails", f"the mail server does not let us in: {error}", "Mend EMAIL_URL.")
    else:
        yield _good("mails", f"{settings.EMAIL_HOST or settings.EMAIL_FILE_PATH or 'the backend'} takes them")


def sign_in_is_whole() -> Iterator[Finding]:
    """Every chosen way to sign in has what it needs."""
    if not settings.MAILS and "password" in settings.SIGN_IN:
        what = "MAILS is off: who has no password, or forgot it, gets no link to a new one"
        yield _warning("sign-in", what, "Set EMAIL_URL and MAILS=on, or choose another way by SIGN_IN.")
    if "oidc" in settings.SIGN_IN:
        yield from _asked("the shop's login", "OIDC_ISSUER", provider.check)
    if "handover" in settings.SIGN_IN and settings.HANDOVER_JWKS_URL:
        yield from _asked("the storefront's keys", "HANDOVER_JWKS_URL", keys_of_others.check)
    yield _good("sign-in", f"by {', '.join(settings.SIGN_IN)}")


def _asked(what: str, setting: str, ask: Callable[..., None]) -> Iterator[Finding]:
    try:
        ask(deadline=Deadline.after(PATIENCE))
    except OutOfReach as error:
        yield _error("sign-in", f"{what} cannot be read: {error}", f"Mend {setting}.")
    else:
        yield _good("sign-in", f"{what} can be read")


def site() -> Iterator[Finding]:
    """The address in every mail is one that we answer."""
    parts = urlsplit(settings.SITE_URL)
    if not parts.hostname:
        yield _error("site", "SITE_URL is empty: links in mails would lead nowhere", "Set SITE_URL.")
        return
    known = any(host in ("*", parts.hostname) or host.startswith(".") for host in settings.ALLOWED_HOSTS)
    if not known:
        yield _error("site", f"ALLOWED_HOSTS lacks {parts.hostname}", "Add it: its requests are refused.")
    if parts.scheme != "https":
        yield _warning("site", f"{settings.SITE_URL} is not HTTPS", "Put a proxy with a certificate in front.")
    elif known:
        yield _good("site", settings.SITE_URL)


def code() -> Iterator[Finding]:
    """What Django says of these settings in service: secrets, cookies, headers."""
    for message in checks.run_checks(include_deployment_checks=True, databases=["default"]):
        if message.is_silenced():
            continue
        make = _error if message.level >= checks.ERROR else _warning
        yield make("settings", f"{message.id}: {message.msg}".split("\n")[0], message.hint or "")


def static_files() -> Iterator[Finding]:
    """The stylesheets are where they are served from."""
    if settings.WHITENOISE_USE_FINDERS:
        return
    problems = missing()
    for problem in problems:
        yield _error("static files", problem, "Run: aftercart collectstatic --no-input")
    if not problems:
        yield _good("static files", f"in {settings.STATIC_ROOT}")


def choices() -> Iterator[Finding]:
    """Customers have something to choose from, and somebody may look after them."""
    if not CancellationReason.objects.filter(is_active=True).exists():
        yield _error("reasons", "none: nobody can cancel anything", "Run: aftercart pull_reasons")
    elif not CancellationReason.objects.filter(pk=1, is_active=True).exists():
        what = "none has the id 1, which the published storefront sends when nothing was chosen"
        yield _warning("reasons", what, "Make one in the back office, or run: aftercart pull_reasons --starter")
    if not Country.objects.exists():
        yield _warning("places", "no country: nobody can add an address", "Run: aftercart import_places --starter")
    empty = Country.objects.filter(is_active=True).exclude(cities__is_active=True)
    if names := [*empty.values_list("name", flat=True)]:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        advice = "Bring them by aftercart import_places FILE, or switch the country off in the back office."
        yield _warning("places", f"no cities in {shown}: nobody can add an address there", advice)
    if not Customer.objects.filter(is_superuser=True, is_active=True).exists():
        yield _error("administrator", "none: nobody can enter the back office", "Run: aftercart createsuperuser")


def worker() -> Iterator[Finding]:
    """Someone does the duties: none has been due for long."""
    until = timezone.now() - DUTIES_MAY_WAIT
    late = [kind.name for kind in KINDS if kind.model._default_manager.filter(next_attempt_at__lt=until).exists()]
    if late:
        yield _error("worker", f"nobody works: {late[0]} has been due for long", "Start: aftercart worker")
    else:
        yield _good("worker", "nothing has been due for long")


def speed() -> Iterator[Finding]:
    """What exists only for speed is turned on, and nobody has to see every request beside it."""
    off = [layer for layer in settings.FASTPATH_LAYERS if layer not in settings.FASTPATH]
    if off:
        yield _warning("speed", f"turned off: {', '.join(off)}", "Set FASTPATH=on, unless you look for a fault.")
    elif others := onlookers():
        yield _warning("speed", f"no fast routes: {', '.join(others)} would miss them", "Take that out, if you can.")
    else:
        yield _good("speed", "the fast path is on")


NEED_TABLES = (clock, choices, worker)
LOOKED_AT: tuple[Callable[[], Iterator[Finding]], ...] = (
    code,
    site,
    static_files,
    broker,
    omnitron_lets_us_in,
    mails,
    sign_in_is_whole,
    speed,
)


def findings() -> Iterator[Finding]:
    """Everything, one after the other; what needs the database only where it is ready."""
    of_database = list(database())
    yield from of_database
    if not any(finding.level == Level.ERROR for finding in of_database):
        for look in NEED_TABLES:
            yield from look()
    for look in LOOKED_AT:
        yield from look()
